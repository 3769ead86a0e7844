/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_RESTRICT_H
#define SMTPD_RESTRICT_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/table/maps.h"

/*
 * Restriction lists: read once at start-up into steps whose tables are open, evaluated per client,
 * command or recipient. A primitive is one row of smtpd_checks.def and one function.
 */
struct session;
struct smtpd;
struct main_cf;
struct table_env;
struct restrict_list;

/* What a primitive says. */
enum verdict {
	VERDICT_DUNNO,  /* nothing: the next one decides */
	VERDICT_PERMIT, /* ends this list */
	VERDICT_REJECT, /* ends all lists; the reply is in restrict_state */
};

/* What the current list is about: goes into "<name>: Class rejected: ...". */
struct restrict_subject {
	struct span name;
	const char *class; /* "Client host", "Recipient address" */
};

/* What a client is told when a table, or name service, gave no answer. */
#define RESTRICT_NO_ANSWER "Temporary lookup failure"

/* The words of classes that enhanced status codes depend on. */
extern const char restrict_class_sender[], restrict_class_recipient[];

/* What the argument of a primitive is. */
enum restrict_arg { RESTRICT_NO_ARG, RESTRICT_TABLE, RESTRICT_CCERT_TABLE, RESTRICT_WORD };

/* What must be known for a primitive to be asked at all. */
enum { RESTRICT_NEEDS_HELO = 1, RESTRICT_NEEDS_SENDER = 2, RESTRICT_NEEDS_RCPT = 4 };

/* By which fingerprint check_ccert_access looks. */
enum ccert_key { CCERT_NO_KEY, CCERT_CERTIFICATE, CCERT_PUBLIC_KEY };
enum { CCERT_KEYS = 2 };

struct restrict_step {
	const struct restrict_row *row;   /* NULL: a class, or a name that nobody knows */
	const char *word;                 /* the name as written, or a word argument */
	struct maps *maps;                /* RESTRICT_TABLE, RESTRICT_CCERT_TABLE */
	enum ccert_key ccert_keys[CCERT_KEYS];
	const struct restrict_list *list; /* a restriction class */
};

struct restrict_row {
	const char *name;
	unsigned needs;
	enum restrict_arg arg;
	enum verdict (*check)(struct session *s, const struct restrict_step *step,
	    const struct restrict_subject *subject);
	const char *instead; /* a deprecated spelling: the name to use */
	const char *missing; /* why it cannot be had; NULL: it can */
};

/* A list, by where it is evaluated. */
enum restrict_stage {
	RESTRICT_CLIENT,
	RESTRICT_HELO,
	RESTRICT_SENDER,
	RESTRICT_RELAY,
	RESTRICT_RECIPIENT,
	RESTRICT_DATA,
	RESTRICT_END_OF_DATA,
	RESTRICT_ETRN,
	RESTRICT_STAGES
};

struct restrict_set {
	struct restrict_list *lists[RESTRICT_STAGES];
	struct restrict_list *classes; /* chained */
	bool delays;                   /* smtpd_delay_reject */
	bool relay_first;              /* smtpd_relay_before_recipient_restrictions */
};

/* A verdict that waits for how the rest turns out. */
struct restrict_deferral {
	bool is_active;
	struct str reply;
	const char *where;
};

struct restrict_state {
	struct str reply; /* of VERDICT_REJECT: "554 5.7.1 <x>: Relay access denied" */
	bool warn_only;   /* behind warn_if_reject */
	struct restrict_deferral if_permit, if_reject;
	int depth; /* of lists inside lists */
};

/*
 * Read all lists and classes and open their tables.
 * returns   false with *err; also when neither relay nor recipient list holds anything that stops
 * relaying
 */
MUST_USE bool restrict_set_open(struct restrict_set *set, struct smtpd *smtpd, struct main_cf *cf,
    const struct table_env *env, struct err *err);
void restrict_set_close(struct restrict_set *set);

/*
 * Evaluate at the moments of a session. The subject is taken from the session: client, helo,
 * mail.sender, mail.recipient.
 * returns   VERDICT_REJECT with restrict_state.reply to be sent; else anything goes
 */
enum verdict restrict_at_connect(struct session *s);
enum verdict restrict_at_helo(struct session *s);
enum verdict restrict_at_mail(struct session *s);
enum verdict restrict_at_rcpt(struct session *s);
enum verdict restrict_at_data(struct session *s);
enum verdict restrict_at_end_of_data(struct session *s);
enum verdict restrict_at_etrn(struct session *s, struct span domain);

/*
 * A list that is asked only whether it permits (local_header_rewrite_clients): permit_ primitives
 * and
 * tables by client.
 */
MUST_USE bool restrict_conditions_open(struct restrict_list **list_out, struct smtpd *smtpd,
    const struct table_env *env, const char *name, const char *text, struct err *err);
void restrict_conditions_close(struct restrict_list *list);
bool restrict_conditions_hold(struct session *s, const struct restrict_list *list);

/* Evaluate a list that an access table names: no tables in it. */
enum verdict restrict_run_text(
    struct session *s, struct span text, const struct restrict_subject *subject);

/* ---- For primitives ---- */

/*
 * Refuse: logs the line and fills restrict_state.reply, or does what warn_if_reject and
 * defer_if_reject ask for. fmt is the text behind code and enhanced status code.
 */
enum verdict restrict_refuse(struct session *s, int code, const char *dsn, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/*
 * The same as "<name>: Class rejected: text", with the enhanced status code adapted to the class.
 */
enum verdict restrict_refuse_subject(struct session *s, const struct restrict_subject *subject,
    int code, const char *dsn, const char *fmt, ...) PRINTF_LIKE(5, 6);

/* The configuration makes no sense: 451 4.3.5. The caller has logged what is wrong. */
enum verdict restrict_misconfigured(struct session *s);

/*
 * Remember to defer instead of the final permission (whichever list gives it), or instead of a
 * refusal by a later step of this list. Both return VERDICT_DUNNO.
 */
enum verdict restrict_defer_if_permit(struct session *s, const char *dsn, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
enum verdict restrict_defer_if_reject(struct session *s, const char *dsn, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/*
 * A table, route or DNS could not answer: 451 4.3.0, or 451 4.3.5 when a person must mend it; logs
 * *err.
 */
enum verdict restrict_fail(struct session *s, enum lookup why,
    const struct restrict_subject *subject, const struct err *err);

/* Forget what was collected before: at the start of every evaluation. */
void restrict_state_clear(struct restrict_state *state);
void restrict_state_init(struct restrict_state *state);
void restrict_state_fini(struct restrict_state *state);

#endif
