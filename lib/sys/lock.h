/* SPDX-License-Identifier: ISC */
#ifndef LOCK_H
#define LOCK_H

#include "lib/base/err.h"
#include "lib/base/span.h"

/* Advisory locks, in the three ways that mail programs use. */
enum lock_style { LOCK_STYLE_FLOCK = 1, LOCK_STYLE_FCNTL = 2, LOCK_STYLE_DOTLOCK = 4 };
enum lock_kind { LOCK_KIND_SHARED, LOCK_KIND_EXCLUSIVE };

/* A list such as "fcntl, dotlock" as a mask; false with *err naming the unknown word. */
MUST_USE bool lock_parse_styles(struct span list, unsigned *styles_out, struct err *err);

/*
 * Lock a descriptor by flock or fcntl (whole file).
 * deadline_us   clock_now_us value; 0 tries once
 * returns       false with *err TEMP: errnum EAGAIN when somebody else holds it
 */
MUST_USE bool lock_fd(
    int fd, enum lock_style style, enum lock_kind kind, int64_t deadline_us, struct err *err);
bool lock_fd_release(int fd, enum lock_style style);

/*
 * Make path.lock by link(2)ing a temporary file; a lock older than stale_s seconds is broken.
 * attempts  tries, delay_us apart
 * returns   false with *err TEMP; errnum EEXIST when somebody else holds it, EACCES when the
 *           directory may not be written
 */
MUST_USE bool lock_dot(
    const char *path, int attempts, int64_t delay_us, int64_t stale_s, struct err *err);
void lock_dot_release(const char *path);

#endif
