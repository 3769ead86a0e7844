/* SPDX-License-Identifier: ISC */
/* Who may log in here and by which mechanisms, and who has. */
#include "smtpd/smtpd/smtpd_sasl.h"
#include "lib/net/auth_client.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_session.h"

/* ---- Parameters ---- */

static const struct sasl_word {
	const char *word;
	struct sasl_demands demands;
} sasl_words[] = {
	{ "noanonymous", { 0, 0 } }, /* authd knows no anonymous users */
	{ "noplaintext", { AUTH_MECH_PLAINTEXT, 0 } },
	{ "nodictionary", { AUTH_MECH_DICTIONARY | AUTH_MECH_PLAINTEXT, 0 } },
	{ "noactive", { AUTH_MECH_ACTIVE | AUTH_MECH_PLAINTEXT, 0 } },
	{ "forward_secrecy", { 0, AUTH_MECH_FORWARD } },
	{ "mutual_auth", { 0, AUTH_MECH_MUTUAL } },
};

static bool
sasl_read_options(
    const char *parameter, const char *text, struct sasl_demands *demands, struct err *err)
{
	struct span rest = span_of(text), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		size_t i = 0;

		while (i < COUNT_OF(sasl_words) && !span_eq_str_ci(word, sasl_words[i].word))
			i++;
		if (i == COUNT_OF(sasl_words))
			return err_config(
			    err, "parameter %s: unknown word \"%.*s\"", parameter, SPAN_ARG(word));
		demands->forbidden |= sasl_words[i].demands.forbidden;
		demands->required |= sasl_words[i].demands.required;
	}
	return true;
}

bool
sasl_setup(struct smtpd *smtpd, struct err *err)
{
	const struct smtpd_sasl_conf *conf = smtpd->sasl;

	if (!conf->auth_enable)
		return true;
	if (strcmp(conf->type, "cyrus") != 0 && strcmp(conf->type, "authd") != 0)
		return err_config(err,
		    "parameter smtpd_sasl_type: \"%s\" is not in this version; authd has the accounts",
		    conf->type);
	return sasl_read_options("smtpd_sasl_security_options", conf->security_options,
		   &smtpd->sasl_plain, err) &&
	    sasl_read_options("smtpd_sasl_tls_security_options", conf->tls_security_options,
		&smtpd->sasl_tls, err);
}

/* ---- What is offered ---- */

bool
sasl_is_offered(const struct session *s)
{
	const struct smtpd *smtpd = s->smtpd;
	struct err err = { 0 };

	return smtpd->sasl->auth_enable && (s->ehlo_discard & EHLO_AUTH) == 0 &&
	    match_list_has(smtpd->sasl_exceptions, s->client.name, s->client.address, &err) ==
	    LOOKUP_NONE;
}

static bool
sasl_may_use(struct session *s, const struct auth_mechanism *mechanism)
{
	const struct sasl_demands *demands = s->tls != NULL ? &s->smtpd->sasl_tls
							    : &s->smtpd->sasl_plain;
	unsigned traits = (unsigned) mechanism->traits;
	struct err err = { 0 };

	if ((traits & demands->forbidden) != 0 || (~traits & demands->required) != 0)
		return false;
	if ((traits & AUTH_MECH_BINDING) != 0 &&
	    (s->tls == NULL || (s->tls->exporter[0] == '\0' && s->tls->unique[0] == '\0')))
		return false;
	if ((traits & AUTH_MECH_EXTERNAL) != 0 && (s->tls == NULL || !s->tls->is_peer_trusted))
		return false;
	return match_list_has(s->smtpd->sasl_mechanisms, mechanism->name, (struct span){ 0 }, &err) ==
	    LOOKUP_FOUND;
}

bool
sasl_has_mechanism(struct session *s, const struct msg_list *all, struct span name)
{
	const struct auth_mechanism *items = all->items;

	for (size_t i = 0; i < all->count; i++)
		if (span_eq_ci(items[i].name, name))
			return sasl_may_use(s, &items[i]);
	return false;
}

void
sasl_add_mechanisms(struct session *s, struct str *out)
{
	struct err err = { 0 };
	const struct msg_list *all = auth_client_mechanisms(&s->smtpd->auth, &err);
	const struct auth_mechanism *items;

	if (all == NULL) {
		log_warn_err("SASL authentication", &err);
		return;
	}
	items = all->items;
	for (size_t i = 0; i < all->count; i++)
		if (sasl_may_use(s, &items[i]))
			str_addf(out, " %.*s", SPAN_ARG(items[i].name));
}

/* ---- Who has logged in ---- */

void
sasl_log_out(struct session *s)
{
	s->login = (struct session_login){ 0 };
}

void
sasl_set_login(struct session *s, struct span method, struct span user)
{
	s->login.method = arena_dup(s->arena, method);
	s->login.user = arena_dup(s->arena, user);
}

void
sasl_add_log(const struct session *s, const char *separator, struct str *out)
{
	if (s->login.user.len > 0)
		str_addf(out, "%ssasl_method=%.*s%ssasl_username=%.*s", separator,
		    SPAN_ARG(s->login.method), separator, SPAN_ARG(s->login.user));
	if (s->mail.sasl_sender.len > 0)
		str_addf(out, "%ssasl_sender=%.*s", separator, SPAN_ARG(s->mail.sasl_sender));
}
