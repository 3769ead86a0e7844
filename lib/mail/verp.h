/* SPDX-License-Identifier: ISC */
#ifndef VERP_H
#define VERP_H

#include "lib/base/arena.h"

/* Two characters, both from the filter (verp_delimiter_filter). */
bool verp_is_good(struct span delimiters, const char *filter) MUST_USE;

/*
 * The sender as one recipient sees it (variable envelope return path): with the delimiters "+=",
 * owner-list@x.example and user@y.example make owner-list+user=y.example@x.example.
 * delimiters  two characters; anything else, and the null sender, leave the sender as it is
 */
struct span verp_sender(struct span sender, struct span recipient, struct span delimiters,
    struct arena *arena) MUST_USE;

#endif
