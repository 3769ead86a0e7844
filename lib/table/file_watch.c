/* SPDX-License-Identifier: ISC */
/*
 * Watching one file by the descriptor of its directory. A link that is pointed elsewhere later is
 * noticed only when the directory it pointed into is removed (as configuration volumes do).
 */
#include "lib/table/file_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/base/span.h"
#include "lib/sys/file.h"

bool
file_watch_open(struct file_watch *watch, const char *path, int fd, struct err *err)
{
	char *full = fd < 0 ? xstrdup(path) : realpath(path, NULL);
	size_t slash;

	*watch = (struct file_watch){ .dirfd = -1 };
	if (full == NULL)
		return err_temp_errno(err, "resolve %s", path);
	slash = span_rfind(span_of(full), '/');
	watch->name = xstrdup(full + slash + 1);
	full[slash == 0 ? 1 : slash] = '\0';
	watch->dirfd = open(full, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (watch->dirfd < 0 || (fd >= 0 && fstat(fd, &watch->facts) != 0)) {
		(void) err_temp_errno(err, "open directory %s", full);
		file_watch_close(watch);
	}
	free(full);
	return watch->dirfd >= 0;
}

void
file_watch_close(struct file_watch *watch)
{
	fd_close(&watch->dirfd);
	free(watch->name);
	watch->name = NULL;
}

static bool
is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool
file_watch_has_changed(const struct file_watch *watch)
{
	const struct stat *old = &watch->facts;
	struct stat now;

	if (watch->dirfd < 0)
		return false;
	if (fstatat(watch->dirfd, watch->name, &now, 0) != 0)
		return errno == ENOENT && fstat(watch->dirfd, &now) == 0 && now.st_nlink == 0;
	return now.st_dev != old->st_dev || now.st_ino != old->st_ino ||
	    now.st_size != old->st_size || !is_same_time(now.st_mtim, old->st_mtim);
}
