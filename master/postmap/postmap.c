/* SPDX-License-Identifier: ISC */
/* postmap(1): lookup tables. */
#include "master/postmap/postmap_main.h"

static const struct postmap_kind kind = {
	.name = "postmap",
	.options = "bc:d:fFhijmnNopq:rsuUvw",
	.usage =
	    "postmap [-bfFhijmnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
};

int
main(int argc, char **argv)
{
	return postmap_main(&kind, argc, argv);
}
