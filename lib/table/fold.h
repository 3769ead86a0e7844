/* SPDX-License-Identifier: ISC */
#ifndef FOLD_H
#define FOLD_H

#include "lib/base/str.h"

/*
 * Make a key comparable: lower case for ASCII; with is_utf8, full Unicode case folding (no change
 * of
 * normal form) for text that has other characters.
 * out       cleared first
 * returns   false when is_utf8 and key is not UTF-8, or out is too small
 */
MUST_USE bool fold_key(struct span key, bool is_utf8, struct str *out);

#endif
