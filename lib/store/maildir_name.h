/* SPDX-License-Identifier: ISC */
#ifndef MAILDIR_NAME_H
#define MAILDIR_NAME_H

#include "lib/base/str.h"

/*
 * The name of a message's file in a Maildir: "<base>[,S=<octets>][,W=<octets>][,<more>]:2,<flags>".
 * The base name of a file that exists is never changed; only what is behind the colon is.
 */
enum maildir_flag {
	MAILDIR_DRAFT    = 1 << 0,      /* D */
	MAILDIR_FLAGGED  = 1 << 1,      /* F */
	MAILDIR_PASSED   = 1 << 2,      /* P: kept, without meaning in IMAP */
	MAILDIR_ANSWERED = 1 << 3,      /* R */
	MAILDIR_SEEN     = 1 << 4,      /* S */
	MAILDIR_DELETED  = 1 << 5,      /* T */
};

enum { MAILDIR_KEYWORDS = 26 };         /* a to z */

struct maildir_name {
	struct span base;               /* all in front of ":2,": what a UID list names */
	unsigned flags;
	uint32_t keywords;              /* bit n: the letter 'a' + n */
	/* flags that nobody knows, and what follows a further comma: kept */
	struct span unknown, extra;
	bool has_info;                  /* there was ":2," */
	bool has_size, has_crlf_size;
	uint64_t size, crlf_size;       /* S= and W= */
	bool has_uid;                   /* I= is there */
	uint32_t uid_validity, uid;
};

/* Take a name apart; spans point into it. false: no name of a message (empty, or begins with "."). */
bool maildir_name_parse(struct span name, struct maildir_name *out);

/*
 * Append the name with its flags in Maildir's order: capitals, then keywords, then what is unknown.
 * Without flags and without ":2," before, nothing is added to the base.
 */
bool maildir_name_print(struct str *out, const struct maildir_name *name);

#endif
