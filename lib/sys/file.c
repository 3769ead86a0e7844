/* SPDX-License-Identifier: ISC */
/*
 * Files and descriptors: whole reads and writes, durable replacement, careful opening. Nothing here
 * logs; *err names the file and the operation. Interrupted calls are repeated.
 */
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

void
fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void) close(*fd);
	*fd = -1;
	errno = saved;
}

bool
fd_set_nonblocking(int fd, bool on, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return err_temp_errno(err, "read flags of descriptor %d", fd);
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	if (fcntl(fd, F_SETFL, flags) < 0)
		return err_temp_errno(err, "set flags of descriptor %d", fd);
	return true;
}

bool
fd_set_cloexec(int fd, bool on, struct err *err)
{
	if (fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0) < 0)
		return err_temp_errno(err, "set close-on-exec of descriptor %d", fd);
	return true;
}

/*
 * One write(2) or pwrite(2), repeated when a signal came first; a write of nothing is "disk
 * full".
 */
static ssize_t
fd_write_some(int fd, struct span bytes, const int64_t *offset)
{
	ssize_t done;

	do {
		done = offset == NULL ? write(fd, bytes.p, bytes.len)
		                      : pwrite(fd, bytes.p, bytes.len, (off_t) *offset);
	} while (done < 0 && errno == EINTR);
	if (done == 0)
		errno = ENOSPC;
	return done;
}

bool
fd_write_all(int fd, struct span bytes, const char *name, struct err *err)
{
	while (bytes.len > 0) {
		ssize_t done = fd_write_some(fd, bytes, NULL);

		if (done <= 0)
			return err_temp_errno(err, "write %s", name);
		bytes = span_from(bytes, (size_t) done);
	}
	return true;
}

bool
fd_pwrite_all(int fd, struct span bytes, int64_t offset, const char *name, struct err *err)
{
	while (bytes.len > 0) {
		ssize_t done = fd_write_some(fd, bytes, &offset);

		if (done <= 0)
			return err_temp_errno(err, "write %s at %lld", name, (long long) offset);
		bytes = span_from(bytes, (size_t) done);
		offset += done;
	}
	return true;
}

bool
fd_pread_all(int fd, void *buffer, size_t len, int64_t offset, const char *name, struct err *err)
{
	char *to = buffer;

	while (len > 0) {
		ssize_t done = pread(fd, to, len, (off_t) offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_temp_errno(err, "read %s at %lld", name, (long long) offset);
		if (done == 0)
			return err_temp(err, "read %s at %lld: the file ends %zu bytes early", name,
			    (long long) offset, len);
		to += done;
		len -= (size_t) done;
		offset += done;
	}
	return true;
}

/* Read up to room bytes, less only at the end of the file; -1 with errno. */
static ssize_t
fd_read_fully(int fd, char *buffer, size_t room)
{
	size_t got = 0;

	while (got < room) {
		ssize_t done = read(fd, buffer + got, room - got);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		if (done == 0)
			break;
		got += (size_t) done;
	}
	return (ssize_t) got;
}

/* Where to begin: the file's size says how much memory, but files in /proc claim 0. */
static size_t
file_first_room(const struct stat *st, size_t max)
{
	size_t room = st->st_size > 0 ? (size_t) st->st_size : 4095;

	return (room < max ? room : max) + 1;
}

bool
fd_read_all(int fd, const char *name, size_t max, struct arena *arena, struct span *text_out,
    struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_temp_errno(err, "examine %s", name);

	/* Grow until a read leaves room: then the end was reached. */
	size_t room = file_first_room(&st, max), got = 0;
	char *text = arena_alloc(arena, room + 1);
	for (;;) {
		ssize_t more = fd_read_fully(fd, text + got, room - got);

		if (more < 0)
			return err_temp_errno(err, "read %s", name);
		got += (size_t) more;
		if (got < room || got > max)
			break;

		size_t bigger = room > max / 2 ? max + 1 : room * 2;
		char *copy = arena_alloc(arena, bigger + 1);
		memcpy(copy, text, got);
		text = copy;
		room = bigger;
	}
	if (got > max) {
		errno = EFBIG;
		return err_temp_errno(err, "read %s: more than %zu bytes", name, max);
	}
	text[got] = '\0';
	*text_out = span_make(text, got);
	return true;
}

bool
file_read(int dirfd, const char *path, size_t max, struct arena *arena, struct span *text_out,
    struct err *err)
{
	int fd CLEANUP(fd_close) = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_temp_errno(err, "open %s", path);
	return fd_read_all(fd, path, max, arena, text_out, err);
}

/* Make a name's directory entry durable. */
static bool
file_sync_directory(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	(void) snprintf(dir, sizeof(dir), "%.*s",
	    slash == NULL       ? 1
	        : slash == path ? 1
	                        : (int) (slash - path),
	    slash == NULL ? "." : path);

	int fd CLEANUP(fd_close) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_temp_errno(err, "open directory %s", dir);
	if (fsync(fd) < 0)
		return err_temp_errno(err, "flush directory %s", dir);
	return true;
}

/* Write and flush the temporary file, with the old file's mode and owner when there is one. */
static bool
file_fill_temporary(
    int fd, const char *name, const char *path, struct span content, unsigned mode, struct err *err)
{
	struct stat old;

	if (stat(path, &old) == 0) {
		mode = old.st_mode & 07777;
		if (fchown(fd, old.st_uid, old.st_gid) < 0 && errno != EPERM)
			return err_temp_errno(err, "set owner of %s", name);
	}
	if (fchmod(fd, (mode_t) mode) < 0)
		return err_temp_errno(err, "set mode of %s", name);
	if (!fd_write_all(fd, content, name, err))
		return false;
	if (fsync(fd) < 0)
		return err_temp_errno(err, "flush %s", name);
	return true;
}

bool
file_replace(const char *path, struct span content, unsigned mode, struct err *err)
{
	char real[PATH_MAX], temporary[PATH_MAX + 16];

	/* A symbolic link stays one: the file that it names is replaced. */
	if (realpath(path, real) != NULL)
		path = real;

	(void) snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	int fd CLEANUP(fd_close) = mkstemp(temporary);
	if (fd < 0)
		return err_temp_errno(err, "create %s", temporary);

	if (!file_fill_temporary(fd, temporary, path, content, mode, err)) {
		(void) unlink(temporary);
		return false;
	}
	if (rename(temporary, path) < 0) {
		(void) err_temp_errno(err, "rename %s to %s", temporary, path);
		(void) unlink(temporary);
		return false;
	}
	return file_sync_directory(path, err);
}

/* What a stranger could have arranged is refused with ELOOP, EISDIR or EMLINK. */
static bool
file_check_safe(int fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_temp_errno(err, "examine %s", path);
	if (!S_ISREG(st.st_mode)) {
		(void) err_set(err, ERR_PERM, "5.2.0", "open %s: not a regular file", path);
		if (err != NULL)
			err->errnum = EISDIR;
		return false;
	}
	if (st.st_nlink != 1) {
		(void) err_set(err, ERR_PERM, "5.2.0",
		    "open %s: the file has %lu hard links, one was expected", path,
		    (unsigned long) st.st_nlink);
		if (err != NULL)
			err->errnum = EMLINK;
		return false;
	}
	return true;
}

bool
file_open_safely(
    int dirfd, const char *path, int flags, unsigned mode, int *fd_out, struct err *err)
{
	/* Not blocking, so that a FIFO in the file's place cannot hold us up. */
	int fd CLEANUP(fd_close) = openat(
	    dirfd, path, (flags & ~O_TRUNC) | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, mode);

	if (fd < 0)
		return err_temp_errno(err, "open %s", path);
	if (!file_check_safe(fd, path, err))
		return false;
	if ((flags & O_TRUNC) != 0 && ftruncate(fd, 0) < 0)
		return err_temp_errno(err, "empty %s", path);
	if ((flags & O_NONBLOCK) == 0 && !fd_set_nonblocking(fd, false, err))
		return false;
	*fd_out = fd_take(&fd);
	return true;
}

/* Make one directory; one that is there already is left as it is. */
static bool
dir_make_one(const char *path, unsigned mode, int uid, int gid, struct err *err)
{
	struct stat st;

	if (mkdir(path, (mode_t) mode) < 0) {
		if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			return true;
		return err_temp_errno(err, "create directory %s", path);
	}

	/* Without following links: the name could have been swapped since. */
	int fd CLEANUP(fd_close) = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_temp_errno(err, "open directory %s", path);
	if ((uid >= 0 || gid >= 0) && fchown(fd, (uid_t) uid, (gid_t) gid) < 0)
		return err_temp_errno(err, "set owner of directory %s", path);
	if (fchmod(fd, (mode_t) mode) < 0)
		return err_temp_errno(err, "set mode of directory %s", path);
	return true;
}

bool
dir_make_all(const char *path, unsigned mode, int uid, int gid, struct err *err)
{
	char prefix[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof(prefix))
		return err_temp(err, "create directory \"%.60s\": bad length of the name", path);

	for (size_t i = 1; i <= len; i++) {
		if ((i < len && path[i] != '/') || path[i - 1] == '/')
			continue;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		if (!dir_make_one(prefix, mode, uid, gid, err))
			return false;
	}
	return true;
}
