/* SPDX-License-Identifier: ISC */
/*
 * The bounded growing buffer. Invariants: len <= max; p is NULL or has cap bytes with len < cap;
 * p[len] is NUL. The room doubles, so that many small appends cost little.
 */
#include "lib/base/str.h"

#include "lib/base/panic.h"

enum { STR_FIRST_CAP = 64 };

void
str_init(struct str *s, size_t max)
{
	*s = (struct str){ .max = max };
}

void
str_fini(struct str *s)
{
	size_t max = s->max;

	free(s->p);
	str_init(s, max);
}

void
str_clear(struct str *s)
{
	s->overflowed = false;
	str_truncate(s, 0);
}

char *
str_reserve(struct str *s, size_t more)
{
	size_t cap = s->cap > 0 ? s->cap : STR_FIRST_CAP;

	if (more > s->max - s->len) {
		s->overflowed = true;
		return NULL;
	}
	if (s->len + more >= s->cap) {
		while (cap <= s->len + more)
			cap = cap > SIZE_MAX / 2 ? s->len + more + 1 : cap * 2;
		s->p = xrealloc(s->p, cap);
		s->cap = cap;
		s->p[s->len] = '\0';
	}
	return s->p + s->len;
}

void
str_grow(struct str *s, size_t added)
{
	if (s->cap == 0 ? added > 0 : added > s->cap - 1 - s->len)
		panic("str_grow: %zu bytes were never reserved", added);
	if (s->cap == 0)
		return;
	s->len += added;
	s->p[s->len] = '\0';
}

bool
str_add(struct str *s, struct span bytes)
{
	char *end = str_reserve(s, bytes.len);

	if (end == NULL)
		return false;
	if (bytes.len > 0)
		memcpy(end, bytes.p, bytes.len);
	str_grow(s, bytes.len);
	return true;
}

bool
str_add_str(struct str *s, const char *text)
{
	return str_add(s, span_of(text));
}

bool
str_add_char(struct str *s, char c)
{
	return str_add(s, span_make(&c, 1));
}

bool
str_vaddf(struct str *s, const char *fmt, va_list ap)
{
	va_list again;
	char *end;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		s->overflowed = true;
	if (len < 0 || (end = str_reserve(s, (size_t) len)) == NULL)
		return false;
	(void) vsnprintf(end, (size_t) len + 1, fmt, ap);
	str_grow(s, (size_t) len);
	return true;
}

bool
str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	bool added;

	va_start(ap, fmt);
	added = str_vaddf(s, fmt, ap);
	va_end(ap);
	return added;
}

void
str_truncate(struct str *s, size_t len)
{
	if (len >= s->len)
		return;
	s->len = len;
	s->p[len] = '\0';
}

void
str_consume(struct str *s, size_t count)
{
	if (count > s->len)
		count = s->len;
	if (count == 0)
		return;
	memmove(s->p, s->p + count, s->len - count);
	str_truncate(s, s->len - count);
}

void
str_wipe(struct str *s)
{
	if (s->p != NULL) {
		/* Through volatile, so that the compiler cannot drop stores nobody reads. */
		for (volatile char *p = s->p; p < s->p + s->cap; p++)
			*p = 0;
	}
	str_clear(s);
}

struct span
str_span(const struct str *s)
{
	return span_make(s->p, s->len);
}

const char *
str_cstr(const struct str *s)
{
	return s->p != NULL ? s->p : "";
}
