/* SPDX-License-Identifier: ISC */
/* Every daemon's manifest, one line each: the declaration and the row come from one list. */
#include "lib/sys/manifest.h"

#define MANIFEST(STEM)  extern const struct manifest STEM##_manifest;
#include "lib/sys/manifest_registry.def"
#undef MANIFEST

const struct manifest *const manifest_registry[] = {
#define MANIFEST(STEM)  &STEM##_manifest,
#include "lib/sys/manifest_registry.def"
#undef MANIFEST
	NULL,
};
