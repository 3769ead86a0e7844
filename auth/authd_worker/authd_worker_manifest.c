/* SPDX-License-Identifier: ISC */
/* What authd-worker is and may do: it computes, and reaches nothing. */
#include "lib/sys/manifest.h"

const struct manifest authd_worker_manifest = {
	.program = "authd-worker",
	.doc = "Compares passwords with stored ones for authd.",
	.model = MODEL_SINGLE,
	.user = RUN_AS_AUTH,
	.root = ROOT_EMPTY,
	.sandbox = SANDBOX_ACCEPT,
};
