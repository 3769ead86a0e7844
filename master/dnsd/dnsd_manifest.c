/* SPDX-License-Identifier: ISC */
/* What dnsd is and may do: it reads strangers' packets, so it holds nothing and sees no file. */
#include "lib/sys/manifest.h"

const struct manifest dnsd_manifest = {
	.program = "dnsd",
	.doc = "Asks the DNS for everybody, with a cache.",
	.model = MODEL_EVENTS,
	.user = RUN_AS_NET,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_SOCKETS,
};
