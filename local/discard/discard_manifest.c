/* SPDX-License-Identifier: ISC */
/* What discard is and may do: it needs nothing but its client. */
#include "lib/sys/manifest.h"

const struct manifest discard_manifest = {
	.program = "discard",
	.doc = "Delivery agent that discards mail and reports success.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_NET,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
	.is_transport = true,
};
