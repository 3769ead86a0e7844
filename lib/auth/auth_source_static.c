/* SPDX-License-Identifier: ISC */
/* Source "static": everybody, all with the fields of the options. A password is one of these fields. */
#include "lib/auth/auth_source.h"

static bool
static_open(struct auth_source *source UNUSED, struct arena *arena UNUSED, struct err *err UNUSED)
{
	return true;
}

static void
static_close(struct auth_source *source UNUSED)
{
}

static enum lookup
static_find(struct auth_source *source UNUSED, struct span key, struct arena *arena UNUSED,
    struct auth_account *account_out, struct err *err UNUSED)
{
	*account_out = (struct auth_account){ .user = key };
	return LOOKUP_FOUND;
}

const struct auth_source_kind auth_source_static = {
	.name = "static",
	.open = static_open,
	.close = static_close,
	.find = static_find,
};
