/* SPDX-License-Identifier: ISC */
/* What pickup is and may do: read what users left in maildrop, hand it to cleanup, remove it. */
#include "lib/sys/manifest.h"

static const struct manifest_path pickup_paths[] = {
	{ DIR_QUEUE, "maildrop", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "corrupt", PATH_READ | PATH_WRITE },
	{ DIR_END, NULL, 0 },
};

static const char *const pickup_calls[] = { "cleanup", NULL };

const struct manifest pickup_manifest = {
	.program = "pickup",
	.doc = "Takes what users submitted to cleanup.",
	.model = MODEL_TRIGGER,
	.user = RUN_AS_MAIL,
	.root = ROOT_QUEUE,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_WRITE,
	.paths = pickup_paths,
	.calls = pickup_calls,
	.is_public = true,
	.is_solitary = true,
};
