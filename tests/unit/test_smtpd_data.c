/* SPDX-License-Identifier: ISC */
/* Content conversion: line ends, dots, and the end that cannot be smuggled in. */
#include "tests/unit/t.h"

#include "smtpd/smtpd/smtpd_data.h"

static const struct data_case {
	const char *name, *in, *out;
	bool ends; /* the final dot is at the end of `in` */
	bool allows_bare;
	bool has_bare_lf;
} cases[] = {
	{ .name = "one line", .in = "a\r\n.\r\n", .out = "a\n", .ends = true },
	{ .name = "empty message", .in = ".\r\n", .out = "", .ends = true },
	{ .name = "stuffed dot", .in = "..a\r\n.\r\n", .out = ".a\n", .ends = true },
	{ .name = "stuffed lone dot", .in = "..\r\n.\r\n", .out = ".\n", .ends = true },
	{ .name = "single dot before text", .in = ".a\r\n.\r\n", .out = "a\n", .ends = true },
	{ .name = "no end yet", .in = "a\r\nb\r\n", .out = "a\nb\n" },
	{ .name = "bare line feeds",
	    .in = "a\nb\r\n.\r\n",
	    .out = "a\nb\n",
	    .ends = true,
	    .has_bare_lf = true },
	{ .name = "LF dot LF",
	    .in = "a\n.\nb\r\n.\r\n",
	    .out = "a\n.\nb\n",
	    .ends = true,
	    .has_bare_lf = true },
	{ .name = "LF dot CRLF",
	    .in = "a\n.\r\nb\r\n.\r\n",
	    .out = "a\n.\nb\n",
	    .ends = true,
	    .has_bare_lf = true },
	{ .name = "CRLF dot LF",
	    .in = "a\r\n.\nb\r\n.\r\n",
	    .out = "a\n.\nb\n",
	    .ends = true,
	    .has_bare_lf = true },
	{ .name = "CR dot CR", .in = "a\r.\rb\r\n.\r\n", .out = "a\r.\rb\n", .ends = true },
	{ .name = "CRLF dot CR CRLF",
	    .in = "a\r\n.\r\r\nb\r\n.\r\n",
	    .out = "a\n\r\nb\n",
	    .ends = true },
	{ .name = "CR CRLF dot CRLF", .in = "a\r\r\n.\r\n", .out = "a\r\n", .ends = true },
	{ .name = "NUL between", .in = "a\r\n.\0\r\n", .out = "a\n" },
	{ .name = "bare end allowed",
	    .in = "a\n.\n",
	    .out = "a\n",
	    .ends = true,
	    .allows_bare = true,
	    .has_bare_lf = true },
	{ .name = "bare end allowed, mixed",
	    .in = "a\n.\r\n",
	    .out = "a\n",
	    .ends = true,
	    .allows_bare = true,
	    .has_bare_lf = true },
};

/*
 * Feed the input in pieces of `step` bytes, keeping what was not used, as a stream's buffer does.
 */
static void
check_data(struct t *t, const struct data_case *c, size_t step)
{
	struct span in = span_of(c->in);
	struct data_state state;
	struct str out;
	size_t fed = 0, done = 0;
	enum data_end end = DATA_MORE;

	str_init(&out, 10000);
	data_init(&state, c->allows_bare);
	while (end == DATA_MORE && fed < in.len) {
		size_t used = 0;

		fed = fed + step < in.len ? fed + step : in.len;
		end = data_convert(&state, t_exact_span(t, span_slice(in, done, fed)), &used, &out);
		done += used;
	}
	T_SPAN(t, str_span(&out), c->out);
	T_INT(t, end == DATA_END, c->ends);
	if (c->ends)
		T_INT(t, done, in.len);
	T_INT(t, state.saw_bare_lf, c->has_bare_lf);
	str_fini(&out);
}

TEST(data_convert)
{
	static const size_t steps[] = { 1, 2, 3, 5, 1000 };

	EACH_CASE (t, c, cases)
		for (size_t i = 0; i < COUNT_OF(steps); i++)
			check_data(t, c, steps[i]);
}

TEST(data_counts_with_crlf)
{
	struct data_state state;
	struct str out;
	size_t used;

	str_init(&out, 1000);
	data_init(&state, false);
	T_INT(t, data_convert(&state, SPAN("ab\ncd\r\n..x\r\n.\r\n"), &used, &out), DATA_END);
	T_INT(t, state.bytes, 4 + 4 + 4);
	str_fini(&out);
}

static const struct chunk_case {
	const char *name, *in, *out;
} chunk_cases[] = {
	{ .name = "lines", .in = "a\r\nb\r\n", .out = "a\nb\n" },
	{ .name = "dots stay", .in = ".\r\n..\r\n", .out = ".\n..\n" },
	{ .name = "no final line end", .in = "a\r\nb", .out = "a\nb" },
	{ .name = "final CR", .in = "a\r", .out = "a\r" },
	{ .name = "stray CR", .in = "a\rb\r\r\n", .out = "a\rb\r\n" },
	{ .name = "bare LF", .in = "a\n\nb\r\n", .out = "a\n\nb\n" },
};

TEST(data_convert_chunk)
{
	static const size_t steps[] = { 1, 2, 3, 1000 };

	EACH_CASE (t, c, chunk_cases) {
		for (size_t i = 0; i < COUNT_OF(steps); i++) {
			struct span in = span_of(c->in);
			struct data_state state;
			struct str out;

			str_init(&out, 1000);
			data_init(&state, false);
			for (size_t at = 0; at < in.len; at += steps[i])
				data_convert_chunk(&state,
				    t_exact_span(t, span_slice(in, at, at + steps[i])),
				    at + steps[i] >= in.len, &out);
			T_SPAN(t, str_span(&out), c->out);
			str_fini(&out);
		}
	}
}
