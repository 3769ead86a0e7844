/* SPDX-License-Identifier: ISC */
/*
 * dnsd: asks the DNS for everybody. It is the one process that reads name servers' packets, and it
 * reaches nothing else: resolv.conf, the hosts file and the trust anchor are read before the drop,
 * and when one of them changes the process ends as soon as no question is on its way, to be
 * replaced by a fresh one. With dns_trust = ad the name server's word (AD) counts for DNSSEC, with
 * dns_trust = validate libunbound's.
 */
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "master/dnsd/dns_hosts.h"
#include "master/dnsd/dns_search.h"
#include "master/dnsd/dns_servers.h"
#include "master/dnsd/dns_stub.h"
#include "master/dnsd/dns_validator.h"
#include "master/dnsd/dnsd_conf.h"
#include "master/dnsd/file_notice.h"
#include "master/dnsd/resolver.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { RESOLV_CONF_MAX = 64 << 10, HOSTS_MAX = 4 << 20, CACHE_BYTES_PER_ANSWER = 2000 };

static const char resolv_conf_path[] = "/etc/resolv.conf";
static const char hosts_path[] = "/etc/hosts";

/* How long questions may keep a process whose files are outdated. */
static const int64_t grace_us = 15 * CLOCK_SECOND_US;
static const int64_t grace_step_us = CLOCK_SECOND_US / 10;

struct dnsd_state {
	struct dnsd_conf conf;
	struct dns_servers servers;
	struct dns_search_list search;
	struct dns_hosts *hosts;
	struct file_notice *notice;
	struct dns_stub *stub;
	struct dns_validator *validator;
	struct resolver *resolver;
	struct loop_timer ending;
	int64_t end_by_us;
};

/* A file that may be absent; what else goes wrong is said, and counts as absent. */
static struct span
read_system_file(const char *path, size_t max, struct arena *arena)
{
	struct span text = { NULL, 0 };
	struct err err = { 0 };

	if (!file_read(AT_FDCWD, path, max, arena, &text, &err) && err.errnum != ENOENT)
		log_warn_err("system file", &err);
	return text;
}

/* As the C library: without search domains it is the one of this host's name. */
static void
load_search(struct program *program, struct span resolv_conf)
{
	struct dnsd_state *s = program->state;
	char host[256] = "";

	dns_search_read(resolv_conf, &s->search);
	if (s->conf.search_domains[0] != '\0')
		dns_search_replace(span_of(s->conf.search_domains), &s->search);
	else if (s->search.count == 0 && gethostname(host, sizeof(host) - 1) == 0 &&
	    strchr(host, '.') != NULL)
		dns_search_replace(
		    span_of(arena_strdup(program->arena, strchr(host, '.') + 1)), &s->search);
}

/* Whom to ask. */
static bool
load_servers(struct program *program, struct err *err)
{
	struct dnsd_state *s = program->state;

	const struct span resolv_conf = read_system_file(resolv_conf_path, RESOLV_CONF_MAX,
	    program->arena);

	dns_servers_read(resolv_conf, &s->servers);
	load_search(program, resolv_conf);
	if (s->conf.query_timeout.us > 0)
		s->servers.timeout_us = s->conf.query_timeout.us;
	if (s->conf.query_attempts > 0)
		s->servers.attempts = s->conf.query_attempts;
	return s->conf.servers[0] == '\0' ||
	    dns_servers_replace(span_of(s->conf.servers), &s->servers, err);
}

/* Everything that needs files. */
static bool
dnsd_before_drop(struct program *program, struct err *err)
{
	static const char *const watched[] = { resolv_conf_path, hosts_path, NULL };
	CLEANUP(arena_free) struct arena *arena = arena_new("hosts file", HOSTS_MAX + 4096);
	struct dnsd_state *s = program->state;

	s->notice = file_notice_new(watched);
	s->hosts = dns_hosts_new(read_system_file(hosts_path, HOSTS_MAX, arena));
	if (!load_servers(program, err))
		return false;
	if (strcmp(program->mail->dns_trust, "validate") != 0)
		return true;
	s->validator = dns_validator_new(program->loop, s->conf.trust_anchor_file,
	    s->conf.servers[0] != '\0' ? &s->servers : NULL, err);
	return s->validator != NULL;
}

/* Outdated: end when nobody waits, or when they have waited long enough. */
static void
end_when_quiet(void *ctx)
{
	struct program *program = ctx;
	struct dnsd_state *s = program->state;

	if (resolver_pending(s->resolver) == 0 || clock_now_us() >= s->end_by_us)
		service_stop(program);
	else
		loop_timer_set(&s->ending, grace_step_us);
}

static void
file_changed(void *ctx, const char *path)
{
	struct program *program = ctx;
	struct dnsd_state *s = program->state;

	if (loop_timer_is_set(&s->ending))
		return;
	log_info("file %s has changed -- restarting", path);
	s->end_by_us = clock_deadline(grace_us);
	loop_timer_set(&s->ending, grace_step_us);
}

static bool
dnsd_after_drop(struct program *program, struct err *err UNUSED)
{
	struct dnsd_state *s = program->state;
	const struct resolver_limits limits = {
		.cache_packets = s->conf.cache_limit > 0 ? (size_t) s->conf.cache_limit : 0,
		.cache_bytes = s->conf.cache_limit > 0
		    ? (size_t) s->conf.cache_limit * CACHE_BYTES_PER_ANSWER
		    : 0,
		.max_ttl_us = s->conf.cache_max_ttl.us,
		.max_negative_ttl_us = s->conf.cache_negative_ttl.us,
	};
	struct dns_upstream upstream;

	if (s->validator == NULL)
		s->stub = dns_stub_new(program->loop, &s->servers);
	upstream = s->validator ? dns_validator_upstream(s->validator) : dns_stub_upstream(s->stub);
	s->resolver = resolver_new(program->loop, s->hosts, &s->search, &upstream, &limits);
	loop_timer_init(&s->ending, program->loop, end_when_quiet, program);
	file_notice_attach(s->notice, program->loop, file_changed, program);
	return true;
}

static void
dnsd_caller_gone(void *ctx)
{
	service_client_done(ctx);
}

static void
dnsd_accept(struct program *program, struct client *client)
{
	struct dnsd_state *s = program->state;

	resolver_add_caller(
	    s->resolver, fd_take(&client->fd), client->caller, dnsd_caller_gone, program);
}

static void
dnsd_exit(struct program *program)
{
	struct dnsd_state *s = program->state;

	loop_timer_cancel(&s->ending);
	file_notice_free(&s->notice);
	dns_stub_free(&s->stub);
	dns_validator_free(&s->validator);
	resolver_free(&s->resolver);
	dns_hosts_free(&s->hosts);
}

static const struct service_params dnsd_tables[] = {
	{ .table = &dnsd_params, .offset = offsetof(struct dnsd_state, conf) },
	{ .table = NULL },
};

static const struct service dnsd_service = {
	.manifest = &dnsd_manifest,
	.state_size = sizeof(struct dnsd_state),
	.params = dnsd_tables,
	.before_drop = dnsd_before_drop,
	.after_drop = dnsd_after_drop,
	.on_accept = dnsd_accept,
	.on_exit = dnsd_exit,
};

int
main(int argc, char **argv)
{
	return service_main(&dnsd_service, argc, argv);
}
