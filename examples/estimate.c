/* Estimates the pose in one box of a picture, prints it and draws it: the C interface from beginning to end.
 *
 *   estimate_c MODEL PICTURE X Y WIDTH HEIGHT OUTPUT.png [EXPERT]
 */
#include <stdio.h>
#include <stdlib.h>
#include <vitpose/vitpose.h>

/* Everything that has to be freed. NULL is fine for each _free function, so that one way out serves all errors. */
typedef struct job {
  vitpose_estimator* estimator;
  vitpose_picture* picture;
  vitpose_poses* poses;
} job;

static int fail(const char* what) {
  fprintf(stderr, "%s: %s\n", what, vitpose_last_error());
  return 1;
}

static void print_pose(const vitpose_estimator* estimator, const vitpose_pose* pose) {
  for (int i = 0; i < pose->keypoint_count; ++i) {
    const char* name = vitpose_estimator_keypoint_name(estimator, (int32_t)pose->labels[i]);
    printf("%-12s %7.1f %7.1f   %.3f\n", name, (double)pose->keypoints[2 * i], (double)pose->keypoints[2 * i + 1],
           (double)pose->scores[i]);
  }
}

static int draw(job* job, const vitpose_pose* pose, const vitpose_box* box, int64_t expert, const char* path) {
  vitpose_draw_options options;
  vitpose_draw_options_init(&options);
  options.boxes = 1;
  /* The skeleton and the colours; a model with keypoints of its own has none. */
  const vitpose_keypoint_set* set = vitpose_estimator_keypoint_set(job->estimator, expert);
  if (set != NULL) {
    options.keypoint_sets = &set->name;
    options.keypoint_set_count = 1;
  }
  const vitpose_canvas canvas = vitpose_picture_canvas(job->picture);
  if (vitpose_draw_poses(&canvas, pose, 1, box, &options) != VITPOSE_OK) return fail("draw");
  const vitpose_image drawn = vitpose_picture_image(job->picture);
  if (vitpose_picture_write(path, &drawn, NULL) != VITPOSE_OK) return fail("write");
  return 0;
}

static int run(job* job, char** arguments, int64_t expert) {
  const vitpose_box box = {atof(arguments[2]), atof(arguments[3]), atof(arguments[4]), atof(arguments[5])};
  if (vitpose_load(arguments[0], NULL, &job->estimator) != VITPOSE_OK) return fail("load");
  if (vitpose_picture_read(arguments[1], NULL, &job->picture) != VITPOSE_OK) return fail("read");

  vitpose_estimate_options options;
  vitpose_estimate_options_init(&options);
  options.experts = &expert;
  options.expert_count = 1;
  const vitpose_image image = vitpose_picture_image(job->picture);
  const size_t box_count = 1;
  if (vitpose_estimate(job->estimator, &image, 1, &box, &box_count, &options, &job->poses) != VITPOSE_OK) {
    return fail("estimate");
  }
  const vitpose_pose pose = vitpose_poses_get(job->poses, 0);
  print_pose(job->estimator, &pose);
  return draw(job, &pose, &box, expert, arguments[6]);
}

int main(int argc, char** argv) {
  if (argc != 8 && argc != 9) {
    fprintf(stderr, "usage: %s MODEL PICTURE X Y WIDTH HEIGHT OUTPUT.png [EXPERT]\n", argv[0]);
    return 2;
  }
  job job = {NULL, NULL, NULL};
  const int result = run(&job, argv + 1, argc == 9 ? atoll(argv[8]) : 0);
  vitpose_poses_free(job.poses);
  vitpose_picture_free(job.picture);
  vitpose_estimator_free(job.estimator);
  return result;
}
