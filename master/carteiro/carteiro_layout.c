/* SPDX-License-Identifier: ISC */
/*
 * The directories that a running system needs, as one table: who owns them and who may enter.
 * private/ belongs to root alone, so that only master can connect to the sockets there.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/priv.h"
#include "master/carteiro/carteiro_int.h"

enum layout_base { BASE_QUEUE, BASE_DATA };
enum layout_owner { OWNER_ROOT, OWNER_MAIL, OWNER_MAIL_DROP };

static const struct layout {
	enum layout_base base;
	const char *path;
	enum layout_owner owner;        /* OWNER_MAIL_DROP: group setgid_group */
	unsigned mode;
} layouts[] = {
	{ BASE_QUEUE, ".", OWNER_ROOT, 0755 },
	{ BASE_QUEUE, "pid", OWNER_ROOT, 0755 },
	{ BASE_QUEUE, "empty", OWNER_ROOT, 0555 },
	{ BASE_QUEUE, "private", OWNER_ROOT, 0700 },
	{ BASE_QUEUE, "public", OWNER_MAIL_DROP, 0710 },
	{ BASE_QUEUE, "maildrop", OWNER_MAIL_DROP, 01730 },
	{ BASE_QUEUE, "incoming", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "active", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "deferred", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "hold", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "corrupt", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "saved", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "bounce", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "defer", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "trace", OWNER_MAIL, 0700 },
	{ BASE_QUEUE, "flush", OWNER_MAIL, 0700 },
	{ BASE_DATA, ".", OWNER_MAIL, 0700 },
};

struct owners {
	struct priv_user mail;
	gid_t drop;
};

/* The ids behind the names; by an ordinary user all are that user's. */
static bool
find_owners(const struct command *command, struct owners *owners)
{
	struct err err = { 0 };

	if (!priv_is_root()) {
		*owners = (struct owners){ { geteuid(), getegid() }, getegid() };
		return true;
	}
	if (!priv_find_user(command->mail.mail_owner, &owners->mail, &err)
	    || !priv_find_group(command->mail.setgid_group, &owners->drop, &err)) {
		log_error("%s (parameters mail_owner, setgid_group)", err.text);
		return false;
	}
	return true;
}

/* Who should own a row's directory. */
static void
wanted_owner(const struct layout *layout, const struct owners *owners, uid_t *uid, gid_t *gid)
{
	*uid = layout->owner == OWNER_ROOT ? geteuid() : owners->mail.uid;
	*gid = layout->owner == OWNER_MAIL_DROP ? owners->drop : layout->owner == OWNER_ROOT ? getegid() : (gid_t) -1;
}

/* Make a missing directory. */
static bool
create(const char *path, uid_t uid, gid_t gid, unsigned mode)
{
	struct err err = { 0 };

	if (!dir_make_all(path, 0755, -1, -1, &err)) {
		log_error("%s", err.text);
		return false;
	}
	if ((priv_is_root() && chown(path, uid, gid) < 0) || chmod(path, mode) < 0) {
		log_error("set owner and mode of %s: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/* Compare an existing directory with its row; mend it if asked. */
static bool
compare(const char *path, const struct stat *st, uid_t uid, gid_t gid, unsigned mode, bool mend)
{
	bool owner_ok = !priv_is_root() || (st->st_uid == uid && (gid == (gid_t) -1 || st->st_gid == gid));
	bool mode_ok = (st->st_mode & 07777) == mode;

	if (!S_ISDIR(st->st_mode)) {
		log_error("%s: expected a directory", path);
		return false;
	}
	if (owner_ok && mode_ok)
		return true;
	if (mend)
		return create(path, uid, gid, mode);
	if (!owner_ok)
		log_warn("not owned by user %u, group %d: %s; run \"carteiro set-permissions\"", (unsigned) uid, (int) gid,
		    path);
	if (!mode_ok)
		log_warn("mode %04o, expected %04o: %s; run \"carteiro set-permissions\"",
		    (unsigned) (st->st_mode & 07777), mode, path);
	return true;
}

/* Check every row. */
bool
layout_check(struct command *command, bool mend_owners)
{
	struct owners owners;
	bool ok = true;

	if (!find_owners(command, &owners))
		return false;
	for (size_t i = 0; i < COUNT_OF(layouts); i++) {
		const struct layout *layout = &layouts[i];
		const char *base = layout->base == BASE_QUEUE ? command->mail.queue_directory : command->mail.data_directory;
		const char *path = strcmp(layout->path, ".") == 0 ? base : path_under(command->arena, base, layout->path);
		struct stat st;
		uid_t uid;
		gid_t gid;

		wanted_owner(layout, &owners, &uid, &gid);
		if (lstat(path, &st) == 0)
			ok = compare(path, &st, uid, gid, layout->mode, mend_owners) && ok;
		else
			ok = create(path, uid, gid, layout->mode) && ok;
	}
	return ok;
}

/* Commands that anybody may run and that reach the queue or the log by their group. */
static const char *const setgid_commands[] = { "postdrop", "postqueue", "postlog" };

/* Their group and mode; a file that is not installed is passed over. */
bool
layout_check_commands(struct command *command, bool mend)
{
	struct owners owners;
	bool ok = true;

	if (!find_owners(command, &owners))
		return false;
	for (size_t i = 0; priv_is_root() && i < COUNT_OF(setgid_commands); i++) {
		const char *path = path_under(command->arena, command->mail.command_directory, setgid_commands[i]);
		struct stat st;

		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode)
		    || (st.st_gid == owners.drop && (st.st_mode & 07777) == 02755))
			continue;
		if (!mend) {
			log_warn("not set-gid %s, mode 02755: %s; run \"carteiro set-permissions\"",
			    command->mail.setgid_group, path);
		} else if (chown(path, 0, owners.drop) < 0 || chmod(path, 02755) < 0) {
			log_error("set group and mode of %s: %s", path, strerror(errno));
			ok = false;
		}
	}
	return ok;
}
