/* SPDX-License-Identifier: ISC */
/*
 * The client of authd. A first message may be sent twice: authd answers each of them at most once, and
 * one that was not answered had no effect.
 */
#include "lib/net/auth_client.h"

#include <errno.h>

#include "lib/sys/clock.h"

/* The exchange's time is the service's to limit (auth_exchange_time_limit); this is for a dead one. */
enum { TRIES = 3, MECHANISMS_BYTES = 16384, ANSWER_TIME_S = 300, GREETING_TIME_S = 30 };

static const char service[] = "authd";

void
auth_client_init(
    struct auth_client *client, const struct mail_conf *mail, struct service_peers peers)
{
	*client = (struct auth_client){ .mail = mail, .peers = peers };
	client->arena = arena_new("mechanisms of authd", MECHANISMS_BYTES);
}

void
auth_client_fini(struct auth_client *client)
{
	arena_free(&client->arena);
}

/* A client waits: one that cannot start is given up before ipc_timeout, which is long. */
static int64_t
deadline(const struct auth_client *client)
{
	int64_t limit_us = GREETING_TIME_S * CLOCK_SECOND_US;

	return clock_deadline(client->mail->ipc_timeout.us < limit_us ? client->mail->ipc_timeout.us : limit_us);
}

static bool
give_up(struct auth_client *client)
{
	if (client->peer != NULL)
		client->peers.forget(client->peers.ctx, client->peer);
	client->peer = NULL;
	return false;
}

/* A new connection is greeted with the mechanisms. */
static bool
take_greeting(struct auth_client *client, struct err *err)
{
	struct auth_mechanism *items;

	arena_clear(client->arena);
	if (!peer_expect(client->peer, &auth_mechanisms_desc, &client->offered, client->arena,
		deadline(client), err))
		return give_up(client);
	items = client->offered.mechanisms.items;
	for (size_t i = 0; i < client->offered.mechanisms.count; i++)
		items[i].name = arena_dup(client->arena, items[i].name);
	return true;
}

static bool
reach(struct auth_client *client, struct err *err)
{
	client->peer = client->peers.get(client->peers.ctx, service, err);
	return client->peer != NULL;
}

/* One that has ended since shows as input. */
static bool
connect_to(struct auth_client *client, struct err *err)
{
	if (!reach(client, err))
		return false;
	if (peer_has_spoken(client->peer) && peer_has_input(client->peer)) {
		(void) give_up(client);
		if (!reach(client, err))
			return false;
	}
	return peer_has_spoken(client->peer) || take_greeting(client, err);
}

const struct msg_list *
auth_client_mechanisms(struct auth_client *client, struct err *err)
{
	return connect_to(client, err) ? &client->offered.mechanisms : NULL;
}

/* ---- Answers ---- */

static void
keep_done(struct auth_done *done, struct arena *arena)
{
	struct auth_field *fields = done->fields.items;

	done->user = arena_dup(arena, done->user);
	done->master_user = arena_dup(arena, done->master_user);
	done->reason = arena_dup(arena, done->reason);
	done->final = arena_dup(arena, done->final);
	for (size_t i = 0; i < done->fields.count; i++) {
		fields[i].name = arena_dup(arena, fields[i].name);
		fields[i].value = arena_dup(arena, fields[i].value);
	}
}

static bool
take_answer(struct auth_client *client, struct frame *frame, struct arena *arena,
    struct auth_answer *answer_out, struct err *err)
{
	struct auth_challenge challenge;
	int64_t id;

	*answer_out = (struct auth_answer){ .is_challenge = frame_is(frame, &auth_challenge_desc) };
	if (answer_out->is_challenge) {
		if (msg_decode(&auth_challenge_desc, frame, arena, &challenge, err) != PARSE_OK)
			return false;
		answer_out->challenge = arena_dup(arena, challenge.challenge);
		id = challenge.id;
	} else {
		if (msg_decode(&auth_done_desc, frame, arena, &answer_out->done, err) != PARSE_OK)
			return false;
		keep_done(&answer_out->done, arena);
		id = answer_out->done.id;
	}
	return id == client->last_id || err_temp(err, "authd answers another exchange");
}

static bool
await(struct auth_client *client, struct arena *arena, struct auth_answer *answer_out,
    bool *was_closed_out, struct err *err)
{
	struct frame frame;

	*was_closed_out = false;
	if (peer_recv(client->peer, &frame, clock_deadline(ANSWER_TIME_S * CLOCK_SECOND_US), err))
		return take_answer(client, &frame, arena, answer_out, err) || give_up(client);
	*was_closed_out = err->errnum == 0 || err->errnum == ECONNRESET || err->errnum == EPIPE;
	return give_up(client);
}

bool
auth_client_begin(struct auth_client *client, struct auth_begin *begin, struct arena *arena,
    struct auth_answer *answer_out, struct err *err)
{
	bool was_closed = true;

	for (int i = 0; i < TRIES && was_closed; i++) {
		err_clear(err);
		if (!connect_to(client, err))
			return false;
		begin->id = ++client->last_id;
		if (!peer_send(client->peer, &auth_begin_desc, begin, err))
			return give_up(client);
		if (await(client, arena, answer_out, &was_closed, err))
			return true;
	}
	return false;
}

bool
auth_client_continue(struct auth_client *client, struct span response, struct arena *arena,
    struct auth_answer *answer_out, struct err *err)
{
	struct auth_continue more = { .id = client->last_id, .response = response };
	bool was_closed;

	if (client->peer == NULL)
		return err_temp(err, "the connection to authd is gone");
	if (!peer_send(client->peer, &auth_continue_desc, &more, err))
		return give_up(client);
	return await(client, arena, answer_out, &was_closed, err);
}

void
auth_client_cancel(struct auth_client *client)
{
	struct auth_cancel cancel = { .id = client->last_id };
	struct err err = { 0 };

	if (client->peer != NULL &&
	    (!peer_send(client->peer, &auth_cancel_desc, &cancel, &err) ||
		!peer_flush(client->peer, deadline(client), &err)))
		(void) give_up(client);
}
