/* A C program that uses the library: main MODEL PICTURE EXPECTED_VERSION */
#include <stdio.h>
#include <string.h>
#include <vitpose/vitpose.h>

static int failed(const char* what) {
  fprintf(stderr, "%s: %s\n", what, vitpose_last_error());
  return 1;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  if (strcmp(vitpose_version(), argv[3]) != 0) {
    fprintf(stderr, "library %s, package %s\n", vitpose_version(), argv[3]);
    return 1;
  }
  vitpose_estimator* estimator = NULL;
  if (vitpose_load("no-such-model", NULL, &estimator) == VITPOSE_OK) return failed("a missing model was loaded");
  if (vitpose_load(argv[1], NULL, &estimator) != VITPOSE_OK) return failed("load");
  vitpose_picture* picture = NULL;
  if (vitpose_picture_read(argv[2], NULL, &picture) != VITPOSE_OK) return failed("read");
  const vitpose_image image = vitpose_picture_image(picture);
  const vitpose_box boxes[2] = {{22, 14, 340, 498}, {0, 0, 100, 200}};
  const size_t box_count = 2;
  vitpose_poses* poses = NULL;
  if (vitpose_estimate(estimator, &image, 1, boxes, &box_count, NULL, &poses) != VITPOSE_OK) return failed("estimate");
  const size_t count = vitpose_poses_count(poses);
  const vitpose_pose pose = vitpose_poses_get(poses, 0);
  printf("%zu poses, %d keypoints, the first at %.1f %.1f\n", count, (int)pose.keypoint_count,
         (double)pose.keypoints[0], (double)pose.keypoints[1]);
  vitpose_poses_free(poses);
  vitpose_picture_free(picture);
  vitpose_estimator_free(estimator);
  return count == 2 && pose.keypoint_count == 17 ? 0 : 1;
}
