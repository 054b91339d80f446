/* Poses and heatmaps drawn into pictures. Part of vitpose.h.
 *
 * Drawing is anti-aliased, clipped to the canvas and gives the same bits on every machine. Coordinates that are not
 * finite or lie more than a million pixels away draw nothing. A call that refuses its arguments has drawn nothing. Any
 * number of threads may draw at once, each into pixels of its own.
 */
#ifndef VITPOSE_DRAW_H
#define VITPOSE_DRAW_H

#include "vitpose/estimator.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vitpose_labels {
  VITPOSE_LABELS_NONE = 0,
  VITPOSE_LABELS_NAMES = 1,  /* "left_knee"; the index where no keypoint set is given */
  VITPOSE_LABELS_INDICES = 2 /* "13" */
} vitpose_labels;

typedef struct vitpose_draw_options {
  size_t struct_size;
  const char* const* keypoint_sets; /* names: the skeleton and colours per pose, or one for all */
  size_t keypoint_set_count;        /* 0: no skeleton, colours by index; 1; or the number of poses */
  double threshold;                 /* keypoints whose score is not above are left out, and their edges; 0.3 */
  double radius;                    /* of a keypoint, px; 0 = by the sizes of the subject and the picture */
  double thickness;                 /* of a skeleton's edge, px; 0 likewise */
  int32_t keypoints;                /* 1: draw the keypoints */
  int32_t skeleton;                 /* 1: draw the edges */
  int32_t boxes;                    /* 1: draw the boxes, which must then be given; 0 */
  int32_t labels;                   /* a vitpose_labels: NONE */
  int32_t score_opacity;            /* 1: the lower a score, the more the picture shines through */
} vitpose_draw_options;
VITPOSE_API void vitpose_draw_options_init(vitpose_draw_options* options);

/* Draws poses, large subjects first. A pose's entries are taken by their labels, so a thresholded subset will do; an
 * entry whose label is not in the keypoint set is VITPOSE_INVALID_ARGUMENT. vitpose_pose.image and .bbox are not
 * looked at. `boxes`: NULL, or one per pose, which then tells how large a subject is; else its keypoints do. */
VITPOSE_API vitpose_status vitpose_draw_poses(const vitpose_canvas* canvas, const vitpose_pose* poses,
                                              size_t pose_count, const vitpose_box* boxes,
                                              const vitpose_draw_options* options);

typedef struct vitpose_draw_heatmap_options {
  size_t struct_size;
  int32_t crop_height, crop_width; /* 256, 192: the aspect ratio the boxes were cropped with */
  int32_t keypoint;                /* this one's heatmap; -1: the largest value over all keypoints */
  double full_scale;               /* the value shown as the brightest colour; 0 = each box's own maximum; 1 */
  double opacity;                  /* of the brightest colour, 0 to 1; 0.8 */
} vitpose_draw_heatmap_options;
VITPOSE_API void vitpose_draw_heatmap_options_init(vitpose_draw_heatmap_options* options);

/* Lays heatmaps [N,K,h,w], as vitpose_forward writes them, over the parts of the picture that the boxes were cropped
 * from: dark violet is 0, teal the middle, bright yellow full scale. `heatmap_count` is the number of floats. */
VITPOSE_API vitpose_status vitpose_draw_heatmaps(const vitpose_canvas* canvas, const float* heatmaps,
                                                 size_t heatmap_count, size_t n, size_t k, size_t h, size_t w,
                                                 const vitpose_box* boxes, const vitpose_draw_heatmap_options* options);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_DRAW_H */
