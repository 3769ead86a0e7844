/* SPDX-License-Identifier: ISC */
/*
 * Advisory locks: flock, fcntl and dot files. Waiting is by polling with a growing pause, since a
 * blocking lock call knows no deadline. fcntl uses open file description locks, so that closing
 * another descriptor of the same file in this process does not drop the lock; other programs'
 * plain fcntl locks conflict with them as they should.
 */
#define _GNU_SOURCE 1

#include "lib/sys/lock.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct lock_word {
	const char *name;
	enum lock_style style;
} lock_words[] = {
	{ "flock", LOCK_STYLE_FLOCK },
	{ "fcntl", LOCK_STYLE_FCNTL },
	{ "dotlock", LOCK_STYLE_DOTLOCK },
};

/* The style of one word, 0 for an unknown one. */
static unsigned
lock_style_of(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(lock_words); i++)
		if (span_eq_str_ci(word, lock_words[i].name))
			return lock_words[i].style;
	return 0;
}

bool
lock_parse_styles(struct span list, unsigned *styles_out, struct err *err)
{
	struct span word;

	*styles_out = 0;
	while (span_token(&list, ", \t\r\n", &word)) {
		unsigned style = lock_style_of(word);

		if (style == 0)
			return err_config(err,
			    "unknown lock method \"%.*s\": expected flock, fcntl or dotlock",
			    SPAN_ARG(word));
		*styles_out |= style;
	}
	return true;
}

static void
lock_pause(int64_t us)
{
	struct timespec pause = { .tv_sec = us / CLOCK_SECOND_US,
		.tv_nsec = us % CLOCK_SECOND_US * 1000 };

	(void) nanosleep(&pause, NULL);
}

/* One attempt by fcntl, on the whole file. */
static bool
lock_try_fcntl(int fd, short type)
{
	struct flock range = { .l_type = type, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_SETLK, &range) == 0)
		return true;
	if (errno == EACCES)
		errno = EAGAIN;
	return false;
}

static bool
lock_try(int fd, enum lock_style style, enum lock_kind kind)
{
	bool shared = kind == LOCK_KIND_SHARED;

	if (style == LOCK_STYLE_FLOCK)
		return flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0;
	return lock_try_fcntl(fd, shared ? F_RDLCK : F_WRLCK);
}

bool
lock_fd(int fd, enum lock_style style, enum lock_kind kind, int64_t deadline_us, struct err *err)
{
	int64_t pause_us = 1000;

	while (!lock_try(fd, style, kind)) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN || clock_now_us() >= deadline_us)
			return err_temp_errno(err, "lock descriptor %d", fd);
		lock_pause(pause_us);
		if (pause_us < 100000)
			pause_us *= 2;
	}
	return true;
}

bool
lock_fd_release(int fd, enum lock_style style)
{
	if (style == LOCK_STYLE_FLOCK)
		return flock(fd, LOCK_UN) == 0;
	return lock_try_fcntl(fd, F_UNLCK);
}

/* Remove a lock whose holder must be gone: it was not touched for stale_s seconds. */
static void
lock_dot_break_stale(const char *lock, int64_t stale_s)
{
	struct stat st;

	if (lstat(lock, &st) == 0 &&
	    (int64_t) st.st_ctime + stale_s < clock_wall_us() / CLOCK_SECOND_US)
		(void) unlink(lock);
}

/*
 * The temporary file that will be linked: its name is ours alone on every host that shares the
 * directory.
 */
static bool
lock_dot_make_temporary(const char *path, char *name, size_t room, struct err *err)
{
	char host[65] = "localhost";

	(void) gethostname(host, sizeof(host) - 1);
	(void) snprintf(name, room, "%s.%s.%ld.%llx", path, host, (long) getpid(),
	    (unsigned long long) clock_now_us());

	int fd CLEANUP(fd_close) = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0)
		return err_temp_errno(err, "create lock file %s", name);

	char pid[24];
	int len = snprintf(pid, sizeof(pid), "%ld\n", (long) getpid());
	if (fd_write_all(fd, span_make(pid, (size_t) len), name, err))
		return true;
	(void) unlink(name);
	return false;
}

/* link(2) may claim failure over NFS although it was done: two links tell the truth. */
static bool
lock_dot_try(const char *temporary, const char *lock)
{
	struct stat st;

	if (link(temporary, lock) == 0)
		return true;

	int saved = errno;
	if (stat(temporary, &st) == 0 && st.st_nlink == 2)
		return true;
	errno = saved;
	return false;
}

/* Try as often as allowed, with the temporary file in place. */
static bool
lock_dot_repeat(const char *temporary, const char *lock, int attempts, int64_t delay_us,
    int64_t stale_s, struct err *err)
{
	for (int i = 0;; i++) {
		if (lock_dot_try(temporary, lock))
			return true;
		if (errno != EEXIST || i + 1 >= attempts)
			return err_temp_errno(err, "create lock file %s", lock);
		lock_dot_break_stale(lock, stale_s);
		lock_pause(delay_us);
	}
}

bool
lock_dot(const char *path, int attempts, int64_t delay_us, int64_t stale_s, struct err *err)
{
	char lock[PATH_MAX + 8], temporary[PATH_MAX + 128];

	if (strlen(path) >= PATH_MAX)
		return err_temp(err, "lock \"%.60s...\": the name is too long", path);
	(void) snprintf(lock, sizeof(lock), "%s.lock", path);
	if (!lock_dot_make_temporary(path, temporary, sizeof(temporary), err))
		return false;

	bool locked = lock_dot_repeat(temporary, lock, attempts, delay_us, stale_s, err);
	(void) unlink(temporary);
	return locked;
}

void
lock_dot_release(const char *path)
{
	char lock[PATH_MAX + 8];

	(void) snprintf(lock, sizeof(lock), "%s.lock", path);
	(void) unlink(lock);
}
