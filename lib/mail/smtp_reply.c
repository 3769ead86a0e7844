/* SPDX-License-Identifier: ISC */
/*
 * Replies of an SMTP server. The peer is a stranger: every line is bounded and no byte is trusted.
 */
#include "lib/mail/smtp_reply.h"

/* Reply-code = %x32-35 %x30-35 %x30-39; real servers use any second digit */
enum parse
smtp_reply_line_parse(struct span line, struct smtp_reply_line *line_out)
{
	uint64_t code;

	if (!span_to_u64(span_slice(line, 0, 3), 599, &code) || line.len < 3 || code < 200)
		return PARSE_BAD;
	if (line.len > 3 && line.p[3] != '-' && !ascii_is_wsp(line.p[3]))
		return PARSE_BAD;
	line_out->code = (int) code;
	line_out->is_last = line.len == 3 || line.p[3] != '-';
	line_out->text = span_from(line, 4);
	return PARSE_OK;
}

void
smtp_reply_init(struct smtp_reply *reply, size_t max_bytes)
{
	*reply = (struct smtp_reply){ .text = { .max = max_bytes } };
}

void
smtp_reply_fini(struct smtp_reply *reply)
{
	str_fini(&reply->text);
}

void
smtp_reply_clear(struct smtp_reply *reply)
{
	reply->code = 0;
	reply->dsn[0] = '\0';
	reply->lines = 0;
	str_clear(&reply->text);
}

/* Keep as much of a line as fits. */
static void
keep_text(struct smtp_reply *reply, struct span line)
{
	if (reply->lines > 0)
		(void) str_add_char(&reply->text, '\n');
	if (!reply->text.overflowed)
		(void) str_add(
		    &reply->text, span_slice(line, 0, reply->text.max - reply->text.len));
}

/* An enhanced code counts only when its class is the reply's (RFC 2034 4). */
static void
keep_dsn(struct smtp_reply *reply, struct span text)
{
	struct span ignored;
	char code[DSN_CODE_MAX];

	dsn_code_split(text, "", code, &ignored);
	if (code[0] == '0' + reply->code / 100)
		memcpy(reply->dsn, code, sizeof(code));
}

enum parse
smtp_reply_add(struct smtp_reply *reply, struct span line)
{
	struct smtp_reply_line parsed;

	if (smtp_reply_line_parse(line, &parsed) != PARSE_OK)
		return PARSE_BAD;
	if (reply->lines > 0 && parsed.code / 100 != reply->code / 100)
		return PARSE_BAD;
	reply->code = parsed.code;
	keep_text(reply, line);
	keep_dsn(reply, parsed.text);
	reply->lines++;
	return parsed.is_last ? PARSE_OK : PARSE_MORE;
}

bool
smtp_reply_print(const struct smtp_reply *reply, struct str *out)
{
	struct span text = str_span(&reply->text);
	size_t start = out->len;

	if (!str_add(out, text))
		return false;
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char) out->p[i] < ' ' || out->p[i] == 0x7f)
			out->p[i] = ' ';
	return true;
}
