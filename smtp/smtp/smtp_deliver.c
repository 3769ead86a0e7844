/* SPDX-License-Identifier: ISC */
/*
 * From one server to the next. A server that cannot be reached, or fails for now, is followed by
 * the next one; what the last one says stands in the report. The connection of a message is kept
 * for the next one to the same next hop.
 */
#include "smtp/smtp/smtp_deliver.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtp/smtp/smtp_addr.h"
#include "smtp/smtp/smtp_connect.h"
#include "smtp/smtp/smtp_flags.h"
#include "smtp/smtp/smtp_hello.h"
#include "smtp/smtp/smtp_proto.h"

enum { SITES_MAX = 20, SMTP_PORT = 25 };

/* What is going on with one request. */
struct tour {
	struct smtp_delivery d;
	struct span sites[SITES_MAX];
	size_t site_count;
	bool is_last_site, is_last_host;
	bool is_loop;                /* mail comes back to us: other sites would make it worse */
	bool was_ready;              /* some server was ready for mail */
	int64_t best_preference;     /* of the site's servers */
	int sessions;                /* of the site, with servers that were ready */
	struct smtp_trouble trouble; /* the last one of a server or site as a whole */
	const char *skip_address;    /* the kept connection's server has had its turn */
};

static void
tour_add_sites(struct tour *tour, struct span list)
{
	struct span item;

	while (tour->site_count < SITES_MAX && smtp_dest_next(&list, &item))
		tour->sites[tour->site_count++] = item;
}

/* ---- Kept connections ---- */

void
smtp_drop_kept(void *ctx)
{
	struct smtp_client *client = ctx;

	smtp_quit(&client->kept);
}

/* The connection may carry another message. */
static bool
may_be_kept(struct smtp_client *client, const struct client_session *s)
{
	const struct smtp_conf *conf = client->conf;
	struct err err = { 0 };

	if (s->is_broken || clock_now_us() - s->opened_us >= conf->connection_reuse_time_limit.us)
		return false;
	if (conf->connection_reuse_count_limit > 0 && s->uses >= conf->connection_reuse_count_limit)
		return false;
	if (conf->connection_cache_on_demand)
		return true;
	return match_list_has(client->maps.keep_destinations, span_of(s->destination),
		   span_make(NULL, 0), &err) == LOOKUP_FOUND;
}

static void
keep_or_quit(struct smtp_client *client, struct client_session *s)
{
	if (!may_be_kept(client, s)) {
		smtp_quit(&s);
		return;
	}
	client->kept = s;
	client->kept_until_us = clock_deadline(client->conf->connection_cache_time_limit.us);
}

/* The kept connection, when it leads to the right place and is alive. */
static struct client_session *
take_kept(struct smtp_client *client, const struct deliver *deliver)
{
	struct client_session *s = client->kept;

	if (s == NULL)
		return NULL;
	if (!span_eq_str_ci(deliver->nexthop, s->destination) ||
	    deliver->tls_optional != s->is_tls_optional ||
	    deliver->requiretls != s->is_tls_required || clock_now_us() >= client->kept_until_us || stream_has_input(s->stream)) {
		smtp_quit(&client->kept);
		return NULL;
	}
	client->kept = NULL;
	return s;
}

static void
try_kept(struct tour *tour)
{
	struct smtp_client *client = tour->d.client;
	struct client_session *s = take_kept(client, tour->d.request->deliver);

	if (s == NULL)
		return;
	s->ready_us = clock_wall_us();
	tour->d.is_last = s->is_only;
	if (smtp_transact(&tour->d, s)) {
		tour->was_ready = true;
		tour->skip_address = arena_strdup(tour->d.arena, s->address);
		keep_or_quit(client, s);
	} else {
		session_free(&s);
	}
}

/* ---- One server ---- */

static void
note_trouble(struct tour *tour, const struct smtp_trouble *trouble)
{
	tour->trouble = *trouble;
}

static void
note_err(struct tour *tour, const struct err *err)
{
	tour->trouble = smtp_trouble_of_err(&tour->d, err);
}

/* Connect; a failure is logged, since it is the server's. */
static struct client_session *
open_session(struct tour *tour, const struct smtp_dest *dest, const struct smtp_host *host,
    const struct smtp_tls_policy *policy)
{
	struct smtp_client *client = tour->d.client;
	uint16_t port = host->port != 0 ? host->port : dest->port;
	struct err err = { 0 };
	struct stream *stream = dest->is_unix ? smtp_connect_unix(client, dest->path, &err)
					      : smtp_connect_inet(client, host, port, &err);
	struct client_session *s;

	if (stream == NULL) {
		log_info("%s", err.text);
		note_err(tour, &err);
		return NULL;
	}
	s = session_new(client, stream, host->name, host->address, dest->is_unix ? 0 : port);
	s->destination = arena_cstr(s->arena, dest->text);
	s->policy = *policy;
	s->is_best_mx = host->preference == tour->best_preference;
	s->is_tls_optional = tour->d.request->deliver->tls_optional;
	s->is_tls_required = tour->d.request->deliver->requiretls;
	return s;
}

/* A handshake that fails may be a passing fault, so plain text comes only for mail that was deferred before. */
static bool
may_do_without_tls(const struct tour *tour)
{
	const struct deliver *deliver = tour->d.request->deliver;

	return deliver->active_us - deliver->arrival_us >=
	    tour->d.client->first_backoff.us;
}

/*
 * Nobody else will be tried. A server that proves ready is the last one the session limit allows; one that
 * does not is followed by the next.
 */
static bool
is_last(const struct tour *tour)
{
	return tour->is_last_site && tour->is_last_host;
}

static bool
is_last_when_ready(const struct tour *tour)
{
	int limit = tour->d.client->conf->mx_session_limit;

	return tour->is_last_site && (tour->is_last_host || tour->sessions == limit);
}

/* Greeting and EHLO; a second time in plain text when TLS was welcome but failed. */
static struct client_session *
open_ready_session(struct tour *tour, const struct smtp_dest *dest, const struct smtp_host *host,
    const struct smtp_tls_policy *policy)
{
	bool may_use_tls = true;

	for (;;) {
		struct client_session *s = open_session(tour, dest, host, policy);
		struct smtp_trouble trouble;

		if (s == NULL)
			return NULL;
		s->may_use_tls = may_use_tls;
		if (smtp_handshake(&tour->d, s, &trouble))
			return s;
		note_trouble(tour, &trouble);
		if (!s->tls_failed || !may_use_tls || !may_do_without_tls(tour)) {
			s->uses++;
			smtp_report_trouble_all(&tour->d, s, &trouble);
			smtp_quit(&s);
			return NULL;
		}
		may_use_tls = false;
		session_free(&s);
	}
}

/* One server: everybody who is pending. */
static void
try_host(struct tour *tour, const struct smtp_dest *dest, const struct smtp_host *host,
    const struct smtp_tls_policy *policy)
{
	struct client_session *s = open_ready_session(tour, dest, host, policy);

	if (s == NULL)
		return;
	tour->was_ready = true;
	tour->sessions++;
	tour->d.is_last = s->is_only = is_last_when_ready(tour);
	smtp_drop_kept(tour->d.client);
	if (smtp_transact(&tour->d, s))
		keep_or_quit(tour->d.client, s);
	else
		session_free(&s);
}

/* ---- One site ---- */

/* The addresses of a site; a UNIX socket is one. */
static bool
find_hosts(
    struct tour *tour, const struct smtp_dest *dest, struct smtp_hosts *hosts, struct err *err)
{
	struct smtp_client *client = tour->d.client;

	if (!dest->is_unix)
		return smtp_hosts_find(client, dest, dest->port == SMTP_PORT && !client->is_lmtp,
		    tour->d.arena, hosts, err);
	*hosts = (struct smtp_hosts){ .list = { 0 } };
	*ARRAY_ADD(tour->d.arena, &hosts->list) = (struct smtp_host){
		.name = span_of(client->mail->myhostname), .address = dest->path
	};
	return true;
}

/* Addresses that are still to be tried. */
static size_t
drop_skipped(const struct tour *tour, struct smtp_hosts *hosts)
{
	size_t kept = 0;

	for (size_t i = 0; i < hosts->list.count; i++)
		if (tour->skip_address == NULL ||
		    !span_eq_str(hosts->list.v[i].address, tour->skip_address))
			hosts->list.v[kept++] = hosts->list.v[i];
	if (kept > 0)
		hosts->list.count = kept;
	return hosts->list.count;
}

static void
try_hosts(struct tour *tour, const struct smtp_dest *dest, struct smtp_hosts *hosts,
    const struct smtp_tls_policy *policy)
{
	int limit = tour->d.client->conf->mx_session_limit;
	size_t count = drop_skipped(tour, hosts);

	tour->sessions = 0;
	tour->best_preference = count > 0 ? hosts->list.v[0].preference : 0;
	for (size_t i = 0; i < count && smtp_count_pending(&tour->d) > 0 &&
	     (limit == 0 || tour->sessions < limit);
	     i++) {
		tour->is_last_host = i + 1 == count;
		tour->d.is_last = is_last(tour);
		try_host(tour, dest, &hosts->list.v[i], policy);
	}
}

/* The policy of a site; "TLS-Required: no" asks for delivery without one that could fail (RFC 8689 5). */
static bool
find_policy(struct tour *tour, const struct smtp_dest *dest, struct smtp_tls_policy *policy,
    struct err *err)
{
	const struct deliver *deliver = tour->d.request->deliver;

	if (!smtp_tls_policy_find(tour->d.client, dest, tour->d.arena, policy, err))
		return false;
	if (deliver->requiretls)
		smtp_tls_policy_require(tour->d.client, policy);
	else if (deliver->tls_optional && policy->level > TLS_LEVEL_MAY)
		policy->level = TLS_LEVEL_MAY;
	return true;
}

static void
try_site(struct tour *tour, struct span text)
{
	struct smtp_client *client = tour->d.client;
	struct smtp_tls_policy policy;
	struct smtp_hosts hosts;
	struct smtp_dest dest;
	struct err err = { 0 };

	if (smtp_dest_parse(text, client->conf->tcp_port, client->mail->known_tcp_ports,
		client->is_lmtp, &dest, &err) &&
	    find_policy(tour, &dest, &policy, &err) && find_hosts(tour, &dest, &hosts, &err))
		try_hosts(tour, &dest, &hosts, &policy);
	else
		note_err(tour, &err);
	tour->is_loop = strcmp(err.dsn, "5.4.6") == 0;
}

void
smtp_deliver(void *ctx, struct agent_request *request)
{
	struct smtp_client *client = ctx;
	struct tour tour = { .trouble = { .class = ERR_TEMP,
				 .dsn = "4.4.1",
				 .text = "no server could be tried",
				 .diagnostic = "",
				 .remote_mta = "" } };
	struct err err = { 0 };

	smtp_delivery_init(&tour.d, client, request);
	if (!smtp_flags_check(&tour.d, &err)) {
		tour.d.is_last = true;
		tour.trouble = smtp_trouble_of_err(&tour.d, &err);
		smtp_report_trouble_all(&tour.d, NULL, &tour.trouble);
		return;
	}
	try_kept(&tour);
	tour_add_sites(&tour, request->deliver->nexthop);
	if (!client->is_lmtp)
		tour_add_sites(&tour, span_of(client->conf->fallback_relay));
	for (size_t i = 0;
	     i < tour.site_count && smtp_count_pending(&tour.d) > 0 && !tour.is_loop; i++) {
		tour.is_last_site = i + 1 == tour.site_count;
		try_site(&tour, tour.sites[i]);
	}
	tour.d.is_last = true;
	if (!tour.was_ready)
		agent_destination_failed(
		    request, span_of(tour.trouble.dsn), span_of(tour.trouble.text));
	if (smtp_count_pending(&tour.d) > 0)
		smtp_report_trouble_all(&tour.d, NULL, &tour.trouble);
}
