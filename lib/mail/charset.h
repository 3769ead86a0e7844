/* SPDX-License-Identifier: ISC */
#ifndef CHARSET_H
#define CHARSET_H

#include "lib/base/str.h"

/*
 * Append text in a named charset as UTF-8. Known here: UTF-8, US-ASCII, ISO-8859-1, ISO-8859-15 and
 * Windows-1252 (also for ISO-8859-1 labels, as everybody reads them); others are for
 * whoever has tables for them.
 */
enum charset_result {
	CHARSET_OK,
	CHARSET_UNKNOWN,                /* nothing was appended */
	CHARSET_BROKEN,                 /* bytes that mean nothing became U+FFFD */
};
enum charset_result charset_to_utf8(struct str *out, struct span charset, struct span text);

/* Append text; what is not UTF-8 becomes U+FFFD byte by byte. false: there was some. */
bool charset_repair_utf8(struct str *out, struct span text);

#endif
