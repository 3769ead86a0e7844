/* SPDX-License-Identifier: ISC */
#ifndef FILE_H
#define FILE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

/* Files and descriptors. Functions say which file and which operation in *err. */

/* Close and set to -1; fine on -1. fd_close keeps errno. For CLEANUP(fd_close). */
void fd_close(int *fd);

/* The descriptor, with *fd set to -1: ownership moves. */
static inline int
fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

MUST_USE bool fd_set_nonblocking(int fd, bool on, struct err *err);
MUST_USE bool fd_set_cloexec(int fd, bool on, struct err *err);

/*
 * Write all, at the file's position or at an offset, whatever write(2) returns in between. name
 * is for messages.
 */
MUST_USE bool fd_write_all(int fd, struct span bytes, const char *name, struct err *err);
MUST_USE bool fd_pwrite_all(
    int fd, struct span bytes, int64_t offset, const char *name, struct err *err);

/* Read exactly len bytes at an offset; false with an error when the file ends before. */
MUST_USE bool fd_pread_all(
    int fd, void *buffer, size_t len, int64_t offset, const char *name, struct err *err);

/* As file_read, of an open file from where it stands. */
MUST_USE bool fd_read_all(int fd, const char *name, size_t max, struct arena *arena,
    struct span *text_out, struct err *err);

/*
 * Read a whole file, at most max bytes, into the arena (NUL added after it, not counted).
 * dirfd is AT_FDCWD for plain paths. Errors: errnum is open(2)'s (ENOENT …); EFBIG when it is
 * longer.
 */
MUST_USE bool file_read(int dirfd, const char *path, size_t max, struct arena *arena,
    struct span *text_out, struct err *err);

/*
 * Replace a file's content so that a reader sees all of the old or all of the new, also after lost
 * power: temporary file beside it, fsync, rename, fsync of the directory.
 * mode and owner of an existing file are kept; mode is for a new one.
 */
MUST_USE bool file_replace(const char *path, struct span content, unsigned mode, struct err *err);

/*
 * Open for reading or appending what a stranger could have put there: no symbolic link followed,
 * a regular file, one hard link.
 */
MUST_USE bool file_open_safely(
    int dirfd, const char *path, int flags, unsigned mode, int *fd_out, struct err *err);

/* mkdir -p with one mode and owner (uid or gid -1: leave) for what is created. */
MUST_USE bool dir_make_all(const char *path, unsigned mode, int uid, int gid, struct err *err);

#endif
