/* SPDX-License-Identifier: ISC */
/* What cleanup is and may do: the only writer of new queue files. */
#include "lib/sys/manifest.h"

static const struct manifest_path cleanup_paths[] = {
	{ DIR_QUEUE, "incoming", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "hold", PATH_READ | PATH_WRITE },
	{ DIR_END, NULL, 0 },
};

static const char *const cleanup_calls[] = { "commit", "qmgr", "proxymap", NULL };

const struct manifest cleanup_manifest = {
	.program = "cleanup",
	.doc = "Takes messages, completes and rewrites them, and puts them into the queue.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_MAIL,
	.root = ROOT_QUEUE,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_WRITE | SANDBOX_SYNC,
	.paths = cleanup_paths,
	.calls = cleanup_calls,
	.is_unlimited = true,
};
