/* SPDX-License-Identifier: ISC */
/*
 * sendmail -bs: SMTP on standard input and output, for mail programs that submit that way. It has
 * the caller's rights and no others, and every message goes through postdrop as any submission
 * does. No restrictions, TLS or AUTH: who speaks here could run sendmail anyway.
 */
#include "qmgr/sendmail/sendmail_int.h"

#include "lib/mail/smtp_cmd.h"

#include <sysexits.h>

enum {
	COMMAND_MAX = 2048,
	OUT_BYTES = 256 * 1024,
	CHUNK_BYTES = 64 * 1024,
	ERRORS_MAX = 20,
	ARENA_BYTES = 16 << 20
};

struct smtp {
	struct sendmail *s;
	struct arena *arena; /* of the transaction */
	struct maildrop message;
	struct drop drop; /* while has_content */
	bool has_mail, smtputf8, has_content, is_done;
	bool holds_cr; /* between chunks: a CR whose meaning the next byte decides */
	uint64_t chunk_bytes;
	int errors;
	char *line;
	size_t room;
};

PRINTF_LIKE(2, 3) static void reply(struct smtp *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	fputs("\r\n", stdout);
	(void) fflush(stdout);
	if (fmt[0] == '5' || fmt[0] == '4')
		c->errors++;
}

/* The one way in which a transaction ends. */
static void
reset(struct smtp *c)
{
	if (c->has_content)
		drop_cancel(&c->drop);
	c->message = (struct maildrop){ .dsn_notify = 0 };
	c->has_mail = c->smtputf8 = c->has_content = c->holds_cr = false;
	c->chunk_bytes = 0;
	arena_clear(c->arena);
}

static struct smtp_grammar
grammar(void)
{
	return (struct smtp_grammar){
		.params = SMTP_PARAM_SIZE | SMTP_PARAM_BODY | SMTP_PARAM_SMTPUTF8 | SMTP_PARAM_DSN,
		.path_flags = ADDR_PATH_UTF8,
		.allows_hyphen = true, /* qmgr minds it */
	};
}

static void
refuse(struct smtp *c, const struct smtp_fault *fault)
{
	c->errors++;
	reply(c, "%d %s%s%s", fault->code, fault->dsn, fault->dsn[0] ? " " : "", fault->text);
}

/* A command that must have an argument, or must have none. */
static bool
check_syntax(struct smtp *c, bool is_good, const char *syntax)
{
	if (!is_good)
		reply(c, "501 %sSyntax: %s", syntax[0] == 'H' || syntax[0] == 'E' ? "" : "5.5.4 ",
		    syntax);
	return is_good;
}

static void
do_helo(struct smtp *c, const struct smtp_cmd *cmd)
{
	if (!check_syntax(c, cmd->args.len > 0, "HELO hostname"))
		return;
	reset(c);
	reply(c, "250 %s", c->s->mail.myhostname);
}

static void
do_ehlo(struct smtp *c, const struct smtp_cmd *cmd)
{
	if (!check_syntax(c, cmd->args.len > 0, "EHLO hostname"))
		return;
	reset(c);
	printf("250-%s\r\n250-PIPELINING\r\n250-SIZE %lld\r\n250-VRFY\r\n250-ENHANCEDSTATUSCODES\r\n"
	       "250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n",
	    c->s->mail.myhostname, (long long) c->s->mail.message_size_limit);
	reply(c, "250 CHUNKING");
}

static void
do_mail(struct smtp *c, const struct smtp_cmd *cmd)
{
	struct smtp_grammar g = grammar();
	int64_t limit = c->s->mail.message_size_limit;
	struct smtp_fault fault;
	struct smtp_mail mail;

	if (c->has_mail) {
		reply(c, "503 5.5.1 Error: nested MAIL command");
		return;
	}
	g.path_flags |= ADDR_PATH_NULL;
	if (!smtp_mail_parse(arena_dup(c->arena, cmd->args), &g, c->arena, &mail, &fault)) {
		refuse(c, &fault);
		return;
	}
	if (limit > 0 && mail.size > (uint64_t) limit) {
		reply(c, "552 5.3.4 Message size exceeds fixed limit");
		return;
	}
	c->has_mail = true;
	c->smtputf8 = c->message.smtputf8 = mail.smtputf8;
	c->message.sender = addr_internal(c->arena, mail.path.addr);
	if (mail.body == SMTP_BODY_8BITMIME)
		c->message.encoding = SPAN("8bit");
	c->message.dsn_ret = span_of(dsn_ret_name(mail.ret));
	c->message.dsn_envid = mail.envid;
	reply(c, "250 2.1.0 Ok");
}

static void
do_rcpt(struct smtp *c, const struct smtp_cmd *cmd)
{
	struct smtp_grammar g = grammar();
	struct smtp_fault fault;
	struct smtp_rcpt rcpt;

	if (!c->has_mail)
		reply(c, "503 5.5.1 Error: need MAIL command");
	else if (c->has_content)
		reply(c, "503 5.5.1 Error: RCPT after BDAT");
	else if (!smtp_rcpt_parse(
		     arena_dup(c->arena, cmd->args), &g, c->smtputf8, c->arena, &rcpt, &fault))
		refuse(c, &fault);
	else if (c->message.recipients.count >= MAILDROP_RCPTS_MAX || arena_is_over(c->arena))
		reply(c, "452 4.5.3 Error: too many recipients");
	else {
		*ARRAY_ADD(c->arena, &c->message.recipients) = (struct maildrop_rcpt){
			.address = addr_internal(c->arena, rcpt.path.addr),
			.dsn_orcpt = rcpt.orcpt,
			.dsn_notify = rcpt.notify,
		};
		reply(c, "250 2.1.5 Ok");
	}
}

/*
 * One line of content, LF at its end, dot-unstuffed. false: the end, or the input broke off
 * (*whole_out).
 */
static bool
next_line(struct smtp *c, struct span *line_out, bool *whole_out)
{
	ssize_t got = getline(&c->line, &c->room, stdin);
	size_t len = got > 0 ? (size_t) got : 0;

	*whole_out = false;
	if (len == 0 || c->line[len - 1] != '\n')
		return false;
	if (len > 1 && c->line[len - 2] == '\r')
		c->line[--len - 1] = '\n';
	*line_out = span_make(c->line, len);
	*whole_out = true;
	if (c->line[0] != '.')
		return true;
	*line_out = span_from(*line_out, 1);
	return len > 2;
}

/* note: what is said in front of "queued as". */
static void
answer_end(struct smtp *c, int status, const char *note, const char *text)
{
	if (status == EX_OK)
		reply(c, "250 2.0.0 Ok: %squeued as %s", note, text);
	else if (status == EX_TEMPFAIL)
		reply(c, "451 4.3.0 Error: %s", text);
	else if (status == EX_UNAVAILABLE)
		reply(c, "552 5.3.4 Error: %s", text);
	else
		reply(c, "554 5.7.1 Error: %s", text);
}

/* DATA and BDAT want somebody to send to. */
static bool
begin_content(struct smtp *c)
{
	if (c->has_content)
		return true;
	if (!c->has_mail || c->message.recipients.count == 0) {
		reply(c, "503 5.5.1 Error: need RCPT command");
		return false;
	}
	drop_start(&c->drop, c->s, &c->message);
	c->has_content = true;
	return true;
}

static void
add_content(struct smtp *c, struct span bytes)
{
	maildrop_print_chunk(bytes, &c->drop.out);
	if (c->drop.out.len >= OUT_BYTES)
		drop_flush(&c->drop);
}

/* Hand it over, and say what became of it; note as of answer_end. */
static void
finish_content(struct smtp *c, const char *note)
{
	char text[DROP_REPLY_MAX];
	int status = drop_finish(&c->drop, text);

	c->has_content = false;
	answer_end(c, status, note, text);
	reset(c);
}

static void
do_data(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	struct span line;
	bool is_whole;

	if (c->has_content) {
		reply(c, "503 5.5.1 Error: DATA after BDAT");
		return;
	}
	if (!begin_content(c))
		return;
	reply(c, "354 End data with <CR><LF>.<CR><LF>");
	while (next_line(c, &line, &is_whole))
		add_content(c, line);
	if (is_whole) {
		finish_content(c, "");
		return;
	}
	reset(c);
	c->is_done = true;
}

/* A chunk's bytes with LF for CR LF, which may lie on both sides of a border. */
static void
add_chunk(struct smtp *c, struct span bytes)
{
	char out[CHUNK_BYTES + 1];
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		if (c->holds_cr && bytes.p[i] != '\n')
			out[len++] = '\r';
		c->holds_cr = bytes.p[i] == '\r';
		if (!c->holds_cr)
			out[len++] = bytes.p[i];
	}
	add_content(c, span_make(out, len));
}

/* Read a chunk; where nobody wants it, to its end. false: the input breaks off. */
static bool
take_chunk(struct smtp *c, uint64_t left, bool is_wanted)
{
	char in[CHUNK_BYTES];

	while (left > 0) {
		size_t want = left < sizeof(in) ? (size_t) left : sizeof(in);
		size_t got = fread(in, 1, want, stdin);

		if (is_wanted)
			add_chunk(c, span_make(in, got));
		if (got < want)
			return false;
		left -= got;
	}
	return true;
}

/* The last chunk is there. */
static void
finish_chunks(struct smtp *c)
{
	char note[40];

	if (c->holds_cr)
		add_content(c, SPAN("\r"));
	snprintf(note, sizeof(note), "%llu bytes ", (unsigned long long) c->chunk_bytes);
	finish_content(c, note);
}

static void
do_bdat(struct smtp *c, const struct smtp_cmd *cmd)
{
	struct smtp_fault fault;
	uint64_t size;
	bool is_last, is_wanted;

	if (!smtp_bdat_parse(cmd->args, &size, &is_last, &fault)) {
		refuse(c, &fault);
		return;
	}
	is_wanted = begin_content(c);
	if (!take_chunk(c, size, is_wanted)) {
		reset(c);
		c->is_done = true;
		return;
	}
	c->chunk_bytes += size;
	if (is_wanted && is_last)
		finish_chunks(c);
	else if (is_wanted)
		reply(c, "250 2.0.0 Ok: %llu bytes", (unsigned long long) size);
}

static void
do_rset(struct smtp *c, const struct smtp_cmd *cmd)
{
	if (!check_syntax(c, cmd->args.len == 0, "RSET"))
		return;
	reset(c);
	reply(c, "250 2.0.0 Ok");
}

static void
do_noop(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	reply(c, "250 2.0.0 Ok");
}

static void
do_vrfy(struct smtp *c, const struct smtp_cmd *cmd)
{
	if (check_syntax(c, cmd->args.len > 0, "VRFY address [SMTPUTF8]"))
		reply(c, "252 2.0.0 %.*s", SPAN_ARG(cmd->args));
}

static void
do_auth(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	reply(c, "503 5.5.1 Error: authentication not enabled");
}

static void
do_quit(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	reset(c);
	reply(c, "221 2.0.0 Bye");
	c->is_done = true;
}

static const struct command {
	enum smtp_verb verb;
	void (*act)(struct smtp *c, const struct smtp_cmd *cmd);
} commands[] = {
	{ SMTP_HELO, do_helo },
	{ SMTP_EHLO, do_ehlo },
	{ SMTP_MAIL, do_mail },
	{ SMTP_RCPT, do_rcpt },
	{ SMTP_DATA, do_data },
	{ SMTP_BDAT, do_bdat },
	{ SMTP_AUTH, do_auth },
	{ SMTP_RSET, do_rset },
	{ SMTP_NOOP, do_noop },
	{ SMTP_VRFY, do_vrfy },
	{ SMTP_QUIT, do_quit },
};

static void
take_command(struct smtp *c, struct span line)
{
	struct smtp_cmd cmd = smtp_cmd_parse(line);

	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (commands[i].verb == cmd.verb) {
			commands[i].act(c, &cmd);
			return;
		}
	}
	if (cmd.verb == SMTP_UNKNOWN)
		reply(c, "500 5.5.2 Error: command not recognized");
	else
		reply(c, "502 5.5.1 Error: command not implemented");
}

int
sendmail_smtp(struct sendmail *s)
{
	struct smtp c = { .s = s };

	c.arena = arena_new("transaction", ARENA_BYTES);
	reset(&c);
	reply(&c, "220 %s ESMTP %s", s->mail.myhostname, s->mail.mail_name);
	while (!c.is_done && c.errors < ERRORS_MAX) {
		char command[COMMAND_MAX + 2];
		ssize_t got = getline(&c.line, &c.room, stdin);

		if (got <= 0)
			break;
		if (got > COMMAND_MAX) {
			reply(&c, "500 5.5.2 Error: command too long");
			continue;
		}
		memcpy(command, c.line, (size_t) got);
		take_command(&c, span_trim_set(span_make(command, (size_t) got), "\r\n"));
	}
	if (c.errors >= ERRORS_MAX)
		reply(&c, "421 4.7.0 %s Error: too many errors", s->mail.myhostname);
	reset(&c);
	free(c.line);
	arena_free(&c.arena);
	return EX_OK;
}
