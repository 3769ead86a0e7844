/* SPDX-License-Identifier: ISC */
/*
 * The MIME machine: what comes out is what went in, however it is cut; the 7-bit filter's output
 * has no 8-bit body where one was declared. Parameters and header fields with it.
 */
#include "fuzz.h"

#include "lib/mail/mime_downgrade.h"
#include "lib/mail/mime_param.h"
#include "lib/mail/mime_scan.h"

static void
put_header(void *ctx, enum mime_head head, const struct header_field *field)
{
	(void) head;
	(void) str_add(ctx, field->raw);
	(void) str_add_char(ctx, '\n');
}

static void
put_head_end(void *ctx, enum mime_head head, enum mime_head_end how, const struct mime_kind *kind)
{
	(void) head;
	(void) kind;
	if (how == MIME_END_BLANK)
		(void) str_add_char(ctx, '\n');
}

static void
put_body(void *ctx, struct span bytes)
{
	FUZZ_CHECK(bytes.len > 0);
	(void) str_add(ctx, bytes);
}

static const struct mime_events events = { put_header, put_head_end, put_body, NULL };

/* The message again; only a missing LF at the end of a header may have been added. */
static void
check_same(struct span in, const struct mime_options *options, size_t step)
{
	CLEANUP(str_fini) struct str out = { .max = in.len + 10 };
	struct mime_scan *scan = mime_scan_new(options, &events, &out);

	for (size_t at = 0; at < in.len; at += step)
		mime_scan_feed(scan, span_slice(in, at, at + step));
	mime_scan_finish(scan);
	if ((mime_scan_faults(scan) & MIME_FAULT_LONG_HEADER) == 0) {
		FUZZ_CHECK(out.len == in.len || (out.len == in.len + 1 && out.p[in.len] == '\n'));
		FUZZ_CHECK(span_eq(span_slice(str_span(&out), 0, in.len), in));
	}
	mime_scan_free(&scan);
}

static void
try_params(struct span in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	struct mime_value value;
	struct header_field field;

	if (mime_value_parse(in, pool, &value) == PARSE_OK)
		FUZZ_CHECK(value.type.len > 0 && value.params.count <= MIME_PARAMS_MAX);
	while (header_next(&in, &field) == PARSE_OK)
		FUZZ_CHECK(field.name.len > 0);
}

FUZZ_TARGET(mime, in)
{
	struct mime_options options = { .nesting_limit = 4, .boundary_limit = 20,
	    .header_limit = 300, .line_limit = 30 };
	CLEANUP(str_fini) struct str once = { .max = in.len * 4 + 1000 };
	struct mime_downgrade *filter;

	for (unsigned lines = 0; lines < 2; lines++) {
		options.wants_lines = lines == 1;
		check_same(in, &options, in.len + 1);
		check_same(in, &options, 1);
		check_same(in, &options, 7);
	}
	options.wants_lines = false;
	filter = mime_downgrade_new(&options, in.len % 2 == 0, put_body, &once);
	mime_downgrade_feed(filter, in);
	mime_downgrade_finish(filter);
	mime_downgrade_free(&filter);
	try_params(in);
}
