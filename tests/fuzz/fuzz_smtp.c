/* SPDX-License-Identifier: ISC */
/* What SMTP peers say: command lines and reply lines; dates on the way. */
#include "fuzz.h"

#include "lib/mail/date.h"
#include "lib/mail/smtp_cmd.h"
#include "lib/mail/smtp_reply.h"

static void
try_command(struct span line, struct arena *pool)
{
	struct smtp_grammar grammar = { .params = (unsigned) line.len * 31 % 256,
	    .path_flags = (unsigned) line.len % 4 };
	struct smtp_cmd cmd = smtp_cmd_parse(line);
	struct smtp_fault fault = { 0 };
	struct smtp_mail mail;
	struct smtp_rcpt rcpt;
	struct span name, value;
	uint64_t size;
	bool is_last;

	if (!smtp_mail_parse(cmd.args, &grammar, pool, &mail, &fault))
		FUZZ_CHECK(fault.code >= 500 && fault.code < 600 && dsn_code_is_valid(span_of(fault.dsn)));
	if (smtp_rcpt_parse(cmd.args, &grammar, false, pool, &rcpt, &fault))
		FUZZ_CHECK(!rcpt.path.is_null);
	(void) !smtp_bdat_parse(cmd.args, &size, &is_last, &fault);
	while (smtp_xattr_next(&cmd.args, pool, &name, &value, &is_last) == PARSE_OK)
		FUZZ_CHECK(name.len > 0 && value.len <= 255);
}

static void
try_replies(struct span in)
{
	struct smtp_reply reply;
	struct span line;

	smtp_reply_init(&reply, 100);
	while (span_cut(&in, '\n', &line))
		if (smtp_reply_add(&reply, line) == PARSE_OK)
			smtp_reply_clear(&reply);
	FUZZ_CHECK(reply.text.len <= 100);
	smtp_reply_fini(&reply);
}

FUZZ_TARGET(smtp, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	struct span rest = in, line;
	struct date date;

	while (span_cut(&rest, '\n', &line))
		try_command(line, pool);
	try_replies(in);
	if (date_parse(in, &date) == PARSE_OK)
		FUZZ_CHECK(date.zone_minutes > -6000 && date.zone_minutes < 6000);
	(void) !date_parse_mbox(in, &date);
}
