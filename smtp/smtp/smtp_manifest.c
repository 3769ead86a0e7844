/* SPDX-License-Identifier: ISC */
/* What smtp is and may do: it talks to strangers, so it holds nothing and sees no file. */
#include "lib/sys/manifest.h"

static const char *const smtp_calls[] = { "dnsd", "proxymap", "tlsmgr", NULL };

const struct manifest smtp_manifest = {
	.program = "smtp",
	.doc = "Delivery agent that sends mail by SMTP.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_NET,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT | SANDBOX_SOCKETS,
	.calls = smtp_calls,
	.is_transport = true,
};
