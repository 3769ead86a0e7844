/* SPDX-License-Identifier: ISC */
/* Watching by inotify: the directories of the files, so that replacement by rename is seen. The descriptor works in any root. */
#include "master/dnsd/file_notice.h"

#include "lib/base/panic.h"
#include "lib/base/span.h"
#include "lib/sys/file.h"

#include <limits.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { WATCHES_MAX = 8, EVENTS_ROOM = 4096 };

struct watch {
	int number;
	char *path, *base; /* the file, and its name in its directory */
};

struct file_notice {
	int fd;
	struct loop_io io;
	struct watch watches[WATCHES_MAX];
	size_t count;
	void (*changed)(void *ctx, const char *path);
	void *ctx;
};

/* Watch the directory for the file's name. */
static void
add_watch(struct file_notice *notice, const char *path)
{
	struct span whole = span_of(path);
	size_t slash = span_rfind(whole, '/');
	struct watch *watch = &notice->watches[notice->count];
	char *dir;

	if (notice->count == WATCHES_MAX || slash == whole.len)
		return;
	dir = strndup(path, slash > 0 ? slash : 1);
	if (dir == NULL)
		return;
	watch->number = inotify_add_watch(
	    notice->fd, dir, IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE);
	free(dir);
	if (watch->number < 0)
		return;
	watch->path = xstrdup(path);
	watch->base = watch->path + slash + 1;
	notice->count++;
}

struct file_notice *
file_notice_new(const char *const *paths)
{
	struct file_notice *notice = xcalloc(1, sizeof(*notice));

	notice->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (; notice->fd >= 0 && *paths != NULL; paths++) {
		char *target = realpath(*paths, NULL);

		add_watch(notice, *paths);
		if (target != NULL && strcmp(target, *paths) != 0)
			add_watch(notice, target);
		free(target);
	}
	return notice;
}

void
file_notice_free(struct file_notice **notice)
{
	if (*notice == NULL)
		return;
	if ((*notice)->changed != NULL && (*notice)->fd >= 0)
		loop_io_cancel(&(*notice)->io);
	for (size_t i = 0; i < (*notice)->count; i++)
		free((*notice)->watches[i].path);
	fd_close(&(*notice)->fd);
	free(*notice);
	*notice = NULL;
}

/* The watched file that an event is about, or NULL. */
static const char *
path_of(const struct file_notice *notice, const struct inotify_event *event)
{
	for (size_t i = 0; i < notice->count; i++)
		if (notice->watches[i].number == event->wd && event->len > 0 &&
		    strcmp(notice->watches[i].base, event->name) == 0)
			return notice->watches[i].path;
	return NULL;
}

static void
on_events(void *ctx, int what UNUSED)
{
	struct file_notice *notice = ctx;
	_Alignas(struct inotify_event) char room[EVENTS_ROOM];
	ssize_t n = read(notice->fd, room, sizeof(room));
	const char *path = NULL;

	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event = (const void *) (room + at);

		if (path == NULL)
			path = path_of(notice, event);
		at += (ssize_t) (sizeof(*event) + event->len);
	}
	if (path != NULL)
		notice->changed(notice->ctx, path);
}

void
file_notice_attach(struct file_notice *notice, struct loop *loop,
    void (*changed)(void *ctx, const char *path), void *ctx)
{
	if (notice->fd < 0)
		return;
	notice->changed = changed;
	notice->ctx = ctx;
	loop_io_init(&notice->io, loop, notice->fd, on_events, notice);
	loop_io_want(&notice->io, LOOP_READ);
}
