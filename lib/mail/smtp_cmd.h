/* SPDX-License-Identifier: ISC */
#ifndef SMTP_CMD_H
#define SMTP_CMD_H

#include "lib/mail/addr_path.h"
#include "lib/mail/dsn.h"

/*
 * The grammar of the commands an SMTP or LMTP server receives: what a line says, not whether it may
 * be said now. Lines come without their line end.
 */
enum smtp_verb {
	SMTP_UNKNOWN, SMTP_HELO, SMTP_EHLO, SMTP_LHLO, SMTP_MAIL, SMTP_RCPT, SMTP_DATA, SMTP_BDAT,
	    SMTP_RSET, SMTP_NOOP,
	SMTP_VRFY, SMTP_EXPN, SMTP_ETRN, SMTP_HELP, SMTP_QUIT, SMTP_STARTTLS, SMTP_AUTH,
	    SMTP_XCLIENT, SMTP_XFORWARD,
};
enum { SMTP_VERB_COUNT = SMTP_XFORWARD + 1 };

struct smtp_cmd {
	enum smtp_verb verb;
	struct span name;               /* the word as it came */
	struct span args;               /* what follows, without blanks around it */
};

/*
 * Split a command line. An empty line, or one that begins with no letter, is SMTP_UNKNOWN. Spans
 * point into line.
 */
struct smtp_cmd smtp_cmd_parse(struct span line);

/* "HELO", "BDAT", ...; "UNKNOWN". */
const char *smtp_verb_name(enum smtp_verb verb);

/* The reply that a syntax error asks for: 501 5.5.4 "Syntax: ..." and the like. */
struct smtp_fault {
	int code;
	char dsn[DSN_CODE_MAX];
	char text[200];
	struct span path; /* 501 5.1.3 and 5.1.7: the address as it came, for the log; else empty */
	bool is_shape;    /* not even "MAIL FROM:" or "RCPT TO:" with something behind it */
};

/* ESMTP parameters a server has offered, and how it reads paths. */
enum smtp_param {
	SMTP_PARAM_SIZE       = 1 << 0,
	SMTP_PARAM_BODY       = 1 << 1,
	SMTP_PARAM_SMTPUTF8   = 1 << 2,
	SMTP_PARAM_DSN        = 1 << 3,         /* RET, ENVID; NOTIFY, ORCPT */
	SMTP_PARAM_AUTH       = 1 << 4,
	SMTP_PARAM_REQUIRETLS = 1 << 5,
	SMTP_PARAM_XVERP      = 1 << 6,
	SMTP_PARAM_BINARYMIME = 1 << 7,
};

struct smtp_grammar {
	unsigned params;                /* enum smtp_param: others are 555 */
	/* ADDR_PATH_STRICT; ADDR_PATH_UTF8: 8-bit paths are possible */
	unsigned path_flags;
	/* the domain of "user@" (resolve_null_domain); NULL: it is a bad address */
	const char *null_domain;
	/* characters that XVERP may name */
	const char *verp_filter;
	/* 8-bit paths only with the SMTPUTF8 parameter (strict_smtputf8) */
	bool needs_smtputf8;
	/* a local part may begin with "-" (allow_min_user); else it is a bad address */
	bool allows_hyphen;
};

enum smtp_body { SMTP_BODY_NONE, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };

struct smtp_mail {
	struct addr_path path;
	uint64_t size;                  /* 0: not given; UINT64_MAX: larger than any number */
	enum smtp_body body;
	enum dsn_ret ret;
	struct span envid;              /* decoded; p NULL: not given */
	struct span auth;               /* decoded; "<>" as it is; p NULL: not given */
	/* two delimiters, or empty for the default; p NULL: not given */
	struct span verp;
	bool smtputf8, requiretls;
};

/*
 * Parse the arguments of MAIL: "FROM:" path and parameters.
 *
 * args      as smtp_cmd_parse gave them, at most 2000 bytes or so
 * pool      takes decoded texts
 * returns   false with *fault_out: 501 5.5.4 syntax or bad parameter, 501 5.1.7 bad address, 555
 *           5.5.4 unknown parameter, 553 5.6.7 8-bit without SMTPUTF8
 * spec      RFC 5321 4.1.1.2, 1870, 6152, 3461, 4954 5, 6531 3.4, 8689 2
 */
MUST_USE bool smtp_mail_parse(struct span args, const struct smtp_grammar *grammar,
    struct arena *pool, struct smtp_mail *mail_out, struct smtp_fault *fault_out);

struct smtp_rcpt {
	struct addr_path path;
	unsigned notify;                /* enum dsn_notify; 0: not given */
	struct span orcpt;              /* "rfc822;user@example", decoded; p NULL: not given */
};

/* The same for RCPT (501 5.1.3 for a bad address); smtputf8 is what MAIL said. RFC 5321 4.1.1.3. */
MUST_USE bool smtp_rcpt_parse(struct span args, const struct smtp_grammar *grammar, bool smtputf8,
    struct arena *pool, struct smtp_rcpt *rcpt_out, struct smtp_fault *fault_out);

/*
 * The address of VRFY, with or without brackets, and perhaps SMTPUTF8 behind it.
 *
 * text_out  the address as it came
 * returns   false with *fault_out: 501 5.1.3, 553 5.6.7
 * spec      RFC 5321 4.1.1.6, 6531 3.7.4.2
 */
MUST_USE bool smtp_vrfy_parse(struct span args, const struct smtp_grammar *grammar,
    struct arena *pool, struct addr_path *path_out, struct span *text_out,
    struct smtp_fault *fault_out);

/* "count [LAST]" (RFC 3030 2). false: 501 5.5.4. */
MUST_USE bool smtp_bdat_parse(struct span args, uint64_t *size_out, bool *is_last_out,
    struct smtp_fault *fault_out);

/*
 * The name of HELO, EHLO, LHLO: all that follows. false: 501, without an enhanced code as Postfix
 * has it.
 */
MUST_USE bool smtp_helo_parse(const struct smtp_cmd *cmd, struct span *name_out,
    struct smtp_fault *fault_out);

/*
 * Take the next "NAME=value" off the arguments of XCLIENT or XFORWARD.
 *
 * args      moves behind the pair
 * returns   PARSE_OK a pair, the value still in xtext; PARSE_MORE nothing is left; PARSE_BAD no "="
 */
MUST_USE enum parse smtp_xattr_next(
    struct span *args, struct span *name_out, struct span *text_out);

struct smtp_xattr {
	struct span value;
	bool is_missing;   /* [UNAVAILABLE] or [TEMPUNAVAIL] */
	bool is_temporary; /* [TEMPUNAVAIL] */
};

/* false: empty, bad xtext or UTF-8, control characters, a value over 255 bytes */
MUST_USE bool smtp_xattr_decode(
    struct span text, struct arena *pool, struct smtp_xattr *xattr_out);

#endif
