/* SPDX-License-Identifier: ISC */
#ifndef T_H
#define T_H

/*
 * The frame of a unit test program, on cmocka. A program is tests/unit/test_STEM.c, includes this
 * first, holds TEST(name) { ... } bodies, and is named once in tests/unit/local.mk; there is no list
 * of tests and no main to write.
 *
 * Checks (T_...) do not stop the test: they print file, line, row, what was got and what was wanted,
 * and the test fails at its end. T_NEED stops it: for what the rest cannot do without.
 * cmocka's own assert_... may be used too; they stop the test.
 */

#include "lib/base/span.h"

#include <setjmp.h>
#include <cmocka.h>
#include <unistd.h>

#define T_TESTS_MAX  200
#define T_OWNED_MAX  4096

struct t_test;

struct t {
	const struct t_test *test;
	const char *row;                /* name of the row under EACH_CASE, or NULL */
	unsigned rows, failures;
	void *owned[T_OWNED_MAX];       /* freed at the end of the test */
	size_t owned_count;
};

struct t_test {
	const char *name;
	void (*run)(struct t *t);
};

static struct t_test t_tests[T_TESTS_MAX];
static size_t t_test_count;
static unsigned t_rows, t_skipped;

/* A test: TEST(addr_parse) { ... }. The body has `struct t *t`. */
#define TEST(NAME)                                                                     \
	static void t_body_##NAME(struct t *t);                                        \
	__attribute__((constructor)) static void t_register_##NAME(void)               \
	{                                                                              \
		if (t_test_count == T_TESTS_MAX)                                       \
			abort();                                                       \
		t_tests[t_test_count++] = (struct t_test){ #NAME, t_body_##NAME };     \
	}                                                                              \
	static void t_body_##NAME(struct t *t UNUSED)

/* for-loop over a table of rows with a member .name: EACH_CASE(t, c, cases) check_one(t, c); */
#define EACH_CASE(T, C, CASES)                                                                   \
	for (size_t t_i_##C = 0; (T)->row = NULL, t_i_##C < COUNT_OF(CASES); t_i_##C++)          \
		for (const __typeof__((CASES)[0]) *C = t_next_row((T), (CASES)[t_i_##C].name,    \
		         &(CASES)[t_i_##C]);                                                     \
		     C != NULL; C = NULL)

#define T_TRUE(T, COND)          t_check((T), __FILE__, __LINE__, (COND), #COND)
#define T_FALSE(T, COND)         t_check((T), __FILE__, __LINE__, !(COND), "not: " #COND)
#define T_INT(T, GOT, WANT)      t_check_int((T), __FILE__, __LINE__, #GOT, (int64_t) (GOT), (int64_t) (WANT))
#define T_STR(T, GOT, WANT)      t_check_str((T), __FILE__, __LINE__, #GOT, (GOT), (WANT))
#define T_SPAN(T, GOT, WANT)     t_check_span((T), __FILE__, __LINE__, #GOT, (GOT), span_of(WANT))
#define T_BYTES(T, GOT, WANT)    t_check_span((T), __FILE__, __LINE__, #GOT, (GOT), (WANT))

/* Stop the test when the condition does not hold. */
#define T_NEED(T, COND)                                                              \
	do {                                                                         \
		if (!t_check((T), __FILE__, __LINE__, (COND), "needed: " #COND))     \
			fail_msg("cannot go on");                                    \
	} while (0)

UNUSED static const void *
t_next_row(struct t *t, const char *name, const void *row)
{
	t->row = name;
	t->rows++;
	return row;
}

UNUSED static void
t_fail_head(struct t *t, const char *file, int line)
{
	t->failures++;
	printf("%s:%d: %s%s%s", file, line, t->row ? "row \"" : "", t->row ? t->row : "", t->row ? "\": " : "");
}

UNUSED static bool
t_check(struct t *t, const char *file, int line, bool holds, const char *text)
{
	if (!holds) {
		t_fail_head(t, file, line);
		printf("%s\n", text);
	}
	return holds;
}

UNUSED static bool
t_check_int(struct t *t, const char *file, int line, const char *what, int64_t got, int64_t want)
{
	if (got == want)
		return true;
	t_fail_head(t, file, line);
	printf("%s: got %lld, want %lld\n", what, (long long) got, (long long) want);
	return false;
}

UNUSED static void
t_print_span(struct span s)
{
	if (s.p == NULL) {
		printf("nothing");
		return;
	}
	putchar('"');
	for (size_t i = 0; i < s.len; i++) {
		if (ascii_is_print(s.p[i]) && s.p[i] != '\\' && s.p[i] != '"')
			putchar(s.p[i]);
		else
			printf("\\x%02x", (unsigned char) s.p[i]);
	}
	putchar('"');
}

UNUSED static bool
t_check_span(struct t *t, const char *file, int line, const char *what, struct span got, struct span want)
{
	if (got.len == want.len && (got.len == 0 || memcmp(got.p, want.p, got.len) == 0))
		return true;
	t_fail_head(t, file, line);
	printf("%s: got ", what);
	t_print_span(got);
	printf(", want ");
	t_print_span(want);
	printf("\n");
	return false;
}

/* For C strings a missing value (NULL) is not an empty one. */
UNUSED static bool
t_check_str(struct t *t, const char *file, int line, const char *what, const char *got, const char *want)
{
	if ((got == NULL) == (want == NULL))
		return t_check_span(t, file, line, what, span_of(got), span_of(want));
	t_fail_head(t, file, line);
	printf("%s: got %s, want %s\n", what, got ? got : "NULL", want ? want : "NULL");
	return false;
}

/* The test owns a malloc'ed block from now on; the block is returned. */
UNUSED static void *
t_own(struct t *t, void *block)
{
	if (block == NULL || t->owned_count == T_OWNED_MAX)
		abort();
	t->owned[t->owned_count++] = block;
	return block;
}

/* The bytes in a heap block of exactly their size, without a final NUL: reading past them is seen by ASan. */
UNUSED static struct span
t_exact_span(struct t *t, struct span s)
{
	char *copy = t_own(t, malloc(s.len ? s.len : 1));

	if (s.len == 0)
		return span_make(copy + 1, 0);
	memcpy(copy, s.p, s.len);
	return span_make(copy, s.len);
}

UNUSED static struct span
t_exact(struct t *t, const char *text)
{
	return t_exact_span(t, span_of(text));
}

/* A path below the source root: t_source(t, "tests/data/x"). */
UNUSED static const char *
t_source(struct t *t, const char *path)
{
	const char *root = getenv("srcdir");
	size_t size = strlen(root ? root : ".") + strlen(path) + 2;
	char *full = t_own(t, malloc(size));

	snprintf(full, size, "%s/%s", root ? root : ".", path);
	return full;
}

/*
 * Who jumps out of a body (T_NEED, t_shared, cmocka's own checks) skips what would have freed its
 * memory. The leak checker asks this before it complains of that on top.
 */
static unsigned t_bodies_open;
int __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return t_bodies_open != 0;
}

/* A path in the shared test data beside the source tree; without that data the test is skipped, and says so. */
UNUSED static const char *
t_shared(struct t *t, const char *path)
{
	char relative[500];
	const char *full;

	snprintf(relative, sizeof(relative), "../shared/testdata/%s", path);
	full = t_source(t, relative);
	if (access(full, R_OK) != 0) {
		printf("# skipped: %s: no %s\n", t->test->name, path);
		t_skipped++;
		skip();
	}
	return full;
}

static int
t_set_up(void **state)
{
	struct t *t = calloc(1, sizeof(*t));

	if (t == NULL)
		abort();
	t->test = *state;
	*state = t;
	return 0;
}

/* Runs also after a check of cmocka's jumped out of the body; a row that was open then is named. */
static int
t_tear_down(void **state)
{
	struct t *t = *state;

	if (t->row != NULL)
		printf("stopped in row \"%s\"\n", t->row);
	t_rows += t->rows;
	for (size_t i = 0; i < t->owned_count; i++)
		free(t->owned[i]);
	free(t);
	return 0;
}

static void
t_run_one(void **state)
{
	struct t *t = *state;

	t_bodies_open++;
	t->test->run(t);
	t_bodies_open--;
	t->row = NULL;
	if (t->failures != 0)
		fail_msg("%u check(s) failed", t->failures);
}

/* The last line is for the runner, which sums it. */
int
main(void)
{
	static struct CMUnitTest tests[T_TESTS_MAX];
	int failed;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < t_test_count; i++)
		tests[i] = (struct CMUnitTest){ t_tests[i].name, t_run_one, t_set_up, t_tear_down, &t_tests[i] };
	failed = _cmocka_run_group_tests("unit", tests, t_test_count, NULL, NULL);
	printf("# %zu tests, %d failed, %u skipped, %u rows\n", t_test_count, failed, t_skipped, t_rows);
	return failed != 0;
}

#endif
