/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_REPLY_H
#define SMTPD_REPLY_H

#include "lib/base/span.h"
#include "lib/base/str.h"

struct session;
struct smtp_fault;

/* Octets of one reply line without CR LF (RFC 5321 4.5.3.1.5). */
enum { REPLY_LINE_MAX = 510 };

/*
 * Say one reply: "250 2.1.0 Ok". It leaves with the next flush. Refusals pass soft_bounce,
 * smtpd_reject_filter_maps and the footer; each line is cut at REPLY_LINE_MAX, bytes outside
 * printable ASCII (and valid UTF-8 with smtputf8_enable) become blanks, the enhanced status
 * code's class is made to agree with the reply code. 421 and 521 end the session. A client that has
 * reached smtpd_soft_error_limit waits for smtpd_error_sleep_time.
 */
void reply_send(struct session *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same; an empty text says nothing (the client is hung up on). */
void reply_send_text(struct session *s, struct span text);

/* Refuse what could not be read; an address that is none is logged. */
void reply_send_fault(struct session *s, const struct smtp_fault *fault);

/* Several lines, without codes, separated by LF: "250-first", "250 last". */
void reply_send_lines(struct session *s, const char *code, struct span lines);

/*
 * Shape the text of a reply: the pieces of reply_send that need no session.
 * text      "CODE[ X.Y.Z] words", changed in place
 */
void reply_make_soft(struct str *text);
void reply_fit_class(struct str *text);

/*
 * Put a footer behind a refusal: each line of it on a line of its own with code and enhanced status
 * code of text; one that begins with "\c" goes on in the same line. out takes complete lines with
 * CR LF.
 */
void reply_add_lines(struct str *out, struct span text, struct span footer);

#endif
