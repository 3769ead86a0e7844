/* SPDX-License-Identifier: ISC */
/*
 * Texts for people and reports made from strangers' bytes: encoded words, folding, status reports,
 * Received:.
 */
#include "fuzz.h"

#include "lib/base/encode.h"
#include "lib/mail/dsn_report.h"
#include "lib/mail/header.h"
#include "lib/mail/received.h"
#include "lib/mail/rfc2047.h"

static void
try_words(struct span in)
{
	CLEANUP(str_fini) struct str out = { .max = in.len * 4 + 100 };
	CLEANUP(str_fini) struct str coded = { .max = in.len * 20 + 100 };

	FUZZ_CHECK(rfc2047_decode(&out, in, NULL));
	FUZZ_CHECK(utf8_is_valid(str_span(&out)));
	FUZZ_CHECK(rfc2047_phrase(&coded, in, SPAN("utf-8")));
	FUZZ_CHECK(span_is_printable(str_span(&coded)));
}

/* Folding only adds line ends and blanks: without them nothing has changed. */
static void
try_fold(struct span in)
{
	CLEANUP(str_fini) struct str out = { .max = in.len * 3 + 100 };
	struct span rest, line;

	FUZZ_CHECK(header_fold(&out, in, 20, 50));
	for (rest = str_span(&out); span_cut(&rest, '\n', &line);)
		FUZZ_CHECK(line.len <= 51);
}

/* A line that begins with a blank goes on with the one before. */
static bool
ends_field(struct span out, size_t at)
{
	return out.p[at] == '\n' &&
	    (at + 1 == out.len || (out.p[at + 1] != ' ' && out.p[at + 1] != '\t'));
}

/* However hostile the value: the number of fields of a report does not depend on it. */
static size_t
count_fields(struct span in)
{
	CLEANUP(str_fini) struct str out = { .max = in.len * 20 + 10000 };
	struct dsn_report report = { .from = in, .to = in, .subject = in, .sender = in, .envid = in,
	    .queue_id = in };
	struct dsn_report_rcpt rcpt = { .address = in, .text = in, .remote_mta = in,
	    .diagnostic = in, .code = in };
	struct received received = { .helo = in, .client_name = in, .client_address = in,
	    .hostname = in, .protocol = in,
		.queue_id = in, .recipient = in, .tls_protocol = in, .tls_details = in,
		.tls_peer = in, .sasl_username = in };
	size_t fields = 0;

	FUZZ_CHECK(dsn_report_begin(&out, &report) && dsn_report_status(&out, &report));
	FUZZ_CHECK(dsn_report_status_rcpt(&out, &report, &rcpt) && received_print(&out, &received));
	for (size_t i = 0; i < out.len; i++)
		fields += ends_field(str_span(&out), i);
	return fields;
}

FUZZ_TARGET(text, in)
{
	try_words(in);
	try_fold(in);
	if (in.len > 0)
		FUZZ_CHECK(count_fields(in) == count_fields(SPAN("x")));
}
