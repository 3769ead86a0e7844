/* SPDX-License-Identifier: ISC */
#include "lib/sys/manifest.h"

const struct manifest tlsmgr_manifest = {
	.program = "tlsmgr",
	.doc = "keys of TLS session tickets, shared by the processes of a service",
	.model = MODEL_EVENTS,
	.user = RUN_AS_MAIL,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
	.is_solitary = true,
};
