/* SPDX-License-Identifier: ISC */
#include "lib/sys/manifest.h"

const struct manifest anvil_manifest = {
	.program = "anvil",
	.doc = "counts what clients do, for all processes of a service",
	.model = MODEL_EVENTS,
	.user = RUN_AS_NET,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
	.is_solitary = true,
};
