/* SPDX-License-Identifier: ISC */
#ifndef ENCODE_H
#define ENCODE_H

#include "lib/base/result.h"
#include "lib/base/str.h"

/*
 * Encoders append to out (see str.h for overflow). Decoders append what they could and say
 * PARSE_BAD for the rest.
 */

/* RFC 4648 4, with padding, no line breaks; the decoder accepts no blanks and demands padding. */
bool base64_encode(struct str *out, struct span in);
MUST_USE enum parse base64_decode(struct str *out, struct span in);

/* Lower-case hexadecimal; the decoder takes both cases. */
bool hex_encode(struct str *out, struct span in);
MUST_USE enum parse hex_decode(struct str *out, struct span in);

/* RFC 3461 4: bytes outside 33..126, '+' and '=' become +XX. The decoder refuses +00. */
bool xtext_encode(struct str *out, struct span in);
MUST_USE enum parse xtext_decode(struct str *out, struct span in);

/* RFC 2045 6.7 for text with LF line ends; lines of at most 76; the output has LF line ends. */
bool qp_encode(struct str *out, struct span in);
MUST_USE enum parse qp_decode(struct str *out, struct span in);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing past U+10FFFF). */
MUST_USE bool utf8_is_valid(struct span in);
bool span_is_ascii(struct span in);

/* CRC-32C (Castagnoli), as RFC 3720 B.4. Start with 0, feed pieces in order. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#endif
