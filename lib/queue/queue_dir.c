/* SPDX-License-Identifier: ISC */
/*
 * Queue directories. A name of a file comes only from a valid queue ID, so no path can leave the
 * queue. Everything is relative to one descriptor, which stays good in any root directory.
 */
#include "lib/queue/queue_dir.h"

#include "lib/base/panic.h"
#include "lib/queue/queue_id.h"
#include "lib/sys/durable.h"
#include "lib/sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DEPTH_MAX = 8,
	NAME_MAX_BYTES = 16,
	PATH_BYTES = NAME_MAX_BYTES + 6 * 2 + QUEUE_ID_MAX + 2,
	DIRS_MAX = 600
};

static const char *const queue_names[] = {
	"maildrop",
	"incoming",
	"active",
	"deferred",
	"hold",
	"corrupt",
	"defer",
	"bounce",
	"trace",
	"flush",
	"saved",
};

/* A directory that was opened to flush it. */
struct open_dir {
	char path[PATH_BYTES];
	int fd;
};

struct queue {
	int fd;
	int depth;
	bool is_hashed[COUNT_OF(queue_names)];
	struct open_dir dirs[DIRS_MAX];
	size_t dir_count;
};

/* Which of the queues; -1: none. */
static int
name_index(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(queue_names); i++)
		if (span_eq_str(name, queue_names[i]))
			return (int) i;
	return -1;
}

struct queue *
queue_open(const char *queue_directory, const char *hash_names, int hash_depth, struct err *err)
{
	struct span rest = span_of(hash_names), word;
	struct queue *q = xcalloc(1, sizeof(*q));

	q->depth = hash_depth < 0 ? 0 : hash_depth > 5 ? 5 : hash_depth;
	while (span_token(&rest, ", \t\r\n", &word)) {
		int i = name_index(word);

		if (i >= 0)
			q->is_hashed[i] = true;
	}
	q->fd = open(queue_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (q->fd < 0) {
		err_temp_errno(err, "open queue directory %s", queue_directory);
		queue_close(&q);
	}
	return q;
}

void
queue_close(struct queue **queue)
{
	struct queue *q = *queue;

	*queue = NULL;
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->dir_count; i++)
		fd_close(&q->dirs[i].fd);
	fd_close(&q->fd);
	free(q);
}

int
queue_fd(const struct queue *queue)
{
	return queue->fd;
}

/* "deferred/A", without the file name. */
static bool
dir_path(const struct queue *q, const char *name, struct span id, char out[PATH_BYTES])
{
	int index = name_index(span_of(name));
	char digits[6];
	size_t len;

	if (index < 0 || !queue_id_is_valid(id))
		return false;
	len = (size_t) snprintf(out, PATH_BYTES, "%s", name);
	if (!q->is_hashed[index])
		return true;
	queue_id_hash_digits(id, digits);
	for (int i = 0; i < q->depth; i++)
		len += (size_t) snprintf(out + len, PATH_BYTES - len, "/%c", digits[i]);
	return true;
}

static bool
file_path(
    const struct queue *q, const char *name, struct span id, char out[PATH_BYTES], struct err *err)
{
	size_t len;

	if (!dir_path(q, name, id, out)) {
		err_temp(err, "no queue file: %s/%.*s", name, SPAN_ARG(span_slice(id, 0, 100)));
		if (err != NULL)
			err->errnum = EINVAL;
		return false;
	}
	len = strlen(out);
	snprintf(out + len, PATH_BYTES - len, "/%.*s", SPAN_ARG(id));
	return true;
}

const char *
queue_path(const struct queue *queue, const char *name, struct span id, struct arena *arena)
{
	char path[PATH_BYTES];

	return file_path(queue, name, id, path, NULL) ? arena_strdup(arena, path) : NULL;
}

/* Make the hash levels of one directory; the queue's own directories are made at installation. */
static bool
make_levels(struct queue *q, const char *name, struct span id, struct err *err)
{
	char path[PATH_BYTES];
	char *slash;

	if (!dir_path(q, name, id, path))
		return false;
	for (slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		char *next = strchr(slash + 1, '/');

		if (next != NULL)
			*next = '\0';
		if (mkdirat(q->fd, path, 0700) != 0 && errno != EEXIST)
			return err_temp_errno(err, "make queue directory %s", path);
		if (next == NULL)
			break;
		*next = '/';
	}
	return true;
}

/* Nothing else in the queue is mail, and reading a FIFO would wait for ever. */
static bool
is_mail(const struct stat *st, const char *path, struct err *err)
{
	if (S_ISREG(st->st_mode))
		return true;
	(void) err_temp(err, "open queue file %s: not a regular file", path);
	if (err != NULL)
		err->errnum = EINVAL;
	return false;
}

static bool
is_regular(int *fd, const char *path, struct err *err)
{
	struct stat st;

	if (fstat(*fd, &st) == 0 ? is_mail(&st, path, err) : err_temp_errno(err, "status of queue file %s", path))
		return true;
	fd_close(fd);
	return false;
}

bool
queue_stat_file(struct queue *queue, const char *name, struct span id, struct stat *st_out, struct err *err)
{
	char path[PATH_BYTES];

	if (!file_path(queue, name, id, path, err))
		return false;
	if (fstatat(queue->fd, path, st_out, AT_SYMLINK_NOFOLLOW) != 0)
		return err_temp_errno(err, "status of queue file %s", path);
	return is_mail(st_out, path, err);
}

bool
queue_open_file(struct queue *queue, const char *name, struct span id, int flags, unsigned mode,
    int *fd_out, struct err *err)
{
	char path[PATH_BYTES];

	flags |= O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	if (!file_path(queue, name, id, path, err))
		return false;
	*fd_out = openat(queue->fd, path, flags, mode);
	if (*fd_out < 0 && errno == ENOENT && (flags & O_CREAT) != 0) {
		if (!make_levels(queue, name, id, err))
			return false;
		*fd_out = openat(queue->fd, path, flags, mode);
	}
	if (*fd_out < 0)
		return err_temp_errno(
		    err, "%s queue file %s", (flags & O_CREAT) != 0 ? "create" : "open", path);
	return (flags & O_EXCL) != 0 || is_regular(fd_out, path, err);
}

bool
queue_read_file(struct queue *queue, const char *name, struct span id, size_t max,
    struct arena *arena, struct span *text_out, struct err *err)
{
	char path[PATH_BYTES];
	int fd CLEANUP(fd_close) = -1;

	return queue_open_file(queue, name, id, O_RDONLY, 0, &fd, err) &&
	    file_path(queue, name, id, path, err) &&
	    fd_read_all(fd, path, max, arena, text_out, err);
}

bool
queue_move(struct queue *queue, const char *from, const char *to, struct span id, struct err *err)
{
	char old[PATH_BYTES], new[PATH_BYTES];

	if (!file_path(queue, from, id, old, err) || !file_path(queue, to, id, new, err))
		return false;
	if (renameat(queue->fd, old, queue->fd, new) == 0)
		return true;
	if (errno == ENOENT) {
		if (!make_levels(queue, to, id, err))
			return false;
		if (renameat(queue->fd, old, queue->fd, new) == 0)
			return true;
	}
	return err_temp_errno(err, "move queue file %s to %s", old, new);
}

bool
queue_remove(struct queue *queue, const char *name, struct span id, struct err *err)
{
	char path[PATH_BYTES];

	if (!file_path(queue, name, id, path, err))
		return false;
	return unlinkat(queue->fd, path, 0) == 0 ||
	    err_temp_errno(err, "remove queue file %s", path);
}

/* A few hundred directories at most: the oldest make room. */
static struct open_dir *
dir_slot(struct queue *q)
{
	if (q->dir_count == DIRS_MAX) {
		fd_close(&q->dirs[0].fd);
		memmove(q->dirs, q->dirs + 1, (DIRS_MAX - 1) * sizeof(q->dirs[0]));
		q->dir_count--;
	}
	return &q->dirs[q->dir_count];
}

int
queue_dir_fd(struct queue *queue, const char *name, struct span id, struct err *err)
{
	char path[PATH_BYTES];
	struct open_dir *dir;

	if (!dir_path(queue, name, id, path)) {
		err_temp(err, "no queue directory: %s", name);
		return -1;
	}
	for (size_t i = 0; i < queue->dir_count; i++)
		if (strcmp(queue->dirs[i].path, path) == 0)
			return queue->dirs[i].fd;
	dir = dir_slot(queue);
	dir->fd = openat(queue->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (dir->fd < 0) {
		err_temp_errno(err, "open queue directory %s", path);
		return -1;
	}
	memcpy(dir->path, path, sizeof(path));
	queue->dir_count++;
	return dir->fd;
}

bool
queue_names_are_ordered(const struct queue *queue)
{
	return durable_names_are_ordered(queue->fd);
}

/* --- walking --- */

struct queue_scan {
	DIR *level[DEPTH_MAX]; /* the queue's directory and the hash levels below it */
	int open_levels, depth;
	bool has_gap;
};

static bool
scan_enter(struct queue_scan *s, int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL) {
		fd_close(&fd);
		return false;
	}
	s->level[s->open_levels++] = dir;
	return true;
}

struct queue_scan *
queue_scan_open(struct queue *queue, const char *name, struct err *err)
{
	struct queue_scan *s = xcalloc(1, sizeof(*s));
	int index = name_index(span_of(name));

	errno = EINVAL;
	if (index >= 0 && scan_enter(s, queue->fd, name)) {
		s->depth = queue->is_hashed[index] ? queue->depth : 0;
		return s;
	}
	err_temp_errno(err, "scan queue directory %s", name);
	queue_scan_close(&s);
	return NULL;
}

void
queue_scan_close(struct queue_scan **scan)
{
	struct queue_scan *s = *scan;

	*scan = NULL;
	if (s == NULL)
		return;
	while (s->open_levels > 0)
		closedir(s->level[--s->open_levels]);
	free(s);
}

static bool
is_hash_level(const struct queue_scan *s, const char *name)
{
	return s->open_levels <= s->depth && name[0] != '\0' && name[1] == '\0' &&
	    (ascii_is_digit(name[0]) || (name[0] >= 'A' && name[0] <= 'F'));
}

bool
queue_scan_next(struct queue_scan *s, struct span *id_out)
{
	while (s->open_levels > 0) {
		DIR *dir = s->level[s->open_levels - 1];
		struct dirent *entry;

		errno = 0;
		entry = readdir(dir);
		if (entry == NULL) {
			s->has_gap |= errno != 0;
			closedir(dir);
			s->open_levels--;
		} else if (is_hash_level(s, entry->d_name)) {
			s->has_gap |= !scan_enter(s, dirfd(dir), entry->d_name);
		} else if (queue_id_is_valid(span_of(entry->d_name))) {
			*id_out = span_of(entry->d_name);
			return true;
		}
	}
	return false;
}

bool
queue_scan_is_whole(const struct queue_scan *s)
{
	return !s->has_gap;
}
