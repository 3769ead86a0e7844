/* SPDX-License-Identifier: ISC */
/*
 * tlsmgr: the keys of TLS session tickets. Every service has its own, made from random numbers when
 * first asked for, used for one lifetime, understood for a second one, then wiped. Nothing is
 * written
 * to disk: after a restart of this process clients make a full handshake. The random numbers that
 * TLS
 * needs come from the kernel in each process itself.
 */
#include <sys/random.h>

#include "lib/base/encode.h"
#include "lib/base/list.h"
#include "lib/base/panic.h"
#include "lib/net/tls_ticket.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

enum {
	TLSMGR_FRAME_MAX = 4096,
	TLSMGR_SERVICES_MAX = 1000,
	KEY_BYTES = TICKET_NAME_BYTES + TICKET_CIPHER_BYTES + TICKET_MAC_BYTES
};

struct ticket_slot {
	unsigned char bytes[KEY_BYTES];          /* name, cipher key, mac key */
	int64_t usable_until_us, known_until_us; /* 0: empty */
};

struct ticket_service {
	struct list link;
	char *name;
	struct ticket_slot newer, older;
};

struct tlsmgr {
	struct list services;
	size_t service_count;
};

struct tlsmgr_client {
	struct program *program;
	struct peer *peer;
};

static struct ticket_service *
find_service(struct tlsmgr *tlsmgr, struct span name)
{
	struct ticket_service *service;

	LIST_EACH (link, &tlsmgr->services) {
		service = LIST_ENTRY(link, struct ticket_service, link);
		if (span_eq_str(name, service->name))
			return service;
	}
	if (tlsmgr->service_count >= TLSMGR_SERVICES_MAX)
		return NULL;
	service = xcalloc(1, sizeof(*service));
	service->name = xcalloc(1, name.len + 1);
	memcpy(service->name, name.p, name.len);
	list_append(&tlsmgr->services, &service->link);
	tlsmgr->service_count++;
	return service;
}

static bool
fill_random(void *bytes, size_t len)
{
	return getrandom(bytes, len, 0) == (ssize_t) len;
}

/* Forget what is too old, and make a new key when the newest is used up. */
static bool
rotate(struct ticket_service *service, int64_t lifetime_us)
{
	int64_t now_us = clock_now_us();
	struct ticket_slot fresh = { .usable_until_us = now_us + lifetime_us,
		.known_until_us = now_us + 2 * lifetime_us };

	if (service->older.known_until_us <= now_us)
		explicit_bzero(&service->older, sizeof(service->older));
	if (service->newer.usable_until_us > now_us)
		return true;
	if (!fill_random(fresh.bytes, sizeof(fresh.bytes)))
		return false;
	service->older = service->newer;
	service->newer = fresh;
	explicit_bzero(&fresh, sizeof(fresh));
	return true;
}

static struct span
hex_of(struct arena *arena, const unsigned char *bytes, size_t len)
{
	struct str hex;
	struct span copy;

	str_init(&hex, 2 * len);
	hex_encode(&hex, span_make((const char *) bytes, len));
	copy = arena_dup(arena, str_span(&hex));
	str_wipe(&hex);
	str_fini(&hex);
	return copy;
}

static bool
has_name(const struct ticket_slot *slot, struct span hex, struct arena *arena)
{
	return slot->known_until_us > clock_now_us() &&
	    span_eq(hex, hex_of(arena, slot->bytes, TICKET_NAME_BYTES));
}

/* The key that is asked for, or NULL. */
static const struct ticket_slot *
choose(struct ticket_service *service, const struct ticket_ask *ask, struct arena *arena)
{
	if (service == NULL || !rotate(service, ask->lifetime_s * CLOCK_SECOND_US))
		return NULL;
	if (ask->name.len == 0 || has_name(&service->newer, ask->name, arena))
		return &service->newer;
	return has_name(&service->older, ask->name, arena) ? &service->older : NULL;
}

static bool
answer(struct tlsmgr_client *client, const struct ticket_ask *ask, struct arena *arena,
    struct err *err)
{
	const struct ticket_slot *slot = choose(
	    find_service(client->program->state, ask->service), ask, arena);
	struct ticket_key key = { 0 };
	int64_t left_us;

	if (slot != NULL) {
		left_us = slot->usable_until_us - clock_now_us();
		key.name = hex_of(arena, slot->bytes, TICKET_NAME_BYTES);
		key.cipher_key = hex_of(
		    arena, slot->bytes + TICKET_NAME_BYTES, TICKET_CIPHER_BYTES);
		key.mac_key = hex_of(
		    arena, slot->bytes + TICKET_NAME_BYTES + TICKET_CIPHER_BYTES, TICKET_MAC_BYTES);
		key.usable_s = left_us > 0 ? left_us / CLOCK_SECOND_US : 0;
	}
	return peer_send(client->peer, &ticket_key_desc, &key, err);
}

static void
end_client(struct tlsmgr_client *client)
{
	struct program *program = client->program;

	peer_free(&client->peer);
	free(client);
	service_client_done(program);
}

static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	end_client(ctx);
}

static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("tlsmgr request", TLSMGR_FRAME_MAX);
	struct tlsmgr_client *client = ctx;
	struct ticket_ask ask;
	struct err err = { 0 };

	if (msg_decode(&ticket_ask_desc, frame, arena, &ask, &err) == PARSE_OK &&
	    answer(client, &ask, arena, &err))
		return;
	log_warn_err(peer_name(peer), &err);
	end_client(client);
}

static const struct peer_events client_events = { .on_frame = on_frame, .on_end = on_end };

static void
on_accept(struct program *program, struct client *accepted)
{
	struct tlsmgr_client *client = xcalloc(1, sizeof(*client));

	client->program = program;
	client->peer = peer_new(fd_take(&accepted->fd), accepted->caller, TLSMGR_FRAME_MAX);
	peer_attach(client->peer, program->loop, &client_events, client);
}

static bool
after_drop(struct program *program, struct err *err UNUSED)
{
	struct tlsmgr *tlsmgr = program->state;

	list_init(&tlsmgr->services);
	return true;
}

static const struct service tlsmgr_service = {
	.manifest = &tlsmgr_manifest,
	.state_size = sizeof(struct tlsmgr),
	.after_drop = after_drop,
	.on_accept = on_accept,
};

int
main(int argc, char **argv)
{
	return service_main(&tlsmgr_service, argc, argv);
}
