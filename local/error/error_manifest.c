/* SPDX-License-Identifier: ISC */
/* What error (services error and retry) is and may do: it needs nothing but its client. */
#include "lib/sys/manifest.h"

const struct manifest error_manifest = {
	.program = "error",
	.doc = "Delivery agent that bounces (service error) or defers (service retry) with the next hop as reason.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_NET,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
	.is_transport = true,
};
