/* SPDX-License-Identifier: ISC */
/* Submitted messages: what is printed is read again; what nobody prints is refused. */
#include "t.h"

#include "lib/queue/maildrop.h"
#include "lib/sys/file.h"

#include <sys/mman.h>

static struct span
sample(struct t *t, struct arena *arena, size_t content)
{
	struct maildrop m = { .sender = SPAN("joe doe@example.com"),
		.full_name = SPAN("J\xc3\xb6"
				  "e = \"x\""),
		.dsn_notify = 6,
		.extract = true,
		.encoding = SPAN("8bit"),
		.report = SPAN("verify") };
	struct str out CLEANUP(str_fini);
	char *bytes = t_own(t, malloc(content + 1));

	memset(bytes, 'x', content);
	*ARRAY_ADD(arena, &m.recipients) = (struct maildrop_rcpt){ .address = SPAN("ann@example.com") };
	*ARRAY_ADD(arena, &m.recipients) = (struct maildrop_rcpt){
		.dsn_notify = 1, .dsn_orcpt = SPAN("rfc822;x@example.com") };
	str_init(&out, 1 << 20);
	T_NEED(t, maildrop_print(&m, &out));
	maildrop_print_chunk(span_make(bytes, content), &out);
	maildrop_print_end(&out);
	return arena_dup(arena, str_span(&out));
}

/* Read everything; PARSE_OK means a whole message. */
static enum parse
read_all(
    struct t *t, struct span bytes, struct arena *arena, struct maildrop *m, size_t *content_out)
{
	int fd = memfd_create("maildrop", MFD_CLOEXEC);
	struct maildrop_reader *reader = maildrop_reader_new(fd, "test");
	struct err err = { 0 };
	struct span piece;
	enum parse result;

	*content_out = 0;
	T_NEED(t, fd_pwrite_all(fd, bytes, 0, "test", &err));
	result = maildrop_reader_envelope(reader, arena, m, &err);
	while (result == PARSE_OK &&
	    (result = maildrop_reader_content(reader, &piece, &err)) == PARSE_OK)
		*content_out += piece.len;
	if (result == PARSE_MORE)
		result = err.class == ERR_NONE ? PARSE_OK : PARSE_BAD;
	maildrop_reader_free(&reader);
	fd_close(&fd);
	return result;
}

static const struct size_case {
	const char *name;
	size_t content;
} size_cases[] = {
	{ .name = "no content", .content = 0 },
	{ .name = "one byte", .content = 1 },
	{ .name = "one chunk", .content = MAILDROP_CHUNK_MAX },
	{ .name = "several chunks", .content = 3 * MAILDROP_CHUNK_MAX + 5 },
};

TEST(maildrop_round_trip)
{
	EACH_CASE (t, c, size_cases) {
		struct arena *arena = arena_new("test", 1 << 20);
		struct maildrop m;
		size_t content;

		T_INT(t, read_all(t, sample(t, arena, c->content), arena, &m, &content), PARSE_OK);
		T_INT(t, content, c->content);
		T_SPAN(t, m.sender, "joe doe@example.com");
		T_SPAN(t, m.full_name,
		    "J\xc3\xb6"
		    "e = \"x\"");
		T_SPAN(t, m.report, "verify");
		T_TRUE(t, m.extract && !m.is_gateway);
		T_INT(t, m.dsn_notify, 6);
		T_INT(t, m.recipients.count, 2);
		T_SPAN(t, m.recipients.v[0].address, "ann@example.com");
		T_INT(t, m.recipients.v[0].dsn_notify, 0);
		T_SPAN(t, m.recipients.v[1].dsn_orcpt, "rfc822;x@example.com");
		T_INT(t, m.recipients.v[1].dsn_notify, 1);
		arena_free(&arena);
	}
}

/* Cut off anywhere it is no message; nor with anything behind its end. */
TEST(maildrop_cut_anywhere)
{
	struct arena *arena = arena_new("test", 4 << 20);
	struct span whole = sample(t, arena, 100);
	struct maildrop m;
	size_t content;

	for (size_t len = 0; len < whole.len; len++)
		if (read_all(t, span_slice(whole, 0, len), arena, &m, &content) != PARSE_BAD)
			T_INT(t, len, -1);
	T_INT(t,
	    read_all(
		t, span_of(arena_printf(arena, "%.*sx", SPAN_ARG(whole))), arena, &m, &content),
	    PARSE_BAD);
	arena_free(&arena);
}

#define HEAD "carteiro maildrop 1\n"

static const struct bad_case {
	const char *name;
	struct span in;
	enum parse want;
} bad_cases[] = {
	{ .name = "smallest", .in = SPAN_INIT(HEAD "sender=\n\nE\n"), .want = PARSE_OK },
	{ .name = "empty", .in = SPAN_INIT(""), .want = PARSE_BAD },
	{ .name = "other version",
	    .in = SPAN_INIT("carteiro maildrop 2\nsender=\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "no sender", .in = SPAN_INIT(HEAD "rcpt=x\n\nE\n"), .want = PARSE_BAD },
	{ .name = "two senders",
	    .in = SPAN_INIT(HEAD "sender=\nsender=x\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "unknown record",
	    .in = SPAN_INIT(HEAD "sender=\nclient_name=x\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "record without name",
	    .in = SPAN_INIT(HEAD "sender=\n=x\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "NUL in an address",
	    .in = SPAN_INIT(HEAD "sender=a\0b\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "CR in an address",
	    .in = SPAN_INIT(HEAD "sender=\nrcpt=a\rb\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "probe of the suite's own kind",
	    .in = SPAN_INIT(HEAD "sender=\nreport=probe\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "flag out of range",
	    .in = SPAN_INIT(HEAD "sender=\nextract=2\n\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "negative length",
	    .in = SPAN_INIT(HEAD "sender=\n\nD -1\nx\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "length of nothing",
	    .in = SPAN_INIT(HEAD "sender=\n\nD 0\nE\n"),
	    .want = PARSE_BAD },
	{ .name = "length that overflows",
	    .in = SPAN_INIT(HEAD "sender=\n\nD 100000000000000001\nxE\n"),
	    .want = PARSE_BAD },
	{ .name = "too long a chunk",
	    .in = SPAN_INIT(HEAD "sender=\n\nD 10001\nxE\n"),
	    .want = PARSE_BAD },
	{ .name = "other letter", .in = SPAN_INIT(HEAD "sender=\n\nX 1\nxE\n"), .want = PARSE_BAD },
};

TEST(maildrop_refused)
{
	EACH_CASE (t, c, bad_cases) {
		struct arena *arena = arena_new("test", 1 << 20);
		struct maildrop m;
		size_t content;

		T_INT(t, read_all(t, t_exact_span(t, c->in), arena, &m, &content), c->want);
		arena_free(&arena);
	}
}

TEST(maildrop_print_refuses)
{
	struct maildrop lf = { .sender = SPAN("a\nrcpt=b") }, word = { .report = SPAN("probe") };
	struct str out CLEANUP(str_fini);

	str_init(&out, 1000);
	T_FALSE(t, maildrop_print(&lf, &out));
	T_FALSE(t, maildrop_print(&word, &out));
}
