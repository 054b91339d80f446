/* Models, and from pictures to poses. Part of vitpose.h. */
#ifndef VITPOSE_ESTIMATOR_H
#define VITPOSE_ESTIMATOR_H

#include "vitpose/keypoints.h"
#include "vitpose/pictures.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct vitpose_estimator vitpose_estimator;

/* Which software's bits are reproduced. HF4: transformers 4.x and the PIL backend of 5.x. HF5: the fused
 * normalisation of transformers 5.x's default processor. */
typedef enum vitpose_numerics { VITPOSE_HF4 = 0, VITPOSE_HF5 = 1 } vitpose_numerics;
/* NumPy >= 2 rounds the crop's translation once more than NumPy 1. */
typedef enum vitpose_warp_matrix { VITPOSE_NUMPY2 = 0, VITPOSE_NUMPY1 = 1 } vitpose_warp_matrix;

/* What matrix products are computed in.
 *   F32   Hugging Face's numerics, the same bits on every machine.
 *   BF16  activations and weights rounded to 8 bits of mantissa, sums in f32; needs instructions for it (AMX,
 *         AVX512_BF16) and is several times faster on AMX; the same bits for every number of threads and every batch,
 *         but not on every instruction set.
 *   INT8  the layers' linear maps and the classic decoder's transposed convolutions multiply bytes: weights with a
 *         scale per output channel, activations with a scale and a zero per row (of convolutions, per crop), found on
 *         the way; no calibration. The rest is BF16 or F32 (float_parts). Native everywhere.
 *   INT4  the layers' weights are rounded to 4 bits, with a scale for every 128 of a channel; all arithmetic is BF16 or
 *         F32 (float_parts). For memory, not for speed.
 * DEFAULT is INT8 or INT4 for a converted file that stores int8 or int4, else F32. */
typedef enum vitpose_dtype {
  VITPOSE_DEFAULT_DTYPE = 0,
  VITPOSE_F32 = 1,
  VITPOSE_BF16 = 2,
  VITPOSE_INT8 = 3,
  VITPOSE_INT4 = 4
} vitpose_dtype;

/* What the threads share when a call has several crops. Never changes a bit.
 *   CROPS  each thread takes crop after crop and waits for no other until all are done: most crops a second. Working
 *          memory for one crop a thread, which stays with the estimator.
 *   OPS    all threads work on the same step of the forward, for up to eight crops at once.
 *   AUTO   whole rounds of crops, one for each thread, as CROPS, the rest as OPS. */
typedef enum vitpose_parallel {
  VITPOSE_PARALLEL_AUTO = 0,
  VITPOSE_PARALLEL_CROPS = 1,
  VITPOSE_PARALLEL_OPS = 2
} vitpose_parallel;

typedef struct vitpose_load_options {
  size_t struct_size;
  const char* backend; /* NULL or "native"; "reference", "eigen", "onednn" where built in */
  const char* isa;     /* NULL = the best; "amx", "avx512_bf16", "avx512_vnni", "avx512", "avx2_vnni", "avx2", "neon",
                        * "scalar": an error where the CPU lacks it */
  int32_t threads;     /* 0 = every processor this process may use; at most 1024 */
  int32_t use_mmap;    /* 1; 0 reads the file instead, for files that others may truncate meanwhile */
  int32_t numerics;    /* a vitpose_numerics */
  int32_t warp_matrix; /* a vitpose_warp_matrix */
  int32_t hf_exact;    /* 1: also repeat transformers' known bugs, bit for bit */
  int32_t dtype;       /* a vitpose_dtype. BF16 and INT8: native backend only; a converted file must store its weights
                        * so. BF16: an error where the CPU has no instructions for it */
  int32_t emulate;     /* 1: compute BF16 without such instructions, slowly, instead of that error */
  int32_t parallel;    /* a vitpose_parallel */
  int32_t float_parts; /* what INT8 computes everything in that it does not multiply as bytes, and INT4 everything:
                        * VITPOSE_BF16, VITPOSE_F32 (whole results are then the same bits on every instruction set), or
                        * VITPOSE_DEFAULT_DTYPE: BF16 where the CPU has instructions for it or `emulate` is 1, else F32.
                        * With other dtypes the dtype itself */
} vitpose_load_options;
VITPOSE_API void vitpose_load_options_init(vitpose_load_options* options);

/* Loads a Hugging Face directory (config.json, preprocessor_config.json, model.safetensors or shards) or a file made
 * by vitpose_convert. */
VITPOSE_API vitpose_status vitpose_load(const char* path, const vitpose_load_options* options,
                                        vitpose_estimator** estimator);
/* Loads a file made by vitpose_convert from memory, for programs that bring their model along. The weights are used
 * where they lie: `bytes` must stay as they are until vitpose_estimator_free, and should begin on a 64-byte boundary,
 * else the weights are copied. Messages call the file "model"; use_mmap has no meaning here. */
VITPOSE_API vitpose_status vitpose_load_memory(const void* bytes, size_t size, const vitpose_load_options* options,
                                               vitpose_estimator** estimator);
VITPOSE_API void vitpose_estimator_free(vitpose_estimator* estimator);

typedef struct vitpose_model_info {
  int32_t keypoints;      /* K */
  int32_t experts;        /* 1 for ViTPose, 6 for published ViTPose++ */
  int32_t crop_height;    /* H, px */
  int32_t crop_width;     /* W, px */
  int32_t heatmap_height; /* h */
  int32_t heatmap_width;  /* w */
  int32_t hidden_size;    /* D */
  int32_t layers;         /* L */
  int32_t heads;
  int32_t tokens;            /* T */
  int32_t feed_forward_size; /* of the layers' MLP */
  int32_t part_features;     /* of the D outputs of an MLP, how many come from the expert; 0 with one expert */
  int32_t simple_decoder;    /* 1 simple, 0 classic */
  int32_t threads;           /* of the pool, the calling thread included */
} vitpose_model_info;
VITPOSE_API vitpose_model_info vitpose_estimator_info(const vitpose_estimator* estimator);
/* id2label's name of keypoint k, or NULL when k is out of range. Valid as long as the estimator. */
VITPOSE_API const char* vitpose_estimator_keypoint_name(const vitpose_estimator* estimator, int32_t keypoint);
/* The keypoint set of an expert's poses: the one that the model's config.json names (the key vitpose_keypoint_sets, one
 * name per expert), else the usual one for K. The published ViTPose++ files name none; their head gives COCO's
 * keypoints whichever expert is chosen. A model with one expert: 0. NULL when there is no such expert or no known set
 * with K keypoints. */
VITPOSE_API const vitpose_keypoint_set* vitpose_estimator_keypoint_set(const vitpose_estimator* estimator,
                                                                       int64_t expert);
/* What matrix products are computed in: a vitpose_dtype, not DEFAULT. */
VITPOSE_API int32_t vitpose_estimator_dtype(const vitpose_estimator* estimator);
/* The arithmetic of what INT8 does not multiply as bytes, of all of INT4; else the dtype. F32 or BF16. */
VITPOSE_API int32_t vitpose_estimator_float_parts(const vitpose_estimator* estimator);
/* "native/avx512" and the like. Valid as long as the estimator. */
VITPOSE_API const char* vitpose_estimator_backend(const vitpose_estimator* estimator);
/* How the weights are stored: "f32", "bf16", "f16", "int8" or "int4". Valid as long as the estimator. */
VITPOSE_API const char* vitpose_estimator_storage(const vitpose_estimator* estimator);
/* Remarks about the model's files, one by one; NULL when `index` is out of range. */
VITPOSE_API const char* vitpose_estimator_note(const vitpose_estimator* estimator, int32_t index);

/* ---- pictures to poses ------------------------------------------------------------------------------------- */

typedef struct vitpose_estimate_options {
  size_t struct_size;
  const int64_t* experts; /* expert (dataset_index) per box over all images in order, or one for all */
  size_t expert_count;    /* 0 only for a model with one expert; 1; or the number of boxes */
  int32_t use_threshold;  /* 1: keep only keypoints whose score is strictly above `threshold` */
  double threshold;
  int32_t kernel_size;      /* of the decoder's Gaussian; 11 */
  int32_t flip_test;        /* 1: average the heatmaps of the crop and of its mirror image */
  const char* keypoint_set; /* NULL: the model's own; names the mirror pairs of flip_test */
  int32_t batch;            /* crops per forward, 8: bounds memory, never changes a bit */
} vitpose_estimate_options;
VITPOSE_API void vitpose_estimate_options_init(vitpose_estimate_options* options);

typedef struct vitpose_poses vitpose_poses;

/* One subject. The pointers live as long as the vitpose_poses. */
typedef struct vitpose_pose {
  int32_t image;          /* index of its image in the call */
  int32_t keypoint_count; /* K, or fewer with a threshold */
  const float* keypoints; /* [keypoint_count, 2], x y in px */
  const float* scores;    /* [keypoint_count], the heatmap's peak */
  const int64_t* labels;  /* [keypoint_count], keypoint index 0..K-1 */
  float bbox[4];          /* as Hugging Face returns it (built from centre and scale, not the given box) */
} vitpose_pose;

/* Estimates one pose per box. `box_counts[i]` boxes of `boxes` belong to image i. No boxes: an empty result. */
VITPOSE_API vitpose_status vitpose_estimate(const vitpose_estimator* estimator, const vitpose_image* images,
                                            size_t image_count, const vitpose_box* boxes, const size_t* box_counts,
                                            const vitpose_estimate_options* options, vitpose_poses** poses);
VITPOSE_API size_t vitpose_poses_count(const vitpose_poses* poses);
/* All zero when `index` is not below the count. */
VITPOSE_API vitpose_pose vitpose_poses_get(const vitpose_poses* poses, size_t index);
VITPOSE_API void vitpose_poses_free(vitpose_poses* poses);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_ESTIMATOR_H */
