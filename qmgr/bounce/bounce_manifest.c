/* SPDX-License-Identifier: ISC */
/* What bounce (services bounce, defer, trace) is and may do: its logs, and mail through cleanup. */
#include "lib/sys/manifest.h"

static const struct manifest_path bounce_paths[] = {
	{ DIR_QUEUE, "bounce", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "defer", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "trace", PATH_READ | PATH_WRITE },
	{ DIR_END, NULL, 0 },
};

static const char *const bounce_calls[] = { "cleanup", "commit", NULL };

const struct manifest bounce_manifest = {
	.program = "bounce",
	.doc = "Keeps why recipients failed or wait, and writes the notifications to senders.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_MAIL,
	.root = ROOT_QUEUE,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_READ | SANDBOX_WRITE | SANDBOX_SYNC,
	.paths = bounce_paths,
	.calls = bounce_calls,
	.is_unlimited = true,
};
