/* SPDX-License-Identifier: ISC */
/* What the queue manager is and may do: it holds the queue, asks delivery agents and bounce, and reads tables opened before. */
#include "lib/sys/manifest.h"

static const struct manifest_path qmgr_paths[] = {
	{ DIR_QUEUE, "active", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "incoming", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "deferred", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "hold", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "corrupt", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "bounce", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "defer", PATH_READ | PATH_WRITE },
	{ DIR_QUEUE, "trace", PATH_READ | PATH_WRITE },
	{ DIR_END, NULL, 0 },
};

static const char *const qmgr_calls[] = { "transport", "bounce", "proxymap", NULL };

const struct manifest qmgr_manifest = {
	.program = "qmgr",
	.doc = "Queue manager: decides which message goes to which delivery agent and when.",
	.model = MODEL_EVENTS,
	.user = RUN_AS_MAIL,
	.root = ROOT_QUEUE,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_READ | SANDBOX_WRITE | SANDBOX_LOCK,
	.paths = qmgr_paths,
	.calls = qmgr_calls,
	.is_public = true,
	.is_solitary = true,
};
