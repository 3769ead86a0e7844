/* SPDX-License-Identifier: ISC */
/*
 * What virtual is and may do: root, to become the owners of mailboxes in processes that it forks.
 * Those confine themselves (local/worker_serve.c); this one only looks tables up.
 */
#include "lib/sys/manifest.h"

#include <linux/capability.h>

const struct manifest virtual_manifest = {
	.program = "virtual",
	.doc = "Delivery agent for mailboxes that tables name.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_ROOT,
	.root = ROOT_HOST,
	.sandbox = SANDBOX_NONE,
	.caps = UINT64_C(1) << CAP_SETUID | UINT64_C(1) << CAP_SETGID | UINT64_C(1) << CAP_KILL |
	    UINT64_C(1) << CAP_DAC_READ_SEARCH,
	.is_transport = true,
};
