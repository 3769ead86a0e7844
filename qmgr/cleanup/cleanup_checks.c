/* SPDX-License-Identifier: ISC */
/* The actions of header and body checks: one row each. */
#include "qmgr/cleanup/cleanup_checks.h"

#include "lib/mail/addr_list.h"
#include "lib/sys/log.h"
#include "qmgr/cleanup/cleanup_envelope.h"

/* One line that a table has an answer for. */
struct check {
	struct message *m;
	struct maps *maps;
	const char *what;
	struct span line, text; /* text: what follows the action's name */
	struct span *text_out;
};

bool
checks_are_on(const struct message *m)
{
	return (m->flags & MAIL_CHECKS) != 0 && !m->checks_off;
}

void
checks_log(
    struct message *m, const char *action, const char *what, struct span line, struct span text)
{
	struct span context = message_log_context(m);

	log_info("%s: %s: %s %.*s%.*s%s%.*s", m->queue_id, action, what,
	    SPAN_ARG(span_slice(line, 0, 200)), SPAN_ARG(context), text.len > 0 ? ": " : "",
	    SPAN_ARG(text));
}

static void
log_check(const struct check *k, const char *action)
{
	checks_log(k->m, action, k->what, k->line, k->text);
}

/* The argument of an action is not what it needs to be. */
static void
warn_check(const struct check *k, const char *argument, const char *need)
{
	log_warn("%s: bad %s \"%.*s\" in %s map -- need %s", k->m->queue_id, argument,
	    SPAN_ARG(k->text), maps_title(k->maps), need);
}

static bool
is_dsn(struct span word)
{
	if (word.len < 5 || word.len > 11 || word.p[1] != '.' ||
	    (word.p[0] != '4' && word.p[0] != '5'))
		return false;
	return span_run(word, "0123456789.") == word.len && word.p[word.len - 1] != '.';
}

/* "5.7.1 text" in two; with a code of class 4 the client may try again. */
static enum check_fate
do_reject(const struct check *k)
{
	size_t blank = span_find_any(k->text, " \t");
	struct span word = span_slice(k->text, 0, blank), text = k->text;
	char dsn[12] = "5.7.1";
	bool is_temp;
	struct check with_dsn = *k;

	if (is_dsn(word)) {
		snprintf(dsn, sizeof(dsn), "%.*s", SPAN_ARG(word));
		text = span_trim(span_from(k->text, blank));
	}
	if (text.len == 0)
		text = SPAN("message content rejected");
	with_dsn.text = span_of(arena_printf(k->m->arena, "%s %.*s", dsn, SPAN_ARG(text)));
	log_check(&with_dsn, "reject");
	is_temp = dsn[0] == '4';
	message_fail(k->m, is_temp ? MAIL_TEMP : MAIL_PERM, is_temp ? 451 : 550, dsn, "%.*s",
	    SPAN_ARG(text));
	return CHECK_KEEP;
}

static enum check_fate
do_warn(const struct check *k)
{
	log_check(k, "warning");
	return CHECK_KEEP;
}

static enum check_fate
do_info(const struct check *k)
{
	log_check(k, "info");
	return CHECK_KEEP;
}

static enum check_fate
do_filter(const struct check *k)
{
	if (span_find(k->text, ':') == k->text.len) {
		log_warn("%s: bad FILTER command %.*s in %s -- need transport:destination",
		    k->m->queue_id, SPAN_ARG(k->text), maps_title(k->maps));
		return CHECK_KEEP;
	}
	k->m->content_filter = k->text;
	log_check(k, "filter");
	return CHECK_KEEP;
}

static enum check_fate
do_pass(const struct check *k)
{
	log_check(k, "pass");
	k->m->checks_off = true;
	return CHECK_KEEP;
}

static enum check_fate
do_discard(const struct check *k)
{
	log_check(k, "discard");
	k->m->flags |= MAIL_DISCARD;
	k->m->checks_off = true;
	return CHECK_KEEP;
}

static enum check_fate
do_hold(const struct check *k)
{
	if (!k->m->is_held)
		log_check(k, "hold");
	k->m->is_held = true;
	return CHECK_KEEP;
}

/* For a header the text must be a field itself. */
static bool
fits_place(const struct check *k, const char *action)
{
	struct header_field field;

	if (k->text.len == 0) {
		log_warn("%s: %s action without text in %s map", k->m->queue_id, action,
		    maps_title(k->maps));
		return false;
	}
	if (strcmp(k->what, "header") == 0 && header_split(k->text, &field) != PARSE_OK) {
		warn_check(k, arena_printf(k->m->arena, "%s header text", action),
		    "\"headername: headervalue\"");
		return false;
	}
	*k->text_out = k->text;
	return true;
}

static enum check_fate
do_prepend(const struct check *k)
{
	if (!fits_place(k, "PREPEND"))
		return CHECK_KEEP;
	log_check(k, "prepend");
	return CHECK_PREPEND;
}

static enum check_fate
do_replace(const struct check *k)
{
	if (!fits_place(k, "REPLACE"))
		return CHECK_KEEP;
	log_check(k, "replace");
	return CHECK_REPLACE;
}

/* The address of REDIRECT and BCC in internal form. */
static bool
take_address(const struct check *k, const char *argument, struct span *address_out)
{
	struct addr addr;

	if (addr_list_one(k->text, k->m->arena, &addr) != PARSE_OK || addr.domain.len == 0) {
		warn_check(k, argument, "user@domain");
		return false;
	}
	*address_out = addr_internal(k->m->arena, addr);
	return true;
}

static enum check_fate
do_redirect(const struct check *k)
{
	struct span address;

	if (take_address(k, "REDIRECT target", &address)) {
		k->m->redirect = address;
		log_check(k, "redirect");
		k->m->checks_off = true;
	}
	return CHECK_KEEP;
}

static enum check_fate
do_bcc(const struct check *k)
{
	struct span address;

	if (take_address(k, "BCC address", &address)) {
		log_check(k, "bcc");
		envelope_bcc(k->m, address);
	}
	return CHECK_KEEP;
}

static enum check_fate
do_strip(const struct check *k)
{
	log_check(k, "strip");
	return CHECK_DROP;
}

static enum check_fate
do_ignore(const struct check *k UNUSED)
{
	return CHECK_DROP;
}

static enum check_fate
do_nothing(const struct check *k UNUSED)
{
	return CHECK_KEEP;
}

static const struct action {
	const char *name;
	enum check_fate (*act)(const struct check *k);
} actions[] = {
	{ "BCC", do_bcc },
	{ "DISCARD", do_discard },
	{ "DUNNO", do_nothing },
	{ "FILTER", do_filter },
	{ "HOLD", do_hold },
	{ "IGNORE", do_ignore },
	{ "INFO", do_info },
	{ "OK", do_nothing },
	{ "PASS", do_pass },
	{ "PREPEND", do_prepend },
	{ "REDIRECT", do_redirect },
	{ "REJECT", do_reject },
	{ "REPLACE", do_replace },
	{ "STRIP", do_strip },
	{ "WARN", do_warn },
};

static enum check_fate
act(struct check *k, struct span value)
{
	size_t end = span_find_any(value, " \t");
	struct span word = span_slice(value, 0, end);

	k->text = arena_dup(k->m->arena, span_trim(span_from(value, end)));
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (span_eq_str_ci(word, actions[i].name))
			return actions[i].act(k);
	log_warn("%s: unknown command in %s map: %.*s", k->m->queue_id, maps_title(k->maps),
	    SPAN_ARG(value));
	return CHECK_KEEP;
}

enum check_fate
checks_apply(
    struct message *m, struct maps *maps, const char *what, struct span line, struct span *text_out)
{
	struct check k = { .m = m, .maps = maps, .what = what, .line = line, .text_out = text_out };
	struct str value CLEANUP(str_fini);
	struct err err = { 0 };

	str_init(&value, 64 * 1024);
	if (!checks_are_on(m) || message_is_failed(m) || maps_is_empty(maps))
		return CHECK_KEEP;
	switch (maps_get(maps, line, 0, &value, &err)) {
	case LOOKUP_FOUND:
		return act(&k, span_trim(str_span(&value)));
	case LOOKUP_NONE:
		return CHECK_KEEP;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	log_warn("%s: %s map lookup problem -- message not accepted, try again later: %s",
	    m->queue_id, maps_title(maps), err.text);
	message_fail(m, MAIL_TEMP, 451, "4.3.0", "Error: queue file write error");
	return CHECK_KEEP;
}
