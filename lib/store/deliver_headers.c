/* SPDX-License-Identifier: ISC */
/*
 * Lines on top of a delivered message. Control characters in addresses become "?": a value never
 * makes a line.
 */
#include "lib/store/deliver_headers.h"

#include "lib/mail/addr.h"
#include "lib/mail/date.h"

enum { ADDRESS_BYTES = 4 << 10 };

/* The external form, harmless. */
static void
add_address(struct str *out, struct span internal)
{
	CLEANUP(str_fini) struct str text = { .max = ADDRESS_BYTES };

	addr_add_external(&text, addr_from_internal(internal));
	for (size_t i = 0; i < text.len; i++)
		str_add_char(
		    out, (unsigned char) text.p[i] < 0x20 || text.p[i] == 0x7f ? '?' : text.p[i]);
}

bool
deliver_headers_add_line(struct str *out, const char *name, struct span internal)
{
	str_addf(out, "%s: ", name);
	add_address(out, internal);
	return str_add_char(out, '\n');
}

bool
deliver_headers_add_delivered(struct str *out, struct span delivered)
{
	return deliver_headers_add_line(out, "Delivered-To", delivered);
}

bool
deliver_headers_add(struct str *out, const struct deliver_headers *headers)
{
	str_add_str(out, "Return-Path: <");
	add_address(out, headers->sender);
	str_add_str(out, ">\n");
	if (headers->original.len > 0)
		deliver_headers_add_line(out, "X-Original-To", headers->original);
	if (headers->delivered.len > 0)
		deliver_headers_add_delivered(out, headers->delivered);
	return !out->overflowed;
}

bool
deliver_headers_add_from_line(
    struct str *out, struct span sender, int64_t seconds, int zone_minutes)
{
	CLEANUP(str_fini) struct str text = { .max = ADDRESS_BYTES };

	add_address(&text, sender);
	str_add_str(out, "From ");
	for (size_t i = 0; i < text.len; i++)
		str_add_char(out, text.p[i] == ' ' ? '_' : text.p[i]);
	if (text.len == 0)
		str_add_str(out, "MAILER-DAEMON");
	str_add_char(out, ' ');
	date_format_mbox(out, seconds, zone_minutes);
	str_add_char(out, '\n');
	return !out->overflowed;
}
