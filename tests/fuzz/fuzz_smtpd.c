/* SPDX-License-Identifier: ISC */
/*
 * Any bytes into a live session: the real session code on a socketpair, with a cleanup that is
 * never
 * there, so that every command is reached and nothing is delivered. Every reply line must be one.
 */
#include "tests/fuzz/fuzz.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/route/rewrite_conf.h"
#include "lib/sys/log.h"
#include "lib/sys/main_cf.h"
#include "lib/table/table_conf.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

static const char conf_text[] =
    "compatibility_level = 3.11\n"
    "myhostname = mx.example\n"
    "mydestination = example.org\n"
    "local_recipient_maps = inline:{ u=x }\n"
    "alias_maps =\n"
    "smtpd_peername_lookup = no\n"
    "smtpd_client_connection_count_limit = 0\n"
    "smtpd_error_sleep_time = 0\n"
    "smtpd_hard_error_limit = 1000\n"
    "smtpd_forbid_unauth_pipelining = no\n"
    "smtpd_authorized_xclient_hosts = 192.0.2.0/24\n"
    "smtpd_authorized_xforward_hosts = 192.0.2.0/24\n"
    "smtpd_recipient_restrictions = reject_invalid_helo_hostname, inline:{ h@example.org=HOLD }\n"
    "smtpd_relay_restrictions = reject_unauth_destination\n";

struct server {
	struct smtpd smtpd;
	struct smtpd_conf conf;
	struct smtpd_access_conf access;
	struct smtpd_sasl_conf sasl;
	struct tls_server_conf tls;
	struct table_conf table;
	struct rewrite_conf rewrite;
	struct mail_conf mail;
	struct table_env env;
};

static struct peer *
reach(void *ctx UNUSED, const char *service, struct err *err)
{
	err_temp(err, "no %s here", service);
	return NULL;
}

static void
forget(void *ctx UNUSED, struct peer *peer UNUSED)
{
}

static void
server_load(struct server *v, struct main_cf *cf, struct arena *arena)
{
	struct err err = { 0 };

	FUZZ_CHECK(cf != NULL && mail_conf_load(cf, &v->mail, arena, &err));
	FUZZ_CHECK(param_load(cf, &smtpd_params, NULL, &v->conf, arena, &err));
	FUZZ_CHECK(param_load(cf, &smtpd_access_params, NULL, &v->access, arena, &err));
	FUZZ_CHECK(param_load(cf, &smtpd_sasl_params, NULL, &v->sasl, arena, &err));
	FUZZ_CHECK(param_load(cf, &tls_server_params, NULL, &v->tls, arena, &err));
	FUZZ_CHECK(param_load(cf, &table_params, NULL, &v->table, arena, &err));
	FUZZ_CHECK(param_load(cf, &rewrite_params, NULL, &v->rewrite, arena, &err));
	table_env_init(&v->env, &v->table, cf, NULL);
	v->smtpd = (struct smtpd) { .conf = &v->conf,
		.access = &v->access,
		.tls_conf = &v->tls,
		.sasl = &v->sasl,
		.rewrite = &v->rewrite,
		.mail = &v->mail,
		.service_name = "smtp",
		.arena = arena,
		.queue_dir = -1,
		.peers = { reach, forget, NULL } };
	FUZZ_CHECK(smtpd_setup(&v->smtpd, cf, &v->env, &err));
	v->smtpd.route = route_open(&v->env, &v->rewrite, &v->mail, &err);
	FUZZ_CHECK(v->smtpd.route != NULL);
}

/* One server for all inputs, as a process serves many clients. */
static struct server *
server_get(void)
{
	static struct server *server;
	static struct arena *arena;
	struct log_setup setup = { .tag = "smtpd", .host = "mx", .file_path = "/dev/null" };
	struct err err = { 0 };

	if (server != NULL)
		return server;
	signal(SIGPIPE, SIG_IGN);
	log_init(&setup);
	log_open();
	server = xcalloc(1, sizeof(*server));
	arena = arena_new("fuzz", 10 << 20);
	server_load(server, main_cf_parse(span_of(conf_text), "fuzz.cf", "/nonexistent", arena, &err), arena);
	return server;
}

/* Three digits, a blank or a hyphen, at most 512 octets with CR LF. */
static void
check_replies(int fd)
{
	static char replies[1 << 20];
	size_t len = 0;
	ssize_t n;
	struct span rest, line;

	while (len < sizeof(replies) && (n = read(fd, replies + len, sizeof(replies) - len)) > 0)
		len += (size_t) n;
	rest = span_make(replies, len);
	while (len < sizeof(replies) && span_cut(&rest, '\n', &line)) {
		if (line.len == 0)
			continue;
		FUZZ_CHECK(line.len >= 4 && line.len <= REPLY_LINE_MAX + 1);
		FUZZ_CHECK(line.p[line.len - 1] == '\r');
		FUZZ_CHECK(span_run(line, "0123456789") >= 3);
	}
}

FUZZ_TARGET(smtpd, in)
{
	struct session_client client = { .name = SPAN("client.example"),
		.reverse_name = SPAN("client.example"),
		.address = SPAN("192.0.2.1"),
		.rfc_address = SPAN("192.0.2.1"),
		.port = SPAN("25"),
		.server_address = SPAN("192.0.2.2"),
		.server_port = SPAN("25") };
	int pair[2], size = 1 << 22;

	if (in.len > 100000)
		return;
	FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	(void) setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void) setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	FUZZ_CHECK(in.len == 0 || write(pair[0], in.p, in.len) == (ssize_t) in.len);
	shutdown(pair[0], SHUT_WR);
	session_serve(&server_get()->smtpd, pair[1], &client);
	check_replies(pair[0]);
	close(pair[0]);
}
