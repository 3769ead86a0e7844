/* SPDX-License-Identifier: ISC */
/*
 * The two forms of the queue listing. Other programs read both, so columns, blanks and the order of
 * JSON keys are fixed. Bytes that could steer a terminal become '?'.
 */
#include "qmgr/postqueue/queue_print.h"

#include <time.h>

#include "lib/base/encode.h"
#include "lib/mail/addr.h"

enum { TEXT_MAX = 16000, REASON_COLUMN = 78, INDENT_SHORT = 41, INDENT_LONG = 47 };

static const int64_t second_us = 1000000;

void
queue_print_init(struct queue_print *print, bool wants_long)
{
	*print = (struct queue_print){ .wants_long = wants_long };
	str_init(&print->reason, TEXT_MAX);
}

void
queue_print_fini(struct queue_print *print)
{
	str_fini(&print->reason);
}

static void
add_printable(struct str *out, struct span text)
{
	size_t start = out->len;

	str_add(out, text);
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char) out->p[i] < ' ' || out->p[i] == 0x7f)
			out->p[i] = '?';
}

static void
add_address(struct str *out, struct span internal)
{
	CLEANUP(str_fini) struct str external = { .max = TEXT_MAX };

	addr_add_external(&external, addr_from_internal(internal));
	add_printable(out, str_span(&external));
}

/* --- table --- */

static void
add_sender(struct str *out, struct span sender)
{
	if (sender.len == 0)
		str_add_str(out, "MAILER-DAEMON");
	else
		add_address(out, sender);
	str_add_char(out, '\n');
}

static void
add_row(struct queue_print *print, const struct showq_message *message, struct str *out)
{
	char id[120], date[40] = "";
	time_t when = (time_t) (message->arrival_us / second_us);
	struct tm tm;
	const char *state = span_eq_str(message->queue_name, "active") ? "*"
	                  : span_eq_str(message->queue_name, "hold")   ? "!"
	                                                               : "";

	if (localtime_r(&when, &tm) != NULL && strftime(date, sizeof(date), "%a %b %e %H:%M:%S ", &tm) == 0)
		date[0] = '\0';
	snprintf(id, sizeof(id), "%.*s%s%s", SPAN_ARG(message->queue_id), state, message->is_expire_forced ? "#" : "");
	if (print->wants_long)
		str_addf(out, "%-17s %8lld %19.19s ", id, (long long) message->size_bytes, date);
	else
		str_addf(out, "%-11s %7lld %20.20s ", id, (long long) message->size_bytes, date);
	add_sender(out, message->sender);
}

/* Once for recipients in a row that share it; it ends at the same column. */
static void
add_reason(struct queue_print *print, const struct showq_rcpt *rcpt, struct str *out)
{
	struct span reason = rcpt->delay_reason.len > 0 ? rcpt->delay_reason : rcpt->bounce_reason;
	int pad;

	if (span_eq(reason, str_span(&print->reason)))
		return;
	str_clear(&print->reason);
	str_add(&print->reason, reason);
	if (reason.len == 0)
		reason = SPAN("reason unavailable");
	pad = reason.len + 2 < REASON_COLUMN ? REASON_COLUMN - (int) reason.len - 2 : 0;
	str_addf(out, "%*s(", pad, "");
	add_printable(out, reason);
	str_add_str(out, ")\n");
}

void
queue_print_table(struct queue_print *print, const struct showq_message *message, struct str *out)
{
	const struct showq_rcpt *list = message->recipients.items;

	if (!message->is_continued) {
		if (print->messages > 0)
			str_add_char(out, '\n');
		else if (print->wants_long)
			str_add_str(out, "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n");
		else
			str_add_str(out, "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n");
		str_clear(&print->reason);
		add_row(print, message, out);
		print->messages++;
		if (__builtin_add_overflow(print->bytes, message->size_bytes, &print->bytes))
			print->bytes = INT64_MAX;       /* no such message, but such a number may be in a file */
	}
	for (size_t i = 0; i < message->recipients.count; i++) {
		add_reason(print, &list[i], out);
		str_addf(out, "%*s", print->wants_long ? INDENT_LONG : INDENT_SHORT, "");
		add_address(out, list[i].address);
		str_add_char(out, '\n');
	}
}

void
queue_print_table_end(struct queue_print *print, struct str *out)
{
	if (print->messages == 0)
		str_add_str(out, "Mail queue is empty\n");
	else
		str_addf(out, "\n-- %lld Kbytes in %lld Request%s.\n", (long long) (print->bytes / 1024),
		    (long long) print->messages, print->messages == 1 ? "" : "s");
}

/* --- JSON --- */

/* Bytes that are no UTF-8 cannot stand in JSON: they become '?'. */
static void
add_string(struct str *out, struct span text)
{
	bool is_utf8 = utf8_is_valid(text);

	str_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char) text.p[i];

		if (c == '"' || c == '\\')
			str_addf(out, "\\%c", c);
		else if (c < ' ' || c == 0x7f)
			str_addf(out, "\\u%04X", c);
		else
			str_add_char(out, c >= 0x80 && !is_utf8 ? '?' : (char) c);
	}
	str_add_char(out, '"');
}

static void
add_member(struct str *out, const char *name, struct span text)
{
	str_addf(out, "\"%s\": ", name);
	add_string(out, text);
}

static void
add_address_member(struct str *out, const char *name, struct span internal)
{
	CLEANUP(str_fini) struct str external = { .max = TEXT_MAX };

	addr_add_external(&external, addr_from_internal(internal));
	add_member(out, name, str_span(&external));
}

static void
add_json_rcpt(struct queue_print *print, const struct showq_rcpt *rcpt, struct str *out)
{
	if (print->has_rcpt)
		str_add_str(out, ", ");
	print->has_rcpt = true;
	str_add_char(out, '{');
	add_address_member(out, "orig_address", rcpt->original.len > 0 ? rcpt->original : rcpt->address);
	str_add_str(out, ", ");
	add_address_member(out, "address", rcpt->address);
	if (rcpt->delay_reason.len > 0) {
		str_add_str(out, ", ");
		add_member(out, "delay_reason", rcpt->delay_reason);
	}
	if (rcpt->bounce_reason.len > 0) {
		str_add_str(out, ", ");
		add_member(out, "bounce_reason", rcpt->bounce_reason);
	}
	str_add_char(out, '}');
}

void
queue_print_json_end(struct queue_print *print, struct str *out)
{
	if (print->is_open)
		str_add_str(out, "]}\n");
	print->is_open = false;
	print->has_rcpt = false;
}

void
queue_print_json(struct queue_print *print, const struct showq_message *message, struct str *out)
{
	const struct showq_rcpt *list = message->recipients.items;

	if (!message->is_continued) {
		queue_print_json_end(print, out);
		str_add_char(out, '{');
		add_member(out, "queue_name", message->queue_name);
		str_add_str(out, ", ");
		add_member(out, "queue_id", message->queue_id);
		str_addf(out, ", \"arrival_time\": %lld, \"message_size\": %lld, \"forced_expire\": %s, ",
		    (long long) (message->arrival_us / second_us), (long long) message->size_bytes,
		    message->is_expire_forced ? "true" : "false");
		if (message->sender.len == 0)
			add_member(out, "sender", SPAN("MAILER-DAEMON"));
		else
			add_address_member(out, "sender", message->sender);
		str_add_str(out, ", \"recipients\": [");
		print->is_open = true;
	}
	for (size_t i = 0; i < message->recipients.count; i++)
		add_json_rcpt(print, &list[i], out);
}
