/* SPDX-License-Identifier: ISC */
/* A client behind a load balancer that speaks the PROXY protocol. */
#include "smtpd/smtpd/smtpd_proxy.h"
#include "lib/net/proxy_read.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_peer.h"
#include "smtpd/smtpd/smtpd_session.h"

static void
proxy_be(struct session *s, const struct proxy_header *header)
{
	struct session_client *c = &s->client;

	peer_set_address(s, span_of(arena_strdup(s->arena, header->client.host)));
	c->port = span_of(arena_printf(s->arena, "%u", header->client.port));
	c->server_address = span_of(arena_strdup(s->arena, header->server.host));
	c->server_port = span_of(arena_printf(s->arena, "%u", header->server.port));
}

bool
proxy_meet(struct session *s)
{
	struct proxy_header header;
	struct err err = { 0 };
	int64_t wait_us = s->smtpd->conf->upstream_proxy_timeout.us;

	if (!s->smtpd->is_behind_proxy)
		return true;
	if (!proxy_read(stream_fd(s->stream), clock_deadline(wait_us), &header, &err)) {
		log_warn("haproxy read from [%.*s]: %s", SPAN_ARG(s->client.address), err.text);
		return false;
	}
	if (header.has_client)
		proxy_be(s, &header);
	return true;
}
