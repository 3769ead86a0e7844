/* SPDX-License-Identifier: ISC */
/*
 * pickup: takes what users left in maildrop to cleanup. Woken by postdrop and by the clock. Names
 * that are no queue IDs, files without the ready mark, and whatever is no plain file are passed by;
 * a file that postdrop can not have written goes to the corrupt queue.
 */
#include "lib/queue/queue_dir.h"
#include "lib/queue/queue_id.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "qmgr/pickup/pickup_mail.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

/* Files that were never finished are removed after a day. */
static const int64_t stale_s = 24 * 3600;

struct pickup_state {
	struct queue *queue;
	struct mail_client cleanup;
};

static bool
pickup_before_drop(struct program *program, struct err *err)
{
	struct pickup_state *s = program->state;

	tzset();
	mail_client_init(&s->cleanup, program->mail, service_peers(program));
	s->queue = queue_open(program->mail->queue_directory, program->mail->hash_queue_names,
	    program->mail->hash_queue_depth, err);
	return s->queue != NULL;
}

static void
pickup_remove(struct pickup_state *s, struct span id)
{
	struct err err = { 0 };

	if (!queue_remove(s->queue, "maildrop", id, &err))
		log_warn("%s", err.text);
}

static void
pickup_set_aside(struct pickup_state *s, struct span id, const struct err *why)
{
	struct err err = { 0 };

	if (queue_move(s->queue, "maildrop", "corrupt", id, &err))
		log_warn("maildrop/%.*s: corrupt, moved to the corrupt queue: %s", SPAN_ARG(id),
		    why->text);
	else
		log_warn("%s", err.text);
}

/* What may be taken: a plain file with the ready mark and one name. */
static bool
is_takeable(struct pickup_state *s, struct span id, const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
		return false;
	if ((st->st_mode & S_IXUSR) != 0)
		return true;
	if (st->st_mtime < time(NULL) - stale_s)
		pickup_remove(s, id);
	return false;
}

/* One file; false when cleanup cannot be reached, so that there is no point in going on. */
static bool
pickup_file(struct program *program, struct span id, int fd, const struct stat *st)
{
	struct pickup_state *s = program->state;
	int64_t arrival_us = (int64_t) st->st_mtim.tv_sec * CLOCK_SECOND_US +
	    st->st_mtim.tv_nsec / 1000;
	char name[QUEUE_ID_MAX];
	struct err err = { 0 };

	if (mail_client_next_id(&s->cleanup, &err) == NULL) {
		log_warn_err("cleanup", &err);
		return false;
	}
	snprintf(name, sizeof(name), "%.*s", SPAN_ARG(id));
	switch (pickup_mail(&s->cleanup, fd, name, st->st_uid, arrival_us, &err)) {
	case PICKUP_DONE:
	case PICKUP_REFUSED:
		pickup_remove(s, id);
		return true;
	case PICKUP_LATER:
		return true;
	case PICKUP_CORRUPT:
		pickup_set_aside(s, id, &err);
		return true;
	case PICKUP_BROKEN:
		break;
	}
	log_warn("maildrop/%s: %s", name, err.text);
	mail_client_abandon(&s->cleanup);
	return true;
}

static bool
pickup_try(struct program *program, struct span id)
{
	struct pickup_state *s = program->state;
	struct err err = { 0 };
	struct stat st;
	bool again = true;
	int fd;

	if (!queue_open_file(s->queue, "maildrop", id, O_RDONLY | O_NONBLOCK, 0, &fd, &err)) {
		if (err.errnum != ENOENT)
			log_warn("%s", err.text);
		return true;
	}
	if (fstat(fd, &st) == 0 && is_takeable(s, id, &st))
		again = pickup_file(program, id, fd, &st);
	fd_close(&fd);
	return again;
}

/* One walk. What comes during it wakes this process again. */
static void
pickup_trigger(struct program *program, struct span request UNUSED)
{
	struct pickup_state *s = program->state;
	struct err err = { 0 };
	struct queue_scan *scan = queue_scan_open(s->queue, "maildrop", &err);
	struct span id;
	bool again = true;

	if (scan == NULL) {
		log_warn("%s", err.text);
		return;
	}
	while (again && queue_scan_next(scan, &id))
		again = pickup_try(program, id) && !service_should_end(program);
	queue_scan_close(&scan);
}

static void
pickup_exit(struct program *program)
{
	struct pickup_state *s = program->state;

	queue_close(&s->queue);
}

static const struct service pickup_service = {
	.manifest = &pickup_manifest,
	.state_size = sizeof(struct pickup_state),
	.before_drop = pickup_before_drop,
	.on_trigger = pickup_trigger,
	.on_exit = pickup_exit,
};

int
main(int argc, char **argv)
{
	return service_main(&pickup_service, argc, argv);
}
