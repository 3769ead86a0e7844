/* SPDX-License-Identifier: ISC */
/*
 * authd: who is this? It holds the accounts, runs the exchanges of SASL mechanisms for smtpd and others
 * who have the client, and has passwords compared by workers. When a source has changed it lets master
 * start a successor, which reads all anew: nothing is begun here any more, and clients that ask come
 * to the successor on their next connection. Penalties and the cache begin anew with it.
 */
#include "auth/authd/authd.h"

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { LOOK_EVERY_US = CLOCK_SECOND_US };

static const struct service_params authd_service_params[] = {
	{ &auth_params, offsetof(struct authd, conf), NULL },
	{ NULL, 0, NULL },
};

/* ---- Clients ---- */

/* A client is gone; with the last one a process that has a successor ends. */
static void
free_client(struct authd_client *client)
{
	struct authd *authd = client->authd;

	exchange_end_all(client);
	list_remove(&client->link);
	peer_free(&client->peer);
	free(client);
	service_client_done(authd->program);
	if (authd->is_retiring && list_is_empty(&authd->clients))
		service_stop(authd->program);
}

/* Once a successor was asked for, clients are let go as soon as nothing of theirs is under way. */
void
authd_client_rest(struct authd_client *client)
{
	if (client->authd->is_retiring && list_is_empty(&client->exchanges))
		free_client(client);
}

static bool
has_changed(struct authd *authd)
{
	int64_t now_us = clock_now_us();

	if (now_us - authd->looked_at_us < LOOK_EVERY_US)
		return false;
	authd->looked_at_us = now_us;
	return auth_sources_have_changed(&authd->passdbs) || auth_sources_have_changed(&authd->masters);
}

/*
 * Something new shall begin. false: not here. It stays unanswered, and the connection ends when the
 * successor is there; who asked asks again then.
 */
static bool
may_begin(struct authd *authd)
{
	if (authd->is_stale || authd->is_retiring)
		return false;
	if (!has_changed(authd))
		return true;
	log_info("accounts have changed; a new process reads them");
	authd->is_stale = true;
	service_succeed(authd->program, SPAN("A"));
	return false;
}

static bool
serve(struct authd_client *client, struct frame *frame, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("authd request", AUTH_FRAME_MAX);
	struct auth_begin begin;
	struct auth_continue more;
	struct auth_cancel cancel;

	if (frame_is(frame, &auth_continue_desc))
		return msg_decode(&auth_continue_desc, frame, arena, &more, err) == PARSE_OK &&
		    exchange_continue(client, &more, err);
	if (frame_is(frame, &auth_cancel_desc)) {
		if (msg_decode(&auth_cancel_desc, frame, arena, &cancel, err) != PARSE_OK)
			return false;
		exchange_cancel(client, cancel.id);
		return true;
	}
	if (msg_decode(&auth_begin_desc, frame, arena, &begin, err) != PARSE_OK)
		return false;
	return !may_begin(client->authd) || exchange_begin(client, &begin, err);
}

static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct authd_client *client = ctx;
	struct err err = { 0 };

	if (serve(client, frame, &err))
		return;
	log_warn_err(peer_name(peer), &err);
	free_client(client);
}

static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	free_client(ctx);
}

static const struct peer_events client_events = { .on_frame = on_frame, .on_end = on_end };

static void
on_accept(struct program *program, struct client *accepted)
{
	struct authd *authd = program->state;
	struct authd_client *client = xcalloc(1, sizeof(*client));
	struct auth_mechanisms greeting = { 0 };
	struct err err = { 0 };

	client->authd = authd;
	list_init(&client->exchanges);
	list_append(&authd->clients, &client->link);
	client->peer = peer_new(fd_take(&accepted->fd), accepted->caller, AUTH_FRAME_MAX);
	peer_attach(client->peer, program->loop, &client_events, client);
	greeting.mechanisms.items = (void *) (uintptr_t) mech_set_all(authd->mechs, &greeting.mechanisms.count);
	if (!peer_send(client->peer, &auth_mechanisms_desc, &greeting, &err)) {
		log_warn_err("greeting", &err);
		free_client(client);
	}
}

/* ---- The service ---- */

static void
on_trigger(struct program *program UNUSED, struct span request UNUSED)
{
}

static void
on_retire(struct program *program)
{
	struct authd *authd = program->state;

	authd->is_retiring = true;
	if (list_is_empty(&authd->clients))
		service_stop(program);
	LIST_EACH_SAFE (link, next, &authd->clients)
		authd_client_rest(LIST_ENTRY(link, struct authd_client, link));
}

static bool
before_drop(struct program *program, struct err *err)
{
	struct authd *authd = program->state;

	authd->program = program;
	list_init(&authd->clients);
	authd->mechs = mech_set_new(authd->conf.mechanisms, err);
	return authd->mechs != NULL &&
	    auth_sources_open(authd->conf.passdbs, "auth_passdbs", program->arena, &authd->passdbs, err) &&
	    auth_sources_open(authd->conf.master_passdbs, "auth_master_passdbs", program->arena, &authd->masters, err);
}

static bool
after_drop(struct program *program, struct err *err UNUSED)
{
	struct authd *authd = program->state;
	const struct auth_conf *conf = &authd->conf;

	authd->workers = worker_pool_new(program, conf->worker_limit);
	authd->cache = authd_cache_new(conf->cache_size, conf->cache_ttl.us, conf->cache_negative_ttl.us);
	authd->penalty = penalty_new(conf->failure_delay.us);
	authd->looked_at_us = clock_now_us();
	return true;
}

static const struct service authd_service = {
	.manifest = &authd_manifest,
	.state_size = sizeof(struct authd),
	.params = authd_service_params,
	.before_drop = before_drop,
	.after_drop = after_drop,
	.on_accept = on_accept,
	.on_trigger = on_trigger,
	.on_retire = on_retire,
};

int
main(int argc, char **argv)
{
	return service_main(&authd_service, argc, argv);
}
