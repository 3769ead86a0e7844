/* SPDX-License-Identifier: ISC */
#include "lib/sys/manifest.h"

/*
 * Its purpose is to open tables that others cannot reach, so it may read what mail_owner may read.
 */
static const struct manifest_path paths[] = {
	{ DIR_HOST, "/", PATH_READ },
	{ DIR_DATA, "", PATH_READ | PATH_WRITE }, /* proxywrite: caches */
	{ DIR_END },
};

const struct manifest proxymap_manifest = {
	.program = "proxymap",
	.doc = "opens lookup tables for processes that cannot, and writes caches for many",
	.model = MODEL_EVENTS,
	.user = RUN_AS_MAIL,
	.root = ROOT_HOST,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_READ | SANDBOX_WRITE | SANDBOX_LOCK | SANDBOX_SOCKETS |
	    SANDBOX_SYNC,
	.paths = paths,
};
