/* SPDX-License-Identifier: ISC */
#ifndef FILE_NOTICE_H
#define FILE_NOTICE_H

#include "lib/sys/loop.h"

/* Notice, from a root directory that holds nothing, that one of a few files outside has been changed or replaced. */
struct file_notice;

/*
 * Before privileges are dropped. paths ends with NULL; a path that is a symbolic link is watched
 * where it leads too. What cannot be watched is not.
 */
struct file_notice *file_notice_new(const char *const *paths) MUST_USE;
void file_notice_free(struct file_notice **notice);

/* Call changed with the path, each time, from the loop. */
void file_notice_attach(struct file_notice *notice, struct loop *loop,
    void (*changed)(void *ctx, const char *path), void *ctx);

#endif
