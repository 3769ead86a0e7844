/* SPDX-License-Identifier: ISC */
#ifndef PRIV_H
#define PRIV_H

#include <sys/types.h>

#include "lib/base/err.h"

/*
 * Users, root directory and capabilities: what a process is, as opposed to what it may ask of the
 * kernel (sandbox.h).
 */
struct priv_user {
	uid_t uid;
	gid_t gid;
};

/* Look up a user by name, or "#uid" / number. false with *err (which name, which parameter should name it). */
MUST_USE bool priv_find_user(const char *name, struct priv_user *user_out, struct err *err);
MUST_USE bool priv_find_group(const char *name, gid_t *gid_out, struct err *err);

/* The process may change its user and root directory. */
bool priv_is_root(void);

/* Enter a root directory; the working directory becomes "/" in it. */
MUST_USE bool priv_enter_root(const char *dir, struct err *err);

/* Become a user for good: no supplementary groups, all ids, no capabilities. */
MUST_USE bool priv_become(const struct priv_user *user, struct err *err);

/* Stay root but keep only the capabilities of the mask (1 << CAP_...), in all sets. */
MUST_USE bool priv_keep_capabilities(uint64_t mask, struct err *err);

#endif
