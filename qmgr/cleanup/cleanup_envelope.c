/* SPDX-License-Identifier: ISC */
/* Sender and recipients: rewriting, copies, alias expansion, duplicates. */
#include "qmgr/cleanup/cleanup_envelope.h"

#include "qmgr/cleanup/cleanup_address.h"

static bool
has_mappings(const struct message *m)
{
	return (m->flags & MAIL_MAPPINGS) != 0;
}

/* What a queue file takes; a domain that was added may have made it too long. */
static bool
is_storable(struct span address)
{
	return address.len <= MAIL_ADDRESS_MAX && !span_has_nul(address);
}

void
envelope_sender(struct message *m, struct span sender)
{
	struct err err = { 0 };
	struct span bcc;

	m->sender = sender;
	if (sender.len == 0 || message_is_failed(m))
		return;
	m->sender = address_standard(m->c, sender, true, m->arena);
	if (!is_storable(m->sender))
		message_fail(m, MAIL_PERM, 501, "5.1.7", "Error: bad sender address");
	if (!has_mappings(m) || message_is_failed(m))
		return;
	if (!address_canonical(m->c, CLASS_ENVELOPE_SENDER, &m->sender, m->arena, &err) ||
	    !address_bcc(m->c, m->c->sender_bcc, m->sender, &bcc, m->arena, &err)) {
		message_fail_err(m, &err);
		return;
	}
	if (bcc.len > 0)
		envelope_bcc(m, bcc);
}

/* What makes two deliveries the same, whatever its case. */
static void
delivery_key(const struct message *m, const struct queue_recipient *r, struct str *key)
{
	str_addf(key, "%lld%c", (long long) r->dsn_notify, '\0');
	str_add(key, r->dsn_orcpt);
	str_add_char(key, '\0');
	if (m->c->conf.enable_original_recipient)
		str_add(key, r->original);
	str_add_char(key, '\0');
	str_add(key, r->address);
	for (size_t i = 0; i < key->len; i++)
		key->p[i] = ascii_lower(key->p[i]);
}

/* False when it is in the filter already. What no longer fits into the filter passes. */
static bool
note_delivery(struct message *m, const struct queue_recipient *r)
{
	static char mark;
	struct str key CLEANUP(str_fini);

	str_init(&key, 4 * MAIL_ADDRESS_MAX);
	delivery_key(m, r, &key);
	if (map_get(m->seen, str_span(&key)) != NULL)
		return false;
	if (map_count(m->seen) < (size_t) m->c->mail->duplicate_filter_limit)
		map_set(m->seen, str_span(&key), &mark);
	return true;
}

/* False when the same delivery was asked for before. A single recipient needs no filter. */
static bool
is_new(struct message *m, const struct queue_recipient *r)
{
	if (m->seen == NULL && m->recipients.count == 0)
		return true;
	if (m->seen == NULL) {
		m->seen = map_new();
		(void) note_delivery(m, &m->recipients.v[0]);
	}
	return note_delivery(m, r);
}

static void
put_out(struct message *m, struct span address, const struct queue_recipient *like)
{
	struct queue_recipient r = *like;

	r.address = address;
	if (!is_storable(r.address) || !is_storable(r.original))
		message_fail(m, MAIL_PERM, 501, "5.1.3", "Error: bad recipient address");
	else if (is_new(m, &r))
		*ARRAY_ADD(m->arena, &m->recipients) = r;
	if (arena_is_over(m->arena))
		message_fail(m, MAIL_TEMP, 451, "4.3.0", "Error: too many recipients at once");
}

static bool
is_expansion(const struct address_list *found, struct span address)
{
	return found->list.count != 1 || !span_eq(found->list.v[0], address);
}

/*
 * Who asked for a report of success hears that others stand for the address, and nothing of them
 * (RFC 3461 5.2.7).
 */
static void
tell_expansion(struct message *m, struct queue_recipient *r)
{
	struct queue_recipient told = *r;

	if ((r->dsn_notify & QUEUE_NOTIFY_SUCCESS) == 0)
		return;
	told.dsn_notify |= QUEUE_NOTIFY_EXPANDED;
	put_out(m, r->address, &told);
	r->dsn_notify = queue_notify_expanded(r->dsn_notify);
}

/* Aliases, then the list. */
static void
expand_and_put(struct message *m, const struct queue_recipient *r)
{
	struct address_list found = { { NULL, 0, 0 } };
	struct queue_recipient copy = *r;
	struct err err = { 0 };

	if (!has_mappings(m)) {
		put_out(m, r->address, r);
		return;
	}
	if (!address_expand(m->c, r->address, &found, m->arena, &err)) {
		message_fail_err(m, &err);
		return;
	}
	if (is_expansion(&found, r->address))
		tell_expansion(m, &copy);
	for (size_t i = 0; i < found.list.count; i++)
		put_out(m, found.list.v[i], &copy);
}

/* Standard form and canonical tables; the null recipient has a name of its own. */
static bool
rewrite_recipient(struct message *m, struct span *address)
{
	struct err err = { 0 };

	if (address->len == 0)
		*address = span_of(m->c->mail->empty_address_recipient);
	*address = address_standard(m->c, *address, true, m->arena);
	if (!has_mappings(m) ||
	    address_canonical(m->c, CLASS_ENVELOPE_RECIPIENT, address, m->arena, &err))
		return true;
	message_fail_err(m, &err);
	return false;
}

void
envelope_bcc(struct message *m, struct span address)
{
	struct queue_recipient r = { .original = address, .dsn_notify = QUEUE_NOTIFY_NEVER };

	if (message_is_failed(m) || !rewrite_recipient(m, &address))
		return;
	r.address = address;
	expand_and_put(m, &r);
}

void
envelope_filter_recipient(struct message *m, const struct mail_rcpt *rcpt)
{
	struct queue_recipient r = { .original = rcpt->original,
		.dsn_orcpt = rcpt->dsn_orcpt,
		.dsn_notify = rcpt->dsn_notify };
	struct span address = rcpt->address;

	if (message_is_failed(m) || !rewrite_recipient(m, &address))
		return;
	if (r.original.len == 0)
		r.original = rcpt->address;
	r.address = address;
	expand_and_put(m, &r);
}

void
envelope_recipient(struct message *m, const struct mail_rcpt *rcpt)
{
	struct span address = rcpt->address, bcc;
	struct err err = { 0 };

	m->log_recipient = rcpt->address;
	envelope_filter_recipient(m, rcpt);
	if (message_is_failed(m) || !has_mappings(m) || maps_is_empty(m->c->recipient_bcc))
		return;
	if (!rewrite_recipient(m, &address))
		return;
	if (!address_bcc(m->c, m->c->recipient_bcc, address, &bcc, m->arena, &err))
		message_fail_err(m, &err);
	else if (bcc.len > 0)
		envelope_bcc(m, bcc);
}

void
envelope_remove(struct message *m, struct span address)
{
	struct span want = address_standard(m->c, address, true, m->arena);
	size_t kept = 0;

	for (size_t i = 0; i < m->recipients.count; i++) {
		struct queue_recipient *r = &m->recipients.v[i];

		if (span_eq_ci(r->address, want) || span_eq_ci(r->original, want))
			continue;
		m->recipients.v[kept++] = *r;
	}
	m->recipients.count = kept;
	if (m->seen != NULL)
		map_free(&m->seen, NULL);
	m->seen = map_new();
	for (size_t i = 0; i < kept; i++)
		(void) note_delivery(m, &m->recipients.v[i]);
}

static void
take_extracted(struct message *m)
{
	size_t count;
	const struct addr *list = header_rcpt_get(&m->extracted, &count);

	if (m->extracted.is_cut)
		message_fail(
		    m, MAIL_PERM, 550, "5.5.3", "Error: too many recipients in the header");
	for (size_t i = 0; i < count; i++) {
		struct mail_rcpt rcpt = { .address = addr_internal(m->arena, list[i]) };

		envelope_recipient(m, &rcpt);
	}
}

void
envelope_finish(struct message *m)
{
	if ((m->flags & MAIL_EXTRACT) != 0)
		take_extracted(m);
	if (has_mappings(m) && m->c->conf.always_bcc[0] != '\0')
		envelope_bcc(m, span_of(m->c->conf.always_bcc));
	if (m->recipients.count == 0)
		message_fail(m, MAIL_PERM, 554, "5.1.0", "Error: no recipients specified");
}
