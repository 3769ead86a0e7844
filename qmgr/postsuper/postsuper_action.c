/* SPDX-License-Identifier: ISC */
/* What can be done to one message: one row per option. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "qmgr/postsuper/postsuper_int.h"

enum { MODE_EXPIRE = 0010, PATH_MAX_BYTES = 4000 };

static const char *const any_queue[] = { "maildrop", "incoming", "active", "deferred", "hold", NULL };
static const char *const living_queues[] = { "incoming", "active", "deferred", NULL };
static const char *const kept_queues[] = { "incoming", "active", "deferred", "hold", NULL };
static const char *const hold_queue[] = { "hold", NULL };

void
postsuper_become_owner(const struct queue_command *command)
{
	const struct passwd *owner = getpwnam(command->mail.mail_owner);

	if (owner == NULL)
		fatal("mail_owner: unknown user %s", command->mail.mail_owner);
	if (getuid() != 0 && owner->pw_uid != getuid())
		fatal("use of this command is reserved for the superuser");
	if (getuid() == 0 && owner->pw_uid != 0 &&
	    (setgroups(0, NULL) != 0 || setresgid(owner->pw_gid, owner->pw_gid, owner->pw_gid) != 0 ||
	        setresuid(owner->pw_uid, owner->pw_uid, owner->pw_uid) != 0))
		fatal_errno("become user %s", command->mail.mail_owner);
}

/* Say what was done, on standard error and in the log. */
static bool
report(struct postsuper *ps, struct span id, const char *done)
{
	ps->has_changed = true;
	log_info("%.*s: %s", SPAN_ARG(id), done);
	return true;
}

static bool
move(struct postsuper *ps, const char *from, const char *to, struct span id)
{
	struct err err = { 0 };

	if (queue_move(ps->command.queue, from, to, id, &err))
		return true;
	if (err.errnum != ENOENT)
		log_warn("%s", err.text);
	return false;
}

/* The reasons on record go first: without its file nobody would remove them. */
static void
remove_logs(struct postsuper *ps, struct span id)
{
	static const char *const logs[] = { "bounce", "defer", "trace" };
	struct err err = { 0 };

	for (size_t i = 0; i < COUNT_OF(logs); i++)
		if (!queue_remove(ps->command.queue, logs[i], id, &err) && err.errnum != ENOENT)
			log_warn("%s", err.text);
}

static bool
do_delete(struct postsuper *ps, const char *queue_name, struct span id)
{
	struct err err = { 0 };

	if (!queue_remove(ps->command.queue, queue_name, id, &err)) {
		if (err.errnum != ENOENT)
			log_warn("%s", err.text);
		return false;
	}
	remove_logs(ps, id);
	return report(ps, id, "removed");
}

static bool
do_hold(struct postsuper *ps, const char *queue_name, struct span id)
{
	return move(ps, queue_name, "hold", id) && report(ps, id, "placed on hold");
}

static const char *
path_of(struct postsuper *ps, const char *queue_name, struct span id, struct arena *arena)
{
	return queue_path(ps->command.queue, queue_name, id, arena);
}

static bool
touch(struct postsuper *ps, const char *queue_name, struct span id)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("path", PATH_MAX_BYTES);
	const char *path = path_of(ps, queue_name, id, arena);

	return path != NULL && utimensat(queue_fd(ps->command.queue), path, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Due at once: the file's time is now. */
static bool
do_release(struct postsuper *ps, const char *queue_name, struct span id)
{
	if (!touch(ps, queue_name, id) || !move(ps, queue_name, "deferred", id))
		return false;
	ps->has_released = true;
	return report(ps, id, "released from hold");
}

/* pickup makes a new message of it, with the recipients that are left. */
static bool
do_requeue(struct postsuper *ps, const char *queue_name, struct span id)
{
	if (strcmp(queue_name, "maildrop") == 0 || !move(ps, queue_name, "maildrop", id))
		return false;
	ps->has_requeued = true;
	remove_logs(ps, id);
	return report(ps, id, "requeued");
}

/* Only a message that is complete, and only once. */
static bool
set_expired(struct postsuper *ps, const char *queue_name, struct span id)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("path", PATH_MAX_BYTES);
	const char *path = path_of(ps, queue_name, id, arena);
	struct stat st;

	if (path == NULL || fstatat(queue_fd(ps->command.queue), path, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
	    !S_ISREG(st.st_mode) || (st.st_mode & S_IXUSR) == 0 || (st.st_mode & MODE_EXPIRE) != 0)
		return false;
	if (fchmodat(queue_fd(ps->command.queue), path, (st.st_mode & 07777) | MODE_EXPIRE, 0) != 0) {
		log_warn_errno("%s", path);
		return false;
	}
	return true;
}

static bool
do_expire(struct postsuper *ps, const char *queue_name, struct span id)
{
	return set_expired(ps, queue_name, id) && report(ps, id, "expired");
}

static bool
do_expire_release(struct postsuper *ps, const char *queue_name, struct span id)
{
	bool is_expired = set_expired(ps, queue_name, id);

	if (strcmp(queue_name, "hold") == 0 && do_release(ps, queue_name, id))
		return report(ps, id, "expired");
	return is_expired && report(ps, id, "expired");
}

static const struct action actions[] = {
	{ 'd', "Deleted", any_queue, do_delete },
	{ 'e', "Force-expired", kept_queues, do_expire },
	{ 'f', "Force-expired", kept_queues, do_expire_release },
	{ 'h', "Placed on hold", living_queues, do_hold },
	{ 'H', "Released from hold", hold_queue, do_release },
	{ 'r', "Requeued", kept_queues, do_requeue },
};

const struct action *
action_find(int option)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (actions[i].option == option)
			return &actions[i];
	return NULL;
}

bool
action_applies(const struct action *action, const char *queue_name)
{
	for (const char *const *name = action->queues; *name != NULL; name++)
		if (strcmp(*name, queue_name) == 0)
			return true;
	return false;
}

/* Directories were changed; one call makes all of them durable. */
void
postsuper_sync(const struct postsuper *ps)
{
	if (ps->has_changed && syncfs(queue_fd(ps->command.queue)) != 0)
		log_warn_errno("flush the queue");
}
