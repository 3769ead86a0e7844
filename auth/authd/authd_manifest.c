/* SPDX-License-Identifier: ISC */
/* What authd is and may do: it holds the accounts in memory, read before it lost the right to. */
#include "lib/sys/manifest.h"

static const char *const calls[] = { "authd-worker", NULL };

const struct manifest authd_manifest = {
	.program = "authd",
	.doc = "Says who a client is: accounts, and the exchanges of SASL.",
	.model = MODEL_EVENTS,
	.user = RUN_AS_AUTH,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
	.calls = calls,
	.is_solitary = true,
};
