/* SPDX-License-Identifier: ISC */
/* postalias(1): alias databases. */
#include "master/postmap/postmap_main.h"

static const struct postmap_kind kind = {
	.name = "postalias",
	.options = "c:d:fijnNopq:rsuUvw",
	.usage = "postalias [-fijnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
	.is_alias = true,
};

int
main(int argc, char **argv)
{
	return postmap_main(&kind, argc, argv);
}
