/* Keypoint sets: what the numbers of a pose mean. Part of vitpose.h. */
#ifndef VITPOSE_KEYPOINTS_H
#define VITPOSE_KEYPOINTS_H

#include "vitpose/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vitpose_edge {
  int32_t from, to; /* keypoints */
} vitpose_edge;

typedef struct vitpose_rgb {
  uint8_t red, green, blue; /* sRGB */
} vitpose_rgb;

/* Constant data of the library, there as long as the library is. Keypoint k is the heatmaps' channel k and a pose's
 * label k. The colours are those of the original demo, or by side of the body where that has none. */
typedef struct vitpose_keypoint_set {
  const char* name;  /* "coco17": what options call it */
  const char* title; /* "COCO body, also OCHuman": for people */
  int32_t keypoint_count;
  int32_t edge_count;
  const char* const* keypoint_names;   /* [keypoint_count] */
  const int32_t* mirror_index;         /* [keypoint_count], the same keypoint in the mirrored picture; may be itself */
  const double* sigmas;                /* [keypoint_count] for object keypoint similarity; NULL where not published */
  const vitpose_rgb* keypoint_colours; /* [keypoint_count] */
  const vitpose_edge* edges;           /* [edge_count], the skeleton */
  const vitpose_rgb* edge_colours;     /* [edge_count] */
} vitpose_keypoint_set;

VITPOSE_API size_t vitpose_keypoint_set_count(void);
/* NULL when `index` is not below the count. */
VITPOSE_API const vitpose_keypoint_set* vitpose_keypoint_set_get(size_t index);
/* By name; an unknown one is VITPOSE_INVALID_ARGUMENT with a message that lists those there are. */
VITPOSE_API vitpose_status vitpose_keypoint_set_find(const char* name, const vitpose_keypoint_set** set);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_KEYPOINTS_H */
