/* SPDX-License-Identifier: ISC */
/*
 * The Received: field. Values come from strangers, so inside a comment brackets and backslashes are
 * neutralised.
 */
#include "lib/mail/received.h"

#include "lib/mail/date.h"

/* Append a value in which control characters and those of a set become question marks. */
static void
add_without(struct str *out, struct span value, const char *unwanted)
{
	size_t start = out->len;

	if (!str_add(out, value))
		return;
	for (size_t i = start; i < out->len; i++) {
		unsigned char c = (unsigned char) out->p[i];

		if (c < ' ' || c == 0x7f || strchr(unwanted, c) != NULL)
			out->p[i] = '?';
	}
}

/* A value outside or inside a comment; nothing may end the comment, the line or the field. */
static void
add_safe(struct str *out, struct span value)
{
	add_without(out, value, "()\\");
}

/* Literal text and a value behind it. */
static void
add(struct str *out, const char *text, struct span value)
{
	(void) str_add_str(out, text);
	add_safe(out, value);
}

/* from helo (name [address]) */
static void
add_client(struct str *out, const struct received *r)
{
	bool is_v6 = span_find(r->client_address, ':') < r->client_address.len;

	add(out, " from ", span_is_empty(r->helo) ? r->client_name : r->helo);
	add(out, " (", span_is_empty(r->client_name) ? SPAN("unknown") : r->client_name);
	add(out, is_v6 ? " [IPv6:" : " [", r->client_address);
	(void) str_add_str(out, "])\n");
}

/* (using TLSv1.3 with cipher X (a/b bits) / details) / (peer) */
static void
add_tls(struct str *out, const struct received *r)
{
	if (span_is_empty(r->tls_protocol))
		return;
	add(out, "\t(using ", r->tls_protocol);
	add(out, " with cipher ", r->tls_cipher);
	(void) str_addf(out, " (%d/%d bits)", r->tls_bits_used, r->tls_bits_all);
	if (!span_is_empty(r->tls_details)) {
		(void) str_add_str(out, "\n\t ");
		add_without(out, r->tls_details, "\\");
	}
	(void) str_add_str(out, ")\n");
	if (!span_is_empty(r->tls_peer)) {
		(void) str_add_str(out, "\t(");
		add_without(out, r->tls_peer, "\\");
		(void) str_add_str(out, ")\n");
	}
}

bool
received_print(struct str *out, const struct received *r)
{
	(void) str_add_str(out, "Received:");
	if (!span_is_empty(r->client_address)) {
		add_client(out, r);
		add_tls(out, r);
		if (!span_is_empty(r->sasl_username)) {
			add(out, "\t(Authenticated sender: ", r->sasl_username);
			(void) str_add_str(out, ")\n");
		}
		(void) str_add_char(out, '\t');
	} else {
		(void) str_add_char(out, ' ');
	}
	add(out, "by ", r->hostname);
	add(out, " (", r->mail_name);
	if (span_is_empty(r->client_address) && r->has_uid)
		(void) str_addf(out, ", from userid %lld", (long long) r->uid);
	(void) str_add_char(out, ')');
	if (!span_is_empty(r->protocol))
		add(out, " with ", r->protocol);
	add(out, span_is_empty(r->client_address) ? "\n\tid " : " id ", r->queue_id);
	if (!span_is_empty(r->recipient)) {
		add(out, "\n\tfor <", r->recipient);
		(void) str_add_char(out, '>');
	}
	(void) str_add_str(out, "; ");
	return date_format(out, r->seconds, r->zone_minutes, r->zone_name) &&
	    str_add_char(out, '\n') && !out->overflowed;
}
