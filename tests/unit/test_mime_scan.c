/* SPDX-License-Identifier: ISC */
/* The MIME state machine and the 7-bit filter on it. */
#include "t.h"

#include <dirent.h>

#include "lib/mail/mime_downgrade.h"
#include "lib/mail/mime_scan.h"

static const struct mime_options plain_options = {
	.nesting_limit = 5, .boundary_limit = 80, .header_limit = 200, .line_limit = 100,
};

/* Events as text: P/M/N header fields, "." head ends, ">" body, "#" boundary. */
static void
trace_header(void *ctx, enum mime_head head, const struct header_field *field)
{
	(void) str_addf(ctx, "%c[%.*s]", "PMN"[head], SPAN_ARG(field->raw));
}

static void
trace_head_end(void *ctx, enum mime_head head, enum mime_head_end how, const struct mime_kind *kind)
{
	(void) head;
	(void) str_addf(ctx, "%s%s",
	    how == MIME_END_BLANK ? "." : how == MIME_END_BROKEN ? "!" : "/",
	    kind->is_multipart ? "mp" : kind->is_message ? "msg" : "");
}

static void
trace_body(void *ctx, struct span bytes)
{
	struct str *out = ctx;

	/* Runs are split anywhere, so they are joined here. */
	if (out->len == 0 || out->p[out->len - 1] != '\1')
		(void) str_add_char(out, '>');
	else
		str_truncate(out, out->len - 1);
	(void) str_add(out, bytes);
	(void) str_add_char(out, '\1');
}

static void
trace_boundary(void *ctx, struct span line)
{
	(void) str_addf(ctx, "#%.*s", SPAN_ARG(line));
}

static const struct mime_events trace = { trace_header, trace_head_end, trace_body,
    trace_boundary };

#define MP  "Content-Type: multipart/mixed; boundary=b\n"

static const struct scan_case {
	const char *name, *in, *want;
	unsigned faults;
} scan_cases[] = {
	{ .name = "empty", .in = "", .want = "/" },
	{ .name = "header only", .in = "A: 1\n", .want = "P[A: 1]/" },
	{ .name = "header without end", .in = "A: 1", .want = "P[A: 1]/" },
	{ .name = "simple", .in = "A: 1\nB: 2\n 3\n\nbody\n\nmore",
	  .want = "P[A: 1]P[B: 2\n 3].>body\n\nmore\1" },
	{ .name = "no header", .in = "\nbody\n", .want = ".>body\n\1" },
	{ .name = "broken header", .in = "A: 1\nnot a field\nx\n",
	  .want = "P[A: 1]!>not a field\nx\n\1" },
	{ .name = "two parts", .in = MP "\npre\n--b\nX: 1\n\none\n--b\n\ntwo\n--b--\npost\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp>pre\n\1#--b\nM[X: 1].>one\n\1#--b\n.>two\n\1#--b--\n"
		  ">post\n\1" },
	{ .name = "boundary with blanks", .in = MP "\n--b \t\n\nx\n--b-- \n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp#--b \t\n.>x\n\1#--b-- \n" },
	{ .name = "longer line is no boundary", .in = MP "\n--bb\n--b\n\n--b-\n--\n-",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp>--bb\n\1#--b\n.>--b-\n--\n-\1" },
	{ .name = "boundary ends a part header", .in = MP "\n--b\nX: 1\n--b\n\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp#--b\nM[X: 1]/#--b\n." },
	{ .name = "broken header before a boundary", .in = MP "--b\n\nx\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b]!mp#--b\n.>x\n\1" },
	{ .name = "nested message", .in = "Content-Type: message/rfc822\n\nA: 1\n\nx\n",
	  .want = "P[Content-Type: message/rfc822].msgN[A: 1].>x\n\1" },
	{ .name = "digest",
	  .in = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: 1\n\nx\n--b--\n",
	  .want = "P[Content-Type: multipart/digest; boundary=b].mp#--b\n.msgN[A: 1].>x\n\1#--b--\n" },
	{ .name = "outer boundary closes the inner",
	  .in = MP "\n--b\nContent-Type: multipart/x; boundary=c\n\n--c\n\nx\n--b--\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp#--b\nM[Content-Type: multipart/x; boundary=c].mp"
		  "#--c\n.>x\n\1#--b--\n" },
	{ .name = "encoded message is closed",
	  .in = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nQQ==\n",
	  .want = "P[Content-Type: message/rfc822]P[Content-Transfer-Encoding: base64].>QQ==\n\1",
	  .faults = MIME_FAULT_ENCODING },
	{ .name = "8-bit header", .in = "A: \xe9\n\n", .want = "P[A: \xe9].",
	  .faults = MIME_FAULT_8BIT_HEADER },
	{ .name = "8-bit in 7-bit", .in = "\n\xe9\n", .want = ".>\xe9\n\1",
	  .faults = MIME_FAULT_8BIT_BODY },
	{ .name = "8-bit in 8-bit", .in = "Content-Transfer-Encoding: 8BIT\n\n\xe9\n",
	  .want = "P[Content-Transfer-Encoding: 8BIT].>\xe9\n\1" },
	{ .name = "8-bit part in a 7-bit whole",
	  .in = MP "\n--b\nContent-Transfer-Encoding: 8bit\n\nx\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp#--b\nM[Content-Transfer-Encoding: 8bit].>x\n\1",
	  .faults = MIME_FAULT_ENCODING },
	{ .name = "two types: both boundaries count, the first is the outer one",
	  .in = MP "Content-Type: multipart/x; boundary=c\n\n--c\nX: 1\n\none\n--b\nX: 2\n\n--c\nno\n--b--\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b]P[Content-Type: multipart/x; boundary=c].mp"
		  "#--c\nM[X: 1].>one\n\1#--b\nM[X: 2].>--c\nno\n\1#--b--\n" },
	{ .name = "two types: the last says what it is",
	  .in = MP "Content-Type: text/plain\n\nx\n--b\nX: 1\n\none\n--b--\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b]P[Content-Type: text/plain].>x\n\1#--b\nM[X: 1].>one\n\1#--b--\n" },
	{ .name = "two types: a message before or after a multipart",
	  .in = MP "Content-Type: message/rfc822\n\nA: 1\n\nx\n--b\n"
		"Content-Type: message/rfc822\nContent-Type: multipart/x; boundary=c\n\nA: 2\n--c\nX: 3\n\n--b--\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b]P[Content-Type: message/rfc822].msgN[A: 1].>x\n\1#--b\n"
		  "M[Content-Type: message/rfc822]M[Content-Type: multipart/x; boundary=c].mp>A: 2\n\1#--c\nM[X: 3].#--b--\n" },
	{ .name = "two types and one encoding",
	  .in = MP "Content-Type: multipart/x; boundary=c\nContent-Transfer-Encoding: 8bit\n\n"
		"--b\nContent-Transfer-Encoding: 8bit\n\nx\n",
	  .want = "P[Content-Type: multipart/mixed; boundary=b]P[Content-Type: multipart/x; boundary=c]"
		  "P[Content-Transfer-Encoding: 8bit].mp#--b\nM[Content-Transfer-Encoding: 8bit].>x\n\1" },
	{ .name = "dashes at the end", .in = MP "\n--b\n\nx\n--b",
	  .want = "P[Content-Type: multipart/mixed; boundary=b].mp"
	  "#--b\n.>x\n\1#--b/" },
};

/* A block of exactly that size, which is gone after the call. */
static void
feed(struct mime_scan *scan, struct span piece)
{
	char *copy = malloc(piece.len);

	if (copy == NULL)
		abort();
	memcpy(copy, piece.p, piece.len);
	mime_scan_feed(scan, span_make(copy, piece.len));
	free(copy);
}

/* Feed in steps of `step` bytes. */
static unsigned
run_scan(const struct mime_options *options, struct span in, size_t step, struct str *out)
{
	struct mime_scan *scan = mime_scan_new(options, &trace, out);
	unsigned faults;

	for (size_t at = 0; at < in.len; at += step)
		feed(scan, span_slice(in, at, at + step));
	mime_scan_finish(scan);
	faults = mime_scan_faults(scan);
	mime_scan_free(&scan);
	return faults;
}

TEST(mime_scan_events)
{
	EACH_CASE(t, c, scan_cases) {
		for (size_t step = 1; step < 40; step += step < 4 ? 1 : 17) {
			for (int lines = 0; lines < 2; lines++) {
				CLEANUP(str_fini) struct str out = { .max = 10000 };
				struct mime_options options = plain_options;

				options.wants_lines = lines == 1;
				T_INT(t, run_scan(&options, span_of(c->in), step, &out),
				    c->faults);
				T_STR(t, str_cstr(&out), c->want);
			}
		}
	}
}

TEST(mime_scan_limits)
{
	CLEANUP(str_fini) struct str in = { .max = 100000 }, out = { .max = 100000 };

	for (int i = 0; i < 8; i++)
		(void) str_addf(&in, "Content-Type: multipart/x; boundary=b%d\n\n--b%d\n", i, i);
	(void) str_add_str(&in, "\nx\n--b7\ny\n");
	T_INT(t, run_scan(&plain_options, str_span(&in), 1000, &out), MIME_FAULT_NESTING);
	T_TRUE(t, span_search(str_span(&out), SPAN("#--b4\n")) < out.len);
	T_TRUE(t, span_search(str_span(&out), SPAN("#--b5\n")) == out.len);
	str_clear(&in);
	str_clear(&out);
	(void) str_add_str(&in, MP MP MP MP MP "Content-Type: multipart/x; boundary=c\n\n--c\nX: 1\n--b\nX: 2\n\n");
	T_INT(t, run_scan(&plain_options, str_span(&in), 1000, &out), MIME_FAULT_NESTING);
	T_TRUE(t, span_ends_with(str_span(&out), SPAN("boundary=c].mp>--c\nX: 1\n\1#--b\nM[X: 2].")));
	str_clear(&in);
	str_clear(&out);
	(void) str_addf(&in, "A: %0300d\nB: x\n", 7);
	for (int i = 0; i < 50; i++)
		(void) str_add_str(&in, " 123456789\n");
	(void) str_add_str(&in, "C: y\n\n");
	T_INT(t, run_scan(&plain_options, str_span(&in), 7, &out), MIME_FAULT_LONG_HEADER);
	T_TRUE(t, span_search(str_span(&out), SPAN("P[C: y].")) < out.len);
	T_TRUE(t, out.len < 500);
}

/* A line longer than the limit comes in pieces that together are the line. */
TEST(mime_scan_long_lines)
{
	CLEANUP(str_fini) struct str in = { .max = 100000 }, out = { .max = 100000 };
	struct mime_options options = plain_options;

	options.wants_lines = true;
	(void) str_addf(&in, MP "\n--b\n\n--%0500d\n--b\n\nx\n", 7);
	for (size_t step = 1; step < 700; step += 99) {
		str_clear(&out);
		T_INT(t, run_scan(&options, str_span(&in), step, &out), 0);
		T_TRUE(t, span_ends_with(str_span(&out), SPAN("007\n\1#--b\n.>x\n\1")));
		T_TRUE(t, out.len > 500);
	}
}

static void
gather(void *ctx, struct span bytes)
{
	(void) str_add(ctx, bytes);
}

static const struct downgrade_case {
	const char *name, *in, *want;
	bool assume;
} downgrade_cases[] = {
	{ .name = "7-bit stays", .in = "A: 1\n\nx = y \n", .want = "A: 1\n\nx = y \n" },
	{ .name = "8-bit body", .in = "Content-Transfer-Encoding: 8bit\nA: 1\n\n\xc3\xa9 = \nend",
	  .want = "A: 1\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A9 =3D=20\nend" },
	{ .name = "blank at the end of all", .in = "Content-Transfer-Encoding: 8bit\n\nx ",
	  .want = "Content-Transfer-Encoding: quoted-printable\n\nx=20" },
	{ .name = "multipart",
	  .in = MP "Content-Transfer-Encoding: 8bit\n\n--b\nContent-Transfer-Encoding: 8bit\n\n\xe9\n"
	  "--b\n\n=\n--b--\n",
	  .want = MP "Content-Transfer-Encoding: 7bit\n\n--b\nContent-Transfer-Encoding: quoted-printable\n\n=E9\n"
		  "--b\n\n=\n--b--\n" },
	{ .name = "message inside",
	  .in = "Content-Type: message/rfc822\nContent-Transfer-Encoding: 8bit\n\n"
	  "Content-Transfer-Encoding: binary\n\n\xe9",
	  .want = "Content-Type: message/rfc822\nContent-Transfer-Encoding: 7bit\n\n"
		  "Content-Transfer-Encoding: quoted-printable\n\n=E9" },
	{ .name = "base64 stays", .in = "Content-Transfer-Encoding: base64\n\nQQ==\n",
	  .want = "Content-Transfer-Encoding: base64\n\nQQ==\n" },
	{ .name = "assumed", .in = "A: 1\n\n\xe9\n", .assume = true,
	  .want = "A: 1\nMIME-Version: 1.0\nContent-Type: text/plain; charset=unknown-8bit\n"
		  "Content-Transfer-Encoding: quoted-printable\n\n=E9\n" },
};

TEST(mime_downgrade)
{
	EACH_CASE(t, c, downgrade_cases) {
		for (size_t step = 1; step < 100; step += 33) {
			CLEANUP(str_fini) struct str out = { .max = 10000 };
			struct mime_downgrade *filter = mime_downgrade_new(&plain_options,
			    c->assume, gather, &out);

			for (size_t at = 0; at < strlen(c->in); at += step)
				mime_downgrade_feed(filter, span_slice(span_of(c->in), at,
				    at + step));
			mime_downgrade_finish(filter);
			T_STR(t, str_cstr(&out), c->want);
			mime_downgrade_free(&filter);
		}
	}
}

/* A whole file without its CRs. */
static void
read_lf_file(const char *path, struct str *out)
{
	FILE *file = fopen(path, "rb");

	if (file == NULL)
		abort();
	for (int c = getc(file); c != EOF; c = getc(file))
		if (c != '\r')
			(void) str_add_char(out, (char) c);
	fclose(file);
}

static void
again_header(void *ctx, enum mime_head head, const struct header_field *field)
{
	(void) head;
	(void) str_add(ctx, field->raw);
	(void) str_add_char(ctx, '\n');
}

static void
again_head_end(void *ctx, enum mime_head head, enum mime_head_end how, const struct mime_kind *kind)
{
	(void) head;
	(void) kind;
	if (how == MIME_END_BLANK)
		(void) str_add_char(ctx, '\n');
}

/* Real and torture messages: what comes out is what went in, in odd pieces too. */
TEST(mime_scan_shared_messages)
{
	static const struct mime_events again = { again_header, again_head_end, gather, NULL };
	struct mime_options options = { .nesting_limit = 100, .boundary_limit = 2048,
	    .header_limit = 102400 };
	const char *folder = t_shared(t, "mime/messages");
	DIR *dir = opendir(folder);
	size_t count = 0;

	T_NEED(t, dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		CLEANUP(str_fini) struct str in = { .max = 10000000 }, out = { .max = 10000000 };
		struct mime_scan *scan = mime_scan_new(&options, &again, &out);
		char path[1000];

		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			read_lf_file(path, &in);
		for (size_t at = 0; at < in.len; at += 997)
			mime_scan_feed(scan, span_slice(str_span(&in), at, at + 997));
		mime_scan_finish(scan);
		if (in.len > 0 && in.p[in.len - 1] == '\n' && (mime_scan_faults(scan) & MIME_FAULT_LONG_HEADER) == 0)
			T_TRUE(t, span_eq(str_span(&in), str_span(&out)));
		mime_scan_free(&scan);
		count++;
	}
	closedir(dir);
	T_TRUE(t, count > 2);
}
