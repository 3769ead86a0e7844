/* SPDX-License-Identifier: ISC */
/*
 * Start and hand-over. One queue manager at a time holds the lock of the active queue. A predecessor
 * that still waits for results has released it and holds locks on those messages' files instead; the
 * successor leaves them alone until they are free.
 *
 * After a restart of the system (the boot ID differs from the one in the marker) complete files that
 * are not marked ready may have been answered for, wherever they lie: those with a valid checksum are
 * accepted. After the mere end of a process they were not. The marker follows when all could be read.
 */
#include "qmgr/qmgr/qmgr_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

static const char lock_path[] = "active/.lock";
static const char marker_path[] = "active/.boot-id";
static const char marker_new_path[] = "active/.boot-id.new";

/* Outside the queue: before the root directory changes. */
void
qmgr_recover_read_boot_id(struct qmgr *q)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("boot id", sizeof(q->boot_id) * 2);
	struct span text;
	struct err err = { 0 };

	if (!file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", sizeof(q->boot_id) - 1, arena, &text, &err)) {
		log_warn_err("boot id", &err);
		return;
	}
	text = span_trim(text);
	memcpy(q->boot_id, text.p, text.len);
}

bool
qmgr_recover_lock(struct qmgr *q)
{
	CLEANUP(fd_close) int fd =
	    openat(queue_fd(q->queue), lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);

	if (fd < 0) {
		log_warn_errno("open %s", lock_path);
		return false;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			log_warn_errno("lock %s", lock_path);
		return false;
	}
	q->lock_fd = fd_take(&fd);
	return true;
}

/* --- what lost power left --- */

static bool
is_new_boot(struct qmgr *q)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("boot id", sizeof(q->boot_id) * 2);
	struct span text;

	if (q->boot_id[0] == '\0')
		return false;
	return !file_read(queue_fd(q->queue), marker_path, sizeof(q->boot_id), arena, &text, NULL) ||
	       !span_eq_str(span_trim(text), q->boot_id);
}

static void
write_marker(struct qmgr *q)
{
	CLEANUP(fd_close) int fd = openat(queue_fd(q->queue), marker_new_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    S_IRUSR | S_IWUSR);
	struct err err = { 0 };

	if (fd < 0 || !fd_write_all(fd, span_of(q->boot_id), marker_new_path, &err) ||
	    renameat(queue_fd(q->queue), marker_new_path, queue_fd(q->queue), marker_path) != 0)
		log_warn_errno("write %s", marker_path);
}

/*
 * Not of a writer that is still at it: older than this system's start, or newer than now, since the
 * clock of a system that lost power may be behind.
 */
static bool
is_from_before(const struct stat *st)
{
	struct timespec since_start;
	time_t now = time(NULL);

	return clock_gettime(CLOCK_BOOTTIME, &since_start) != 0 || st->st_mtim.tv_sec < now - since_start.tv_sec ||
	       st->st_mtim.tv_sec > now;
}

/* Gone, or nothing that could be mail; else nobody knows. */
static enum recovery
as_recovery(int errnum)
{
	bool is_no_file = errnum == ENOENT || errnum == EINVAL || errnum == ELOOP || errnum == ENXIO;

	return is_no_file ? RECOVERY_NONE : RECOVERY_UNKNOWN;
}

/* What an unmarked file is; one that is whole gets its mark. */
static enum recovery
verify_unmarked(struct qmgr *q, const char *queue_name, struct span id, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char name[QUEUE_ID_MAX + 20];

	snprintf(name, sizeof(name), "%s/%.*s", queue_name, SPAN_ARG(id));
	if (!queue_open_file(q->queue, queue_name, id, O_RDONLY, 0, &fd, err))
		return as_recovery(err->errnum);
	if (queue_file_verify(fd, name, err) == PARSE_OK)
		return queue_file_set_ready(fd, name, err) ? RECOVERY_ACCEPTED : RECOVERY_UNKNOWN;
	return err->errnum == 0 ? RECOVERY_CUT : RECOVERY_UNKNOWN;
}

/* The mark and the time stand in the inode: only a file whose contents must decide is opened. */
enum recovery
qmgr_recover_file(struct qmgr *q, const char *queue_name, struct span id, bool is_at_start)
{
	enum recovery result;
	struct err err = { 0 };
	struct stat st;

	if (!queue_stat_file(q->queue, queue_name, id, &st, &err))
		result = as_recovery(err.errnum);
	else if ((st.st_mode & S_IXUSR) != 0 || (is_at_start && !is_from_before(&st)))
		result = RECOVERY_NONE;
	else
		result = verify_unmarked(q, queue_name, id, &err);
	if (result == RECOVERY_UNKNOWN)
		log_warn("%s", err.text);
	return result;
}

/* false: nobody knows yet whether it is whole. */
static bool
verify_file(struct qmgr *q, const char *queue_name, struct span id)
{
	enum recovery result = qmgr_recover_file(q, queue_name, id, true);

	if (result == RECOVERY_ACCEPTED)
		log_info("%s/%.*s: complete when the system stopped: accepted", queue_name, SPAN_ARG(id));
	else if (result == RECOVERY_CUT)
		log_info("%s/%.*s: not complete when the system stopped: it had not been accepted", queue_name, SPAN_ARG(id));
	return result != RECOVERY_UNKNOWN;
}

/* false: not all were seen, or one of the calls said so. */
static bool
for_each(struct qmgr *q, const char *queue_name, bool (*each)(struct qmgr *q, const char *queue_name, struct span id))
{
	struct err err = { 0 };
	struct queue_scan *scan = queue_scan_open(q->queue, queue_name, &err);
	struct span id;
	bool is_good = true;

	if (scan == NULL) {
		log_warn("%s", err.text);
		return false;
	}
	while (queue_scan_next(scan, &id))
		is_good = each(q, queue_name, id) && is_good;
	is_good = queue_scan_is_whole(scan) && is_good;
	queue_scan_close(&scan);
	return is_good;
}

static void
recover_unmarked(struct qmgr *q)
{
	static const char *const queues[] = { "incoming", "active", "hold", "deferred" };
	bool is_good = true;

	for (size_t i = 0; i < COUNT_OF(queues); i++)
		is_good = for_each(q, queues[i], verify_file) && is_good;
	if (is_good)
		write_marker(q);
	else
		log_warn("not all files of the queue could be read: the next start looks at them again");
}

/* --- active back to incoming --- */

/* A predecessor has an agent at work on it. */
static bool
is_locked(struct qmgr *q, struct span id)
{
	CLEANUP(fd_close) int fd = -1;

	return queue_open_file(q->queue, "active", id, O_RDONLY, 0, &fd, NULL) && flock(fd, LOCK_EX | LOCK_NB) != 0;
}

static bool
move_back(struct qmgr *q, struct span id, struct err *err)
{
	return queue_move(q->queue, "active", "incoming", id, err) || err->errnum == ENOENT;
}

/* What cannot be taken back now is looked at again. */
static bool
take_back(struct qmgr *q, const char *queue_name UNUSED, struct span id)
{
	struct err err = { 0 };
	struct fresh *held;

	if (is_locked(q, id))
		log_info("%.*s: still being delivered", SPAN_ARG(id));
	else if (move_back(q, id, &err))
		return true;
	else
		log_warn("%s", err.text);
	held = xcalloc(1, sizeof(*held));
	memcpy(held->id, id.p, id.len);
	list_append(&q->locked, &held->link);
	return true;
}

void
qmgr_recover_locked(struct qmgr *q, int64_t now_us)
{
	if (now_us < q->locked_until_us)
		return;
	q->locked_until_us = now_us + CLOCK_SECOND_US;
	LIST_EACH_SAFE(link, next, &q->locked) {
		struct fresh *held = LIST_ENTRY(link, struct fresh, link);
		struct err err = { 0 };

		if (is_locked(q, span_of(held->id)) || !move_back(q, span_of(held->id), &err))
			continue;
		list_remove(&held->link);
		free(held);
		q->wants_incoming_scan = true;
	}
}

void
qmgr_recover_start(struct qmgr *q)
{
	if (is_new_boot(q))
		recover_unmarked(q);
	(void) for_each(q, "active", take_back);
	q->wants_incoming_scan = true;
	q->wants_deferred_scan = true;
}

/* The lock of each file follows its open description, which the agent has too. */
void
qmgr_recover_hand_over(struct qmgr *q)
{
	struct span id;
	void *value;

	for (size_t it = 0; map_next(q->messages, &it, &id, &value);) {
		struct message *message = value;

		if (message->fd >= 0 && flock(message->fd, LOCK_EX | LOCK_NB) != 0)
			log_warn_errno("%s: lock", message->id);
	}
	fd_close(&q->lock_fd);
}
