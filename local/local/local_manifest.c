/* SPDX-License-Identifier: ISC */
/*
 * What local is and may do: root, to become the users whose mail it is in processes that it forks.
 * It has no filter, since commands inherit it; its workers confine themselves (local/worker_serve.c).
 */
#include "lib/sys/manifest.h"

#include <linux/capability.h>

#define CAP(NAME) (UINT64_C(1) << CAP_##NAME)

static const char *const local_calls[] = { "transport", "cleanup", "proxymap", NULL };

const struct manifest local_manifest = {
	.program = "local",
	.doc = "Delivery agent for the system's users: aliases, .forward, mailboxes, commands.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_ROOT,
	.root = ROOT_HOST,
	.sandbox = SANDBOX_NONE,
	.caps = CAP(SETUID) | CAP(SETGID) | CAP(KILL) | CAP(CHOWN) | CAP(DAC_OVERRIDE) |
	    CAP(DAC_READ_SEARCH) | CAP(FOWNER),
	.calls = local_calls,
	.is_transport = true,
};
