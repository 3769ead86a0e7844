/* SPDX-License-Identifier: ISC */
/*
 * XCLIENT and XFORWARD: a proxy or filter that we trust (by smtpd_authorized_xclient_hosts and
 * smtpd_authorized_xforward_hosts) speaks for its client. XCLIENT replaces the client for
 * everything, access checks and the right to XCLIENT too, and starts the session anew; XFORWARD only tells the log and cleanup.
 */
#include "lib/mail/addr.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_limits.h"
#include "smtpd/smtpd/smtpd_peer.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

static const struct span unknown = SPAN_INIT("unknown");

/* "192.0.2.1", "IPV6:2001:db8::1" */
static bool
xclient_parse_address(
    struct session *s, struct span value, struct span *text_out, struct span *rfc_out)
{
	bool is_v6 = span_starts_with_ci(value, SPAN("IPV6:"));
	struct span text = is_v6 ? span_from(value, 5) : value;
	struct addr_ip ip;
	const char *literal = arena_printf(
	    s->scratch, is_v6 ? "[IPv6:%.*s]" : "[%.*s]", SPAN_ARG(text));

	if (!addr_literal_parse(span_of(literal), &ip))
		return false;
	*text_out = text;
	*rfc_out = is_v6 ? span_of(arena_printf(s->arena, "IPv6:%.*s", SPAN_ARG(text))) : text;
	return true;
}

static bool
xclient_is_port(struct span value)
{
	uint64_t port;

	return span_to_u64(value, 65535, &port);
}

static bool
xclient_set_name(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	struct session_client *c = &s->client;

	if (!is_missing && !addr_is_hostname(value, true))
		return false;
	c->name = is_missing ? unknown : value;
	c->name_status = !is_missing ? NAME_OK : is_temporary ? NAME_TEMP : NAME_PERM;
	return true;
}

static bool
xclient_set_reverse_name(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	struct session_client *c = &s->client;

	if (!is_missing && !addr_is_hostname(value, true))
		return false;
	c->reverse_name = is_missing ? unknown : value;
	c->reverse_status = !is_missing ? NAME_OK : is_temporary ? NAME_TEMP : NAME_PERM;
	return true;
}

static bool
xclient_set_address(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	struct session_client *c = &s->client;

	(void) is_temporary;
	if (is_missing)
		c->address = c->rfc_address = unknown;
	return is_missing || xclient_parse_address(s, value, &c->address, &c->rfc_address);
}

static bool
xclient_set_port(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	s->client.port = is_missing ? unknown : value;
	return is_missing || xclient_is_port(value);
}

static bool
xclient_set_helo(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	s->helo = is_missing ? span_make(NULL, 0) : value;
	return true;
}

static bool
xclient_set_protocol(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	if (is_missing || span_eq_str_ci(value, "SMTP"))
		s->protocol = "SMTP";
	else if (span_eq_str_ci(value, "ESMTP"))
		s->protocol = "ESMTP";
	else
		return false;
	return true;
}

static bool
xclient_set_server_address(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	struct span rfc;

	(void) is_temporary;
	return is_missing || xclient_parse_address(s, value, &s->client.server_address, &rfc);
}

static bool
xclient_set_server_port(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	if (!is_missing)
		s->client.server_port = value;
	return is_missing || xclient_is_port(value);
}

/* A login that another system has checked. */
static bool
xclient_set_login(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	if (is_missing)
		sasl_log_out(s);
	else
		sasl_set_login(s, SPAN("XCLIENT"), value);
	return true;
}

static bool
xforward_keep(struct span value, bool is_missing, struct span *kept_out)
{
	*kept_out = is_missing ? unknown : value;
	return true;
}

static bool
xforward_set_name(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	return (is_missing || addr_is_hostname(value, true)) &&
	    xforward_keep(value, is_missing, &s->forward_name);
}

static bool
xforward_set_address(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	struct span rfc;

	(void) is_temporary;
	if (is_missing)
		return xforward_keep(value, true, &s->forward_address);
	return xclient_parse_address(s, value, &s->forward_address, &rfc);
}

static bool
xforward_set_port(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	return (is_missing || xclient_is_port(value)) &&
	    xforward_keep(value, is_missing, &s->forward_port);
}

static bool
xforward_set_helo(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	return xforward_keep(value, is_missing, &s->forward_helo);
}

static bool
xforward_set_protocol(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	return value.len <= 64 && xforward_keep(value, is_missing, &s->forward_protocol);
}

static bool
xforward_set_ident(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	return xforward_keep(value, is_missing, &s->forward_ident);
}

static bool
xforward_set_source(struct session *s, struct span value, bool is_missing, bool is_temporary)
{
	(void) is_temporary;
	s->forward_is_local = !is_missing && span_eq_str_ci(value, "LOCAL");
	s->has_forward_source = !is_missing;
	return is_missing || s->forward_is_local || span_eq_str_ci(value, "REMOTE");
}

struct xclient_attribute {
	const char *name;
	bool (*set)(struct session *s, struct span value, bool is_missing, bool is_temporary);
};

static const struct xclient_attribute xclient_attributes[] = {
	{ "NAME", xclient_set_name },
	{ "REVERSE_NAME", xclient_set_reverse_name },
	{ "ADDR", xclient_set_address },
	{ "PORT", xclient_set_port },
	{ "HELO", xclient_set_helo },
	{ "PROTO", xclient_set_protocol },
	{ "LOGIN", xclient_set_login },
	{ "DESTADDR", xclient_set_server_address },
	{ "DESTPORT", xclient_set_server_port },
	{ NULL, NULL },
};

static const struct xclient_attribute xforward_attributes[] = {
	{ "NAME", xforward_set_name },
	{ "ADDR", xforward_set_address },
	{ "PORT", xforward_set_port },
	{ "HELO", xforward_set_helo },
	{ "PROTO", xforward_set_protocol },
	{ "IDENT", xforward_set_ident },
	{ "SOURCE", xforward_set_source },
	{ NULL, NULL },
};

static const struct xclient_attribute *
xclient_find(const struct xclient_attribute *attributes, struct span name)
{
	while (attributes->name != NULL && !span_eq_str_ci(name, attributes->name))
		attributes++;
	return attributes->name != NULL ? attributes : NULL;
}

/* Set one attribute. The reply has been said when false. */
static bool
xclient_take(struct session *s, const char *verb, const struct xclient_attribute *attributes,
    struct span name, struct span text)
{
	const struct xclient_attribute *attribute = xclient_find(attributes, name);
	struct smtp_xattr x;

	if (attribute == NULL) {
		reply_send(s, "501 5.5.4 Bad %s attribute name: %.*s", verb,
		    SPAN_ARG(span_slice(name, 0, 64)));
		return false;
	}
	if (smtp_xattr_decode(text, s->arena, &x) &&
	    attribute->set(s, x.value, x.is_missing, x.is_temporary))
		return true;
	reply_send(s, "501 5.5.4 Bad %s syntax: %.*s", attribute->name,
	    SPAN_ARG(span_slice(text, 0, 100)));
	return false;
}

static bool
xclient_take_all(struct session *s, const char *verb, const struct xclient_attribute *attributes,
    struct span args)
{
	struct span name, text;

	for (;;) {
		switch (smtp_xattr_next(&args, &name, &text)) {
		case PARSE_OK:
			if (!xclient_take(s, verb, attributes, name, text))
				return false;
			break;
		case PARSE_MORE:
			return true;
		case PARSE_BAD:
			reply_send(s, "501 5.5.4 Error: attribute=value expected");
			return false;
		}
	}
}

static bool
xclient_is_in_order(struct session *s, bool is_allowed, const char *verb, struct span args)
{
	if (!is_allowed)
		reply_send(s, "550 5.7.0 Error: insufficient authorization");
	else if (s->mail.is_open || s->mail.in_bdat)
		reply_send(s, "503 5.5.1 Error: MAIL transaction in progress");
	else if (args.len == 0)
		reply_send(s, "501 5.5.4 Syntax: %s attribute=value...", verb);
	else if (arena_is_over(s->arena))
		reply_send(s, "421 4.7.0 %s Error: too many errors", s->smtpd->mail->myhostname);
	else
		return true;
	return false;
}

bool
smtpd_cmd_xclient(struct session *s, struct span args)
{
	struct session_client before = s->client;

	if (!xclient_is_in_order(s, s->may_xclient, "XCLIENT", args))
		return false;
	session_reset_mail(s);
	session_reset_helo(s);
	if (!xclient_take_all(s, "XCLIENT", xclient_attributes, args)) {
		s->client = before;
		session_reset_helo(s);
		return false;
	}
	session_name_client(s);
	peer_apply_lists(s);
	if (!limits_connect(s))
		return true;
	if (restrict_at_connect(s) == VERDICT_REJECT) {
		s->is_denied = true;
		reply_send_text(s, str_span(&s->restrict_state.reply));
		return true;
	}
	reply_send(s, "220 %s", s->smtpd->conf->banner);
	return true;
}

bool
smtpd_cmd_xforward(struct session *s, struct span args)
{
	if (!xclient_is_in_order(s, s->may_xforward, "XFORWARD", args))
		return false;
	if (!xclient_take_all(s, "XFORWARD", xforward_attributes, args))
		return false;
	reply_send(s, "250 2.0.0 Ok");
	return true;
}
