/* SPDX-License-Identifier: ISC */
/*
 * unix:passwd.byname and unix:group.byname: the system's users and groups, as lines of passwd(5)
 * and group(5). The name service opens what it needs at each look-up, so a process in an empty root
 * asks through proxy:.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "lib/base/panic.h"
#include "lib/table/table_kinds.h"

enum { UNIX_NAME_MAX = 256, UNIX_FIRST_ROOM = 4096, UNIX_ROOM_MAX = 1 << 20 };

struct unix_table {
	int (*find)(
	    struct unix_table *table, const char *name, struct str *value_out, bool *found_out);
	char *room; /* what the name service fills */
	size_t room_size;
};

static int
find_user(struct unix_table *table, const char *name, struct str *value_out, bool *found_out)
{
	struct passwd user, *found = NULL;
	int code = getpwnam_r(name, &user, table->room, table->room_size, &found);

	if (found != NULL)
		(void) str_addf(value_out, "%s:%s:%ld:%ld:%s:%s:%s", user.pw_name, user.pw_passwd,
		    (long) user.pw_uid, (long) user.pw_gid, user.pw_gecos, user.pw_dir,
		    user.pw_shell);
	*found_out = found != NULL;
	return code;
}

static int
find_group(struct unix_table *table, const char *name, struct str *value_out, bool *found_out)
{
	struct group group, *found = NULL;
	int code = getgrnam_r(name, &group, table->room, table->room_size, &found);

	*found_out = found != NULL;
	if (found == NULL)
		return code;
	(void) str_addf(
	    value_out, "%s:%s:%ld:", group.gr_name, group.gr_passwd, (long) group.gr_gid);
	for (char **member = group.gr_mem; *member != NULL; member++)
		(void) str_addf(value_out, "%s%s", member != group.gr_mem ? "," : "", *member);
	return code;
}

static bool
unix_open(const struct table_env *env UNUSED, const char *name, unsigned flags UNUSED,
    void **state_out, struct err *err)
{
	struct unix_table *table;
	bool is_passwd = strcmp(name, "passwd.byname") == 0;

	if (!is_passwd && strcmp(name, "group.byname") != 0)
		return err_config(err, "unknown table: unix:%s", name);
	table = xcalloc(1, sizeof(*table));
	table->find = is_passwd ? find_user : find_group;
	table->room_size = UNIX_FIRST_ROOM;
	table->room = xmalloc(table->room_size);
	*state_out = table;
	return true;
}

static void
unix_close(void *state)
{
	struct unix_table *table = state;

	free(table->room);
	free(table);
}

/* Several errno values mean that there is no such name: getpwnam(3) lists them. */
static bool
means_not_there(int code)
{
	return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM;
}

static enum lookup
unix_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct unix_table *table = state;
	char name[UNIX_NAME_MAX];
	bool is_found = false;
	int code;

	if (key.len == 0 || key.len >= sizeof(name) || span_has_nul(key))
		return LOOKUP_NONE;
	memcpy(name, key.p, key.len);
	name[key.len] = '\0';
	while ((code = table->find(table, name, value_out, &is_found)) == ERANGE &&
	    table->room_size < UNIX_ROOM_MAX)
		table->room = xrealloc(table->room, table->room_size *= 2);
	if (is_found)
		return LOOKUP_FOUND;
	if (means_not_there(code))
		return LOOKUP_NONE;
	errno = code;
	(void) err_temp_errno(err, "system's user and group database: look up %s", name);
	return LOOKUP_TEMP;
}

const struct table_kind table_unix = {
	.name = "unix",
	.doc = "The system's users (passwd.byname) and groups (group.byname)",
	.open = unix_open,
	.get = unix_get,
	.close = unix_close,
};
