/* SPDX-License-Identifier: ISC */
#ifndef FILE_WATCH_H
#define FILE_WATCH_H

#include "lib/base/err.h"

#include <sys/stat.h>

/*
 * Notice that a file has been replaced or changed since it was read, from any root directory and
 * inside Landlock: the directory was opened (O_PATH) beforehand, and only fstatat(2) is called.
 */
struct file_watch {
	int dirfd;              /* -1: nothing is watched */
	char *name;             /* last component of the path with symbolic links resolved */
	struct stat facts;
};

/*
 * fd        the opened file, whose identity and times count; -1: the file is not there, and will have
 *           changed when it is; path is absolute then
 * returns   false with *err set when the directory cannot be opened; *watch is then safe for the
 * calls below
 */
MUST_USE bool file_watch_open(struct file_watch *watch, const char *path, int fd, struct err *err);
void file_watch_close(struct file_watch *watch);

/*
 * Another file has its name, or its content changed. A name that is missing for now is not a
 * change.
 */
bool file_watch_has_changed(const struct file_watch *watch);

#endif
