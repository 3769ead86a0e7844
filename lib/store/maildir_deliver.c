/* SPDX-License-Identifier: ISC */
/*
 * tmp, then new, then the disk. The move comes before the flush, so that one journal transaction of
 * the file system carries both; what a loss of power can leave is a file whose size differs from the
 * one in its name, of a delivery that nobody was told of and that will be repeated.
 */
#define _GNU_SOURCE 1

#include "lib/store/maildir_deliver.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

struct maildir_file {
	const struct maildir_delivery *delivery;
	int64_t made_us; /* wall clock */
	int fd;
	dev_t device;
	char tmp[PATH_MAX], new[PATH_MAX];
};

/* '/' and ':' have meaning in paths and names. */
static void
add_host(char *out, size_t room, const char *host)
{
	size_t len = strlen(out);

	for (; *host != '\0' && len + 1 < room; host++)
		out[len++] = *host == '/' || *host == ':' || !ascii_is_print(*host) ? '_' : *host;
	out[len] = '\0';
}

static bool
flush_directory(const char *path, struct err *err)
{
	int fd CLEANUP(fd_close) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return (fd >= 0 && fsync(fd) == 0) || store_failed(err, "flush directory %s", path);
}

static bool
make_directories(const char *path, struct err *err)
{
	static const char *const parts[] = { "tmp", "new", "cur" };
	char sub[PATH_MAX];

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		(void) snprintf(sub, sizeof(sub), "%s/%s", path, parts[i]);
		if (dir_make_all(sub, 0700, -1, -1, err))
			continue;
		store_write_failed(err);
		return false;
	}
	return flush_directory(path, err);
}

static bool
open_tmp(struct maildir_file *file, struct err *err)
{
	const char *path = file->delivery->path;

	(void) snprintf(file->tmp, sizeof(file->tmp), "%s/tmp/%lld.P%ld.%lld.", path,
	    (long long) (file->made_us / CLOCK_SECOND_US), (long) getpid(),
	    (long long) (file->made_us % CLOCK_SECOND_US));
	add_host(file->tmp, sizeof(file->tmp), file->delivery->host);
	for (int attempt = 0; attempt < 2; attempt++) {
		file->fd = open(
		    file->tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (file->fd >= 0)
			return true;
		if (errno != ENOENT || attempt > 0)
			break;
		if (!make_directories(path, err))
			return false;
	}
	return store_failed(err, "create maildir file %s", file->tmp);
}

/* The name below new: it holds the file's own device and inode, so no other file ever had it. */
static bool
name_file(struct maildir_file *file, char *name, struct err *err)
{
	char tail[40];
	size_t room;
	struct stat st;

	if (fstat(file->fd, &st) < 0)
		return store_failed(err, "examine maildir file %s", file->tmp);
	file->device = st.st_dev;
	(void) snprintf(
	    tail, sizeof(tail), ",S=%lld", (long long) store_content_size(file->delivery->content));
	room = MAILDIR_NAME_MAX + 1 - strlen(tail);
	(void) snprintf(name, room, "%lld.V%llxI%llxM%lld.",
	    (long long) (file->made_us / CLOCK_SECOND_US), (unsigned long long) st.st_dev,
	    (unsigned long long) st.st_ino, (long long) (file->made_us % CLOCK_SECOND_US));
	add_host(name, room, file->delivery->host);
	memcpy(name + strlen(name), tail, strlen(tail) + 1);
	(void) snprintf(file->new, sizeof(file->new), "%s/new/%s", file->delivery->path, name);
	return true;
}

/* Without overwriting; file systems that cannot rename so can link. */
static bool
move_file(const struct maildir_file *file)
{
	if (renameat2(AT_FDCWD, file->tmp, AT_FDCWD, file->new, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	return link(file->tmp, file->new) == 0 && unlink(file->tmp) == 0;
}

static bool
move_to_new(struct maildir_file *file, struct err *err)
{
	if (move_file(file))
		return true;
	if (errno == ENOENT && make_directories(file->delivery->path, err) && move_file(file))
		return true;
	return store_failed(err, "move maildir file to %s", file->new);
}

static bool
flush_file(const struct maildir_file *file, struct err *err)
{
	char path[PATH_MAX];

	(void) snprintf(path, sizeof(path), "%s/new", file->delivery->path);
	if (fsync(file->fd) < 0)
		return store_failed(err, "flush maildir file %s", file->new);
	return durable_recall(file->delivery->durable, file->device, path) ||
	    flush_directory(path, err);
}

/* A path must have room for the directories and the longest file name behind it. */
static bool
check_delivery(const struct maildir_delivery *delivery, struct err *err)
{
	if (strlen(delivery->path) > PATH_MAX - MAILDIR_NAME_MAX - 40)
		return err_set(
		    err, ERR_TEMP, "4.2.0", "maildir path is too long: %.100s...", delivery->path);
	if (delivery->size_limit > 0 &&
	    store_content_size(delivery->content) > delivery->size_limit)
		return err_set(err, ERR_PERM, "5.3.4",
		    "message of %lld bytes is larger than the mailbox may be",
		    (long long) store_content_size(delivery->content));
	return true;
}

bool
maildir_deliver(const struct maildir_delivery *delivery, char *name_out, struct err *err)
{
	struct maildir_file file = { .delivery = delivery, .made_us = clock_wall_us(), .fd = -1 };
	bool ok = false;

	if (!check_delivery(delivery, err) || !open_tmp(&file, err))
		return false;
	if (!name_file(&file, name_out, err) ||
	    !store_content_copy(delivery->content, file.fd, file.tmp, err) ||
	    !move_to_new(&file, err)) {
		(void) unlink(file.tmp);
	} else {
		ok = flush_file(&file, err);
		if (!ok)
			(void) unlink(file.new);
	}
	fd_close(&file.fd);
	return ok;
}
