/* SPDX-License-Identifier: ISC */
#ifndef RFC2047_H
#define RFC2047_H

#include "lib/mail/charset.h"

/* Encoded words in header fields: =?charset?Q?text?= */

enum { RFC2047_CHARSET_MAX = 40 };

/* A converter for charsets that charset_to_utf8 does not know; same contract. */
struct charset_more {
	enum charset_result (*convert)(void *ctx, struct str *out, struct span charset,
	    struct span text);
	void *ctx;
};

/*
 * Append text with its encoded words as UTF-8. Blanks between two encoded words go; words that are
 * malformed, or not ASCII in a charset nobody knows, stay as they are; raw 8-bit text is taken as UTF-8 and
 * repaired.
 *
 * in        unfolded text
 * more      may be NULL
 * returns   false when out overflowed
 * spec      RFC 2047 2, 4, 6.2; RFC 2231 5 (language after the charset)
 */
bool rfc2047_decode(struct str *out, struct span in, const struct charset_more *more);

/*
 * Append text for a header field: as it is when it is printable ASCII without "=?", else as encoded
 * words of at most 75 bytes, joined by blanks, never cutting a character of UTF-8.
 *
 * charset    of the text, at most RFC2047_CHARSET_MAX bytes
 * is_phrase  a display name: only what RFC 2047 5 (3) allows stays unencoded inside a word
 */
bool rfc2047_encode(struct str *out, struct span text, struct span charset, bool is_phrase);

/* Append a display name: as it is, quoted, or encoded. */
bool rfc2047_phrase(struct str *out, struct span text, struct span charset);

#endif
