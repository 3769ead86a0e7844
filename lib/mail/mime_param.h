/* SPDX-License-Identifier: ISC */
#ifndef MIME_PARAM_H
#define MIME_PARAM_H

#include "lib/base/array.h"
#include "lib/base/result.h"

/* The value of Content-Type, Content-Disposition and their like. */

enum { MIME_PARAMS_MAX = 200 };         /* further ones are not read */

struct mime_param {
	struct span name;
	/* dequoted; RFC 2231 pieces joined and decoded, in `charset` */
	struct span value;
	struct span charset, language;  /* p NULL: not given */
};

struct mime_value {
	struct span type;               /* "text", "attachment" */
	struct span subtype;            /* "plain"; p NULL: no "/" */
	ARRAY(struct mime_param) params;
};

/*
 * Read a value with comments and folds. Broken parameters are skipped; the first of two with one
 * name counts, but one by RFC 2231 beats a plain one.
 *
 * returns   PARSE_BAD when there is no token at the start; parameters are read nevertheless
 * owns      spans point into value or pool, which takes a few times the value's length
 * spec      RFC 2045 5.1, RFC 2183 2, RFC 2231 3, 4
 */
MUST_USE enum parse mime_value_parse(struct span value, struct arena *pool, struct mime_value *out);

/*
 * The same with the parameters in their order as they were written, as BODYSTRUCTURE shows them:
 * pieces of RFC 2231 are joined under "name*" (or "name" when none is extended), nothing is
 * decoded, nothing is left out; charset and language are not set.
 */
MUST_USE enum parse mime_value_parse_written(struct span value, struct arena *pool,
    struct mime_value *out);

/* The parameter of that name, or NULL. */
const struct mime_param *mime_value_get(const struct mime_value *value, const char *name);

/* Type and subtype, without regard to case. */
bool mime_value_is(const struct mime_value *value, const char *type, const char *subtype);

#endif
