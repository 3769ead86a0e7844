/* SPDX-License-Identifier: ISC */
/*
 * sendmail -bs: SMTP on standard input and output, for mail programs that submit that way. It has
 * the caller's rights and no others, and every message goes through postdrop as any submission
 * does. No restrictions, TLS or AUTH: who speaks here could run sendmail anyway.
 */
#include "qmgr/sendmail/sendmail_int.h"

#include "lib/mail/smtp_cmd.h"

#include <sysexits.h>

enum { COMMAND_MAX = 2048, OUT_BYTES = 256 * 1024, ERRORS_MAX = 20, ARENA_BYTES = 16 << 20 };

struct smtp {
	struct sendmail *s;
	struct arena *arena; /* of the transaction */
	struct maildrop message;
	bool has_mail, smtputf8, is_done;
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
	c->message = (struct maildrop){ .dsn_notify = 0 };
	c->has_mail = c->smtputf8 = false;
	arena_clear(c->arena);
}

static struct smtp_grammar
grammar(void)
{
	return (
	    struct smtp_grammar){ .params = SMTP_PARAM_SIZE | SMTP_PARAM_BODY | SMTP_PARAM_SMTPUTF8,
		.path_flags = ADDR_PATH_UTF8 };
}

static void
refuse(struct smtp *c, const struct smtp_fault *fault)
{
	c->errors++;
	reply(c, "%d %s%s%s", fault->code, fault->dsn, fault->dsn[0] ? " " : "", fault->text);
}

static void
do_helo(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	reset(c);
	reply(c, "250 %s", c->s->mail.myhostname);
}

static void
do_ehlo(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	reset(c);
	printf(
	    "250-%s\r\n250-PIPELINING\r\n250-SIZE %lld\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n",
	    c->s->mail.myhostname, (long long) c->s->mail.message_size_limit);
	reply(c, "250 SMTPUTF8");
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
	else if (!smtp_rcpt_parse(
		     arena_dup(c->arena, cmd->args), &g, c->smtputf8, c->arena, &rcpt, &fault))
		refuse(c, &fault);
	else if (c->message.recipients.count >= MAILDROP_RCPTS_MAX || arena_is_over(c->arena))
		reply(c, "452 4.5.3 Error: too many recipients");
	else {
		*ARRAY_ADD(c->arena, &c->message.recipients) = addr_internal(
		    c->arena, rcpt.path.addr);
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

static void
answer_end(struct smtp *c, int status, const char *text)
{
	if (status == EX_OK)
		reply(c, "250 2.0.0 Ok: queued as %s", text);
	else if (status == EX_TEMPFAIL)
		reply(c, "451 4.3.0 Error: %s", text);
	else if (status == EX_UNAVAILABLE)
		reply(c, "552 5.3.4 Error: %s", text);
	else
		reply(c, "554 5.7.1 Error: %s", text);
}

static void
do_data(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
	char text[DROP_REPLY_MAX];
	struct span line;
	struct drop drop;
	bool is_whole;
	int status;

	if (!c->has_mail || c->message.recipients.count == 0) {
		reply(c,
		    c->has_mail ? "554 5.5.1 Error: no valid recipients"
				: "503 5.5.1 Error: need MAIL command");
		return;
	}
	drop_start(&drop, c->s, &c->message);
	reply(c, "354 End data with <CR><LF>.<CR><LF>");
	while (next_line(c, &line, &is_whole)) {
		maildrop_print_chunk(line, &drop.out);
		if (drop.out.len >= OUT_BYTES)
			drop_flush(&drop);
	}
	if (!is_whole) {
		drop_cancel(&drop);
		c->is_done = true;
		return;
	}
	status = drop_finish(&drop, text);
	answer_end(c, status, text);
	reset(c);
}

static void
do_rset(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
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
	reply(c, "252 2.0.0 %.*s", SPAN_ARG(cmd->args));
}

static void
do_quit(struct smtp *c, const struct smtp_cmd *cmd UNUSED)
{
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
	free(c.line);
	arena_free(&c.arena);
	return EX_OK;
}
