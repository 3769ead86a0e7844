/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_CMD_H
#define SMTPD_CMD_H

#include "lib/mail/smtp_cmd.h"

/* The table of commands. One file smtpd_cmd_NAME.c for each, or for a few that belong together. */
struct session;

enum smtpd_cmd_flag {
	CMD_PRE_TLS = 1 << 0,
	CMD_LAST = 1 << 1,
	CMD_JUNK = 1 << 2,
};

enum smtpd_cmd_index {
#define SMTPD_CMD(FN, NAME, FLAGS) SMTPD_CMD_##NAME,
#include "smtpd/smtpd/smtpd_cmds.def"
#undef SMTPD_CMD
	SMTPD_CMD_UNKNOWN,
	SMTPD_CMD_COUNT,
};

struct smtpd_cmd {
	const char *name;
	unsigned flags;
	/*
	 * args      the rest of the line without leading and trailing blanks
	 * returns   true when the command did what it is for; false counts as an error of the client
	 */
	bool (*run)(struct session *s, struct span args);
};

/* One row per command and, last, a row "UNKNOWN" without a function. */
extern const struct smtpd_cmd smtpd_cmds[SMTPD_CMD_COUNT];

/* The row of a verb in any case; the last one when there is none. */
enum smtpd_cmd_index smtpd_cmd_find(struct span verb);

#define SMTPD_CMD(FN, NAME, FLAGS) bool smtpd_cmd_##FN(struct session *s, struct span args);
#include "smtpd/smtpd/smtpd_cmds.def"
#undef SMTPD_CMD

/* ---- What several commands need (smtpd_cmd.c) ---- */

/* What this session has offered: how MAIL and RCPT are read. */
struct smtp_grammar smtpd_grammar(const struct session *s);

/* REQUIRETLS (RFC 8689) has a meaning only inside TLS. */
bool smtpd_offers_requiretls(const struct session *s);

/* EHLO keywords that smtpd_discard_ehlo_keywords can hide. */
enum smtpd_ehlo {
	EHLO_8BITMIME = 1 << 0,
	EHLO_AUTH = 1 << 1,
	EHLO_CHUNKING = 1 << 2,
	EHLO_DSN = 1 << 3,
	EHLO_ENHANCEDSTATUSCODES = 1 << 4,
	EHLO_ETRN = 1 << 5,
	EHLO_PIPELINING = 1 << 6,
	EHLO_REQUIRETLS = 1 << 7,
	EHLO_SIZE = 1 << 8,
	EHLO_SMTPUTF8 = 1 << 9,
	EHLO_STARTTLS = 1 << 10,
	EHLO_VERP = 1 << 11,
	EHLO_VRFY = 1 << 12,
	EHLO_XCLIENT = 1 << 13,
	EHLO_XFORWARD = 1 << 14,
	EHLO_SILENT = 1 << 15,
};

/* The keywords of a mask in capitals, each behind a blank. */
void smtpd_ehlo_words(unsigned mask, struct str *out);

/* A list of keywords as a mask; unknown words are appended to unknown_out, separated by blanks. */
unsigned smtpd_ehlo_mask(struct span list, char *unknown_out, size_t unknown_size);

#endif
