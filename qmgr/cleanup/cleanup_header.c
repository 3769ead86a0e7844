/* SPDX-License-Identifier: ISC */
/*
 * The primary header. Order for each field, as Postfix has it: checks see it as it came; then it is
 * noted (Message-Id, Received, ...), dropped if it does not belong into a message, its addresses
 * are rewritten if the client is ours, and it joins the block.
 */
#include "qmgr/cleanup/cleanup_header.h"

#include "lib/mail/addr_list.h"
#include "lib/mail/date.h"
#include "lib/mail/rfc2047.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "qmgr/cleanup/cleanup_address.h"
#include "qmgr/cleanup/cleanup_checks.h"

#include <time.h>

enum { VALUE_MAX = 64 * 1024, MESSAGE_ID_MAX = 2000 };

/* The value on one line, without blanks around it. */
static struct span
plain_value(struct message *m, const struct header_field *field)
{
	struct str value CLEANUP(str_fini);

	str_init(&value, VALUE_MAX);
	header_unfold(&value, field->value);
	return span_trim(arena_dup(m->arena, str_span(&value)));
}

/* What comes behind a NUL cannot be handed on. */
static void
note_message_id(struct message *m, const struct header_field *field, const char *prefix)
{
	struct span value = plain_value(m, field);

	log_info("%s: %smessage-id=%.*s", m->queue_id, prefix, SPAN_ARG(value));
	if (prefix[0] == '\0')
		m->message_id = span_slice(
		    span_slice(value, 0, span_find(value, '\0')), 0, MESSAGE_ID_MAX);
}

/* One more hop; too many are a loop. */
static void
note_hop(struct message *m)
{
	m->hops++;
	if (m->hops < m->c->conf.hopcount_limit || message_is_failed(m))
		return;
	log_warn("%s: message rejected: hopcount exceeded", m->queue_id);
	message_fail(m, MAIL_PERM, 554, "5.4.0", "Error: too many hops");
}

/* "Require-TLS-ESMTP: yes" stands for REQUIRETLS on the way through a filter. */
static bool
notes_requiretls(const struct message *m)
{
	return m->c->mail->requiretls_enable && m->c->conf.requiretls_esmtp_header;
}

/* What the client did not say of the body, its header may. */
static void
note_encoding(struct message *m, const struct header_field *field)
{
	if (m->c->conf.detect_8bit_encoding_header && m->encoding.len == 0 &&
	    span_eq_str_ci(plain_value(m, field), "8bit"))
		m->encoding = SPAN("8bit");
}

static void
note_field(struct message *m, const struct header_field *field)
{
	m->seen_header[field->id] = 1;
	m->has_resent |= (field->flags & HEADER_IS_RESENT) != 0;
	if ((m->flags & MAIL_EXTRACT) != 0)
		header_rcpt_add(&m->extracted, field, m->arena);
	if (field->id == HEADER_RECEIVED)
		note_hop(m);
	else if (field->id == HEADER_MESSAGE_ID)
		note_message_id(m, field, "");
	else if (field->id == HEADER_RESENT_MESSAGE_ID)
		note_message_id(m, field, "resent-");
	else if (field->id == HEADER_CONTENT_TRANSFER_ENCODING)
		note_encoding(m, field);
	else if (field->id == HEADER_TLS_REQUIRED)
		m->tls_optional |= m->c->conf.tls_required_enable &&
		    span_eq_str_ci(plain_value(m, field), "no");
	else if (field->id == HEADER_REQUIRE_TLS_ESMTP)
		m->requiretls |= notes_requiretls(m) &&
		    span_eq_str_ci(plain_value(m, field), "yes");
}

static bool
rewrites_header(const struct message *m)
{
	return m->is_local || m->c->rewrites_remote;
}

/* One address of a header field. */
static void
rewrite_box(struct message *m, struct addr_list *list, size_t box, enum address_class_bit class,
    bool *changed)
{
	struct span before = addr_internal(m->arena, list->boxes.v[box].addr), after;
	struct err err = { 0 };

	if (before.len == 0)
		return;
	after = address_standard(m->c, before, m->is_local, m->arena);
	if ((m->flags & MAIL_MAPPINGS) != 0 &&
	    !address_canonical(m->c, class, &after, m->arena, &err)) {
		message_fail_err(m, &err);
		return;
	}
	if (span_eq(before, after))
		return;
	addr_list_set(list, box, addr_from_internal(after));
	*changed = true;
}

/* The field with its addresses rewritten; raw itself when nothing changes. */
static struct span
rewrite_field(struct message *m, const struct header_field *field)
{
	bool is_sender = (field->flags & HEADER_IS_SENDER) != 0, changed = false;
	struct str text CLEANUP(str_fini);
	struct addr_list list;

	str_init(&text, MAIL_HEADER_MAX);
	if ((field->flags & (HEADER_IS_SENDER | HEADER_IS_RECIPIENT)) == 0 || !rewrites_header(m) ||
	    message_is_failed(m))
		return field->raw;
	addr_list_parse(
	    field->value, (size_t) m->c->conf.header_address_token_limit, m->arena, &list);
	for (size_t i = 0; i < list.boxes.count; i++)
		rewrite_box(m, &list, i, is_sender ? CLASS_HEADER_SENDER : CLASS_HEADER_RECIPIENT,
		    &changed);
	if (!changed)
		return field->raw;
	str_add(&text, span_slice(field->raw, 0, (size_t) (field->value.p - field->raw.p)));
	return addr_list_print(&list, &text) ? arena_dup(m->arena, str_span(&text)) : field->raw;
}

static void
add_to_block(struct message *m, struct span raw)
{
	if (m->is_made)
		block_add_hidden(&m->block, raw);
	else
		block_add(&m->block, raw);
	if (m->block.bytes > MAIL_HEADER_MAX - 32 * 1024 || arena_is_over(m->arena))
		message_fail(m, MAIL_PERM, 552, "5.3.4", "Error: message header too big");
}

/* Ask the tables. false: the field goes. *raw may be another field from here on. */
static bool
check_field(struct message *m, const struct header_field *field, struct span *raw)
{
	bool is_mime = (field->flags & HEADER_IS_MIME) != 0;
	struct span text = { NULL, 0 };

	switch (checks_apply(m, is_mime ? m->c->mime_header_checks : m->c->header_checks, "header",
	    field->raw, &text)) {
	case CHECK_KEEP:
		return true;
	case CHECK_DROP:
		return false;
	case CHECK_REPLACE:
		*raw = text;
		return true;
	case CHECK_PREPEND:
		add_to_block(m, text);
		return true;
	}
	return true;
}

void
header_take(struct message *m, const struct header_field *in)
{
	struct header_field field = *in;
	struct span raw = in->raw;

	if (message_is_failed(m) || !check_field(m, in, &raw))
		return;
	if (raw.p != in->raw.p && header_split(raw, &field) != PARSE_OK)
		return;
	note_field(m, &field);
	if (cleanup_drops_header(m->c, field.name))
		return;
	add_to_block(m, rewrite_field(m, &field));
}

/* Fields that the client made itself. They are looked at like all others: many sites hide or change our Received:. */
static void
take_made(struct message *m, struct span lines)
{
	struct header_field field;

	while (header_next(&lines, &field) == PARSE_OK)
		header_take(m, &field);
}

void
header_begin(struct message *m)
{
	if (m->is_header_begun)
		return;
	m->is_header_begun = true;
	m->is_made = true;
	take_made(m, m->begin.prepend);
	take_made(m, m->begin.trace);
	m->is_made = false;
}

/* --- what is missing --- */

static bool
lacks(const struct message *m, enum header_id plain, enum header_id resent)
{
	return m->seen_header[m->has_resent ? resent : plain] == 0;
}

static const char *
resent_prefix(const struct message *m)
{
	return m->has_resent ? "Resent-" : "";
}

/* "<20261120091825.QID@host>", or "<QID@host>" for long queue IDs, which never come twice. */
static void
add_message_id(struct message *m)
{
	time_t seconds = (time_t) (m->arrival_us / CLOCK_SECOND_US);
	char stamp[40] = "", id[300];
	struct tm tm;

	if (!queue_id_is_long(span_of(m->queue_id)) && gmtime_r(&seconds, &tm) != NULL)
		strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S.", &tm);
	snprintf(id, sizeof(id), "<%s%s@%s>", stamp, m->queue_id, m->c->mail->myhostname);
	block_addf(&m->block, "%sMessage-Id: %s", resent_prefix(m), id);
	log_info("%s: %smessage-id=%s", m->queue_id, m->has_resent ? "resent-" : "", id);
	if (!m->has_resent)
		m->message_id = span_of(arena_strdup(m->arena, id));
}

static void
add_date(struct message *m)
{
	time_t seconds = (time_t) (m->arrival_us / CLOCK_SECOND_US);
	struct str text CLEANUP(str_fini);
	struct tm tm = { 0 };

	localtime_r(&seconds, &tm);
	str_init(&text, 200);
	date_format(&text, seconds, (int) (tm.tm_gmtoff / 60), tm.tm_zone);
	block_addf(&m->block, "%sDate: %s", resent_prefix(m), str_cstr(&text));
}

static void
add_comment(const struct message *m, struct str *out, struct span text)
{
	str_add_str(out, " (");
	if (!span_is_printable(text)) {
		(void) rfc2047_encode(out, text, span_of(m->c->conf.full_name_encoding_charset), true);
		str_add_char(out, ')');
		return;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("()\\", text.p[i]) != NULL && text.p[i] != '\0')
			str_add_char(out, '\\');
		str_add_char(out, text.p[i]);
	}
	str_add_char(out, ')');
}

/* The sender after rewriting as a header would have it. */
static struct span
from_address(struct message *m)
{
	struct span address = m->sender;
	struct err err = { 0 };

	if (address.len == 0)
		address = SPAN("MAILER-DAEMON");
	address = address_standard(m->c, address, true, m->arena);
	if ((m->flags & MAIL_MAPPINGS) != 0 &&
	    !address_canonical(m->c, CLASS_HEADER_SENDER, &address, m->arena, &err))
		message_fail_err(m, &err);
	return addr_external(m->arena, addr_from_internal(address));
}

static void
add_from(struct message *m)
{
	bool is_obsolete = strcmp(m->c->mail->header_from_format, "obsolete") == 0;
	struct span address = from_address(m), name = span_trim(m->begin.full_name);
	struct str text CLEANUP(str_fini);

	str_init(&text, 16 * 1024);
	if (name.len > 0 && !is_obsolete) {
		(void) rfc2047_phrase(&text, name, span_of(m->c->conf.full_name_encoding_charset));
		str_add_str(&text, " <");
	}
	str_add(&text, address);
	if (name.len > 0 && !is_obsolete)
		str_add_char(&text, '>');
	else if (name.len > 0)
		add_comment(m, &text, name);
	block_addf(&m->block, "%sFrom: %s", resent_prefix(m), str_cstr(&text));
}

static bool
names_recipients(const struct message *m)
{
	return m->seen_header[HEADER_TO] || m->seen_header[HEADER_CC] ||
	    m->seen_header[HEADER_RESENT_TO] || m->seen_header[HEADER_RESENT_CC];
}

static void
add_missing(struct message *m)
{
	const char *undisclosed = m->c->conf.undisclosed_recipients_header;
	bool may_add = m->is_local || m->c->conf.always_add_missing_headers;

	if (lacks(m, HEADER_MESSAGE_ID, HEADER_RESENT_MESSAGE_ID)) {
		if (may_add)
			add_message_id(m);
		else
			log_info(
			    "%s: %smessage-id=<>", m->queue_id, m->has_resent ? "resent-" : "");
	}
	if (m->has_resent && m->seen_header[HEADER_MESSAGE_ID] == 0)
		log_info("%s: message-id=<>", m->queue_id);
	if (m->requiretls && notes_requiretls(m) && m->seen_header[HEADER_REQUIRE_TLS_ESMTP] == 0)
		block_addf(&m->block, "Require-TLS-ESMTP: yes");
	if (!may_add)
		return;
	if (lacks(m, HEADER_DATE, HEADER_RESENT_DATE))
		add_date(m);
	if (lacks(m, HEADER_FROM, HEADER_RESENT_FROM))
		add_from(m);
	if (undisclosed[0] != '\0' && !names_recipients(m))
		block_add(&m->block, span_of(undisclosed));
}

/* The line that ended the header was no field and not empty. */
static void
broken_end(struct message *m)
{
	const char *action = m->c->conf.non_empty_end_of_header_action;
	static const char text[] = "message header was not terminated by empty line";

	if (strcmp(action, "add_hdr") == 0 || strcmp(action, "add_header") == 0) {
		block_addf(&m->block, "MIME-Error: %s", text);
	} else if (strcmp(action, "reject") == 0) {
		checks_log(m, "reject", "mime-error", span_of(text), SPAN("5.6.0"));
		message_fail(m, MAIL_PERM, 550, "5.6.0", "%s", text);
	}
}

void
header_complete(struct message *m, enum mime_head_end how)
{
	if (m->is_header_done)
		return;
	header_begin(m);
	m->is_header_done = true;
	if (message_is_failed(m))
		return;
	if (how == MIME_END_BROKEN)
		broken_end(m);
	add_missing(m);
}

struct span
header_print(struct message *m, bool with_trace)
{
	struct str out CLEANUP(str_fini);

	str_init(&out, 2 * MAIL_HEADER_MAX);
	block_print(&m->block, with_trace, &out);
	return arena_dup(m->arena, str_span(&out));
}
