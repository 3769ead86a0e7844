/* SPDX-License-Identifier: ISC */
#include "lib/sys/manifest.h"

static const struct manifest_path paths[] = {
	{ DIR_HOST, "/var/log", PATH_READ | PATH_WRITE },       /* a rotated log is opened again after a reload */
	{ DIR_END },
};

const struct manifest postlogd_manifest = {
	.program = "postlogd",
	.doc = "writes the log file for all others",
	.model = MODEL_DATAGRAM,
	.user = RUN_AS_MAIL,
	.root = ROOT_HOST,
	.sandbox = SANDBOX_WRITE,
	.paths = paths,
	.is_public = true,
	.is_solitary = true,
	.may_be_last_to_stop = true,
};
