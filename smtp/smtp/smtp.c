/* SPDX-License-Identifier: ISC */
/*
 * smtp and lmtp: mail leaves by SMTP or LMTP. One program with two names; the name decides which
 * parameters count (smtp_ or lmtp_). Tables, certificates and our own addresses are read before the
 * drop; afterwards there are sockets and dnsd.
 */
#include "smtp/smtp/smtp.h"

#include "lib/net/dns_client.h"
#include "lib/net/tls.h"
#include "lib/sys/log.h"
#include "lib/sys/mail_net.h"
#include "smtp/smtp/smtp_deliver.h"
#include "smtp/smtp/smtp_flags.h"
#include "smtp/smtp/smtp_tls_policy.h"

enum { POLICY_BYTES_MAX = 1 << 20 };

const char *
smtp_own_name(const struct smtp_client *client)
{
	return client->is_lmtp ? client->conf->lhlo_name : client->conf->helo_name;
}

/* Tables of the configuration: one row each. */
static bool
open_maps(struct smtp_client *client, struct err *err)
{
	const struct smtp_conf *conf = client->conf;
	const char *ehlo_maps = client->is_lmtp ? conf->discard_lhlo_keyword_address_maps
						: conf->discard_ehlo_keyword_address_maps;
	const struct {
		struct maps **maps;
		const char *title, *text;
		unsigned flags;
	} rows[] = {
		{ &client->maps.generic, "smtp_generic_maps", conf->generic_maps, TABLE_FOLD },
		{ &client->maps.header_checks, "smtp_header_checks", conf->header_checks, 0 },
		{ &client->maps.mime_checks, "smtp_mime_header_checks", conf->mime_header_checks,
		    0 },
		{ &client->maps.nested_checks, "smtp_nested_header_checks",
		    conf->nested_header_checks, 0 },
		{ &client->maps.body_checks, "smtp_body_checks", conf->body_checks, 0 },
		{ &client->maps.reply_filter, "smtp_reply_filter", conf->reply_filter, 0 },
		{ &client->maps.dns_filter,
		    client->is_lmtp ? "lmtp_dns_reply_filter" : "smtp_dns_reply_filter",
		    conf->dns_reply_filter, 0 },
		{ &client->maps.status_filter, "smtp_delivery_status_filter",
		    conf->delivery_status_filter, 0 },
		{ &client->maps.discard_ehlo, "smtp_discard_ehlo_keyword_address_maps", ehlo_maps,
		    0 },
		{ &client->maps.pix, "smtp_pix_workaround_maps", conf->pix_workaround_maps, 0 },
		{ &client->maps.tls_policy, "smtp_tls_policy_maps", client->tls_conf->policy_maps,
		    TABLE_FOLD },
		{ &client->maps.tls_loglevel, "smtp_tls_loglevel_maps",
		    client->tls_conf->loglevel_maps, TABLE_FOLD },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		*rows[i].maps = maps_open(
		    &client->tables, rows[i].title, rows[i].text, rows[i].flags, err);
		if (*rows[i].maps == NULL)
			return false;
	}
	client->maps.keep_destinations = match_list_open(&client->tables,
	    "smtp_connection_cache_destinations", conf->connection_cache_destinations, MATCH_DOMAIN,
	    TABLE_PARENT_DOMAIN, err);
	return client->maps.keep_destinations != NULL;
}

/* Some destination, or mail with REQUIRETLS, may want TLS. */
static bool
wants_tls(const struct smtp_client *client)
{
	const char *level = client->tls_conf->security_level;

	return (level[0] != '\0' && strcmp(level, "none") != 0) ||
	    client->tls_conf->policy_maps[0] != '\0' || client->tls_conf->wrappermode ||
	    strcmp(client->conf->requiretls_policy, "opportunistic") != 0;
}

/* "192.0.2.1/32 [2001:db8::1]/128": the address of a family when there is one, and it is no loopback; else "". */
static const char *
only_address(const char *nets, bool is_ipv6, struct arena *arena)
{
	struct span rest = span_of(nets), item, found = { NULL, 0 };
	size_t count = 0;

	while (span_token(&rest, ", \t\r\n", &item)) {
		bool is_six = item.p[0] == '[';

		if (is_six != is_ipv6)
			continue;
		count++;
		found = is_six ? span_slice(item, 1, span_find(item, ']'))
			       : span_slice(item, 0, span_find(item, '/'));
	}
	if (count != 1 || span_starts_with(found, SPAN("127.")) || span_eq_str(found, "::1"))
		return "";
	return arena_cstr(arena, found);
}

/* A parameter of the queue manager's. */
static bool
read_backoff(struct program *program, struct duration *out, struct err *err)
{
	const char *text =
	    main_cf_value(program->cf, "minimal_backoff_time", program->arena, err);

	return text != NULL && param_parse_time(span_of(text), 's', out, err);
}

/* dns_resolver_options. */
static bool
read_resolver_options(struct smtp_client *client, struct err *err)
{
	struct span rest = span_of(client->conf->dns_resolver_options), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		if (span_eq_str_ci(word, "res_defnames"))
			client->name_search |= DNS_SEARCH_SINGLE;
		else if (span_eq_str_ci(word, "res_dnsrch"))
			client->name_search |= DNS_SEARCH_ALL;
		else
			return err_config(err,
			    "parameter %s_dns_resolver_options: unknown word \"%.*s\"",
			    client->is_lmtp ? "lmtp" : "smtp", SPAN_ARG(word));
	}
	return true;
}

/* Mail for which an anchor file is needed waits when it cannot be read; all other mail goes. */
static void
load_anchor_files(struct smtp_client *client, const char *files)
{
	struct err err = { 0 };

	if (files != NULL && !tls_client_load_anchors(client->tls, span_of(files), &err))
		log_warn_err("TLS", &err);
}

/* One policy of the tables; what is wrong in it is said when it is used. */
static void
load_policy_anchors(void *ctx, struct span value)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("TLS policy", POLICY_BYTES_MAX);
	struct smtp_tls_policy policy = { 0 };
	struct err err = { 0 };

	if (smtp_tls_policy_parse(value, arena, &policy, &err))
		load_anchor_files(ctx, policy.tafiles);
}

/* Trust anchors are read now: there is no file to be seen later. */
static void
load_anchors(struct smtp_client *client)
{
	struct err err = { 0 };

	load_anchor_files(client, client->tls_conf->trust_anchor_file);
	if (!maps_each(client->maps.tls_policy, load_policy_anchors, client, &err))
		log_warn_err("trust anchor files of smtp_tls_policy_maps", &err);
}

/* Everything that needs files. A broken TLS configuration costs TLS, not mail: where it is demanded, mail waits. */
static bool
client_before_drop(struct program *program, bool is_lmtp, struct err *err)
{
	struct smtp_client *client = program->state;
	struct err tls_err = { 0 };
	const char *own;

	client->is_lmtp = is_lmtp;
	client->program = program;
	client->mail = program->mail;
	client->conf = &client->confs[is_lmtp];
	client->tls_conf = &client->tls_confs[is_lmtp];
	client->use_ipv4 = strstr(program->mail->inet_protocols, "ipv6") == NULL ||
	    strstr(program->mail->inet_protocols, "ipv4") != NULL;
	client->use_ipv6 = strstr(program->mail->inet_protocols, "ipv6") != NULL ||
	    strstr(program->mail->inet_protocols, "all") != NULL;
	own = mail_net_of_style("host", program->mail->inet_interfaces,
	    program->mail->inet_protocols, program->arena);
	client->own_address = only_address(own, false, program->arena);
	client->own_address6 = only_address(own, true, program->arena);
	client->own_addresses =
	    arena_printf(program->arena, "%s %s", own, program->mail->proxy_interfaces);
	if (!smtp_flags_parse(program->args, &client->flags, err) ||
	    !read_backoff(program, &client->first_backoff, err) ||
	    !read_resolver_options(client, err))
		return false;
	if (!tls_loglevel_parse(is_lmtp ? "lmtp_tls_loglevel" : "smtp_tls_loglevel",
		client->tls_conf->loglevel, &client->tls_loglevel, err))
		return false;
	table_env_init(&client->tables, &client->table_conf, program->cf, program);
	if (!open_maps(client, err))
		return false;
	if (wants_tls(client) &&
	    (client->tls = tls_client_new(client->tls_conf, program, &tls_err)) == NULL)
		log_warn_err("TLS is not available", &tls_err);
	if (client->tls != NULL)
		load_anchors(client);
	return true;
}

static bool
smtp_before_drop(struct program *program, struct err *err)
{
	return client_before_drop(program, false, err);
}

static bool
lmtp_before_drop(struct program *program, struct err *err)
{
	return client_before_drop(program, true, err);
}

static void
smtp_client(struct program *program, struct client *client)
{
	struct smtp_client *state = program->state;

	agent_serve_keeping(program, client, smtp_deliver,
	    state->conf->connection_cache_time_limit.us, smtp_drop_kept, state);
	smtp_drop_kept(state);
}

static bool
smtp_is_stale(struct program *program)
{
	struct smtp_client *client = program->state;

	return table_any_stale(&client->tables) ||
	    (client->tls != NULL && tls_client_is_stale(client->tls));
}

static void
smtp_exit(struct program *program)
{
	struct smtp_client *client = program->state;

	smtp_drop_kept(client);
	tls_client_free(&client->tls);
}

static const struct service_params smtp_tables[] = {
	{ .table = &smtp_params, .offset = offsetof(struct smtp_client, confs) },
	{ .table = &smtp_tls_params, .offset = offsetof(struct smtp_client, tls_confs) },
	{ .table = &smtp_common_params, .offset = offsetof(struct smtp_client, common) },
	{ .table = &table_params, .offset = offsetof(struct smtp_client, table_conf) },
	{ .table = NULL },
};

static const struct service_params lmtp_tables[] = {
	{ .table = &lmtp_params, .offset = offsetof(struct smtp_client, confs[1]) },
	{ .table = &lmtp_tls_params, .offset = offsetof(struct smtp_client, tls_confs[1]) },
	{ .table = &smtp_common_params, .offset = offsetof(struct smtp_client, common) },
	{ .table = &table_params, .offset = offsetof(struct smtp_client, table_conf) },
	{ .table = NULL },
};

const struct service smtp_service = {
	.manifest = &smtp_manifest,
	.state_size = sizeof(struct smtp_client),
	.params = smtp_tables,
	.before_drop = smtp_before_drop,
	.on_client = smtp_client,
	.is_stale = smtp_is_stale,
	.on_exit = smtp_exit,
};

const struct service lmtp_service = {
	.manifest = &lmtp_manifest,
	.state_size = sizeof(struct smtp_client),
	.params = lmtp_tables,
	.before_drop = lmtp_before_drop,
	.on_client = smtp_client,
	.is_stale = smtp_is_stale,
	.on_exit = smtp_exit,
};
