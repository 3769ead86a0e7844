/* SPDX-License-Identifier: ISC */
/* What commit is and may do: it opens nothing, it flushes what others hand to it. */
#include "lib/sys/manifest.h"

const struct manifest commit_manifest = {
	.program = "commit",
	.doc = "Makes files of all others durable, in batches.",
	.model = MODEL_EVENTS,
	.user = RUN_AS_MAIL,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_FORK | SANDBOX_SYNC,
	.is_solitary = true,
};
