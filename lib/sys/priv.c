/* SPDX-License-Identifier: ISC */
/*
 * Users, root directory, capabilities. Every step is checked; after priv_become there is no way
 * back. Capabilities are set by system call, since libcap would be linked for two calls.
 */
#include "lib/sys/priv.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/span.h"

/* A name that is a number, as "#1000" or "1000". */
static bool
parse_id(const char *name, uint64_t *id_out)
{
	struct span text = span_of(name);

	if (span_starts_with(text, SPAN("#")))
		text = span_from(text, 1);
	return span_to_u64(text, UINT32_MAX - 1, id_out);
}

/* Look up a user. */
bool
priv_find_user(const char *name, struct priv_user *user_out, struct err *err)
{
	uint64_t id;
	struct passwd *pw;

	errno = 0;
	pw = parse_id(name, &id) ? getpwuid((uid_t) id) : getpwnam(name);
	if (pw == NULL)
		return err_config(err, "user \"%s\": %s", name,
		    errno ? strerror(errno) : "no such user on this system; create it or name another");
	*user_out = (struct priv_user){ pw->pw_uid, pw->pw_gid };
	return true;
}

/* Look up a group. */
bool
priv_find_group(const char *name, gid_t *gid_out, struct err *err)
{
	uint64_t id;
	struct group *gr;

	errno = 0;
	gr = parse_id(name, &id) ? getgrgid((gid_t) id) : getgrnam(name);
	if (gr == NULL)
		return err_config(err, "group \"%s\": %s", name,
		    errno ? strerror(errno) : "no such group on this system; create it or name another");
	*gid_out = gr->gr_gid;
	return true;
}

/* Ask for the effective user. */
bool
priv_is_root(void)
{
	return geteuid() == 0;
}

/* chroot(2) and chdir(2). */
bool
priv_enter_root(const char *dir, struct err *err)
{
	if (chroot(dir) < 0)
		return err_temp_errno(err, "chroot to %s", dir);
	if (chdir("/") < 0)
		return err_temp_errno(err, "chdir to / in %s", dir);
	return true;
}

/* Out of the process's own sets. */
static bool
set_capabilities(uint64_t mask, struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = (uint32_t) (mask >> (32 * i));
	if (syscall(SYS_capset, &head, data) < 0)
		return err_temp_errno(err, "keep capabilities %llx", (unsigned long long) mask);
	return true;
}

/*
 * Groups first, since they need the user's rights. The kernel takes the capabilities of whoever stops
 * being root; root's are given up by hand.
 */
bool
priv_become(const struct priv_user *user, struct err *err)
{
	if (setgroups(0, NULL) < 0)
		return err_temp_errno(err, "drop supplementary groups");
	if (setresgid(user->gid, user->gid, user->gid) < 0)
		return err_temp_errno(err, "become group %u", (unsigned) user->gid);
	if (setresuid(user->uid, user->uid, user->uid) < 0)
		return err_temp_errno(err, "become user %u", (unsigned) user->uid);
	if (user->uid == 0)
		return set_capabilities(0, err);
	if (setuid(0) == 0)
		return err_temp(err, "user %u can become root again", (unsigned) user->uid);
	return true;
}

/* Take every other capability out of the bounding set, then out of the process. */
bool
priv_keep_capabilities(uint64_t mask, struct err *err)
{
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		if ((mask >> cap & 1) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno != EINVAL)
			return err_temp_errno(err, "drop capability %d from the bounding set", cap);
	}
	return set_capabilities(mask, err);
}
