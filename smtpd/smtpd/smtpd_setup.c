/* SPDX-License-Identifier: ISC */
/*
 * Opening what a process needs, while it may: tables, lists, restrictions, keys, the queue's
 * directory.
 */
#include "smtpd/smtpd/smtpd_setup.h"
#include "lib/queue/notify_class.h"
#include "lib/sys/log.h"
#include "lib/sys/mail_net.h"
#include "lib/sys/main_cf.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { SETUP_FILTER_MAX = 1024 };

/* ---- Match lists and maps: one row each ---- */

struct setup_list {
	size_t offset; /* of the struct match_list * in struct smtpd */
	const char *title;
	const char *text;
	enum match_kind kind;
	unsigned flags;
};

static bool
setup_lists(struct smtpd *smtpd, const struct table_env *env, struct err *err)
{
	const struct smtpd_conf *c = smtpd->conf;
	const struct setup_list rows[] = {
		{ offsetof(struct smtpd, mynetworks), "mynetworks", smtpd->mail->mynetworks,
		    MATCH_ADDRESS, 0 },
		{ offsetof(struct smtpd, own_addresses), "mynetworks",
		    mail_net_of_style("host", smtpd->mail->inet_interfaces,
			smtpd->mail->inet_protocols, smtpd->arena),
		    MATCH_ADDRESS, 0 },
		{ offsetof(struct smtpd, rate_exceptions), "smtpd_client_event_limit_exceptions",
		    c->client_event_limit_exceptions, MATCH_HOST, TABLE_PARENT_DOMAIN },
		{ offsetof(struct smtpd, bare_newline_exceptions),
		    "smtpd_forbid_bare_newline_exclusions", c->forbid_bare_newline_exclusions,
		    MATCH_HOST, 0 },
		{ offsetof(struct smtpd, forbidden_commands), "smtpd_forbidden_commands",
		    c->forbidden_commands, MATCH_STRING, 0 },
		{ offsetof(struct smtpd, noop_commands), "smtpd_noop_commands", c->noop_commands,
		    MATCH_STRING, 0 },
		{ offsetof(struct smtpd, xclient_hosts), "smtpd_authorized_xclient_hosts",
		    c->authorized_xclient_hosts, MATCH_HOST, 0 },
		{ offsetof(struct smtpd, xforward_hosts), "smtpd_authorized_xforward_hosts",
		    c->authorized_xforward_hosts, MATCH_HOST, 0 },
		{ offsetof(struct smtpd, verp_clients), "smtpd_authorized_verp_clients",
		    c->authorized_verp_clients, MATCH_HOST, 0 },
		{ offsetof(struct smtpd, mx_backup_networks), "permit_mx_backup_networks",
		    smtpd->access->permit_mx_backup_networks, MATCH_ADDRESS, 0 },
		{ offsetof(struct smtpd, sasl_mechanisms), "smtpd_sasl_mechanism_filter",
		    smtpd->sasl->mechanism_filter, MATCH_STRING, 0 },
		{ offsetof(struct smtpd, sasl_exceptions), "smtpd_sasl_exceptions_networks",
		    smtpd->sasl->exceptions_networks, MATCH_ADDRESS, 0 },
		{ offsetof(struct smtpd, logged_permits), "smtpd_log_access_permit_actions",
		    c->log_access_permit_actions, MATCH_STRING, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct match_list **list = (struct match_list **) (void *) ((char *) smtpd +
		    rows[i].offset);

		*list = match_list_open(
		    env, rows[i].title, rows[i].text, rows[i].kind, rows[i].flags, err);
		if (*list == NULL)
			return false;
	}
	return true;
}

struct setup_maps {
	size_t offset; /* of the struct maps * in struct smtpd */
	const char *title;
	const char *text;
};

static bool
setup_maps(struct smtpd *smtpd, const struct table_env *env, struct err *err)
{
	const struct smtpd_conf *c = smtpd->conf;
	bool asks_owner = smtpd->sasl->auth_enable && c->sender_login_maps[0] == '\0';
	const struct setup_maps rows[] = {
		{ offsetof(struct smtpd, rbl_replies), "rbl_reply_maps", smtpd->access->rbl_reply_maps },
		{ offsetof(struct smtpd, relay_clientcerts), "relay_clientcerts",
		    smtpd->access->relay_clientcerts },
		{ offsetof(struct smtpd, sender_logins), "smtpd_sender_login_maps",
		    c->sender_login_maps },
		{ offsetof(struct smtpd, virtual_aliases), "virtual_alias_maps",
		    asks_owner ? smtpd->rewrite->virtual_alias_maps : "" },
		{ offsetof(struct smtpd, aliases), "alias_maps",
		    asks_owner ? smtpd->rewrite->alias_maps : "" },
		{ offsetof(struct smtpd, command_filter), "smtpd_command_filter",
		    c->command_filter },
		{ offsetof(struct smtpd, reject_filter), "smtpd_reject_filter_maps",
		    c->reject_filter_maps },
		{ offsetof(struct smtpd, reject_footer), "smtpd_reject_footer_maps",
		    c->reject_footer_maps },
		{ offsetof(struct smtpd, dns_reply_filter), "smtpd_dns_reply_filter",
		    c->dns_reply_filter },
		{ offsetof(struct smtpd, tls_loglevels), "smtpd_tls_loglevel_maps",
		    smtpd->tls_conf->loglevel_maps },
		{ offsetof(struct smtpd, ehlo_discard_by_address),
		    "smtpd_discard_ehlo_keyword_address_maps",
		    c->discard_ehlo_keyword_address_maps },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct maps **maps = (struct maps **) (void *) ((char *) smtpd + rows[i].offset);

		*maps = maps_open(env, rows[i].title, rows[i].text, 0, err);
		if (*maps == NULL)
			return false;
	}
	return true;
}

/* ---- Words ---- */

struct setup_word {
	const char *word;
	int value;
};

static bool
setup_choose(const char *parameter, const char *text, const struct setup_word *words,
    int *value_out, struct err *err)
{
	for (; words->word != NULL; words++) {
		if (strcasecmp(text, words->word) == 0) {
			*value_out = words->value;
			return true;
		}
	}
	return err_config(err, "parameter %s: unknown value \"%s\"", parameter, text);
}

static bool
setup_words(struct smtpd *smtpd, struct err *err)
{
	static const struct setup_word newlines[] = {
		{ "no", BARE_NEWLINE_ALLOW }, { "yes", BARE_NEWLINE_NORMALIZE }, { "normalize", BARE_NEWLINE_NORMALIZE },
		{ "reject", BARE_NEWLINE_REJECT }, { "note", BARE_NEWLINE_NOTE }, { NULL, 0 },
	}, actions[] = {
		{ "defer", TEMPFAIL_DEFER }, { "defer_if_permit", TEMPFAIL_DEFER_IF_PERMIT }, { NULL, 0 },
	}, proxies[] = {
		{ "", false }, { "haproxy", true }, { NULL, 0 },
	};
	const struct smtpd_access_conf *a = smtpd->access;
	char unknown[200];
	int newline = 0, address = 0, helo = 0, proxy = 0;

	if (!setup_choose("smtpd_forbid_bare_newline", smtpd->conf->forbid_bare_newline, newlines,
		&newline, err) ||
	    !setup_choose("unknown_address_tempfail_action", a->unknown_address_tempfail_action,
		actions, &address, err) ||
	    !setup_choose("smtpd_upstream_proxy_protocol", smtpd->conf->upstream_proxy_protocol,
		proxies, &proxy, err) ||
	    !setup_choose("unknown_helo_hostname_tempfail_action",
		a->unknown_helo_hostname_tempfail_action, actions, &helo, err))
		return false;
	smtpd->bare_newline = (enum bare_newline) newline;
	smtpd->is_behind_proxy = proxy;
	smtpd->tempfail_unknown_address = (enum tempfail_action) address;
	smtpd->tempfail_unknown_helo = (enum tempfail_action) helo;
	smtpd->ehlo_discard = smtpd_ehlo_mask(
	    span_of(smtpd->conf->discard_ehlo_keywords), unknown, sizeof(unknown));
	if (unknown[0] != '\0')
		log_warn("smtpd_discard_ehlo_keywords: unknown EHLO keywords: %s", unknown);
	return true;
}

/* receive_override_options: what this service leaves out. */
static bool
setup_overrides(struct smtpd *smtpd, struct err *err)
{
	struct span rest = span_of(smtpd->mail->receive_override_options), word;

	smtpd->notify_classes = notify_classes_read(smtpd->mail->notify_classes);
	smtpd->cleanup_flags = MAIL_CHECKS | MAIL_MAPPINGS;
	while (span_token(&rest, ", \t\r\n", &word)) {
		if (span_eq_str_ci(word, "no_unknown_recipient_checks"))
			smtpd->skips_unlisted = true;
		else if (span_eq_str_ci(word, "no_address_mappings"))
			smtpd->cleanup_flags &= ~MAIL_MAPPINGS;
		else if (span_eq_str_ci(word, "no_header_body_checks"))
			smtpd->cleanup_flags &= ~MAIL_CHECKS;
		else if (span_eq_str_ci(word, "no_milters"))
			smtpd->cleanup_flags |= MAIL_NO_MILTERS;
		else
			return err_config(err,
			    "parameter receive_override_options: unknown word \"%.*s\"",
			    SPAN_ARG(word));
	}
	return true;
}

static unsigned
setup_octal(struct span digits)
{
	unsigned value = 0;

	for (size_t i = 0; i < digits.len; i++)
		value = value * 8 + (unsigned) (digits.p[i] - '0');
	return value & 0xff;
}

/* smtpd_expansion_filter is written with \t, \\, \40 and the like. */
static const char *
setup_filter(struct span text, struct arena *arena)
{
	static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	struct str out;
	const char *result, *letter;
	size_t len;

	str_init(&out, SETUP_FILTER_MAX);
	for (; text.len > 0; text = span_from(text, 1)) {
		if (text.p[0] != '\\' || text.len < 2) {
			str_add_char(&out, text.p[0]);
			continue;
		}
		text = span_from(text, 1);
		len = span_run(span_slice(text, 0, 3), "01234567");
		letter = strchr(letters, text.p[0]);
		if (len > 0) {
			str_add_char(&out, (char) setup_octal(span_slice(text, 0, len)));
			text = span_from(text, len - 1);
		} else {
			str_add_char(&out, letter != NULL ? bytes[letter - letters] : text.p[0]);
		}
	}
	result = arena_cstr(arena, str_span(&out));
	str_fini(&out);
	return result;
}

/*
 * local_header_rewrite_clients in its common form: names of client restrictions and tables by
 * address.
 */
static bool
setup_local_clients(struct smtpd *smtpd, const struct table_env *env, struct err *err)
{
	return restrict_conditions_open(&smtpd->local_clients, smtpd, env,
	    "local_header_rewrite_clients", smtpd->access->local_header_rewrite_clients, err);
}

bool
smtpd_setup(struct smtpd *smtpd, struct main_cf *cf, const struct table_env *env, struct err *err)
{
	struct span rest = span_of(smtpd->mail->parent_domain_matches_subdomains), word;

	mail_client_init(&smtpd->cleanup, smtpd->mail, smtpd->peers);
	smtpd_compat_setup(smtpd, cf);
	smtpd->expansion_filter = setup_filter(
	    span_of(smtpd->conf->expansion_filter), smtpd->arena);
	while (span_token(&rest, ", \t\r\n", &word))
		smtpd->access_parent_plain |= span_eq_str(word, "smtpd_access_maps");
	return setup_words(smtpd, err) && setup_overrides(smtpd, err) && sasl_setup(smtpd, err) &&
	    setup_lists(smtpd, env, err) && setup_maps(smtpd, env, err) &&
	    restrict_set_open(&smtpd->restrictions, smtpd, cf, env, err) &&
	    setup_local_clients(smtpd, env, err);
}

void
smtpd_teardown(struct smtpd *smtpd)
{
	restrict_set_close(&smtpd->restrictions);
	restrict_conditions_close(smtpd->local_clients);
	match_list_close(&smtpd->mynetworks);
	match_list_close(&smtpd->own_addresses);
	match_list_close(&smtpd->rate_exceptions);
	match_list_close(&smtpd->bare_newline_exceptions);
	match_list_close(&smtpd->forbidden_commands);
	match_list_close(&smtpd->noop_commands);
	match_list_close(&smtpd->xclient_hosts);
	match_list_close(&smtpd->xforward_hosts);
	match_list_close(&smtpd->verp_clients);
	match_list_close(&smtpd->mx_backup_networks);
	match_list_close(&smtpd->logged_permits);
	match_list_close(&smtpd->sasl_mechanisms);
	match_list_close(&smtpd->sasl_exceptions);
	maps_close(&smtpd->rbl_replies);
	maps_close(&smtpd->sender_logins);
	maps_close(&smtpd->virtual_aliases);
	maps_close(&smtpd->aliases);
	maps_close(&smtpd->relay_clientcerts);
	maps_close(&smtpd->command_filter);
	maps_close(&smtpd->reject_filter);
	maps_close(&smtpd->reject_footer);
	maps_close(&smtpd->ehlo_discard_by_address);
	maps_close(&smtpd->dns_reply_filter);
	maps_close(&smtpd->tls_loglevels);
}
