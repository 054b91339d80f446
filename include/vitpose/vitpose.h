/* vitpose.cpp: ViTPose and ViTPose++ pose estimation on the CPU, with Hugging Face's numerics.
 *
 * This C interface is the only binary interface of the library; vitpose.hpp is a thin C++ layer over it.
 *
 * Conventions
 *   Errors       Every function that can fail returns a vitpose_status; vitpose_last_error() then holds one line
 *                that says what was looked at, what was expected and what was found. Nothing prints or aborts.
 *   Ownership    What a function returns through a pointer to an opaque handle is freed by the matching _free
 *                function (which accepts NULL). Everything else stays the caller's.
 *   Threads      An estimator is immutable after vitpose_load: any number of threads may use it at once. The error
 *                text is per thread.
 *   Structs      Option structs begin with struct_size; initialise them with their _init function, which fills in
 *                the defaults, then change what you need. A NULL options pointer means all defaults. A struct_size
 *                that this version does not know is refused, so an uninitialised struct is noticed.
 *   Units        Boxes and keypoints are in pixels of the image, (0,0) is the centre of its top left pixel.
 *                All tensors are contiguous, row-major, native-endian IEEE binary32.
 *   Letters      N boxes or crops, K keypoints, H x W = crop size (256 x 192), h x w = heatmap size (64 x 48).
 */
#ifndef VITPOSE_VITPOSE_H
#define VITPOSE_VITPOSE_H

#include <stddef.h>
#include <stdint.h>

#if defined(VITPOSE_STATIC)
#define VITPOSE_API
#else
#define VITPOSE_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum vitpose_status {
  VITPOSE_OK = 0,
  VITPOSE_INVALID_ARGUMENT = 1, /* an option, box, index or shape given by the caller */
  VITPOSE_IO = 2,               /* a file that cannot be opened, read or written */
  VITPOSE_FORMAT = 3,           /* a file whose content is malformed or not what was expected */
  VITPOSE_UNSUPPORTED = 4,      /* valid, but not something this build or this CPU can do */
  VITPOSE_OUT_OF_MEMORY = 5,
  VITPOSE_INTERNAL = 6
} vitpose_status;

/* "0.1.0". Versions that differ in major or minor number have different binary interfaces until 1.0. */
VITPOSE_API const char* vitpose_version(void);

/* The message of this thread's last failed call; "" if none failed. Valid until this thread's next failing call. */
VITPOSE_API const char* vitpose_last_error(void);

/* ---- pictures and boxes ------------------------------------------------------------------------------------- */

typedef enum vitpose_pixel_format {
  VITPOSE_RGB8 = 0,
  VITPOSE_BGR8 = 1,
  VITPOSE_RGBA8 = 2, /* alpha is ignored */
  VITPOSE_BGRA8 = 3,
  VITPOSE_GRAY8 = 4 /* replicated to three channels */
} vitpose_pixel_format;

/* The caller's pixels, read during the call only. */
typedef struct vitpose_image {
  const uint8_t* data;
  int32_t width;        /* px, at least 1 */
  int32_t height;       /* px, at least 1 */
  ptrdiff_t row_stride; /* bytes between rows; 0 = rows are contiguous */
  int32_t format;       /* a vitpose_pixel_format */
} vitpose_image;

/* A subject's box: top left corner, width, height. It may leave the image. A box that gives no finite crop is refused
 * with VITPOSE_INVALID_ARGUMENT: NaN or infinite entries, or no extent in either direction. One extent of zero is
 * repaired from the other by the crop's aspect ratio; negative ones are taken as Hugging Face takes them. */
typedef struct vitpose_box {
  double x, y, width, height; /* px */
} vitpose_box;

/* A picture file in memory. */
typedef struct vitpose_picture vitpose_picture;

typedef struct vitpose_read_options {
  size_t struct_size;
  int64_t max_pixels;       /* larger pictures are refused; 100,000,000 */
  int32_t exif_orientation; /* 1: turn the picture upright as its EXIF entry says; 0, as Hugging Face does */
} vitpose_read_options;
VITPOSE_API void vitpose_read_options_init(vitpose_read_options* options);

/* Reads a PNG, JPEG or BMP file as RGB8: grey is replicated, alpha dropped, palettes expanded, 16 bits become their
 * high byte, CMYK is refused. */
VITPOSE_API vitpose_status vitpose_picture_read(const char* path, const vitpose_read_options* options,
                                                vitpose_picture** picture);
/* The pixels, valid until vitpose_picture_free. */
VITPOSE_API vitpose_image vitpose_picture_image(const vitpose_picture* picture);
VITPOSE_API void vitpose_picture_free(vitpose_picture* picture);

/* ---- the estimator ------------------------------------------------------------------------------------------ */

typedef struct vitpose_estimator vitpose_estimator;

/* Which software's bits are reproduced. HF4: transformers 4.x and the PIL backend of 5.x. HF5: the fused
 * normalisation of transformers 5.x's default processor. */
typedef enum vitpose_numerics { VITPOSE_HF4 = 0, VITPOSE_HF5 = 1 } vitpose_numerics;
/* NumPy >= 2 rounds the crop's translation once more than NumPy 1. */
typedef enum vitpose_warp_matrix { VITPOSE_NUMPY2 = 0, VITPOSE_NUMPY1 = 1 } vitpose_warp_matrix;

typedef struct vitpose_load_options {
  size_t struct_size;
  const char* backend; /* NULL or "native"; "reference", "eigen", "onednn" where built in */
  const char* isa;     /* NULL = the best; "avx512", "avx2", "scalar"; never a silent fallback */
  int32_t threads;     /* 0 = every processor this process may use; at most 1024 */
  int32_t use_mmap;    /* 1; 0 reads the file instead, for files that others may truncate meanwhile */
  int32_t numerics;    /* a vitpose_numerics */
  int32_t warp_matrix; /* a vitpose_warp_matrix */
  int32_t hf_exact;    /* 1: also repeat transformers' known bugs, bit for bit */
} vitpose_load_options;
VITPOSE_API void vitpose_load_options_init(vitpose_load_options* options);

/* Loads a Hugging Face directory (config.json, preprocessor_config.json, model.safetensors or shards) or a file made
 * by vitpose_convert. */
VITPOSE_API vitpose_status vitpose_load(const char* path, const vitpose_load_options* options,
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
/* "native/avx512" and the like. Valid as long as the estimator. */
VITPOSE_API const char* vitpose_estimator_backend(const vitpose_estimator* estimator);
/* How the weights are stored: "f32", "bf16" or "f16". Valid as long as the estimator. */
VITPOSE_API const char* vitpose_estimator_storage(const vitpose_estimator* estimator);
/* Remarks about the model's files, one by one; NULL when `index` is out of range. */
VITPOSE_API const char* vitpose_estimator_note(const vitpose_estimator* estimator, int32_t index);

/* ---- pictures to poses -------------------------------------------------------------------------------------- */

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

/* ---- the three stages, for parity checks and custom pipelines ------------------------------------------------ */

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

/* pixel_values [N,3,H,W] -> heatmaps [N,K,h,w]. Experts as in vitpose_estimate_options.
 * hidden_states: NULL, or [L+1,N,T,D]: the embedding and every layer's output, without the final norm.
 * The three counts are the numbers of floats in the buffers; each must be what the model and N ask for. */
VITPOSE_API vitpose_status vitpose_forward(const vitpose_estimator* estimator, size_t n, const float* pixel_values,
                                           size_t pixel_value_count, const int64_t* experts, size_t expert_count,
                                           float* heatmaps, size_t heatmap_count, float* hidden_states,
                                           size_t hidden_state_count);

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

typedef enum vitpose_storage { VITPOSE_STORE_F32 = 0, VITPOSE_STORE_BF16 = 1 } vitpose_storage;

typedef struct vitpose_convert_options {
  size_t struct_size;
  int32_t storage; /* a vitpose_storage: F32. BF16 halves the file; the weights are rounded, the arithmetic stays f32 */
  int32_t expert;  /* -1 = all; else keep this one alone, which makes a plain one-expert model */
} vitpose_convert_options;
VITPOSE_API void vitpose_convert_options_init(vitpose_convert_options* options);

/* Writes a Hugging Face directory as one file in the layout the kernels read; loading it is one mmap. */
VITPOSE_API vitpose_status vitpose_convert(const char* source, const char* destination,
                                           const vitpose_convert_options* options);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_VITPOSE_H */
