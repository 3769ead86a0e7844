/* SPDX-License-Identifier: ISC */
/*
 * Access tables. A value is an action word with a text, a reply code with a text, digits (permit),
 * or
 * a list of restrictions. Actions that change the message only note it in the transaction.
 */
#include "smtpd/smtpd/smtpd_access.h"
#include "lib/mail/addr.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_checks.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { ACCESS_VALUE_MAX = 4096 };

/* One action under way. */
struct access_act {
	const char *title; /* of the table */
	struct span text;  /* behind the action word */
	const struct restrict_subject *subject;
};

struct span
access_external(struct session *s, struct span internal)
{
	return internal.len == 0 ? SPAN("")
				 : addr_external(s->scratch, addr_from_internal(internal));
}

/* How actions without a refusal are logged: "<subject>: Class text". */
static void
access_log(struct session *s, const char *what, const struct access_act *act, const char *text)
{
	session_log_action(s, what, s->where,
	    span_of(arena_printf(s->scratch, "<%.*s>: %s %s", SPAN_ARG(act->subject->name),
		act->subject->class, text)));
}

/* The text of the table, or what the action is called. */
static const char *
access_text(struct session *s, const struct access_act *act, const char *otherwise)
{
	return act->text.len > 0 ? arena_cstr(s->scratch, act->text) : otherwise;
}

static const char *
access_target(struct session *s, const struct access_act *act, const char *verb)
{
	return arena_printf(s->scratch, "triggers %s %.*s", verb, SPAN_ARG(act->text));
}

/* A leading "X.Y.Z" of the text, else the default. */
static const char *
access_take_dsn(struct session *s, struct span *text, const char *dsn)
{
	size_t len = span_find(*text, ' '), digits = span_run(*text, "0123456789.");

	if (len < 5 || len > 9 || digits != len || text->p[1] != '.' ||
	    (text->p[0] != '4' && text->p[0] != '5'))
		return dsn;
	dsn = arena_cstr(s->scratch, span_slice(*text, 0, len));
	*text = span_trim(span_from(*text, len));
	return dsn;
}

static enum verdict
access_refuse(struct session *s, const struct access_act *act, int code, const char *dsn,
    const char *otherwise)
{
	struct span text = act->text;

	dsn = access_take_dsn(s, &text, dsn);
	return restrict_refuse_subject(
	    s, act->subject, code, dsn, "%.*s", SPAN_ARG(text.len > 0 ? text : span_of(otherwise)));
}

static enum verdict
access_reject(struct session *s, const struct access_act *act)
{
	return access_refuse(
	    s, act, s->smtpd->access->access_map_reject_code, "5.7.1", "Access denied");
}

static enum verdict
access_defer(struct session *s, const struct access_act *act)
{
	return access_refuse(
	    s, act, s->smtpd->access->access_map_defer_code, "4.7.1", "Access denied");
}

static enum verdict
access_defer_if_permit(struct session *s, const struct access_act *act)
{
	struct span text = act->text;
	const char *dsn = access_take_dsn(s, &text, "4.7.1");

	return restrict_defer_if_permit(s, dsn, "<%.*s>: %s rejected: %.*s",
	    SPAN_ARG(act->subject->name), act->subject->class,
	    SPAN_ARG(text.len > 0 ? text : SPAN("Service unavailable")));
}

static enum verdict
access_defer_if_reject(struct session *s, const struct access_act *act)
{
	struct span text = act->text;
	const char *dsn = access_take_dsn(s, &text, "4.7.1");

	return restrict_defer_if_reject(s, dsn, "<%.*s>: %s rejected: %.*s",
	    SPAN_ARG(act->subject->name), act->subject->class,
	    SPAN_ARG(text.len > 0 ? text : SPAN("Service unavailable")));
}

/* Only marks the words that permit: access_apply acts on them. */
static enum verdict
access_permit(struct session *s, const struct access_act *act)
{
	(void) s;
	(void) act;
	return VERDICT_PERMIT;
}

static enum verdict
access_dunno(struct session *s, const struct access_act *act)
{
	(void) s;
	(void) act;
	return VERDICT_DUNNO;
}

static enum verdict
access_hold(struct session *s, const struct access_act *act)
{
	access_log(s, "hold", act, access_text(s, act, "triggers HOLD action"));
	if (!s->restrict_state.warn_only)
		s->mail.flags |= MAIL_HOLD;
	return VERDICT_DUNNO;
}

static enum verdict
access_discard(struct session *s, const struct access_act *act)
{
	access_log(s, "discard", act, access_text(s, act, "triggers DISCARD action"));
	if (s->restrict_state.warn_only)
		return VERDICT_DUNNO;
	s->mail.flags |= MAIL_DISCARD;
	return VERDICT_PERMIT;
}

static enum verdict
access_filter(struct session *s, const struct access_act *act)
{
	size_t colon = span_find(act->text, ':');

	if (colon == 0 || colon == act->text.len) {
		log_warn("%s: FILTER needs transport:destination, not \"%.*s\"", act->title,
		    SPAN_ARG(act->text));
		return restrict_misconfigured(s);
	}
	access_log(s, "filter", act, access_target(s, act, "FILTER"));
	if (!s->restrict_state.warn_only)
		s->mail.content_filter = arena_dup(s->mail_arena, act->text);
	return VERDICT_DUNNO;
}

static bool
access_is_address(struct session *s, const struct access_act *act, const char *what)
{
	if (span_find(act->text, '@') < act->text.len &&
	    span_find_any(act->text, " \t") == act->text.len)
		return true;
	log_warn("%s: %s needs an address with a domain, not \"%.*s\"", act->title, what,
	    SPAN_ARG(act->text));
	(void) restrict_misconfigured(s);
	return false;
}

static enum verdict
access_redirect(struct session *s, const struct access_act *act)
{
	if (!access_is_address(s, act, "REDIRECT"))
		return VERDICT_REJECT;
	access_log(s, "redirect", act, access_target(s, act, "REDIRECT"));
	if (!s->restrict_state.warn_only)
		s->mail.redirect = arena_dup(s->mail_arena, act->text);
	return VERDICT_DUNNO;
}

static bool
access_has_bcc(const struct session *s, struct span address)
{
	for (size_t i = 0; i < s->mail.bcc.count; i++)
		if (span_eq(s->mail.bcc.v[i].address, address))
			return true;
	return false;
}

/* One copy is enough, however many recipients ask for it. */
static enum verdict
access_bcc(struct session *s, const struct access_act *act)
{
	if (!access_is_address(s, act, "BCC"))
		return VERDICT_REJECT;
	access_log(s, "bcc", act, access_target(s, act, "BCC"));
	if (s->restrict_state.warn_only || access_has_bcc(s, act->text))
		return VERDICT_DUNNO;
	if (s->mail.bcc.count == MAIL_BCC_MAX) {
		log_warn("access table %s: more than %d recipients of BCC", act->title,
		    MAIL_BCC_MAX);
		return restrict_misconfigured(s);
	}
	ARRAY_ADD(s->mail_arena, &s->mail.bcc)->address = arena_dup(s->mail_arena, act->text);
	return VERDICT_DUNNO;
}

static enum verdict
access_prepend(struct session *s, const struct access_act *act)
{
	size_t colon = span_find(act->text, ':');

	if (colon == 0 || colon == act->text.len || span_find_any(act->text, " \t") < colon) {
		log_warn("%s: PREPEND needs \"name: value\", not \"%.*s\"", act->title,
		    SPAN_ARG(act->text));
		return restrict_misconfigured(s);
	}
	if (s->mail.has_cleanup) {
		log_warn("access table %s: action PREPEND must be used before "
			 "smtpd_end_of_data_restrictions", act->title);
		return VERDICT_DUNNO;
	}
	if (s->restrict_state.warn_only)
		return VERDICT_DUNNO;
	if (s->mail.prepend.len + act->text.len + 1 > s->mail.prepend.max) {
		log_warn("access table %s: no room for PREPEND after %zu bytes of it", act->title,
		    s->mail.prepend.len);
		return restrict_misconfigured(s);
	}
	str_add(&s->mail.prepend, act->text);
	str_add_char(&s->mail.prepend, '\n');
	return VERDICT_DUNNO;
}

static enum verdict
access_warn(struct session *s, const struct access_act *act)
{
	session_log_action(s, "warn", s->where, act->text);
	return VERDICT_DUNNO;
}

static enum verdict
access_info(struct session *s, const struct access_act *act)
{
	session_log_action(s, "info", s->where, act->text);
	return VERDICT_DUNNO;
}

/* Without a word. */
static enum verdict
access_hangup(struct session *s, const struct access_act *act)
{
	session_log_action(s, "hangup", s->where, act->text);
	s->hang_up = true;
	str_clear(&s->restrict_state.reply);
	return VERDICT_REJECT;
}

static const struct access_action {
	const char *word;
	enum verdict (*run)(struct session *s, const struct access_act *act);
} access_actions[] = {
	{ "OK", access_permit },
	{ "RELAY", access_permit },
	{ "DUNNO", access_dunno },
	{ "REJECT", access_reject },
	{ "DEFER", access_defer },
	{ "DEFER_IF_PERMIT", access_defer_if_permit },
	{ "DEFER_IF_REJECT", access_defer_if_reject },
	{ "HOLD", access_hold },
	{ "DISCARD", access_discard },
	{ "FILTER", access_filter },
	{ "REDIRECT", access_redirect },
	{ "BCC", access_bcc },
	{ "PREPEND", access_prepend },
	{ "WARN", access_warn },
	{ "INFO", access_info },
	{ "HANGUP", access_hangup },
};

static const struct access_action *
access_find_action(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(access_actions); i++)
		if (span_eq_str_ci(word, access_actions[i].word))
			return &access_actions[i];
	return NULL;
}

/* "4NN text", "5NN X.Y.Z text" */
static bool
access_is_code(struct span word, int *code_out)
{
	uint64_t code;

	if (word.len != 3 || (word.p[0] != '4' && word.p[0] != '5') ||
	    !span_to_u64(word, 599, &code))
		return false;
	*code_out = (int) code;
	return true;
}

/* A permission, noted in the log where smtpd_log_access_permit_actions asks for it. */
static enum verdict
access_note_permit(struct session *s, struct span word, const struct access_act *act)
{
	struct err err = { 0 };

	if (match_list_has(s->smtpd->logged_permits, word, span_make(NULL, 0), &err) ==
	    LOOKUP_FOUND)
		session_log_action(s, "permit", s->where,
		    span_of(arena_printf(s->scratch, "action=%.*s for %s=%.*s from %s",
			SPAN_ARG(word), act->subject->class, SPAN_ARG(act->subject->name),
			act->title)));
	return VERDICT_PERMIT;
}

enum verdict
access_apply(
    struct session *s, const char *title, struct span value, const struct restrict_subject *subject)
{
	struct span word = span_slice(value, 0, span_find_any(value, " \t"));
	struct access_act act = {
		.title = title, .text = span_trim(span_from(value, word.len)), .subject = subject
	};
	const struct access_action *action = access_find_action(word);
	int code;

	if (span_run(value, "0123456789") == value.len ||
	    (action != NULL && action->run == access_permit))
		return access_note_permit(s, word, &act);
	if (action != NULL)
		return action->run(s, &act);
	if (access_is_code(word, &code))
		return access_refuse(
		    s, &act, code, code < 500 ? "4.7.1" : "5.7.1", "Access denied");
	return restrict_run_text(s, value, subject);
}

/* Act on what a search found, or say why it could not be made. */
static enum verdict
access_conclude(struct session *s, enum lookup found, struct maps *maps, struct str *value,
    const struct restrict_subject *subject, const struct err *err)
{
	enum verdict verdict = VERDICT_DUNNO;
	struct span copy;

	switch (found) {
	case LOOKUP_FOUND:
		copy = arena_dup(s->scratch, span_trim(str_span(value)));
		verdict = access_apply(s, maps_title(maps), copy, subject);
		break;
	case LOOKUP_NONE:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		verdict = restrict_fail(s, found, subject, err);
		break;
	}
	str_fini(value);
	return verdict;
}

static unsigned
access_domain_how(const struct session *s)
{
	return MAPS_DOMAINS | (s->smtpd->access_parent_plain ? MAPS_PARENT_PLAIN : 0);
}

enum verdict
access_by_domain(
    struct session *s, struct maps *maps, struct span name, const struct restrict_subject *subject)
{
	struct str value;
	struct err err = { 0 };

	str_init(&value, ACCESS_VALUE_MAX);
	return access_conclude(s, maps_get_domain(maps, name, access_domain_how(s), &value, &err),
	    maps, &value, subject, &err);
}

/* A name wins over an address. */
enum verdict
access_by_host(struct session *s, struct maps *maps, struct span name, struct span address,
    const struct restrict_subject *subject)
{
	enum lookup found;
	struct str value;
	struct err err = { 0 };

	str_init(&value, ACCESS_VALUE_MAX);
	found = maps_get_domain(maps, name, access_domain_how(s), &value, &err);
	if (found == LOOKUP_NONE)
		found = maps_get_network(maps, address, &value, &err);
	return access_conclude(s, found, maps, &value, subject, &err);
}

enum verdict
access_by_mail_address(struct session *s, struct maps *maps, struct span internal,
    const struct restrict_subject *subject)
{
	struct addr addr = addr_from_internal(internal);
	struct maps_query query = { .local = addr.local,
		.domain = addr.domain,
		.delimiter = s->smtpd->mail->recipient_delimiter,
		.how = MAPS_FULL | MAPS_NO_EXT | MAPS_AT_FORMS | access_domain_how(s) };
	enum lookup found;
	struct str value;
	struct err err = { 0 };

	str_init(&value, ACCESS_VALUE_MAX);
	if (internal.len == 0)
		found = maps_get(
		    maps, span_of(s->smtpd->conf->null_access_lookup_key), 0, &value, &err);
	else
		found = maps_get_address(maps, &query, &value, NULL, &err);
	return access_conclude(s, found, maps, &value, subject, &err);
}

/* ---- Does the address exist? ---- */

/* The reply code that belongs to the class of an address. */
static int
access_unlisted_code(struct session *s, struct span address)
{
	const struct smtpd_access_conf *codes = s->smtpd->access;
	enum address_class class;
	struct err err = { 0 };

	if (route_domain_class(s->smtpd->route, addr_from_internal(address).domain, &class, &err) !=
	    LOOKUP_FOUND)
		return 450;
	switch (class) {
	case CLASS_LOCAL:
		return codes->unknown_local_recipient_reject_code;
	case CLASS_VIRTUAL_ALIAS:
		return codes->unknown_virtual_alias_reject_code;
	case CLASS_VIRTUAL_MAILBOX:
		return codes->unknown_virtual_mailbox_reject_code;
	case CLASS_RELAY:
	case CLASS_DEFAULT:
		break;
	}
	return codes->unknown_relay_recipient_reject_code;
}

/* "User unknown in local recipient table", or less. */
static struct span
access_unlisted_text(struct session *s, struct span text)
{
	if (!s->smtpd->access->show_user_unknown_table_name &&
	    span_starts_with(text, SPAN("User unknown")))
		return SPAN("User unknown");
	return text;
}

/* Each of our local domains has a postmaster, whatever the tables say (RFC 5321 4.5.1). */
static bool
access_is_postmaster(struct session *s, struct span address)
{
	struct addr addr = addr_from_internal(address);
	enum address_class class;
	struct err err = { 0 };

	return span_eq_str_ci(addr.local, "postmaster") &&
	    route_domain_class(s->smtpd->route, addr.domain, &class, &err) == LOOKUP_FOUND &&
	    class == CLASS_LOCAL;
}

static enum verdict
access_check_listed(struct session *s, struct span address, const char *class)
{
	struct restrict_subject subject = { access_external(s, address), class };
	struct span text = SPAN("User unknown"), dsn = SPAN("5.1.1");
	enum lookup found;
	struct err err = { 0 };
	int code;

	if (s->smtpd->route == NULL || access_is_postmaster(s, address))
		return VERDICT_DUNNO;
	found = route_recipient_exists(s->smtpd->route, address, s->scratch, &text, &dsn, &err);
	switch (found) {
	case LOOKUP_FOUND:
		return VERDICT_DUNNO;
	case LOOKUP_NONE:
		code = dsn.len > 0 && dsn.p[0] == '4' ? 450 : access_unlisted_code(s, address);
		if (class == restrict_class_sender && span_eq_str(dsn, "5.1.1"))
			dsn = SPAN("5.1.0");
		return restrict_refuse_subject(s, &subject, code,
		    arena_cstr(s->scratch, dsn.len >= 5 ? dsn : SPAN("5.1.1")), "%.*s",
		    SPAN_ARG(access_unlisted_text(s, text)));
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	return restrict_fail(s, found, &subject, &err);
}

enum verdict
smtpd_check_unlisted_recipient(
    struct session *s, const struct restrict_step *step, const struct restrict_subject *subject)
{
	(void) step;
	(void) subject;
	if (s->mail.is_unlisted_checked)
		return VERDICT_DUNNO;
	s->mail.is_unlisted_checked = true;
	return access_check_listed(s, s->mail.recipient, restrict_class_recipient);
}

enum verdict
smtpd_check_unlisted_sender(
    struct session *s, const struct restrict_step *step, const struct restrict_subject *subject)
{
	(void) step;
	(void) subject;
	if (s->mail.is_sender_checked || s->mail.sender.len == 0)
		return VERDICT_DUNNO;
	s->mail.is_sender_checked = true;
	return access_check_listed(s, s->mail.sender, restrict_class_sender);
}

enum verdict
access_check_unlisted_recipient(struct session *s)
{
	if (!s->smtpd->conf->reject_unlisted_recipient || s->smtpd->skips_unlisted ||
	    (s->mail.flags & MAIL_DISCARD) != 0)
		return VERDICT_DUNNO;
	return smtpd_check_unlisted_recipient(s, NULL, NULL);
}

enum verdict
access_check_unlisted_sender(struct session *s)
{
	if (!s->smtpd->conf->reject_unlisted_sender || (s->mail.flags & MAIL_DISCARD) != 0 ||
	    !s->mail.is_open)
		return VERDICT_DUNNO;
	return smtpd_check_unlisted_sender(s, NULL, NULL);
}
