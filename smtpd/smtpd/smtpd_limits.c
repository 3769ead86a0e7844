/* SPDX-License-Identifier: ISC */
/*
 * Limits that need more than this process knows. Errors, junk and sizes are counted where they
 * happen.
 */
#include <sys/statvfs.h>

#include "smtpd/smtpd/smtpd_limits.h"
#include "lib/net/anvil_client.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

/*
 * The client as anvil counts it: IPv6 clients by their network, as many of these have very many
 * addresses. Lives as long as the command.
 */
static struct span
limits_client(struct session *s)
{
	return anvil_client_network(s->client.address, s->smtpd->conf->client_ipv4_prefix_length,
	    s->smtpd->conf->client_ipv6_prefix_length, s->scratch);
}

static bool
limits_are_off(struct session *s)
{
	struct err err = { 0 };

	return s->may_xclient ||
	    match_list_has(s->smtpd->rate_exceptions, s->client.name, s->client.address, &err) ==
	    LOOKUP_FOUND;
}

/* anvil, or NULL. */
static struct peer *
limits_reach(struct session *s, struct err *err)
{
	const struct service_peers *peers = &s->smtpd->peers;

	return peers->get(peers->ctx, s->smtpd->mail->anvil_service_name, err);
}

static void
limits_forget(struct session *s, struct peer *anvil)
{
	s->smtpd->peers.forget(s->smtpd->peers.ctx, anvil);
}

/* Count one event, or only look. returns false when nothing is known of it */
static bool
limits_ask(
    struct session *s, enum anvil_event event, bool is_peek, struct anvil_report *report_out)
{
	struct anvil_ask ask = { .event = event,
		.service = span_of(s->smtpd->service_name),
		.client = limits_client(s),
		.is_peek = is_peek };
	struct peer *anvil;
	struct err err = { 0 };

	log_flush();
	anvil = limits_reach(s, &err);
	if (anvil != NULL &&
	    peer_call(anvil, &anvil_ask_desc, &ask, &anvil_report_desc, report_out, s->scratch,
		clock_deadline(s->smtpd->mail->ipc_timeout.us), &err))
		return true;
	log_warn_err("anvil", &err);
	if (anvil != NULL)
		limits_forget(s, anvil);
	return false;
}

static void
limits_warn(struct session *s, const char *what, int64_t value)
{
	log_warn("%s limit exceeded: %lld from %.*s for service %s", what, (long long) value,
	    SPAN_ARG(s->client.id), s->smtpd->service_name);
}

bool
limits_connect(struct session *s)
{
	const struct smtpd_conf *conf = s->smtpd->conf;
	const char *host = s->smtpd->mail->myhostname;
	struct anvil_report report;

	limits_disconnect(s);
	if ((conf->client_connection_count_limit <= 0 && conf->client_connection_rate_limit <= 0) ||
	    limits_are_off(s) || !limits_ask(s, ANVIL_CONNECT, false, &report))
		return true;
	s->counted = arena_dup(s->arena, limits_client(s));
	if (conf->client_connection_count_limit > 0 &&
	    report.count > conf->client_connection_count_limit) {
		reply_send(s, "421 4.7.0 %s Error: too many connections from %.*s", host,
		    SPAN_ARG(s->client.address));
		limits_warn(s, "Connection concurrency", report.count);
		return false;
	}
	if (conf->client_connection_rate_limit > 0 &&
	    report.rate > conf->client_connection_rate_limit) {
		reply_send(s, "421 4.7.0 %s Error: too many connections from %.*s", host,
		    SPAN_ARG(s->client.address));
		limits_warn(s, "Connection rate", report.rate);
		return false;
	}
	return true;
}

void
limits_disconnect(struct session *s)
{
	struct anvil_ask ask = { .event = ANVIL_DISCONNECT,
		.service = span_of(s->smtpd->service_name),
		.client = s->counted };
	struct peer *anvil;
	struct err err = { 0 };

	if (s->counted.len == 0)
		return;
	s->counted = span_make(NULL, 0);
	anvil = limits_reach(s, &err);
	if (anvil == NULL)
		return;
	if (!peer_send(anvil, &anvil_ask_desc, &ask, &err) ||
	    !peer_flush(anvil, clock_deadline(s->smtpd->mail->ipc_timeout.us), &err))
		limits_forget(s, anvil);
}

/* One event against its rate. fmt of the reply takes the address. */
static bool
limits_rate(
    struct session *s, enum anvil_event event, int limit, const char *what, const char *reply)
{
	struct anvil_report report;

	if (limit <= 0 || limits_are_off(s) || !limits_ask(s, event, false, &report) ||
	    report.rate <= limit)
		return true;
	reply_send(s, "%s %.*s", reply, SPAN_ARG(s->client.address));
	limits_warn(s, what, report.rate);
	return false;
}

bool
limits_mail(struct session *s)
{
	return limits_rate(s, ANVIL_MAIL, s->smtpd->conf->client_message_rate_limit,
	    "Message delivery request rate", "450 4.7.1 Error: too much mail from");
}

bool
limits_rcpt(struct session *s)
{
	return limits_rate(s, ANVIL_RCPT, s->smtpd->conf->client_recipient_rate_limit,
	    "Recipient address rate", "450 4.7.1 Error: too many recipients from");
}

bool
limits_auth(struct session *s)
{
	return limits_rate(s, ANVIL_AUTH, s->smtpd->conf->client_auth_rate_limit,
	    "AUTH command rate", "450 4.7.1 Error: too many AUTH commands from");
}

bool
limits_tls_start(struct session *s)
{
	int limit = s->smtpd->conf->client_new_tls_session_rate_limit;
	bool is_wrapped = s->smtpd->tls_conf->wrappermode;
	struct anvil_report report;

	if (limit <= 0 || limits_are_off(s) || !limits_ask(s, ANVIL_TLS, true, &report) ||
	    report.rate <= limit)
		return true;
	if (is_wrapped)
		reply_send(s, "421 4.7.0 %s Error: too many new TLS sessions from %.*s",
		    s->smtpd->mail->myhostname, SPAN_ARG(s->client.id));
	else
		reply_send(s, "454 4.7.0 Error: too many new TLS sessions from %.*s",
		    SPAN_ARG(s->client.id));
	log_warn("Refusing %s request from %.*s for service %s",
	    is_wrapped ? "TLS service" : "STARTTLS", SPAN_ARG(s->client.id),
	    s->smtpd->service_name);
	return false;
}

bool
limits_tls_done(struct session *s)
{
	int limit = s->smtpd->conf->client_new_tls_session_rate_limit;
	struct anvil_report report;

	if (limit <= 0 || (s->tls != NULL && s->tls->is_reused) || limits_are_off(s) ||
	    !limits_ask(s, ANVIL_TLS, false, &report) || report.rate <= limit)
		return true;
	limits_warn(s, "New TLS session rate", report.rate);
	if (s->tls != NULL)
		reply_send(s, "421 4.7.0 %s Error: too many new TLS sessions from %.*s",
		    s->smtpd->mail->myhostname, SPAN_ARG(s->client.id));
	return false;
}

/* The space that is left, asked at most once a second. */
static int64_t
limits_free_bytes(struct smtpd *smtpd)
{
	int64_t now_us = clock_now_us();
	struct statvfs fs;

	if (smtpd->space_asked_us != 0 && now_us - smtpd->space_asked_us < CLOCK_SECOND_US)
		return smtpd->space_bytes;
	smtpd->space_asked_us = now_us;
	smtpd->space_bytes = INT64_MAX;
	if (smtpd->queue_dir >= 0 && fstatvfs(smtpd->queue_dir, &fs) == 0 && fs.f_frsize > 0 &&
	    fs.f_bavail <= (uint64_t) INT64_MAX / fs.f_frsize)
		smtpd->space_bytes = (int64_t) (fs.f_bavail * fs.f_frsize);
	return smtpd->space_bytes;
}

/* A message of the largest size must fit one and a half times, and queue_minfree besides. */
bool
limits_has_space(struct session *s)
{
	int64_t largest = s->smtpd->mail->message_size_limit;
	int64_t free_bytes = limits_free_bytes(s->smtpd);

	if (free_bytes / 3 * 2 >= largest && free_bytes >= s->smtpd->access->queue_minfree)
		return true;
	log_warn("not enough free space in mail queue: %lld bytes < 1.5*message size limit",
	    (long long) free_bytes);
	return false;
}
