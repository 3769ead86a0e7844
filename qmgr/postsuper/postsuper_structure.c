/* SPDX-License-Identifier: ISC */
/*
 * Order among the files: each in the hash directory where others look for it, none that a writer
 * left behind. IDs never change, so a file moves within its queue only.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/queue/queue_file.h"
#include "lib/queue/queue_id.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "qmgr/postsuper/postsuper_int.h"

enum { DEPTH_MAX = 8, PATH_MAX_BYTES = 4000, ABANDONED_S = 86400 };

static const char *const all_queues[] = {
	"maildrop", "incoming", "active", "deferred", "hold", "defer", "bounce", "trace", NULL,
};

/* queue_move makes the directory; a move onto the place where the file lies already is none. */
static void
put_right(struct postsuper *ps, const char *queue_name, const char *directory, struct span id)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("path", PATH_MAX_BYTES);
	const char *found = arena_printf(arena, "%s/%.*s", directory, SPAN_ARG(id));
	const char *wanted = queue_path(ps->command.queue, queue_name, id, arena);
	int fd = queue_fd(ps->command.queue);
	char *parent;

	if (wanted == NULL || strcmp(found, wanted) == 0)
		return;
	parent = arena_strdup(arena, wanted);
	*strrchr(parent, '/') = '\0';
	for (char *slash = strchr(parent, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void) mkdirat(fd, parent, S_IRWXU);
		*slash = '/';
	}
	(void) mkdirat(fd, parent, S_IRWXU);
	if (renameat2(fd, found, fd, wanted, RENAME_NOREPLACE) != 0) {
		log_warn_errno("rename %s to %s", found, wanted);
		return;
	}
	ps->has_changed = true;
	log_info("%s: moved to %s", found, wanted);
}

static void
mend_directory(struct postsuper *ps, const char *queue_name, const char *directory, int depth)
{
	int fd = openat(queue_fd(ps->command.queue), directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir == NULL) {
		log_warn_errno("open directory %s", directory);
		fd_close(&fd);
		return;
	}
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		CLEANUP(arena_free) struct arena *arena = arena_new("path", PATH_MAX_BYTES);

		if (entry->d_name[0] == '.')
			continue;
		if (queue_id_is_valid(span_of(entry->d_name)))
			put_right(ps, queue_name, directory, span_of(entry->d_name));
		else if (strlen(entry->d_name) == 1 && depth < DEPTH_MAX)
			mend_directory(ps, queue_name, arena_printf(arena, "%s/%s", directory, entry->d_name), depth + 1);
		else
			log_warn("%s/%s: not a queue file; it is left alone", directory, entry->d_name);
	}
	closedir(dir);
}

void
postsuper_mend_structure(struct postsuper *ps)
{
	for (const char *const *name = all_queues; *name != NULL; name++)
		mend_directory(ps, *name, *name, 0);
}

/* Mail that lacks its mark only, or what cannot be read: kept. */
static bool
may_be_whole(struct postsuper *ps, const char *queue_name, struct span id, const char *path)
{
	CLEANUP(fd_close) int fd = -1;
	struct err err = { 0 };

	if (!queue_open_file(ps->command.queue, queue_name, id, O_RDONLY, 0, &fd, &err))
		return err.errnum != ENOENT;
	return queue_file_verify(fd, path, &err) == PARSE_OK || err.errnum != 0;
}

static void
purge_file(struct postsuper *ps, const char *queue_name, struct span id, time_t now)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("path", PATH_MAX_BYTES);
	const char *path = queue_path(ps->command.queue, queue_name, id, arena);
	struct stat st;

	if (path == NULL || fstatat(queue_fd(ps->command.queue), path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || (st.st_mode & S_IXUSR) != 0 || now - st.st_mtime < ABANDONED_S ||
	    may_be_whole(ps, queue_name, id, path))
		return;
	if (unlinkat(queue_fd(ps->command.queue), path, 0) != 0) {
		log_warn_errno("remove %s", path);
		return;
	}
	ps->has_changed = true;
	log_info("%s: removed: it was never completed", path);
}

void
postsuper_purge(struct postsuper *ps)
{
	static const char *const written[] = { "maildrop", "incoming" };
	time_t now = time(NULL);

	for (size_t i = 0; i < COUNT_OF(written); i++) {
		struct queue_scan *scan = queue_scan_open(ps->command.queue, written[i], NULL);
		struct span id;

		while (scan != NULL && queue_scan_next(scan, &id))
			purge_file(ps, written[i], id, now);
		queue_scan_close(&scan);
	}
}
