/* SPDX-License-Identifier: ISC */
/* Every daemon's manifest: declaration (manifest.h) and row come from one list. */
#include "lib/sys/manifest.h"

const struct manifest *const manifest_registry[] = {
#define MANIFEST(STEM)  &STEM##_manifest,
#include "lib/sys/manifest_registry.def"
#undef MANIFEST
	NULL,
};
