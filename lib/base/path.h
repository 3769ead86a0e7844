/* SPDX-License-Identifier: ISC */
#ifndef PATH_H
#define PATH_H

#include "lib/base/arena.h"

/*
 * A file name made from a trusted directory and one component that may come from anywhere.
 * returns   the joined path in the arena, or NULL when name is empty, ".", "..", holds '/' or NUL,
 *           or is longer than 255 bytes
 */
const char *path_join(struct arena *arena, const char *dir, struct span name) MUST_USE;

/*
 * A trusted relative path below a trusted directory; rest may hold '/'. An absolute rest is taken
 * alone.
 */
const char *path_under(struct arena *arena, const char *dir, const char *rest) MUST_USE;

#endif
