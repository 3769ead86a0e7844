/* SPDX-License-Identifier: ISC */
#ifndef STR_H
#define STR_H

#include "lib/base/span.h"

/*
 * A growing buffer with a declared maximum, always NUL-terminated after the first append.
 * An append that would pass the maximum adds nothing and sets `overflowed`, which stays set until
 * str_clear: a caller may append many times and ask once. The bytes may be anything, NUL included.
 */
struct str {
	char *p;
	size_t len;
	size_t cap;
	size_t max;             /* bytes, without the NUL */
	bool overflowed;
};

/* No memory is taken before the first append. */
void str_init(struct str *s, size_t max);

/* Frees the memory; the buffer may be used again. Also usable as CLEANUP(str_fini). */
void str_fini(struct str *s);

/* Empty it, keep the memory, forget an overflow. */
void str_clear(struct str *s);

/* All return false (and mark the overflow) when nothing was added. */
bool str_add(struct str *s, struct span bytes);
bool str_add_str(struct str *s, const char *text);
bool str_add_char(struct str *s, char c);
bool str_addf(struct str *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool str_vaddf(struct str *s, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/*
 * Room for `more` further bytes at the end; NULL when that passes the maximum. str_grow then counts
 * them in.
 */
char *str_reserve(struct str *s, size_t more);
void str_grow(struct str *s, size_t added);

/* Shorten to len bytes (no effect when it is shorter already). */
void str_truncate(struct str *s, size_t len);

/* Remove bytes [0, count): what a reader consumed. */
void str_consume(struct str *s, size_t count);

/* Overwrite the content with zero bytes before emptying: for passwords. */
void str_wipe(struct str *s);

/* The content; lives until the next change of s. */
struct span str_span(const struct str *s);

/* The content as a C string ("" when empty); lives until the next change of s. */
const char *str_cstr(const struct str *s);

#endif
