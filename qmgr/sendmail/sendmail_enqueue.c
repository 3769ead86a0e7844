/* SPDX-License-Identifier: ISC */
/*
 * From standard input to postdrop. Lines are looked at only as far as Sendmail's conventions ask:
 * From_ lines on top, a dot alone, CRLF. With -t the header is read here too, so that the user is
 * told at once when it names nobody; the recipients themselves are taken from it by cleanup.
 */
#include "qmgr/sendmail/sendmail_int.h"

#include "lib/mail/addr_list.h"
#include "lib/mail/header_rcpt.h"
#include "lib/mail/verp.h"
#include "lib/sys/log.h"

#include <errno.h>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

enum {
	LINE_MAX_BYTES = 64 * 1024,
	OUT_BYTES = 256 * 1024,
	HEADER_MAX_BYTES = 1024 * 1024,
	ARGS_MAX = 10000
};

/* A message on its way, and its header while it comes. */
struct submission {
	struct sendmail *s;
	struct drop drop;
	struct str header; /* with -t */
	bool in_header;
};

/* --- envelope --- */

/* Line ends and the like can be in no address that is meant. */
static void
refuse_controls(struct sendmail *s, const char *text, const char *what)
{
	for (const char *p = text; *p != '\0'; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f)
			sendmail_fatal(s, "%s has malformed address: control characters", what);
}

/* -f: an address, or "<>". Of several the first counts. */
static struct span
sender_address(struct sendmail *s, const char *text)
{
	struct span in = span_trim(span_of(text));
	struct addr_list list;

	refuse_controls(s, text, "-f option");
	if (in.len == 0 || span_eq_str(in, "<>"))
		return (struct span){ NULL, 0 };
	addr_list_parse(in, ARGS_MAX, s->arena, &list);
	if (list.boxes.count == 0)
		sendmail_fatal(s, "-f option has malformed address: %s", text);
	if (list.boxes.count > 1)
		log_warn("-f option specified malformed sender: %s", text);
	return addr_internal(s->arena, list.boxes.v[0].addr);
}

static void
add_recipients(struct sendmail *s, const char *text)
{
	struct addr_list list;

	refuse_controls(s, text, "recipient");
	if (span_trim(span_of(text)).len == 0)
		sendmail_fatal(s, "empty recipient address");
	addr_list_parse(span_of(text), ARGS_MAX, s->arena, &list);
	if (list.boxes.count == 0)
		sendmail_fatal(s, "malformed recipient address: %s", text);
	for (size_t i = 0; i < list.boxes.count; i++)
		ARRAY_ADD(s->arena, &s->message.recipients)->address = addr_internal(
		    s->arena, list.boxes.v[i].addr);
}

/* The user's name out of his password entry: up to the first comma, "&" is the login name. */
static struct span
full_name(struct sendmail *s)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *name = s->full_name != NULL ? s->full_name : getenv("NAME");
	struct str out CLEANUP(str_fini);

	str_init(&out, 900);
	if (name != NULL)
		str_add_str(&out, name);
	for (const char *p = name == NULL && pw != NULL ? pw->pw_gecos : "";
	     *p != '\0' && *p != ','; p++) {
		if (*p == '&') {
			str_add_char(&out, ascii_upper(pw->pw_name[0]));
			str_add_str(&out, pw->pw_name + 1);
		} else
			str_add_char(&out, *p);
	}
	for (size_t i = 0; i < out.len; i++)
		if ((unsigned char) out.p[i] < 0x20 || out.p[i] == 0x7f)
			out.p[i] = ' ';
	return arena_dup(s->arena, str_span(&out));
}

/* The delimiters of -XV. */
static void
check_verp(struct sendmail *s)
{
	const char *allowed = s->mail.verp_delimiter_filter;
	struct maildrop *m = &s->message;

	if (s->verp == NULL)
		return;
	m->verp = span_of(s->verp[0] != '\0' ? s->verp : s->mail.default_verp_delimiters);
	if (!verp_is_good(m->verp, allowed))
		sendmail_fatal(s, "-XV requires two characters from %s", allowed);
	if (m->sender.len == 0)
		sendmail_fatal(s, "-XV option requires non-null sender address");
}

static void
make_envelope(struct sendmail *s)
{
	struct maildrop *m = &s->message;

	m->sender = s->sender != NULL ? sender_address(s, s->sender) : span_of(s->user);
	check_verp(s);
	m->full_name = full_name(s);
	if (s->mode == MODE_VERIFY)
		m->report = SPAN("verify");
	else if (s->verbose > 0)
		m->report = SPAN("delivery");
	for (size_t i = 0; s->args[i] != NULL; i++)
		add_recipients(s, s->args[i]);
	if (m->recipients.count == 0 && !m->extract)
		sendmail_fatal(s,
		    "Recipient addresses must be specified on the command line or via the -t option");
}

/* --- content --- */

/* With -t: the header has ended, or all of the message; somebody must be named. */
static void
check_header(struct submission *d)
{
	struct header_rcpt found = { .max = ARGS_MAX };
	struct span block = str_span(&d->header);
	struct header_field field;
	size_t count = 0;

	d->in_header = false;
	while (header_next(&block, &field) == PARSE_OK)
		header_rcpt_add(&found, &field, d->s->arena);
	(void) header_rcpt_get(&found, &count);
	if (count > 0 || d->s->message.recipients.count > 0)
		return;
	drop_cancel(&d->drop);
	sendmail_fatal(d->s, "No recipient addresses found in message header");
}

static void
put_piece(struct submission *d, struct span piece, bool is_line_start)
{
	if (d->in_header) {
		if ((is_line_start && span_eq_str(piece, "\n")) ||
		    d->header.len + piece.len > HEADER_MAX_BYTES)
			check_header(d);
		else
			str_add(&d->header, piece);
	}
	maildrop_print_chunk(piece, &d->drop.out);
}

/* Input, line by line. */
struct input {
	FILE *file;
	char *line;
	size_t room;
	bool is_first, at_start; /* no line yet; the next piece begins a line */
	bool strips_cr, strips_known;
};

/* sendmail_fix_line_endings: always, only when the first line ends so (strict), or never. */
static void
learn_line_ends(struct submission *d, struct input *in, struct span line)
{
	const char *mode = d->s->fix_line_endings;

	if (in->strips_known)
		return;
	in->strips_known = true;
	if (strcmp(mode, "strict") == 0)
		in->strips_cr = span_ends_with(line, SPAN("\r\n"));
	else
		in->strips_cr = strcmp(mode, "never") != 0;
}

/* The line with LF alone at its end, if that is wanted. */
static struct span
strip_cr(struct input *in, struct span piece)
{
	if (!in->strips_cr || !span_ends_with(piece, SPAN("\r\n")))
		return piece;
	in->line[piece.len - 2] = '\n';
	return span_slice(piece, 0, piece.len - 1);
}

static bool
is_from_line(struct span line)
{
	return span_starts_with(line, SPAN("From ")) || span_starts_with(line, SPAN(">From "));
}

/* False: a dot alone ends the message. */
static bool
take_piece(struct submission *d, struct input *in, struct span piece)
{
	bool at_start = in->at_start, has_end = span_ends_with(piece, SPAN("\n"));

	in->at_start = has_end;
	if (at_start && has_end)
		learn_line_ends(d, in, piece);
	if (at_start && in->is_first && is_from_line(piece))
		return true;
	in->is_first = false;
	piece = strip_cr(in, piece);
	if (at_start && !d->s->ignores_dots &&
	    (span_eq_str(piece, ".\n") || span_eq_str(piece, "."))) {
		in->at_start = true;
		return false;
	}
	put_piece(d, piece, at_start);
	return true;
}

static void
take_content(struct submission *d)
{
	struct input in = { .file = stdin, .is_first = true, .at_start = true };
	ssize_t got;

	while ((got = getline(&in.line, &in.room, in.file)) > 0) {
		if (!take_piece(d, &in, span_make(in.line, (size_t) got)))
			break;
		if (d->drop.out.len >= OUT_BYTES)
			drop_flush(&d->drop);
	}
	if (ferror(in.file))
		sendmail_fatal(d->s, "read the message: %s", strerror(errno));
	if (!in.at_start)
		put_piece(d, SPAN("\n"), false);
	if (d->in_header)
		check_header(d);
	free(in.line);
}

int
sendmail_enqueue(struct sendmail *s)
{
	struct submission d = { .s = s, .in_header = s->message.extract };
	char reply[DROP_REPLY_MAX];
	int status;

	make_envelope(s);
	str_init(&d.header, HEADER_MAX_BYTES);
	drop_start(&d.drop, s, &s->message);
	if (s->mode != MODE_VERIFY)
		take_content(&d);
	status = drop_finish(&d.drop, reply);
	if (status != EX_OK)
		fatal_status(status, "%s(%ld): %s", s->user, (long) getuid(), reply);
	if (s->message.report.len > 0)
		printf("Mail Delivery Status Report will be mailed to <%.*s>.\n",
		    SPAN_ARG(s->message.sender));
	str_fini(&d.header);
	return status;
}
