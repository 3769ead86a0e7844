/* SPDX-License-Identifier: ISC */
/*
 * A user's own mailbox: another transport, a command, a Maildir or a file. Bytes are written by a
 * worker with the user's rights; only a mailbox in a spool directory that users may not write is
 * opened and locked here, since they could neither make it nor its lock.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/queue/commit_client.h"
#include "lib/store/deliver_headers.h"
#include "lib/store/mbox_deliver.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "local/local/local_int.h"

enum { BIFF_PORT = 512 };

void
local_add_prefix(const struct local_job *job, const struct local_at *at, bool from_line,
    unsigned mask, struct str *out)
{
	const struct deliver_headers headers = {
		.sender = at->sender,
		.original = job->request->recipients[job->index].original,
		.delivered = mask == 0 || (job->local->delivered_to & mask) ? at->delivered
									    : SPAN(""),
	};

	if (from_line)
		deliver_headers_add_from_line(out, at->sender,
		    job->request->handoff_us / CLOCK_SECOND_US, worker_zone_minutes());
	deliver_headers_add(out, &headers);
}

/* With whose rights, how far, and for which recipient. */
static struct worker_place
place_of(
    const struct local_job *job, const struct priv_user *owner, const char *home, const char *path)
{
	return (struct worker_place){
		.owner = *owner,
		.tree = worker_tree(job->arena, home, path),
		.queue_id = job->request->deliver->queue_id,
		.rcpt = job->request->recipients[job->index].offset,
	};
}

static struct work_deliver
describe(const struct local_job *job, const char *path, struct span prefix)
{
	struct work_deliver work = worker_describe(
	    job->request->deliver, job->request->program->mail);

	work.path = span_of(path);
	work.prefix = prefix;
	work.size_limit = job->local->conf.mailbox_size_limit;
	work.lock_styles = job->local->lock_styles;
	return work;
}

static bool
ends_with_slash(const char *path)
{
	return span_ends_with(span_of(path), SPAN("/"));
}

/* A datagram for comsat(8): "user@offset". It is lost when nobody listens. */
static void
notify_biff(const struct local_job *job, const char *user, int64_t offset)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(BIFF_PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	const char *text = arena_printf(job->arena, "%s@%lld", user, (long long) offset);
	int fd CLEANUP(fd_close) = -1;

	if (!job->local->conf.biff)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void) sendto(fd, text, strlen(text), 0, (struct sockaddr *) &to, sizeof(to));
}

/* A new mailbox belongs to the group that may write the spool directory, as mail readers expect. */
static gid_t
spool_group(const struct local *local, const struct priv_user *owner)
{
	struct stat st;

	return stat(local->conf.mail_spool_directory, &st) == 0 && (st.st_mode & S_IWGRP) != 0
	    ? st.st_gid
	    : owner->gid;
}

/* The spool directory belongs to root: make and lock the mailbox here, let the worker write. */
static bool
deliver_spool(struct local_job *job, const struct worker_place *place, const char *path,
    struct work_deliver *work, struct err *err)
{
	const struct mbox_access access = {
		.path = path,
		.lock_styles = job->local->lock_styles,
		.lock_attempts = (int) work->lock_attempts,
		.lock_delay_us = work->lock_delay_us,
		.stale_lock_s = work->stale_lock_s,
		.owner = place->owner.uid,
		.group = spool_group(job->local, &place->owner),
		.sets_owner = true,
		.is_strict = work->is_strict,
	};
	int spool CLEANUP(fd_close) = open(
	    job->local->conf.mail_spool_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct mbox mbox;
	struct stat st;
	bool ok;

	if (!mbox_open(&access, &mbox, err))
		return false;
	work->kind = WORK_MBOX_OPENED;
	work->mailbox_fd = mbox.fd;
	ok = fstat(mbox.fd, &st) == 0 && (st.st_size > 0 || commit_file_directly(-1, spool, err)) &&
	    worker_deliver(job->local->workers, place, work, err);
	mbox_close(&mbox);
	return ok;
}

/* Users make their mailboxes themselves where the directory lets them. */
static bool
is_spool_closed(const struct local *local)
{
	struct stat st;

	return local->conf.home_mailbox[0] == '\0' && priv_is_root() &&
	    (stat(local->conf.mail_spool_directory, &st) < 0 || (st.st_mode & S_IWOTH) == 0);
}

static void
deliver_mbox(struct local_job *job, const struct local_at *at, const struct local_user *user,
    const char *path)
{
	const struct worker_place place = place_of(job, &user->ids, user->home, path);
	CLEANUP(str_fini) struct str prefix = { .max = WORK_PREFIX_MAX };
	struct work_deliver work;
	struct err err = { 0 };
	struct stat st = { 0 };
	bool ok;

	local_add_prefix(job, at, true, 0, &prefix);
	work = describe(job, path, str_span(&prefix));
	work.kind = WORK_MBOX;
	(void) stat(path, &st);
	ok = is_spool_closed(job->local) ? deliver_spool(job, &place, path, &work, &err)
					 : worker_deliver(job->local->workers, &place, &work, &err);
	if (ok) {
		local_sent(job, at, "delivered to mailbox");
		notify_biff(job, user->name, st.st_size);
		return;
	}
	err_prefix(&err, "cannot update mailbox %s for user %s", path, user->name);
	local_failed(job, at, &err);
}

static void
deliver_maildir(struct local_job *job, const struct local_at *at, const struct local_user *user,
    const char *path)
{
	const struct worker_place place = place_of(job, &user->ids, user->home, path);
	CLEANUP(str_fini) struct str prefix = { .max = WORK_PREFIX_MAX };
	struct work_deliver work;
	struct err err = { 0 };

	local_add_prefix(job, at, false, 0, &prefix);
	work = describe(job, path, str_span(&prefix));
	work.kind = WORK_MAILDIR;
	if (worker_deliver(job->local->workers, &place, &work, &err)) {
		local_sent(job, at, "delivered to maildir");
		return;
	}
	err_prefix(&err, "maildir delivery failed");
	local_failed(job, at, &err);
}

void
local_deliver_file(struct local_job *job, const struct local_at *at, struct span name)
{
	bool is_ours = at->rights != NULL && at->rights->ids.uid != 0;
	const char *path = arena_cstr(job->arena, name);
	const struct worker_place place = place_of(job,
	    is_ours ? &at->rights->ids : &job->local->default_privs,
	    is_ours ? at->rights->home : NULL, path);
	bool is_maildir = name.p[name.len - 1] == '/';
	CLEANUP(str_fini) struct str prefix = { .max = WORK_PREFIX_MAX };
	struct work_deliver work;
	struct err err = { 0 };

	if (name.len > WORK_PATH_MAX) {
		local_refused(job, at, ERR_PERM, "5.2.0", "file name is too long: %.100s", path);
		return;
	}
	local_add_prefix(job, at, !is_maildir, LOCAL_TO_FILE, &prefix);
	work = describe(job, path, str_span(&prefix));
	work.kind = is_maildir ? WORK_MAILDIR : WORK_MBOX;
	work.is_strict = false;
	work.may_be_special = work.dotlock_may_fail = true;
	if (job->request->deliver->is_verify) {
		local_sent(job, at, "delivers to file: %s", path);
	} else if (worker_deliver(job->local->workers, &place, &work, &err)) {
		if (is_maildir)
			local_sent(job, at, "delivered to maildir");
		else
			local_sent(job, at, "delivered to file: %s", path);
	} else {
		err_prefix(&err, "cannot append message to file %s", path);
		local_failed(job, at, &err);
	}
}

/* A value by user name, or the parameter for everybody. */
static bool
by_user(struct local_job *job, const struct local_at *at, struct maps *maps, const char *common,
    const char **out)
{
	CLEANUP(str_fini) struct str value = { .max = LOCAL_VALUE_MAX };
	struct err err = { 0 };

	switch (maps_get(maps, at->user, 0, &value, &err)) {
	case LOOKUP_FOUND:
		*out = arena_cstr(job->arena, str_span(&value));
		return true;
	case LOOKUP_NONE:
		*out = common;
		return true;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	local_failed(job, at, &err);
	return false;
}

static bool
has_home(struct local_job *job, const struct local_at *at, const struct local_user *user)
{
	struct stat st;

	if (!job->local->conf.require_home_directory || stat(user->home, &st) == 0)
		return true;
	local_refused(job, at, ERR_TEMP, "4.3.0", "cannot access home directory %s: %s", user->home,
	    strerror(errno));
	return false;
}

/* home_mailbox, or what the spool directory has for the user. A Maildir ends with a slash. */
static const char *
mailbox_path(struct local_job *job, const struct local_user *user)
{
	const struct local_conf *conf = &job->local->conf;
	const char *spool = conf->mail_spool_directory;

	if (conf->home_mailbox[0] != '\0')
		return arena_printf(job->arena, "%s/%s", user->home, conf->home_mailbox);
	if (ends_with_slash(spool))
		return arena_printf(job->arena, "%s%s/", spool, user->name);
	return arena_printf(job->arena, "%s/%s", spool, user->name);
}

/* The file or Maildir. */
static void
deliver_store(struct local_job *job, const struct local_at *at, const struct local_user *user)
{
	const char *path = mailbox_path(job, user);
	bool is_maildir = ends_with_slash(path);

	if (job->request->deliver->is_verify)
		local_sent(job, at, "delivers to %s", is_maildir ? "maildir" : "mailbox");
	else if (is_maildir)
		deliver_maildir(job, at, user, path);
	else
		deliver_mbox(job, at, user, path);
}

bool
local_deliver_mailbox(struct local_job *job, struct local_at at)
{
	const struct local_conf *conf = &job->local->conf;
	const struct local_user *user;
	const char *transport, *command;
	struct err err = { 0 };
	enum lookup found;

	if (!local_is_first(job, "mailbox", at.local) ||
	    !by_user(job, &at, job->local->transports, conf->mailbox_transport, &transport))
		return true;
	if (transport[0] != '\0') {
		local_pass(job, &at, transport);
		return true;
	}
	found = local_find_user(job, at.user, &user, &err);
	if (found == LOOKUP_NONE)
		return false;
	if (found != LOOKUP_FOUND) {
		local_failed(job, &at, &err);
		return true;
	}
	at.rights = user;
	if (!has_home(job, &at, user) ||
	    !by_user(job, &at, job->local->commands, conf->mailbox_command, &command))
		return true;
	if (command[0] != '\0')
		local_deliver_command(job, &at, user, span_of(command));
	else
		deliver_store(job, &at, user);
	return true;
}
