/* SPDX-License-Identifier: ISC */
/*
 * What lmtp is and may do: as smtp, but it must reach other programs' UNIX sockets, so it keeps the
 * system's root directory; no file can be opened in it.
 */
#include "lib/sys/manifest.h"

static const char *const lmtp_calls[] = { "dnsd", "proxymap", "tlsmgr", NULL };

const struct manifest lmtp_manifest = {
	.program = "lmtp",
	.doc = "Delivery agent that hands mail to another system by LMTP.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_NET,
	.root = ROOT_HOST,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_SOCKETS,
	.calls = lmtp_calls,
	.is_transport = true,
};
