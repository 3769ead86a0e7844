/* SPDX-License-Identifier: ISC */
/* Views of bytes: comparing, searching, cutting. Locale-free; nothing allocates. */
#define _GNU_SOURCE 1
#include "lib/base/span.h"

struct span
span_slice(struct span s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return s.p == NULL ? span_make(NULL, 0) : span_make(s.p + from, to - from);
}

struct span
span_from(struct span s, size_t from)
{
	return span_slice(s, from, s.len);
}

bool
span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
span_eq_ci(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || span_cmp_ci(a, b) == 0);
}

bool
span_eq_str(struct span a, const char *b)
{
	return span_eq(a, span_of(b));
}

bool
span_eq_str_ci(struct span a, const char *b)
{
	return span_eq_ci(a, span_of(b));
}

/* Order of two lengths when the common part is equal. */
static int
compare_length(size_t a, size_t b)
{
	return a == b ? 0 : a < b ? -1 : 1;
}

int
span_cmp(struct span a, struct span b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.p, b.p, common);

	return order != 0 ? order : compare_length(a.len, b.len);
}

int
span_cmp_ci(struct span a, struct span b)
{
	size_t common = a.p == NULL || b.p == NULL ? 0 : a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < common; i++) {
		unsigned char x = (unsigned char) ascii_lower(a.p[i]);
		unsigned char y = (unsigned char) ascii_lower(b.p[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return compare_length(a.len, b.len);
}

bool
span_starts_with(struct span s, struct span start)
{
	return s.len >= start.len && span_eq(span_slice(s, 0, start.len), start);
}

bool
span_starts_with_ci(struct span s, struct span start)
{
	return s.len >= start.len && span_eq_ci(span_slice(s, 0, start.len), start);
}

bool
span_ends_with(struct span s, struct span end)
{
	return s.len >= end.len && span_eq(span_from(s, s.len - end.len), end);
}

bool
span_ends_with_ci(struct span s, struct span end)
{
	return s.len >= end.len && span_eq_ci(span_from(s, s.len - end.len), end);
}

size_t
span_find(struct span s, char c)
{
	const char *at = s.len == 0 ? NULL : memchr(s.p, c, s.len);

	return at == NULL ? s.len : (size_t) (at - s.p);
}

size_t
span_rfind(struct span s, char c)
{
	const char *at = s.len == 0 ? NULL : memrchr(s.p, c, s.len);

	return at == NULL ? s.len : (size_t) (at - s.p);
}

/* A set of bytes as a bitmap; the text's final NUL is not a member. */
struct byte_set {
	uint64_t bits[4];
};

static struct byte_set
byte_set_make(const char *members)
{
	struct byte_set set = { { 0, 0, 0, 0 } };

	for (; *members != '\0'; members++) {
		unsigned char c = (unsigned char) *members;

		set.bits[c >> 6] |= UINT64_C(1) << (c & 63);
	}
	return set;
}

static inline bool
byte_set_has(const struct byte_set *set, char byte)
{
	unsigned char c = (unsigned char) byte;

	return (set->bits[c >> 6] >> (c & 63) & 1) != 0;
}

/* Length of the leading run whose membership in set is `member`. */
static size_t
run_length(struct span s, const char *members, bool member)
{
	struct byte_set set = byte_set_make(members);
	size_t i = 0;

	while (i < s.len && byte_set_has(&set, s.p[i]) == member)
		i++;
	return i;
}

size_t
span_find_any(struct span s, const char *set)
{
	return run_length(s, set, false);
}

size_t
span_run(struct span s, const char *set)
{
	return run_length(s, set, true);
}

size_t
span_search(struct span s, struct span needle)
{
	const char *at;

	if (needle.len == 0)
		return 0;
	if (needle.len > s.len)
		return s.len;
	at = memmem(s.p, s.len, needle.p, needle.len);
	return at == NULL ? s.len : (size_t) (at - s.p);
}

size_t
span_search_ci(struct span s, struct span needle)
{
	if (needle.len == 0)
		return 0;
	for (size_t i = 0; i + needle.len <= s.len; i++)
		if (ascii_lower(s.p[i]) == ascii_lower(needle.p[0]) &&
		    span_eq_ci(span_slice(s, i, i + needle.len), needle))
			return i;
	return s.len;
}

struct span
span_trim_set(struct span s, const char *set)
{
	struct byte_set drop = byte_set_make(set);

	s = span_from(s, span_run(s, set));
	while (s.len > 0 && byte_set_has(&drop, s.p[s.len - 1]))
		s.len--;
	return s;
}

struct span
span_trim(struct span s)
{
	return span_trim_set(s, " \t\r\n");
}

bool
span_cut(struct span *rest, char c, struct span *part_out)
{
	size_t at = span_find(*rest, c);

	if (rest->p == NULL)
		return false;
	*part_out = span_slice(*rest, 0, at);
	*rest = at == rest->len ? span_make(NULL, 0) : span_from(*rest, at + 1);
	return true;
}

bool
span_token(struct span *rest, const char *set, struct span *token_out)
{
	size_t len;

	*rest = span_from(*rest, span_run(*rest, set));
	len = span_find_any(*rest, set);
	if (len == 0)
		return false;
	*token_out = span_slice(*rest, 0, len);
	*rest = span_from(*rest, len);
	return true;
}

bool
span_to_u64(struct span s, uint64_t max, uint64_t *value_out)
{
	uint64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit = (uint64_t) (unsigned char) s.p[i] - '0';

		if (digit > 9 || digit > max || value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*value_out = value;
	return true;
}

bool
span_to_i64(struct span s, int64_t min, int64_t max, int64_t *value_out)
{
	bool negative = s.len > 0 && s.p[0] == '-';
	uint64_t magnitude;
	int64_t value;

	if (negative || (s.len > 0 && s.p[0] == '+'))
		s = span_from(s, 1);
	if (!span_to_u64(s, (uint64_t) INT64_MAX + (negative ? 1 : 0), &magnitude))
		return false;
	if (negative)
		value = magnitude == 0 ? 0 : -(int64_t) (magnitude - 1) - 1;
	else
		value = (int64_t) magnitude;
	if (value < min || value > max)
		return false;
	*value_out = value;
	return true;
}

bool
span_has_nul(struct span s)
{
	return span_find(s, '\0') != s.len;
}

bool
span_is_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_print(s.p[i]))
			return false;
	return true;
}
