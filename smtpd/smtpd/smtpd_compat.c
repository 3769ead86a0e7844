/* SPDX-License-Identifier: ISC */
/* Notes on old defaults, in Postfix's words. */
#include "smtpd/smtpd/smtpd_compat.h"

#include "lib/route/route.h"
#include "lib/sys/log.h"
#include "lib/sys/param.h"
#include "smtpd/smtpd/smtpd_session.h"

#define OLD_DEFAULT "using backwards-compatible default setting "

void
smtpd_compat_setup(struct smtpd *smtpd, struct main_cf *cf)
{
	struct arena *arena = smtpd->arena;
	bool has_networks = main_cf_get(cf, "mynetworks") != NULL;

	smtpd->compat = (struct smtpd_compat){
		.mynetworks = !has_networks &&
		    param_backwards_note(cf, "mynetworks_style", arena) != NULL,
		.relay_domains = param_backwards_note(cf, "relay_domains", arena) != NULL,
		.relay_restrictions =
		    param_backwards_note(cf, "smtpd_relay_restrictions", arena) != NULL,
	};
}

/* The client is on a list of networks. */
static bool
is_client_on(const struct session *s, struct match_list *list)
{
	struct err err = { 0 };

	return list != NULL &&
	    match_list_has(list, s->client.address, s->client.address, &err) == LOOKUP_FOUND;
}

void
smtpd_compat_note_client(const struct session *s)
{
	if (s->smtpd->compat.mynetworks && !is_client_on(s, s->smtpd->own_addresses))
		log_info(OLD_DEFAULT "%s=%s to permit request from client \"%.*s\"",
		    "mynetworks_style", s->smtpd->mail->mynetworks_style, SPAN_ARG(s->client.id));
}

void
smtpd_compat_note_domain(const struct session *s, struct span domain)
{
	if (s->smtpd->compat.relay_domains)
		log_info(OLD_DEFAULT "%s=$mydestination to accept mail for domain \"%.*s\"",
		    "relay_domains", SPAN_ARG(domain));
}

/* What smtpd_relay_restrictions would have said, had it its default of today. */
static void
note_relay(const struct session *s, const struct route_answer *answer)
{
	if (is_client_on(s, s->smtpd->mynetworks))
		smtpd_compat_note_client(s);
	else if (answer->class == CLASS_RELAY)
		smtpd_compat_note_domain(s, addr_from_internal(s->mail.recipient).domain);
	else if (answer->class == CLASS_DEFAULT)
		log_info(OLD_DEFAULT
		    "\"smtpd_relay_restrictions = (empty)\" to avoid \"Relay access denied\" error for "
		    "recipient \"%.*s\" from client \"%.*s\"",
		    SPAN_ARG(s->mail.recipient), SPAN_ARG(s->client.id));
}

void
smtpd_compat_note_recipient(struct session *s)
{
	const struct smtpd_compat *compat = &s->smtpd->compat;
	struct route_answer answer;
	struct err err = { 0 };

	if ((!compat->relay_domains && !compat->relay_restrictions) || s->smtpd->route == NULL ||
	    route_resolve(s->smtpd->route, s->mail.sender, s->mail.recipient, s->scratch, &answer,
		&err) != LOOKUP_FOUND)
		return;
	if (compat->relay_restrictions)
		note_relay(s, &answer);
	if (compat->relay_domains && answer.class == CLASS_RELAY)
		log_info(OLD_DEFAULT "%s=$mydestination to accept mail for address \"%.*s\"",
		    "relay_domains", SPAN_ARG(s->mail.recipient));
}
