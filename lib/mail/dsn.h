/* SPDX-License-Identifier: ISC */
#ifndef DSN_H
#define DSN_H

#include "lib/base/result.h"
#include "lib/base/str.h"

/* ---- Enhanced status codes: class "." subject "." detail (RFC 3463 2) ---- */

enum { DSN_CODE_MAX = 12 };             /* "5.999.999" with its NUL, as in struct err */

/*
 * Find a code at the start of text, followed by a blank or the end.
 * returns   its length, or 0: class is not 2, 4 or 5, or the numbers have more than three digits or
 *           needless zeros
 */
size_t dsn_code_len(struct span text);

/* The whole span is a code. */
bool dsn_code_is_valid(struct span code);

/*
 * Split "5.1.1 no such user" into code and text. Without a code at the start, code is the default
 * and the text is all of it, trimmed.
 */
void dsn_code_split(struct span text, const char *default_code, char code_out[DSN_CODE_MAX],
    struct span *text_out);

/*
 * Make the first digit agree with a reply class ('2', '4', '5'): what soft_bounce and mismatched
 * replies need.
 */
void dsn_code_set_class(char code[DSN_CODE_MAX], char class);

/* ---- ESMTP parameters (RFC 3461 4) ---- */

enum dsn_notify {
	DSN_NOTIFY_NEVER   = 1 << 0,
	DSN_NOTIFY_SUCCESS = 1 << 1,
	DSN_NOTIFY_FAILURE = 1 << 2,
	DSN_NOTIFY_DELAY   = 1 << 3,
};

/* "NEVER", or a comma list of SUCCESS, FAILURE, DELAY. */
MUST_USE enum parse dsn_notify_parse(struct span text, unsigned *notify_out);

/* The text for a set of bits; "" for 0. */
bool dsn_notify_add(struct str *out, unsigned notify);

enum dsn_ret { DSN_RET_NONE, DSN_RET_FULL, DSN_RET_HDRS };

MUST_USE enum parse dsn_ret_parse(struct span text, enum dsn_ret *ret_out);
const char *dsn_ret_name(enum dsn_ret ret);

/*
 * "rfc822;user+40example": an address type and xtext. Appends "rfc822;user@example" to out.
 * returns   PARSE_BAD for a missing type, bad xtext, control characters, an empty address or one
 *           over 1000 bytes
 */
MUST_USE enum parse dsn_orcpt_decode(struct span text, struct str *out);

/* And back: "rfc822;user@example" to what ORCPT carries. */
bool dsn_orcpt_encode(struct str *out, struct span orcpt);

/* ENVID: xtext of printable characters, at most 100 bytes decoded; appends it decoded. */
MUST_USE enum parse dsn_envid_decode(struct span text, struct str *out);

#endif
