/* Versions and errors. Part of vitpose.h. */
#ifndef VITPOSE_STATUS_H
#define VITPOSE_STATUS_H

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

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* VITPOSE_STATUS_H */
