/* SPDX-License-Identifier: ISC */
#ifndef DSN_REPORT_H
#define DSN_REPORT_H

#include "lib/mail/dsn.h"

/*
 * Delivery status reports as whole messages: a multipart/report (RFC 6522) of a notice for people,
 * the fields of RFC 3464 for programs, and the message or its header. Everything is appended with
 * LF line ends; texts from elsewhere are made one line each, so that none can add a field. Call in
 * the order of this file; the caller appends the original between dsn_report_original and
 * dsn_report_end, its lines as they are.
 */
struct dsn_report {
	/* header form: "Mail Delivery System <MAILER-DAEMON@example>" */
	struct span from;
	struct span to;                 /* header form; empty becomes an empty group */
	struct span subject;
	struct span message_id;         /* with "<>"; empty: no such field */
	struct span boundary;           /* "QID.time/host" */
	struct span charset;            /* of the notice: "us-ascii", "utf-8" */
	int64_t seconds;                /* Date: */
	int zone_minutes;
	bool is_generated;              /* not an answer to the recipient's own mail */
	/* addresses or notice may be UTF-8: message/global forms (RFC 6533) */
	bool is_utf8;
	bool is_8bit;                   /* parts may be 8-bit: Content-Transfer-Encoding: 8bit */

	struct span reporting_mta;      /* host name */
	/* X-Postfix-Queue-ID, X-Postfix-Sender; sender is in external form */
	struct span queue_id, sender;
	struct span envid;              /* Original-Envelope-Id, decoded; empty: none */
	int64_t arrival_seconds;
};

/* What happened to one recipient. Addresses are in external form. */
enum dsn_action { DSN_FAILED, DSN_DELAYED, DSN_DELIVERED, DSN_RELAYED, DSN_EXPANDED };

struct dsn_report_rcpt {
	struct span address;
	/* "rfc822;user@example", decoded; empty: original, if given, stands for it */
	struct span orcpt;
	struct span original;           /* address before expansion */
	enum dsn_action action;
	struct span code;               /* "5.1.1" */
	struct span text;               /* the reason as the log has it */
	struct span remote_mta;         /* "dns; host" or a host name; empty: none */
	struct span diagnostic;         /* "smtp; 550 ..."; empty: "x-postfix; " text */
	int64_t last_attempt_seconds;   /* 0: none */
	int64_t will_retry_until;       /* 0: none */
};

const char *dsn_action_name(enum dsn_action action);
/* false: no such name */
MUST_USE bool dsn_action_parse(struct span name, enum dsn_action *action_out);

/* Header of the message and the start of the notice; notice text is appended by dsn_report_text. */
bool dsn_report_begin(struct str *out, const struct dsn_report *report);

/* Text for people, lines as they are, with a final LF added where it is missing. */
bool dsn_report_text(struct str *out, struct span text);

/* "<user@example> (expanded from <x>): host said: ...", wrapped, with an empty line before. */
bool dsn_report_notice_rcpt(struct str *out, const struct dsn_report_rcpt *rcpt);

/* The part for programs: message fields, then one call for each recipient. */
bool dsn_report_status(struct str *out, const struct dsn_report *report);
bool dsn_report_status_rcpt(struct str *out, const struct dsn_report *report,
    const struct dsn_report_rcpt *rcpt);

/*
 * The start of the last part. description: "Undelivered Message"; headers_only:
 * text/rfc822-headers.
 */
bool dsn_report_original(struct str *out, const struct dsn_report *report, const char *description,
    bool headers_only);

/* The last boundary. */
bool dsn_report_end(struct str *out, const struct dsn_report *report);

#endif
