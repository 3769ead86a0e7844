/* SPDX-License-Identifier: ISC */
#ifndef SPAN_H
#define SPAN_H

#include "lib/base/attr.h"

/*
 * A borrowed view of bytes: any value, no final NUL promised. Whoever makes a span says how long
 * the bytes live. The zero value is the empty span; p may be NULL only then.
 */
struct span {
	const char *p;
	size_t len;
};

/* A span over a string literal; SPAN_INIT is the form for static initialisers. */
#define SPAN(LITERAL)       ((struct span){ "" LITERAL "", sizeof(LITERAL) - 1 })
#define SPAN_INIT(LITERAL)  { "" LITERAL "", sizeof(LITERAL) - 1 }

/* printf: "%.*s", SPAN_ARG(s). Stops at a NUL and at INT_MAX like %s does. */
#define SPAN_ARG(S)         ((S).len > 0x7fffffff ? 0x7fffffff : (int) (S).len), ((S).p ? (S).p : "")

static inline struct span
span_make(const char *p, size_t len)
{
	return (struct span){ p, len };
}

/* The bytes of a C string without its NUL; NULL gives the empty span. */
static inline struct span
span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static inline bool
span_is_empty(struct span s)
{
	return s.len == 0;
}

/* Bytes [from, to) of s; both ends are clamped to s. */
struct span span_slice(struct span s, size_t from, size_t to);

/* Everything from index on; clamped. */
struct span span_from(struct span s, size_t from);

/* Equality: exact, or with ASCII letters folded. */
bool span_eq(struct span a, struct span b);
bool span_eq_ci(struct span a, struct span b);
bool span_eq_str(struct span a, const char *b);
bool span_eq_str_ci(struct span a, const char *b);

/* Order as memcmp(3), the shorter first when one begins the other. */
int span_cmp(struct span a, struct span b);
int span_cmp_ci(struct span a, struct span b);

bool span_starts_with(struct span s, struct span start);
bool span_starts_with_ci(struct span s, struct span start);
bool span_ends_with(struct span s, struct span end);
bool span_ends_with_ci(struct span s, struct span end);

/* Index of the first or last such byte, or s.len when there is none. */
size_t span_find(struct span s, char c);
size_t span_rfind(struct span s, char c);

/* Index of the first byte that is in set, or s.len; span_span is the length of the run in set. */
size_t span_find_any(struct span s, const char *set);
size_t span_run(struct span s, const char *set);

/* Index where needle begins (exact, ASCII-folded), or s.len. An empty needle is at 0. */
size_t span_search(struct span s, struct span needle);
size_t span_search_ci(struct span s, struct span needle);

/* Without leading and trailing bytes of set; span_trim uses blank, tab, CR and LF. */
struct span span_trim_set(struct span s, const char *set);
struct span span_trim(struct span s);

/*
 * Take the part before the first c from *rest and step over c; without c, take all of it.
 * returns   false when *rest was already exhausted (p NULL), so it drives a while loop that
 *           also sees empty parts; *rest becomes {NULL, 0} after the last part
 */
bool span_cut(struct span *rest, char c, struct span *part_out);

/*
 * Take the next run of bytes that are not in set ("," and blanks, say), stepping over runs of set.
 * returns   false when nothing but bytes of set is left
 */
bool span_token(struct span *rest, const char *set, struct span *token_out);

/* Whole span as a decimal number without sign, at most max. returns false for anything else. */
MUST_USE bool span_to_u64(struct span s, uint64_t max, uint64_t *value_out);

/* Whole span as a decimal number with optional sign, within [min, max]. */
MUST_USE bool span_to_i64(struct span s, int64_t min, int64_t max, int64_t *value_out);

bool span_has_nul(struct span s);

/* All bytes are printable ASCII (0x20..0x7e). */
bool span_is_printable(struct span s);

/* ASCII only, locale-free, safe for any value of char. */
static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char) (c - 32) : c;
}

static inline bool
ascii_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
ascii_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
ascii_is_alnum(char c)
{
	return ascii_is_digit(c) || ascii_is_alpha(c);
}

/* Blank in the sense of RFC 5322 WSP. */
static inline bool
ascii_is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* Blank in the sense of configuration files: space, tab, CR, LF, VT, FF. */
static inline bool
ascii_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
ascii_is_print(char c)
{
	return c >= 0x20 && c < 0x7f;
}

#endif
