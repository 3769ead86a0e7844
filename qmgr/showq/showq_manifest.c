/* SPDX-License-Identifier: ISC */
/* What showq is and may do: read the queue. */
#include "lib/sys/manifest.h"

static const struct manifest_path showq_paths[] = {
	{ DIR_QUEUE, "", PATH_READ },
	{ DIR_END, NULL, 0 },
};

const struct manifest showq_manifest = {
	.program = "showq",
	.doc = "Lists the queue for postqueue.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_MAIL,
	.root = ROOT_QUEUE,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_READ,
	.paths = showq_paths,
	.is_public = true,
};
