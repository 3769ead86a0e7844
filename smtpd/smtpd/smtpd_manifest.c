/* SPDX-License-Identifier: ISC */
#include "lib/sys/manifest.h"

static const char *const calls[] = { "cleanup", "anvil", "authd", "dnsd", "proxymap", "tlsmgr", NULL };

const struct manifest smtpd_manifest = {
	.program = "smtpd",
	.doc = "receives mail by SMTP",
	.model = MODEL_SINGLE,
	.user = RUN_AS_NET,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
	.calls = calls,
};
