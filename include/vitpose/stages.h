/* The three stages, for parity checks and custom pipelines; model files. Part of vitpose.h. */
#ifndef VITPOSE_STAGES_H
#define VITPOSE_STAGES_H

#include "vitpose/estimator.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vitpose_preprocess_options {
  size_t struct_size;
  int32_t crop_height, crop_width; /* 256, 192 */
  int32_t rescale, normalize;      /* 1, 1 */
  double rescale_factor;           /* 1/255 */
  double mean[3], std[3];          /* ImageNet's */
  int32_t numerics;                /* a vitpose_numerics */
  int32_t warp_matrix;             /* a vitpose_warp_matrix */
} vitpose_preprocess_options;
/* The published models' values. */
VITPOSE_API void vitpose_preprocess_options_init(vitpose_preprocess_options* options);
/* This model's values and the numerics it was loaded with. */
VITPOSE_API void vitpose_estimator_preprocess_options(const vitpose_estimator* estimator,
                                                      vitpose_preprocess_options* options);

/* Images and boxes as for vitpose_estimate -> pixel_values [N,3,H,W], image-major, written by the callee.
 * `pixel_value_count` is the number of floats the buffer holds; it must be N*3*H*W. */
VITPOSE_API vitpose_status vitpose_preprocess(const vitpose_preprocess_options* options, const vitpose_image* images,
                                              size_t image_count, const vitpose_box* boxes, const size_t* box_counts,
                                              float* pixel_values, size_t pixel_value_count);

typedef struct vitpose_forward_options {
  size_t struct_size;
  const int64_t* experts; /* as in vitpose_estimate_options, per crop */
  size_t expert_count;
  /* [flip_pair_count, 2] keypoints that change places in a mirrored picture. Not empty: the crops are mirrored ones,
   * and the heatmaps are flipped back, as by Hugging Face's flip_pairs. */
  const int32_t* flip_pairs;
  size_t flip_pair_count;
  /* NULL, or [L+1,N,T,D] floats to fill: the embedding and every layer's output, without the final norm. */
  float* hidden_states;
  size_t hidden_state_count;
} vitpose_forward_options;
VITPOSE_API void vitpose_forward_options_init(vitpose_forward_options* options);

/* pixel_values [N,3,H,W] -> heatmaps [N,K,h,w].
 * The counts are the numbers of floats in the buffers; each must be what the model and N ask for. */
VITPOSE_API vitpose_status vitpose_forward(const vitpose_estimator* estimator, size_t n, const float* pixel_values,
                                           size_t pixel_value_count, const vitpose_forward_options* options,
                                           float* heatmaps, size_t heatmap_count);

typedef struct vitpose_size {
  double width, height; /* px */
} vitpose_size;

typedef struct vitpose_decode_options {
  size_t struct_size;
  int32_t crop_height, crop_width; /* 256, 192: the aspect ratio the boxes were cropped with */
  int32_t use_threshold;           /* as in vitpose_estimate_options */
  double threshold;
  int32_t kernel_size; /* 11 */
  int32_t hf_exact;
  const vitpose_size* target_sizes; /* for boxes given in 0..1: the size of each box's image, or one for all */
  size_t target_size_count;         /* 0: the boxes are in pixels; 1; or the number of boxes */
} vitpose_decode_options;
VITPOSE_API void vitpose_decode_options_init(vitpose_decode_options* options);
/* This model's crop size and the hf_exact it was loaded with. */
VITPOSE_API void vitpose_estimator_decode_options(const vitpose_estimator* estimator, vitpose_decode_options* options);

/* heatmaps [N,K,h,w] and their N boxes -> poses (one image: vitpose_pose.image is 0). Unlike vitpose_estimate it
 * refuses no box: a box without extent maps every point to its centre, NaN gives NaN. */
VITPOSE_API vitpose_status vitpose_decode(const vitpose_decode_options* options, const float* heatmaps, size_t n,
                                          size_t k, size_t h, size_t w, const vitpose_box* boxes, size_t box_count,
                                          vitpose_poses** poses);

/* ---- model files -------------------------------------------------------------------------------------------- */

typedef enum vitpose_storage {
  VITPOSE_STORE_F32 = 0,
  VITPOSE_STORE_BF16 = 1,
  VITPOSE_STORE_INT8 = 2,
  VITPOSE_STORE_INT4 = 3
} vitpose_storage;

typedef struct vitpose_convert_options {
  size_t struct_size;
  int32_t storage; /* a vitpose_storage: F32. BF16 halves the file: the weights are rounded, and arithmetic of F32 and
                    * BF16 can use them. INT8 quarters it and is for arithmetic of INT8 only, INT4 makes it a
                    * sixth, for INT4 only; the embedding and the head stay BF16 */
  int32_t expert;  /* -1 = all; else keep this one alone, which makes a plain one-expert model */
  /* For INT4 of a Hugging Face directory: pixel_values [N,3,H,W] (vitpose_preprocess) of crops like those that the
   * model will see, finite; N is what the values suffice for, a hundred is plenty. The weights are then rounded so
   * that their errors make up for each other on such crops: that takes seconds to minutes, and loses a fraction of
   * what rounding each weight to its nearest loses, which is what NULL does. */
  const float* calibration_pixel_values;
  size_t calibration_value_count;
  /* Of each crop, or one for all; NULL for a model with one expert. An expert without crops is rounded to the nearest;
   * with `expert`, crops of others are left out. */
  const int64_t* calibration_experts;
  size_t calibration_expert_count;
} vitpose_convert_options;
VITPOSE_API void vitpose_convert_options_init(vitpose_convert_options* options);

/* Writes a Hugging Face directory as one file in the layout the kernels read; loading it is one mmap. */
VITPOSE_API vitpose_status vitpose_convert(const char* source, const char* destination,
                                           const vitpose_convert_options* options);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_STAGES_H */
