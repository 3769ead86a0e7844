/* SPDX-License-Identifier: ISC */
/*
 * libunbound as our upstream, in its event-driven form: no thread, no process, no file after the
 * start. It keeps a cache of its own for keys and delegations, which is held small.
 */
#include "master/dnsd/dns_validator.h"

#include "lib/base/panic.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <unbound.h>
#include <unbound-event.h>

enum {
	RCODE_OK = 0,
	RCODE_NXDOMAIN = 3,
	BOGUS = 1,
	SECURE = 2,
	TYPE_A = 1,
	CLASS_IN = 1,
	NAME_ROOM = 256
};

struct dns_validator {
	struct ub_ctx *unbound;
};

/* One question that libunbound has. */
struct asked {
	void (*done)(void *ctx, const struct dns_raw *raw);
	void *ctx;
};

static const struct {
	const char *name, *value;
} options[] = {
	{ "do-not-query-localhost:", "no" },
	{ "edns-buffer-size:", "1232" },
	{ "msg-cache-size:", "4m" },
	{ "rrset-cache-size:", "8m" },
	{ "key-cache-size:", "2m" },
	{ "neg-cache-size:", "1m" },
};

static void
on_answer(void *ctx, int rcode, void *packet, int packet_len, int security, char *why_bogus,
    int was_limited UNUSED)
{
	struct asked *asked = ctx;
	struct dns_raw raw = { .is_secure = security == SECURE };

	if (security == BOGUS)
		raw.bogus = why_bogus != NULL ? why_bogus : "bogus";
	else if (packet != NULL && packet_len > 0 && (rcode == RCODE_OK || rcode == RCODE_NXDOMAIN))
		raw.packet = span_make(packet, (size_t) packet_len);
	asked->done(asked->ctx, &raw);
	free(asked);
}

static void
validator_ask(void *self, struct span name, int type,
    void (*done)(void *ctx, const struct dns_raw *raw), void *ctx)
{
	struct dns_validator *validator = self;
	struct asked *asked = xcalloc(1, sizeof(*asked));
	char text[NAME_ROOM];

	asked->done = done;
	asked->ctx = ctx;
	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(name));
	if (ub_resolve_event(validator->unbound, text, type, CLASS_IN, asked, on_answer, NULL) != 0)
		on_answer(asked, -1, NULL, 0, 0, NULL, 0);
}

/* The answer to the question that makes libunbound get ready. */
static void
on_ready(void *ctx UNUSED, int rcode UNUSED, void *packet UNUSED, int packet_len UNUSED,
    int security UNUSED, char *why_bogus UNUSED, int was_limited UNUSED)
{
}

/* "address@port", as libunbound wants it. */
static int
add_forwarder(struct ub_ctx *unbound, const struct dns_server *server)
{
	char host[NI_MAXHOST], port[NI_MAXSERV], text[NI_MAXHOST + NI_MAXSERV + 1];

	if (getnameinfo((const struct sockaddr *) &server->address, server->address_len, host,
		sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM) != 0)
		return UB_SYNTAX;
	snprintf(text, sizeof(text), "%s@%s", host, port);
	return ub_ctx_set_fwd(unbound, text);
}

/* Everything that must be said before the first question; 0 or libunbound's error. */
static int
configure(struct ub_ctx *unbound, const char *anchor_file, const struct dns_servers *forward)
{
	int error = ub_ctx_add_ta_file(unbound, anchor_file);

	for (size_t i = 0; error == 0 && i < COUNT_OF(options); i++)
		error = ub_ctx_set_option(unbound, options[i].name, options[i].value);
	if (error == 0 && forward != NULL) /* they may know private networks */
		error = ub_ctx_set_option(unbound, "unblock-lan-zones:", "yes");
	for (size_t i = 0; error == 0 && forward != NULL && i < forward->count; i++)
		error = add_forwarder(unbound, &forward->list[i]);
	if (error == 0) /* "localhost" is answered at once; files are read now */
		error = ub_resolve_event(
		    unbound, "localhost", TYPE_A, CLASS_IN, NULL, on_ready, NULL);
	return error;
}

struct dns_validator *
dns_validator_new(
    struct loop *loop, const char *anchor_file, const struct dns_servers *forward, struct err *err)
{
	struct dns_validator *validator = xcalloc(1, sizeof(*validator));
	int error = UB_NOMEM;

	validator->unbound = ub_ctx_create_event(loop_base(loop));
	if (validator->unbound != NULL)
		error = configure(validator->unbound, anchor_file, forward);
	if (error == 0)
		return validator;
	(void) err_config(err, "dns_trust = validate, with dns_trust_anchor_file %s: %s",
	    anchor_file, ub_strerror(error));
	dns_validator_free(&validator);
	return NULL;
}

void
dns_validator_free(struct dns_validator **validator)
{
	if (*validator == NULL)
		return;
	ub_ctx_delete((*validator)->unbound);
	free(*validator);
	*validator = NULL;
}

struct dns_upstream
dns_validator_upstream(struct dns_validator *validator)
{
	return (struct dns_upstream){ validator_ask, validator };
}
