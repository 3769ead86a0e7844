/* SPDX-License-Identifier: ISC */
/*
 * Reading restriction lists: at start-up text becomes arrays of steps with open tables. Unknown
 * names are kept as steps that answer 451, as a list that silently lacks a rule would let mail
 * through.
 */
#include "lib/sys/log.h"
#include "lib/sys/main_cf.h"
#include "lib/table/table_list.h"
#include "smtpd/smtpd/smtpd_check_ccert.h"
#include "smtpd/smtpd/smtpd_checks.h"
#include "smtpd/smtpd/smtpd_restrict_list.h"
#include "smtpd/smtpd/smtpd_setup.h"

struct restrict_reader {
	struct restrict_set *set;
	struct smtpd *smtpd;
	const struct table_env *env;
};

const struct restrict_list *
restrict_find_class(const struct restrict_set *set, struct span name)
{
	for (const struct restrict_list *c = set->classes; c != NULL; c = c->next)
		if (span_eq_str(name, c->name))
			return c;
	return NULL;
}

static bool
restrict_is_table(struct span word)
{
	size_t colon = span_find(word, ':');

	return colon > 0 && colon < word.len;
}

static bool
restrict_open_table(struct restrict_reader *r, const struct restrict_list *list, struct span spec,
    struct restrict_step *step, struct err *err)
{
	const struct smtpd *smtpd = r->smtpd;
	unsigned flags = TABLE_FOLD | (smtpd->mail->smtputf8_enable ? TABLE_UTF8 : 0);

	step->maps = maps_open(r->env, list->name, arena_cstr(smtpd->arena, spec), flags, err);
	return step->maps != NULL;
}

/* A name that is no primitive of this suite. It must not be passed over in silence. */
static void
restrict_note_unknown(const struct restrict_list *list, struct span word)
{
	log_warn(
	    "%s: unknown or unsupported restriction: %.*s: mail will be deferred when it is reached",
	    list->name, SPAN_ARG(word));
}

static bool
restrict_read_argument(struct restrict_reader *r, const struct restrict_list *list,
    struct span *rest, struct restrict_step *step, struct err *err)
{
	struct span arg;

	if (step->row->arg == RESTRICT_NO_ARG)
		return true;
	if (!table_list_next(rest, &arg, err))
		return err_config(err, "%s: %s needs an argument", list->name, step->row->name);
	step->word = arena_cstr(r->smtpd->arena, arg);
	if (step->row->arg == RESTRICT_WORD)
		return true;
	if (step->row->arg == RESTRICT_CCERT_TABLE && !ccert_read_argument(&arg, step, err))
		return false;
	return restrict_open_table(r, list, arg, step, err);
}

/* One step: a class, a table, or a primitive with its argument. */
static bool
restrict_read_step(struct restrict_reader *r, struct restrict_list *list, struct span word,
    struct span *rest, struct err *err)
{
	struct restrict_step *step = ARRAY_ADD(r->smtpd->arena, &list->steps);

	step->word = arena_cstr(r->smtpd->arena, word);
	step->list = restrict_find_class(r->set, word);
	if (step->list != NULL)
		return true;
	if (restrict_is_table(word)) {
		step->row = smtpd_check_find(span_of(list->shorthand));
		return restrict_open_table(r, list, word, step, err);
	}
	step->row = smtpd_check_find(word);
	if (step->row == NULL) {
		restrict_note_unknown(list, word);
		return true;
	}
	if (step->row->missing != NULL)
		log_warn("%s: %s: %s: mail will be deferred when it is reached", list->name,
		    step->row->name, step->row->missing);
	return restrict_read_argument(r, list, rest, step, err);
}

static bool
restrict_read_list(struct restrict_reader *r, struct restrict_list *list, struct err *err)
{
	struct span rest = span_of(list->text), word;

	while (table_list_next(&rest, &word, err))
		if (!restrict_read_step(r, list, word, &rest, err))
			return false;
	return err->class == ERR_NONE;
}

static struct restrict_list *
restrict_list_new(struct smtpd *smtpd, const char *name, const char *shorthand, const char *text)
{
	struct restrict_list *list = ARENA_NEW(smtpd->arena, struct restrict_list);

	list->name = name;
	list->shorthand = shorthand;
	list->text = text;
	return list;
}

/* All classes are known by name before any is read, so that they may name one another. */
static bool
restrict_read_classes(struct restrict_reader *r, struct main_cf *cf, struct err *err)
{
	struct span rest = span_of(r->smtpd->conf->restriction_classes), name;

	while (main_cf_list_next(&rest, &name, err)) {
		const char *text = arena_cstr(r->smtpd->arena, name);
		const char *value = main_cf_value(cf, text, r->smtpd->arena, err);
		struct restrict_list *list;

		if (value == NULL)
			return false;
		list = restrict_list_new(r->smtpd, text, "check_recipient_access", value);
		list->next = r->set->classes;
		r->set->classes = list;
	}
	for (struct restrict_list *c = r->set->classes; c != NULL; c = c->next)
		if (!restrict_read_list(r, c, err))
			return false;
	return err->class == ERR_NONE;
}

/* A list that can stop a stranger's mail to strangers. */
static bool
restrict_stops_relaying(const struct restrict_list *list)
{
	static const char *const stoppers[] = {
		"reject_unauth_destination",
		"defer_unauth_destination",
		"reject",
		"defer",
		"defer_if_permit",
	};

	for (size_t i = 0; i < list->steps.count; i++) {
		const struct restrict_row *row = list->steps.v[i].row;

		for (size_t j = 0; row != NULL && j < COUNT_OF(stoppers); j++)
			if (strcmp(row->name, stoppers[j]) == 0)
				return i == 0 || list->steps.v[i - 1].row == NULL ||
				    strcmp(list->steps.v[i - 1].row->name, "warn_if_reject") != 0;
	}
	return false;
}

bool
restrict_set_open(struct restrict_set *set, struct smtpd *smtpd, struct main_cf *cf,
    const struct table_env *env, struct err *err)
{
	const struct smtpd_conf *conf = smtpd->conf;
	const struct stage {
		const char *name, *shorthand, *text;
	} stages[RESTRICT_STAGES] = {
		[RESTRICT_CLIENT] = { "smtpd_client_restrictions", "check_client_access",
		    conf->client_restrictions },
		[RESTRICT_HELO] = { "smtpd_helo_restrictions", "check_helo_access",
		    conf->helo_restrictions },
		[RESTRICT_SENDER] = { "smtpd_sender_restrictions", "check_sender_access",
		    conf->sender_restrictions },
		[RESTRICT_RELAY] = { "smtpd_relay_restrictions", "check_recipient_access",
		    conf->relay_restrictions },
		[RESTRICT_RECIPIENT] = { "smtpd_recipient_restrictions", "check_recipient_access",
		    conf->recipient_restrictions },
		[RESTRICT_DATA] = { "smtpd_data_restrictions", "check_recipient_access",
		    conf->data_restrictions },
		[RESTRICT_END_OF_DATA] = { "smtpd_end_of_data_restrictions",
		    "check_recipient_access", conf->end_of_data_restrictions },
		[RESTRICT_ETRN] = { "smtpd_etrn_restrictions", "check_etrn_access",
		    conf->etrn_restrictions },
	};
	struct restrict_reader r = { .set = set, .smtpd = smtpd, .env = env };

	*set = (struct restrict_set){ .delays = conf->delay_reject,
		.relay_first = conf->relay_before_recipient_restrictions };
	if (!restrict_read_classes(&r, cf, err))
		return false;
	for (size_t i = 0; i < RESTRICT_STAGES; i++) {
		set->lists[i] = restrict_list_new(
		    smtpd, stages[i].name, stages[i].shorthand, stages[i].text);
		if (!restrict_read_list(&r, set->lists[i], err))
			return false;
	}
	if (restrict_stops_relaying(set->lists[RESTRICT_RELAY]) ||
	    restrict_stops_relaying(set->lists[RESTRICT_RECIPIENT]))
		return true;
	return err_config(err,
	    "in parameter smtpd_relay_restrictions or smtpd_recipient_restrictions, specify at least one "
	    "working instance of: reject_unauth_destination, defer_unauth_destination, reject, "
	    "defer, defer_if_permit");
}

static void
restrict_list_close(struct restrict_list *list)
{
	for (size_t i = 0; list != NULL && i < list->steps.count; i++)
		if (list->steps.v[i].maps != NULL)
			maps_close(&list->steps.v[i].maps);
}

void
restrict_set_close(struct restrict_set *set)
{
	for (size_t i = 0; i < RESTRICT_STAGES; i++)
		restrict_list_close(set->lists[i]);
	for (struct restrict_list *c = set->classes; c != NULL; c = c->next)
		restrict_list_close(c);
}

bool
restrict_conditions_open(struct restrict_list **list_out, struct smtpd *smtpd,
    const struct table_env *env, const char *name, const char *text, struct err *err)
{
	struct restrict_reader r = { .set = &smtpd->restrictions, .smtpd = smtpd, .env = env };

	*list_out = restrict_list_new(smtpd, name, "check_address_map", text);
	return restrict_read_list(&r, *list_out, err);
}

void
restrict_conditions_close(struct restrict_list *list)
{
	restrict_list_close(list);
}
