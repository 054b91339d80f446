/* vitpose.cpp: ViTPose and ViTPose++ pose estimation on the CPU, with Hugging Face's numerics.
 *
 * This C interface is the only binary interface of the library; vitpose.hpp is a thin C++ layer over it. Include this
 * header; its parts are
 *   status.h      versions and errors
 *   pictures.h    pixels, boxes, reading and writing picture files
 *   keypoints.h   the sets of keypoints: names, mirror pairs, skeletons, colours
 *   estimator.h   models, and from pictures to poses
 *   stages.h      preprocess, forward and decode one by one; conversion of model files
 *   draw.h        poses and heatmaps into pictures
 *
 * Conventions
 *   Errors       Every function that can fail returns a vitpose_status; vitpose_last_error() then holds one line
 *                that says what was looked at, what was expected and what was found. Nothing prints or aborts.
 *   Ownership    What a function returns through a pointer to an opaque handle is freed by the matching _free
 *                function (which accepts NULL). Everything else stays the caller's.
 *   Threads      An estimator is immutable after vitpose_load: any number of threads may use it at once. The error
 *                text is per thread.
 *                A call may move the calling thread to another processor that its affinity mask allows, if another
 *                program wants the same one; the mask is the same afterwards.
 *   Structs      Option structs begin with struct_size; initialise them with their _init function, which fills in
 *                the defaults, then change what you need. A NULL options pointer means all defaults. A struct_size
 *                that this version does not know is refused, so an uninitialised struct is noticed.
 *   Units        Boxes and keypoints are in pixels of the image, (0,0) is the centre of its top left pixel.
 *                All tensors are contiguous, row-major, native-endian IEEE binary32.
 *   Letters      N boxes or crops, K keypoints, H x W = crop size (256 x 192), h x w = heatmap size (64 x 48).
 */
#ifndef VITPOSE_VITPOSE_H
#define VITPOSE_VITPOSE_H

#include "vitpose/draw.h"
#include "vitpose/estimator.h"
#include "vitpose/keypoints.h"
#include "vitpose/pictures.h"
#include "vitpose/stages.h"
#include "vitpose/status.h"

#endif /* VITPOSE_VITPOSE_H */
