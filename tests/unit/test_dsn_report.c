/* SPDX-License-Identifier: ISC */
/* Delivery status reports. */
#include "t.h"

#include "lib/mail/dsn_report.h"

static const struct dsn_report report = {
	.from = SPAN_INIT("Mail Delivery System <MAILER-DAEMON@a.example>"),
	.to = SPAN_INIT("s@b.example"),
	.subject = SPAN_INIT("Undelivered Mail Returned to Sender"),
	.message_id = SPAN_INIT("<1@a.example>"),
	.boundary = SPAN_INIT("4ABC.1/a.example"), .charset = SPAN_INIT("us-ascii"),
	.seconds = 1795174363,
	.reporting_mta = SPAN_INIT("a.example"), .queue_id = SPAN_INIT("4ABC"),
	.sender = SPAN_INIT("s@b.example"),
	.envid = SPAN_INIT("e1"), .arrival_seconds = 1795174360,
};

static const struct dsn_report_rcpt rcpt = {
	.address = SPAN_INIT("r@c.example"), .orcpt = SPAN_INIT("rfc822;o@c.example"),
	.original = SPAN_INIT("o@c.example"),
	.action = DSN_FAILED, .code = SPAN_INIT("5.1.1"),
	.text = SPAN_INIT("host mx.c.example[192.0.2.1] said: 550 5.1.1 no such user\r\nX-Evil: 1 (in reply to RCPT TO command)"),
	.remote_mta = SPAN_INIT("mx.c.example"),
	.diagnostic = SPAN_INIT("smtp; 550 5.1.1 no such user\nStatus: 2.0.0"),
};

static const char want[] =
    "Date: Fri, 20 Nov 2026 11:32:43 +0000\n"
    "From: Mail Delivery System <MAILER-DAEMON@a.example>\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "To: s@b.example\n"
    "Message-Id: <1@a.example>\n"
    "Auto-Submitted: auto-replied\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status;\n"
    "\tboundary=\"4ABC.1/a.example\"\n"
    "\n"
    "This is a MIME-encapsulated message.\n"
    "\n--4ABC.1/a.example\n"
    "Content-Description: Notification\n"
    "Content-Type: text/plain; charset=us-ascii\n"
    "\n"
    "I'm sorry.\n"
    "\n"
    "<r@c.example> (expanded from <o@c.example>): host mx.c.example[192.0.2.1]\n"
    "    said: 550 5.1.1 no such user X-Evil: 1 (in reply to RCPT TO command)\n"
    "\n--4ABC.1/a.example\n"
    "Content-Description: Delivery report\n"
    "Content-Type: message/delivery-status\n"
    "\n"
    "Reporting-MTA: dns; a.example\n"
    "Original-Envelope-Id: e1\n"
    "X-Postfix-Queue-ID: 4ABC\n"
    "X-Postfix-Sender: rfc822; s@b.example\n"
    "Arrival-Date: Fri, 20 Nov 2026 11:32:40 +0000\n"
    "\n"
    "Final-Recipient: rfc822; r@c.example\n"
    "Original-Recipient: rfc822;o@c.example\n"
    "Action: failed\n"
    "Status: 5.1.1\n"
    "Remote-MTA: dns; mx.c.example\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user Status: 2.0.0\n"
    "\n--4ABC.1/a.example\n"
    "Content-Description: Undelivered Message Headers\n"
    "Content-Type: text/rfc822-headers\n"
    "\n"
    "Subject: x\n"
    "\n--4ABC.1/a.example--\n";

TEST(dsn_report_whole)
{
	CLEANUP(str_fini) struct str out = { .max = 100000 };

	T_TRUE(t, dsn_report_begin(&out, &report));
	T_TRUE(t, dsn_report_text(&out, SPAN("I'm sorry.")));
	T_TRUE(t, dsn_report_notice_rcpt(&out, &rcpt));
	T_TRUE(t, dsn_report_status(&out, &report));
	T_TRUE(t, dsn_report_status_rcpt(&out, &report, &rcpt));
	T_TRUE(t, dsn_report_original(&out, &report, "Undelivered Message", true));
	T_TRUE(t, str_add_str(&out, "Subject: x\n"));
	T_TRUE(t, dsn_report_end(&out, &report));
	T_STR(t, str_cstr(&out), want);
}

TEST(dsn_report_utf8)
{
	CLEANUP(str_fini) struct str out = { .max = 100000 };
	struct dsn_report utf8 = report;
	struct dsn_report_rcpt one = { .address = SPAN_INIT("\xc3\xa9@c"), .action = DSN_DELAYED,
	    .code = SPAN_INIT("4.4.1"),
		.text = SPAN_INIT("no answer"), .will_retry_until = 1795174363 };

	utf8.is_utf8 = utf8.is_8bit = true;
	T_TRUE(t, dsn_report_status(&out, &utf8) && dsn_report_status_rcpt(&out, &utf8, &one));
	T_TRUE(t, span_search(str_span(&out),
	    SPAN("message/global-delivery-status\nContent-Transfer-Encoding: 8bit\n")) < out.len);
	T_TRUE(t, span_search(str_span(&out),
	    SPAN("Final-Recipient: utf-8; \xc3\xa9@c\nAction: delayed\n")) < out.len);
	T_TRUE(t, span_search(str_span(&out),
	    SPAN("Diagnostic-Code: X-Postfix; no answer\nWill-Retry-Until: Fri")) < out.len);
	T_TRUE(t, span_search(str_span(&out), SPAN("Original-Recipient")) == out.len);
}

TEST(dsn_report_limit)
{
	CLEANUP(str_fini) struct str out = { .max = 300 };

	T_FALSE(t, dsn_report_begin(&out, &report));
	T_TRUE(t, out.overflowed);
}

TEST(dsn_action_names)
{
	enum dsn_action action;

	for (unsigned i = DSN_FAILED; i <= DSN_EXPANDED; i++) {
		T_TRUE(t, dsn_action_parse(span_of(dsn_action_name((enum dsn_action) i)), &action));
		T_INT(t, action, i);
	}
	T_FALSE(t, dsn_action_parse(SPAN("lost"), &action));
}
