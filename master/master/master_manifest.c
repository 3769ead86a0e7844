/* SPDX-License-Identifier: ISC */
#include "lib/sys/manifest.h"

/* The supervisor itself: parses configuration, frames of its children, and nothing that a stranger sent. */
const struct manifest master_manifest = {
	.program = "master",
	.doc = "starts and watches all others, listens, introduces",
	.model = MODEL_EVENTS,
	.user = RUN_AS_ROOT,
	.root = ROOT_HOST,
	.sandbox = SANDBOX_NONE,
	.is_solitary = true,
};
