/* SPDX-License-Identifier: ISC */
/*
 * Delivery status reports. Field values pass add_value, which turns control characters into blanks;
 * a caller asks out->overflowed once at the end.
 */
#include "lib/mail/dsn_report.h"

#include "lib/base/encode.h"
#include "lib/mail/date.h"

enum { NOTICE_WIDTH = 78, NOTICE_INDENT = 4 };

static const char *const action_names[] = {
	[DSN_FAILED] = "failed",
	[DSN_DELAYED] = "delayed",
	[DSN_DELIVERED] = "delivered",
	[DSN_RELAYED] = "relayed",
	[DSN_EXPANDED] = "expanded",
};

const char *
dsn_action_name(enum dsn_action action)
{
	return action_names[action];
}

bool
dsn_action_parse(struct span name, enum dsn_action *action_out)
{
	for (unsigned i = 0; i < COUNT_OF(action_names); i++) {
		if (span_eq_str_ci(name, action_names[i])) {
			*action_out = (enum dsn_action) i;
			return true;
		}
	}
	return false;
}

/* One line, whatever the bytes. */
static bool
add_value(struct str *out, struct span value)
{
	size_t start = out->len;

	if (!str_add(out, value))
		return false;
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char) out->p[i] < ' ' || out->p[i] == 0x7f)
			out->p[i] = ' ';
	return true;
}

/* "Name: " prefix value LF; nothing for an empty value. */
static bool
add_field(struct str *out, const char *name, const char *prefix, struct span value)
{
	if (span_is_empty(value))
		return true;
	return str_addf(out, "%s: %s", name, prefix) && add_value(out, value) &&
	    str_add_char(out, '\n');
}

static bool
add_date_field(struct str *out, const char *name, int64_t seconds, int zone_minutes)
{
	return str_addf(out, "%s: ", name) && date_format(out, seconds, zone_minutes, NULL) &&
	    str_add_char(out, '\n');
}

static bool
add_encoding(struct str *out, const struct dsn_report *report)
{
	return !report->is_8bit || str_add_str(out, "Content-Transfer-Encoding: 8bit\n");
}

/* dash-boundary with its line ends */
static bool
add_boundary(struct str *out, const struct dsn_report *report, const char *tail)
{
	return str_addf(out, "\n--%.*s%s\n", SPAN_ARG(report->boundary), tail);
}

bool
dsn_report_begin(struct str *out, const struct dsn_report *report)
{
	struct span nobody = SPAN("undisclosed-recipients:;");

	(void) add_date_field(out, "Date", report->seconds, report->zone_minutes);
	(void) add_field(out, "From", "", report->from);
	(void) add_field(out, "Subject", "", report->subject);
	(void) add_field(out, "To", "", span_is_empty(report->to) ? nobody : report->to);
	(void) add_field(out, "Message-Id", "", report->message_id);
	(void) str_addf(out, "Auto-Submitted: %s\nMIME-Version: 1.0\n",
	    report->is_generated ? "auto-generated" : "auto-replied");
	(void) str_addf(out,
	    "Content-Type: multipart/report; report-type=%s;\n\tboundary=\"%.*s\"\n",
	    report->is_utf8 ? "global-delivery-status" : "delivery-status",
	    SPAN_ARG(report->boundary));
	(void) add_encoding(out, report);
	(void) str_add_str(out, "\nThis is a MIME-encapsulated message.\n");
	(void) add_boundary(out, report, "");
	(void) str_addf(out,
	    "Content-Description: Notification\nContent-Type: text/plain; charset=%.*s\n",
	    SPAN_ARG(report->charset));
	(void) add_encoding(out, report);
	return str_add_char(out, '\n') && !out->overflowed;
}

bool
dsn_report_text(struct str *out, struct span text)
{
	if (!str_add(out, text))
		return false;
	return text.len == 0 || text.p[text.len - 1] == '\n' || str_add_char(out, '\n');
}

/* Append words, broken at blanks so that lines stay in the width; later lines are indented. */
static bool
add_wrapped(struct str *out, struct span text)
{
	size_t column = 0;
	struct span word;

	while (span_token(&text, " \t\r\n", &word)) {
		bool breaks = column > 0 && column + 1 + word.len > NOTICE_WIDTH;

		if (breaks && !str_addf(out, "\n%*s", NOTICE_INDENT, ""))
			return false;
		if (!breaks && column > 0 && !str_add_char(out, ' '))
			return false;
		if (!add_value(out, word))
			return false;
		column = (breaks ? NOTICE_INDENT : column + (column > 0 ? 1 : 0)) + word.len;
	}
	return str_add_char(out, '\n');
}

bool
dsn_report_notice_rcpt(struct str *out, const struct dsn_report_rcpt *rcpt)
{
	CLEANUP(str_fini) struct str line = { .max = out->max };
	bool is_expanded = rcpt->original.len > 0 && !span_eq_ci(rcpt->original, rcpt->address);

	(void) str_addf(&line, "<%.*s>", SPAN_ARG(rcpt->address));
	if (is_expanded)
		(void) str_addf(&line, " (expanded from <%.*s>)", SPAN_ARG(rcpt->original));
	(void) str_addf(&line, ": %.*s", SPAN_ARG(rcpt->text));
	return str_add_char(out, '\n') && add_wrapped(out, str_span(&line));
}

bool
dsn_report_status(struct str *out, const struct dsn_report *report)
{
	(void) add_boundary(out, report, "");
	(void) str_addf(out, "Content-Description: Delivery report\nContent-Type: message/%s\n",
	    report->is_utf8 ? "global-delivery-status" : "delivery-status");
	(void) add_encoding(out, report);
	(void) str_add_char(out, '\n');
	(void) add_field(out, "Reporting-MTA", "dns; ", report->reporting_mta);
	(void) add_field(out, "Original-Envelope-Id", "", report->envid);
	(void) add_field(out, "X-Postfix-Queue-ID", "", report->queue_id);
	(void) add_field(
	    out, "X-Postfix-Sender", report->is_utf8 ? "utf-8; " : "rfc822; ", report->sender);
	return add_date_field(out, "Arrival-Date", report->arrival_seconds, report->zone_minutes) &&
	    !out->overflowed;
}

/* An address that may be UTF-8 has type utf-8 in a report that may be (RFC 6533 3). */
static const char *
address_type(const struct dsn_report *report, struct span address)
{
	return report->is_utf8 && !span_is_ascii(address) ? "utf-8; " : "rfc822; ";
}

/* As it was given, or in the same form: "rfc822;a@b". */
static bool
add_original(struct str *out, const struct dsn_report *report, const struct dsn_report_rcpt *rcpt)
{
	const char *type = report->is_utf8 && !span_is_ascii(rcpt->original) ? "utf-8;" : "rfc822;";

	if (rcpt->orcpt.len > 0)
		return add_field(out, "Original-Recipient", "", rcpt->orcpt);
	return add_field(out, "Original-Recipient", type, rcpt->original);
}

static bool
has_type(struct span value)
{
	size_t semicolon = span_find(value, ';');

	return semicolon < value.len &&
	    span_find_any(span_slice(value, 0, semicolon), " \t") == semicolon;
}

/* It can be longer than a line may be. */
static bool
add_diagnostic(struct str *out, const struct dsn_report_rcpt *rcpt)
{
	CLEANUP(str_fini) struct str line = { .max = out->max };
	bool has_diagnostic = rcpt->diagnostic.len > 0;

	if (!has_diagnostic && rcpt->text.len == 0)
		return true;
	(void) str_addf(&line, "Diagnostic-Code: %s",
	    has_diagnostic && has_type(rcpt->diagnostic) ? "" : "X-Postfix; ");
	(void) str_add(&line, has_diagnostic ? rcpt->diagnostic : rcpt->text);
	return add_wrapped(out, str_span(&line));
}

bool
dsn_report_status_rcpt(
    struct str *out, const struct dsn_report *report, const struct dsn_report_rcpt *rcpt)
{
	(void) str_add_char(out, '\n');
	(void) add_field(
	    out, "Final-Recipient", address_type(report, rcpt->address), rcpt->address);
	(void) add_original(out, report, rcpt);
	(void) add_field(out, "Action", "", span_of(dsn_action_name(rcpt->action)));
	(void) add_field(out, "Status", "", rcpt->code);
	(void) add_field(
	    out, "Remote-MTA", has_type(rcpt->remote_mta) ? "" : "dns; ", rcpt->remote_mta);
	(void) add_diagnostic(out, rcpt);
	if (rcpt->last_attempt_seconds != 0)
		(void) add_date_field(
		    out, "Last-Attempt-Date", rcpt->last_attempt_seconds, report->zone_minutes);
	if (rcpt->will_retry_until != 0)
		(void) add_date_field(
		    out, "Will-Retry-Until", rcpt->will_retry_until, report->zone_minutes);
	return !out->overflowed;
}

/* What the original is called: whole or header, ASCII or UTF-8 (RFC 3462 3, RFC 6533 5, 6). */
static const char *
original_type(const struct dsn_report *report, bool headers_only)
{
	if (headers_only)
		return report->is_utf8 ? "message/global-headers" : "text/rfc822-headers";
	return report->is_utf8 ? "message/global" : "message/rfc822";
}

bool
dsn_report_original(
    struct str *out, const struct dsn_report *report, const char *description, bool headers_only)
{
	(void) add_boundary(out, report, "");
	(void) str_addf(out, "Content-Description: %s%s\nContent-Type: %s\n", description,
	    headers_only ? " Headers" : "", original_type(report, headers_only));
	(void) add_encoding(out, report);
	return str_add_char(out, '\n') && !out->overflowed;
}

bool
dsn_report_end(struct str *out, const struct dsn_report *report)
{
	return add_boundary(out, report, "--") && !out->overflowed;
}
