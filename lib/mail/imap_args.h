/* SPDX-License-Identifier: ISC */
#ifndef IMAP_ARGS_H
#define IMAP_ARGS_H

#include "lib/base/arena.h"
#include "lib/base/result.h"
#include "lib/mail/imap_set.h"

/*
 * The arguments of an IMAP command, taken one by one from a whole command in memory: its line
 * without CRLF, in which each literal stands as it came ("{3}" CRLF and three octets).
 *
 * All functions return whether the argument was there. After the first that was not, `error` says
 * what was expected; all that follow fail too, so a command may take all its arguments and ask
 * once. spec: RFC 9051 9.
 */
struct imap_args {
	struct span in;
	size_t at;
	struct arena *pool;             /* takes unescaped strings */
	bool is_utf8;                   /* after ENABLE UTF8=ACCEPT or IMAP4rev2: quoted strings may be UTF-8 */
	const char *error;              /* static text; NULL: none so far */
};

enum { IMAP_DEPTH_MAX = 50 };           /* of parentheses in one command */

/* Whether that byte comes next; nothing is taken. */
bool imap_args_next_is(const struct imap_args *args, char c);

/* Nothing is left. imap_args_end makes anything else an error. */
bool imap_args_at_end(const struct imap_args *args);
bool imap_args_end(struct imap_args *args);

/* One space, one "(", one ")"; imap_args_char for others. */
bool imap_args_space(struct imap_args *args);
bool imap_args_char(struct imap_args *args, char c);

/* Take the word, without regard to case, if it comes next and nothing of an atom follows; no error otherwise. */
bool imap_args_word(struct imap_args *args, const char *word);

/* The kinds of strings. Spans point into the command or the pool. */
bool imap_args_atom(struct imap_args *args, struct span *out);
bool imap_args_string(struct imap_args *args, struct span *out);
bool imap_args_astring(struct imap_args *args, struct span *out);
bool imap_args_nstring(struct imap_args *args, struct span *out);       /* NIL: p NULL */

/* list-mailbox: an astring that may hold "%" and "*". */
bool imap_args_list_mailbox(struct imap_args *args, struct span *out);

/* number, nz-number (min 1), number64 by their limits. */
bool imap_args_number(struct imap_args *args, uint64_t min, uint64_t max, uint64_t *out);

/* sequence-set; see imap_set_parse. "$" is the caller's. */
bool imap_args_set(struct imap_args *args, uint32_t star, struct imap_set *out);

/* flag = "\" atom / atom, with its backslash. */
bool imap_args_flag(struct imap_args *args, struct span *out);

/* date-time = DQUOTE date-day-fixed "-" month "-" year SP time SP zone DQUOTE: seconds since 1970 UTC */
bool imap_args_date_time(struct imap_args *args, int64_t *seconds_out);

/* date = ["] date-day "-" month "-" year ["]: seconds of its midnight in UTC */
bool imap_args_date(struct imap_args *args, int64_t *seconds_out);

/* Note an error of the caller's own (static text); false. */
bool imap_args_fail(struct imap_args *args, const char *error);

#endif
