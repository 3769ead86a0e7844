/* SPDX-License-Identifier: ISC */
/*
 * Evaluating restriction lists: walks over the steps that smtpd_restrict_read.c has made, and knows
 * nothing of single primitives.
 */
#include "smtpd/smtpd/smtpd_restrict.h"
#include "lib/sys/log.h"
#include "lib/sys/main_cf.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_checks.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_restrict_list.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { RESTRICT_DEPTH_MAX = 100, RESTRICT_REPLY_MAX = 4096 };

const char restrict_class_sender[] = "Sender address";
const char restrict_class_recipient[] = "Recipient address";

/* ---- State of one evaluation ---- */

void
restrict_state_init(struct restrict_state *state)
{
	str_init(&state->reply, RESTRICT_REPLY_MAX);
	str_init(&state->if_permit.reply, RESTRICT_REPLY_MAX);
	str_init(&state->if_reject.reply, RESTRICT_REPLY_MAX);
}

void
restrict_state_fini(struct restrict_state *state)
{
	str_fini(&state->reply);
	str_fini(&state->if_permit.reply);
	str_fini(&state->if_reject.reply);
}

void
restrict_state_clear(struct restrict_state *state)
{
	state->warn_only = false;
	state->depth = 0;
	state->if_permit.is_active = state->if_reject.is_active = false;
	str_clear(&state->if_permit.reply);
	str_clear(&state->if_reject.reply);
}

/* ---- Verdicts of primitives ---- */

/* The text that is in state->reply is the answer, unless something changes it. */
static enum verdict
restrict_conclude(struct session *s)
{
	struct restrict_state *state = &s->restrict_state;

	if (state->warn_only) {
		session_log_action(s, "reject_warning", s->where, str_span(&state->reply));
		return VERDICT_DUNNO;
	}
	if (state->if_reject.is_active && state->reply.len > 0 && state->reply.p[0] == '5') {
		str_clear(&state->reply);
		str_add(&state->reply, str_span(&state->if_reject.reply));
	}
	session_log_action(s, "reject", s->where, str_span(&state->reply));
	return VERDICT_REJECT;
}

enum verdict
restrict_refuse(struct session *s, int code, const char *dsn, const char *fmt, ...)
{
	struct str *reply = &s->restrict_state.reply;
	va_list ap;

	str_clear(reply);
	str_addf(
	    reply, "%d %s ", s->smtpd->mail->soft_bounce && code >= 500 ? code - 100 : code, dsn);
	va_start(ap, fmt);
	str_vaddf(reply, fmt, ap);
	va_end(ap);
	if (reply->len > 4)
		reply->p[4] = reply->p[0];
	return restrict_conclude(s);
}

enum verdict
restrict_misconfigured(struct session *s)
{
	return restrict_refuse(s, 451, "4.3.5", "Server configuration error");
}

struct dsn_change {
	const char *from, *to;
};

/*
 * Codes about senders and recipients are different ones (RFC 3463 3.2); about anything else they
 * say nothing.
 */
static const char *
restrict_adapt_dsn(const char *class, const char *dsn)
{
	static const struct dsn_change sender[] = {
		{ "1.1", "1.7" }, { "1.2", "1.8" }, { "1.3", "1.7" }, { "1.4", "1.7" }, { "1.6", "1.7" },
	}, recipient[] = {
		{ "1.7", "1.3" }, { "1.8", "1.2" },
	};
	bool is_sender = class == restrict_class_sender,
	     is_recipient = class == restrict_class_recipient;
	const struct dsn_change *changes = is_sender ? sender : recipient;
	size_t count = is_sender ? COUNT_OF(sender) : is_recipient ? COUNT_OF(recipient) : 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(dsn + 2, changes[i].from) == 0)
			return changes[i].to;
	return !is_sender && !is_recipient && dsn[2] == '1' ? "0.0" : dsn + 2;
}

enum verdict
restrict_refuse_subject(struct session *s, const struct restrict_subject *subject, int code,
    const char *dsn, const char *fmt, ...)
{
	const char *detail = restrict_adapt_dsn(subject->class, dsn);
	char adapted[16], text[1000];
	va_list ap;

	snprintf(adapted, sizeof(adapted), "%c.%.10s", dsn[0], detail);
	if (strcmp(adapted, dsn) != 0)
		log_info("mapping DSN status %s into %s status %s", dsn, subject->class, adapted);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return restrict_refuse(s, code, adapted, "<%.*s>: %s rejected: %s",
	    SPAN_ARG(span_slice(subject->name, 0, 500)), subject->class, text);
}

static enum verdict
restrict_remember(struct session *s, struct restrict_deferral *deferral, const char *dsn,
    const char *fmt, va_list ap)
{
	if (deferral->is_active)
		return VERDICT_DUNNO;
	deferral->is_active = true;
	deferral->where = s->where;
	str_clear(&deferral->reply);
	str_addf(&deferral->reply, "%d %s ", 450, dsn);
	str_vaddf(&deferral->reply, fmt, ap);
	deferral->reply.p[4] = '4';
	return VERDICT_DUNNO;
}

enum verdict
restrict_defer_if_permit(struct session *s, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	if (s->restrict_state.warn_only)
		return VERDICT_DUNNO;
	va_start(ap, fmt);
	restrict_remember(s, &s->restrict_state.if_permit, dsn, fmt, ap);
	va_end(ap);
	return VERDICT_DUNNO;
}

enum verdict
restrict_defer_if_reject(struct session *s, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	restrict_remember(s, &s->restrict_state.if_reject, dsn, fmt, ap);
	va_end(ap);
	return VERDICT_DUNNO;
}

enum verdict
restrict_fail(struct session *s, enum lookup why, const struct restrict_subject *subject,
    const struct err *err)
{
	log_warn_err("restriction", err);
	if (why == LOOKUP_CONFIG)
		return restrict_refuse_subject(
		    s, subject, 451, "4.3.5", "Server configuration error");
	return restrict_refuse_subject(s, subject, 451, "4.3.0", RESTRICT_NO_ANSWER);
}

/* ---- Evaluation ---- */

static enum verdict restrict_run_list(
    struct session *s, const struct restrict_list *list, const struct restrict_subject *subject);

static bool
restrict_has_needs(const struct session *s, unsigned needs)
{
	if ((needs & RESTRICT_NEEDS_HELO) != 0 && s->helo.len == 0)
		return false;
	if ((needs & RESTRICT_NEEDS_SENDER) != 0 && !s->mail.is_open)
		return false;
	return (needs & RESTRICT_NEEDS_RCPT) == 0 || s->mail.recipient.p != NULL;
}

static enum verdict
restrict_run_unknown(struct session *s, const char *name)
{
	log_warn("unknown smtpd restriction: \"%s\"", name);
	return restrict_misconfigured(s);
}

/* A prefix changes the step behind it and only that. */
static enum verdict
restrict_run_step(
    struct session *s, const struct restrict_step *step, const struct restrict_subject *subject)
{
	bool was_warn_only = s->restrict_state.warn_only;
	enum verdict verdict;

	if (step->list != NULL)
		verdict = restrict_run_list(s, step->list, subject);
	else if (step->row == NULL)
		verdict = restrict_run_unknown(s, step->word);
	else if (!restrict_has_needs(s, step->row->needs))
		verdict = VERDICT_DUNNO;
	else
		verdict = step->row->check(s, step, subject);
	if (was_warn_only)
		s->restrict_state.warn_only = false;
	return verdict;
}

static enum verdict
restrict_run_steps(struct session *s, const struct restrict_step *steps, size_t count,
    const struct restrict_subject *subject)
{
	enum verdict verdict = VERDICT_DUNNO;

	for (size_t i = 0; verdict == VERDICT_DUNNO && i < count; i++)
		verdict = (s->mail.flags & MAIL_DISCARD) != 0
		    ? VERDICT_PERMIT
		    : restrict_run_step(s, &steps[i], subject);
	return verdict;
}

static enum verdict
restrict_run_list(
    struct session *s, const struct restrict_list *list, const struct restrict_subject *subject)
{
	enum verdict verdict;

	if (s->restrict_state.depth >= RESTRICT_DEPTH_MAX) {
		log_warn("%s: restrictions are nested too deep", list->name);
		return restrict_misconfigured(s);
	}
	s->restrict_state.depth++;
	verdict = restrict_run_steps(s, list->steps.v, list->steps.count, subject);
	s->restrict_state.depth--;
	return verdict;
}

/*
 * One step of a list that an access table gave: no tables in it. returns false when it cannot be
 * one
 */
static bool
restrict_text_step(
    struct session *s, struct span word, struct span *rest, struct restrict_step *step)
{
	struct span arg;
	struct err err = { 0 };

	*step = (struct restrict_step){ .word = arena_cstr(s->scratch, word),
		.list = restrict_find_class(&s->smtpd->restrictions, word) };
	if (step->list != NULL)
		return true;
	step->row = smtpd_check_find(word);
	if (step->row == NULL || step->row->arg == RESTRICT_TABLE)
		return false;
	if (step->row->arg == RESTRICT_WORD) {
		if (!main_cf_list_next(rest, &arg, &err))
			return false;
		step->word = arena_cstr(s->scratch, arg);
	}
	return true;
}

enum verdict
restrict_run_text(struct session *s, struct span text, const struct restrict_subject *subject)
{
	enum verdict verdict = VERDICT_DUNNO;
	struct restrict_step step;
	struct span word;
	struct err err = { 0 };

	if (s->restrict_state.depth++ >= RESTRICT_DEPTH_MAX)
		return restrict_misconfigured(s);
	while (verdict == VERDICT_DUNNO && main_cf_list_next(&text, &word, &err)) {
		if (!restrict_text_step(s, word, &text, &step)) {
			verdict = restrict_run_unknown(s, arena_cstr(s->scratch, word));
			break;
		}
		verdict = restrict_run_step(s, &step, subject);
	}
	s->restrict_state.depth--;
	return verdict;
}

bool
restrict_conditions_hold(struct session *s, const struct restrict_list *list)
{
	struct restrict_subject subject = { s->client.id, "Client host" };

	for (size_t i = 0; i < list->steps.count; i++) {
		const struct restrict_row *row = list->steps.v[i].row;

		if (row != NULL && row->check(s, &list->steps.v[i], &subject) == VERDICT_PERMIT)
			return true;
	}
	return false;
}

/* ---- Moments of a session ---- */

/* What a list is about, from the session's facts. */
static struct restrict_subject
restrict_subject_of(struct session *s, enum restrict_stage stage)
{
	switch (stage) {
	case RESTRICT_CLIENT:
		return (struct restrict_subject){ s->client.id, "Client host" };
	case RESTRICT_HELO:
		return (struct restrict_subject){ s->helo, "Helo command" };
	case RESTRICT_SENDER:
		return (struct restrict_subject){ access_external(s, s->mail.sender),
			restrict_class_sender };
	case RESTRICT_RELAY:
	case RESTRICT_RECIPIENT:
		return (struct restrict_subject){ access_external(s, s->mail.recipient),
			restrict_class_recipient };
	case RESTRICT_DATA:
		return (struct restrict_subject){ SPAN("DATA"), "Data command" };
	case RESTRICT_END_OF_DATA:
		return (struct restrict_subject){ SPAN("END-OF-MESSAGE"), "End-of-data" };
	case RESTRICT_ETRN:
	case RESTRICT_STAGES:
		break;
	}
	return (struct restrict_subject){ SPAN(""), "Etrn command" };
}

static enum verdict
restrict_run_stage(struct session *s, enum restrict_stage stage)
{
	const struct restrict_list *list = s->smtpd->restrictions.lists[stage];
	struct restrict_subject subject;

	if (list->steps.count == 0)
		return VERDICT_DUNNO;
	if (stage == RESTRICT_HELO && s->helo.len == 0)
		return VERDICT_DUNNO;
	s->restrict_state.if_reject.is_active = false;
	subject = restrict_subject_of(s, stage);
	return restrict_run_list(s, list, &subject);
}

/* Permission, so far: something earlier may have been unable to refuse. */
static enum verdict
restrict_finish(struct session *s, enum verdict verdict)
{
	struct restrict_state *state = &s->restrict_state;

	if (verdict == VERDICT_REJECT || !state->if_permit.is_active ||
	    (s->mail.flags & MAIL_DISCARD) != 0)
		return verdict;
	str_clear(&state->reply);
	str_add(&state->reply, str_span(&state->if_permit.reply));
	state->warn_only = false;
	return restrict_conclude(s);
}

static enum verdict
restrict_run_alone(struct session *s, enum restrict_stage stage)
{
	restrict_state_clear(&s->restrict_state);
	return restrict_finish(s, restrict_run_stage(s, stage));
}

enum verdict
restrict_at_connect(struct session *s)
{
	return s->smtpd->restrictions.delays ? VERDICT_DUNNO
					     : restrict_run_alone(s, RESTRICT_CLIENT);
}

enum verdict
restrict_at_helo(struct session *s)
{
	return s->smtpd->restrictions.delays ? VERDICT_DUNNO : restrict_run_alone(s, RESTRICT_HELO);
}

enum verdict
restrict_at_mail(struct session *s)
{
	enum verdict verdict;

	if (s->smtpd->restrictions.delays)
		return VERDICT_DUNNO;
	restrict_state_clear(&s->restrict_state);
	verdict = restrict_run_stage(s, RESTRICT_SENDER);
	if (verdict != VERDICT_REJECT)
		verdict = access_check_unlisted_sender(s);
	return restrict_finish(s, verdict);
}

/* Mail to the postmaster of this host is never refused (RFC 5321 4.5.1). */
static bool
restrict_is_exempt(const struct session *s)
{
	return span_eq_str_ci(s->mail.recipient, "postmaster");
}

enum verdict
restrict_at_rcpt(struct session *s)
{
	bool delays = s->smtpd->restrictions.delays,
	     relay_first = s->smtpd->restrictions.relay_first;
	const enum restrict_stage stages[] = {
		RESTRICT_CLIENT,
		RESTRICT_HELO,
		RESTRICT_SENDER,
		relay_first ? RESTRICT_RELAY : RESTRICT_RECIPIENT,
		relay_first ? RESTRICT_RECIPIENT : RESTRICT_RELAY,
	};
	enum verdict verdict = VERDICT_DUNNO;

	restrict_state_clear(&s->restrict_state);
	s->mail.is_unlisted_checked = false;
	if (restrict_is_exempt(s))
		return VERDICT_PERMIT;
	for (size_t i = delays ? 0 : 3; verdict != VERDICT_REJECT && i < COUNT_OF(stages); i++)
		verdict = restrict_run_stage(s, stages[i]);
	s->restrict_state.if_reject.is_active = false;
	if (verdict != VERDICT_REJECT && delays)
		verdict = access_check_unlisted_sender(s);
	if (verdict != VERDICT_REJECT)
		verdict = access_check_unlisted_recipient(s);
	if (verdict != VERDICT_REJECT)
		smtpd_compat_note_recipient(s);
	return restrict_finish(s, verdict);
}

/* With one recipient these lists may ask about it. */
static enum verdict
restrict_run_late(struct session *s, enum restrict_stage stage)
{
	enum verdict verdict;

	if (s->mail.rcpts.count == 1)
		s->mail.recipient = s->mail.rcpts.v[0].address;
	verdict = restrict_run_alone(s, stage);
	s->mail.recipient = span_make(NULL, 0);
	return verdict;
}

enum verdict
restrict_at_data(struct session *s)
{
	return restrict_run_late(s, RESTRICT_DATA);
}

enum verdict
restrict_at_end_of_data(struct session *s)
{
	return restrict_run_late(s, RESTRICT_END_OF_DATA);
}

enum verdict
restrict_at_etrn(struct session *s, struct span domain)
{
	struct restrict_subject subject = { domain, "Etrn command" };
	enum verdict verdict = VERDICT_DUNNO;

	restrict_state_clear(&s->restrict_state);
	if (s->smtpd->restrictions.delays)
		verdict = restrict_run_stage(s, RESTRICT_CLIENT);
	if (verdict != VERDICT_REJECT && s->smtpd->restrictions.delays)
		verdict = restrict_run_stage(s, RESTRICT_HELO);
	if (verdict != VERDICT_REJECT)
		verdict = restrict_run_list(
		    s, s->smtpd->restrictions.lists[RESTRICT_ETRN], &subject);
	return restrict_finish(s, verdict);
}
