/* SPDX-License-Identifier: ISC */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include "lib/mail/dsn.h"

/* Replies as an SMTP or LMTP client reads them (RFC 5321 4.2, RFC 2034). */

struct smtp_reply_line {
	int code;                       /* 200..599 */
	bool is_last;                   /* blank or nothing after the code, not "-" */
	struct span text;               /* what follows, with an enhanced code still in it */
};

/* One line without its line end. PARSE_BAD: it does not begin with a reply code. */
MUST_USE enum parse smtp_reply_line_parse(struct span line, struct smtp_reply_line *line_out);

/* A whole reply. Its zero value is not ready for use. */
struct smtp_reply {
	int code;
	/* of the last line that has one which agrees with the code; else "" */
	char dsn[DSN_CODE_MAX];
	/* whole lines, joined by LF; long replies are cut at its maximum */
	struct str text;
	unsigned lines;
};

/* max_bytes bounds the text that is kept. */
void smtp_reply_init(struct smtp_reply *reply, size_t max_bytes);
void smtp_reply_fini(struct smtp_reply *reply);

/* Make ready for the next reply. */
void smtp_reply_clear(struct smtp_reply *reply);

/*
 * Add the next line.
 * returns   PARSE_OK the reply is complete; PARSE_MORE more lines follow; PARSE_BAD this is no
 *           reply line, or its code is of another class than the lines before it
 */
MUST_USE enum parse smtp_reply_add(struct smtp_reply *reply, struct span line);

/*
 * The text on one line for a log: codes and texts as they came, LF and control characters made
 * blanks.
 */
bool smtp_reply_print(const struct smtp_reply *reply, struct str *out);

#endif
