/* SPDX-License-Identifier: ISC */
#ifndef POSTMAP_MAIN_H
#define POSTMAP_MAIN_H

#include <stdbool.h>

/* postmap and postalias are one program: what differs is in struct postmap_kind. */
struct postmap_kind {
	const char *name;
	const char *options;            /* for getopt(3) */
	const char *usage;
	bool is_alias;                  /* text and output have the form "name: value" */
};

/* The whole program. */
int postmap_main(const struct postmap_kind *kind, int argc, char **argv);

#endif
