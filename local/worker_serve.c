/* SPDX-License-Identifier: ISC */
/*
 * The inside of a worker. It has one user's rights and reaches one directory tree. It parses no
 * message: it moves bytes from a queue file into a mailbox, and hands small files back. It never
 * logs; what fails is told to the launcher.
 */
#define _GNU_SOURCE 1

#include "local/worker_serve.h"

#include "lib/store/maildir_deliver.h"
#include "lib/store/mbox_deliver.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/lock.h"
#include "lib/sys/peer.h"
#include "lib/sys/sandbox.h"
#include "local/worker_proto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORKER_SOCKET = 3, WORKER_FILES = 64, ARENA_BYTES = 2 << 20 };

/* What lives as long as the worker. */
struct worker_self {
	struct arena *arena; /* of one request */
	struct durable_memory durable;
};

static const size_t memory_max = (size_t) 1 << 30;
static const int64_t answer_limit_us = INT64_C(600) * CLOCK_SECOND_US;

/*
 * The tree, or what there is of the way to it: making the rest is the owner's right or not.
 * Never all of the system.
 */
static int
open_tree(const char *tree)
{
	char path[PATH_MAX];
	int fd = -1;

	if (strlen(tree) >= sizeof(path))
		return -1;
	memcpy(path, tree, strlen(tree) + 1);
	while (fd < 0 && path[0] == '/' && path[1] != '\0') {
		fd = open(path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			*strrchr(path, '/') = '\0';
	}
	return fd;
}

static bool
enter_sandbox(int tree, struct err *err)
{
	const struct sandbox_path path = { tree, PATH_READ | PATH_WRITE };
	unsigned rights = SANDBOX_WRITE | SANDBOX_LOCK | SANDBOX_SYNC, parts = 0;

	return sandbox_limit(memory_max, WORKER_FILES, err) &&
	    sandbox_restrict_files(&path, tree >= 0 ? 1 : 0, rights, &parts, err) &&
	    sandbox_filter_calls(rights, &parts, err);
}

static bool
become(const struct worker_role *role, struct err *err)
{
	int tree CLEANUP(fd_close) = open_tree(role->tree);

	if (priv_is_root()) {
		if (!priv_become(&role->owner, err))
			return false;
	} else if (role->owner.uid != geteuid())
		return err_set(err, ERR_TEMP, "4.3.5",
		    "cannot write as user %u: this system was not started by root",
		    (unsigned) role->owner.uid);
	umask(077);
	return !role->sandbox || enter_sandbox(tree, err);
}

static bool
deliver_maildir(const struct work_deliver *work, const struct store_content *content,
    struct worker_self *self, struct span *name_out, struct err *err)
{
	struct arena *arena = self->arena;
	const struct maildir_delivery delivery = {
		.path = arena_cstr(arena, work->path),
		.host = arena_cstr(arena, work->host),
		.size_limit = work->size_limit,
		.content = content,
		.durable = &self->durable,
	};
	char *name = arena_zalloc(arena, MAILDIR_NAME_MAX + 1);
	bool ok = maildir_deliver(&delivery, name, err);

	*name_out = span_of(name);
	return ok;
}

static bool
deliver_opened(const struct work_deliver *work, const struct store_content *content,
    struct arena *arena, struct err *err)
{
	const struct mbox mbox = {
		.path = arena_cstr(arena, work->path), .fd = work->mailbox_fd, .is_regular = true
	};

	return mbox_append(&mbox, content, work->size_limit, err);
}

static bool
deliver_mbox(const struct work_deliver *work, const struct store_content *content,
    struct arena *arena, struct err *err)
{
	const struct mbox_access access = {
		.path = arena_cstr(arena, work->path),
		.lock_styles = (unsigned) work->lock_styles,
		.lock_attempts = (int) work->lock_attempts,
		.lock_delay_us = work->lock_delay_us,
		.stale_lock_s = work->stale_lock_s,
		.owner = geteuid(),
		.is_strict = work->is_strict,
		.may_be_special = work->may_be_special,
		.dotlock_may_fail = work->dotlock_may_fail,
	};
	struct mbox mbox;
	bool ok;

	if (!mbox_open(&access, &mbox, err))
		return false;
	ok = mbox_append(&mbox, content, work->size_limit, err);
	mbox_close(&mbox);
	return ok;
}

static bool
do_deliver(struct work_deliver *work, struct worker_self *self, struct span *name_out, struct err *err)
{
	const struct store_content content = {
		.fd = work->content_fd,
		.header_offset = work->header_offset,
		.header_bytes = work->header_bytes,
		.body_offset = work->body_offset,
		.body_bytes = work->body_bytes,
		.prefix = work->prefix,
	};
	bool ok = false;

	switch ((enum work_kind) work->kind) {
	case WORK_MAILDIR:
		ok = deliver_maildir(work, &content, self, name_out, err);
		break;
	case WORK_MBOX:
		ok = deliver_mbox(work, &content, self->arena, err);
		break;
	case WORK_MBOX_OPENED:
		ok = deliver_opened(work, &content, self->arena, err);
		break;
	}
	fd_close(&work->content_fd);
	fd_close(&work->mailbox_fd);
	return ok;
}

/* What a file is makes it worthless; the launcher knows by EPERM. */
PRINTF_LIKE(2, 3) static bool distrust(struct err *err, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	(void) err_temp(err, "%s", text);
	err->errnum = EPERM;
	return false;
}

static bool
check_file(int fd, const struct work_read *work, const char *path, struct stat *st, struct err *err)
{
	if (fstat(fd, st) < 0)
		return err_temp_errno(err, "examine %s", path);
	if (!S_ISREG(st->st_mode))
		return distrust(err, "file %s is not a regular file", path);
	if (work->is_owners && st->st_uid != 0 && st->st_uid != geteuid())
		return distrust(
		    err, "file %s has bad owner uid %u", path, (unsigned) st->st_uid);
	if ((st->st_mode & S_IWOTH) != 0)
		return distrust(err, "file %s is world writable", path);
	if (st->st_size > WORK_FILE_MAX)
		return err_temp(err, "file %s is longer than %d bytes", path, WORK_FILE_MAX);
	return true;
}

static bool
do_read(
    const struct work_read *work, struct arena *arena, struct span *content_out, struct err *err)
{
	const char *path = arena_cstr(arena, work->path);
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (work->is_owners ? O_NOFOLLOW : 0);
	int fd CLEANUP(fd_close) = open(path, flags);
	struct stat st;
	char *text;

	if (fd < 0 && errno == ELOOP)
		return distrust(err, "file %s is not a regular file", path);
	if (fd < 0)
		return err_temp_errno(err, "cannot open file %s", path);
	if (!check_file(fd, work, path, &st, err))
		return false;
	text = arena_alloc(arena, (size_t) st.st_size);
	*content_out = span_make(text, (size_t) st.st_size);
	if (!fd_pread_all(fd, text, (size_t) st.st_size, 0, path, err))
		return false;
	/* The answer's attributes end with NUL. */
	if (span_has_nul(*content_out))
		return err_temp(err, "file %s holds a NUL byte", path);
	return true;
}

/* One request. returns false when the launcher speaks another language. */
static bool
serve(struct frame *frame, struct worker_self *self, struct work_done *done, struct err *failed)
{
	struct arena *arena = self->arena;
	struct work_deliver deliver;
	struct work_read to_read;
	struct err err = *failed;
	bool ok = err.class == ERR_NONE;

	if (frame_is(frame, &work_deliver_desc)) {
		if (msg_decode(&work_deliver_desc, frame, arena, &deliver, NULL) != PARSE_OK)
			return false;
		ok = ok && do_deliver(&deliver, self, &done->content, &err);
	} else if (frame_is(frame, &work_read_desc)) {
		if (msg_decode(&work_read_desc, frame, arena, &to_read, NULL) != PARSE_OK)
			return false;
		ok = ok && do_read(&to_read, arena, &done->content, &err);
	} else
		return false;
	if (ok)
		return true;
	*done = (struct work_done){
		.class = err.class == ERR_NONE ? ERR_TEMP : err.class,
		.dsn = arena_dup(arena, span_of(err.dsn)),
		.text = arena_dup(arena, span_of(err.text)),
		.errnum = err.errnum,
	};
	return true;
}

NORETURN void
worker_serve(int socket, const struct worker_role *role)
{
	struct worker_self self = { .arena = arena_new("worker", ARENA_BYTES) };
	struct err failed = { 0 }, err = { 0 };
	struct frame frame;
	struct peer *peer;

	if (dup2(socket, WORKER_SOCKET) < 0 || close_range(WORKER_SOCKET + 1, ~0U, 0) < 0)
		_exit(1);
	(void) prctl(PR_SET_NAME, "mailbox worker", 0, 0, 0);
	if (!become(role, &failed) && failed.class == ERR_NONE)
		failed.class = ERR_TEMP;
	peer = peer_new(WORKER_SOCKET, "launcher", MSG_FRAME_MAX);
	while (peer_recv(peer, &frame, clock_deadline(role->idle_us), &err)) {
		struct work_done done = { 0 };
		bool ok = serve(&frame, &self, &done, &failed);

		frame_drop_fds(&frame);
		if (!ok || !peer_send(peer, &work_done_desc, &done, &err) ||
		    !peer_flush(peer, clock_deadline(answer_limit_us), &err) ||
		    failed.class != ERR_NONE)
			break;
		arena_clear(self.arena);
	}
	_exit(0);
}
