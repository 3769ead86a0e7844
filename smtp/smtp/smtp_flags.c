/* SPDX-License-Identifier: ISC */
/* The lines that a final delivery puts on top. They name one recipient, so there must be one. */
#include "smtp/smtp/smtp_flags.h"

#include "lib/mail/addr_list.h"
#include "lib/store/deliver_headers.h"
#include "lib/sys/file.h"

enum { HEADER_MAX = 1 << 20 };

bool
smtp_flags_parse(const char *const *args, struct smtp_flags *flags, struct err *err)
{
	const char *letter;

	*flags = (struct smtp_flags){ .is_final = false };
	for (; *args != NULL; args++) {
		if (strncmp(*args, "flags=", 6) != 0)
			return err_config(err, "master.cf: expected flags=DORX: %s", *args);
		for (letter = *args + 6; *letter != '\0'; letter++) {
			flags->has_delivered = flags->has_delivered || *letter == 'D';
			flags->has_original = flags->has_original || *letter == 'O';
			flags->has_return_path = flags->has_return_path || *letter == 'R';
			flags->is_final = flags->is_final || *letter == 'X';
			if (strchr("DORX", *letter) == NULL)
				return err_config(
				    err, "master.cf: flags: expected D, O, R or X: %c", *letter);
		}
	}
	return true;
}

/* The header says that this address had the message already. */
static bool
is_loop(const struct smtp_delivery *d, struct span address)
{
	const struct deliver *deliver = d->request->deliver;
	struct span block, line;
	char *text;

	if (deliver->header_bytes < 0 || deliver->header_bytes > HEADER_MAX)
		return false;
	text = arena_alloc(d->arena, (size_t) deliver->header_bytes);
	if (!fd_pread_all(deliver->fd, text, (size_t) deliver->header_bytes, deliver->header_offset,
		"queue file", NULL))
		return false;
	block = span_make(text, (size_t) deliver->header_bytes);
	while (span_cut(&block, '\n', &line)) {
		const struct span name = SPAN("Delivered-To:");
		struct addr addr;

		if (span_starts_with_ci(line, name) &&
		    addr_list_one(span_from(line, name.len), d->arena, &addr) == PARSE_OK &&
		    span_eq_ci(addr_internal(d->arena, addr), address))
			return true;
	}
	return false;
}

bool
smtp_flags_check(const struct smtp_delivery *d, struct err *err)
{
	const struct smtp_flags *flags = &d->client->flags;
	struct span address = d->request->recipients[0].address;

	if ((flags->has_delivered || flags->has_original) && d->request->count > 1)
		return err_set(err, ERR_TEMP, "4.3.5",
		    "flags=D and flags=O need %.*s_destination_recipient_limit = 1",
		    SPAN_ARG(d->request->deliver->transport));
	if (flags->has_delivered && is_loop(d, address))
		return err_set(err, ERR_PERM, "5.4.6", "mail forwarding loop for %.*s",
		    SPAN_ARG(address));
	return true;
}

void
smtp_flags_add_lines(const struct smtp_delivery *d, struct str *out)
{
	const struct smtp_flags *flags = &d->client->flags;
	const struct deliver_rcpt *rcpt = &d->request->recipients[0];

	if (flags->has_return_path)
		deliver_headers_add(out,
		    &(const struct deliver_headers){ .sender = d->request->deliver->sender });
	if (flags->has_original)
		deliver_headers_add_line(
		    out, "X-Original-To", rcpt->original.len > 0 ? rcpt->original : rcpt->address);
	if (flags->has_delivered)
		deliver_headers_add_delivered(out, rcpt->address);
}
