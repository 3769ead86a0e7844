/* SPDX-License-Identifier: ISC */
/*
 * authd-worker: compares a password with stored values, for authd alone. It knows no accounts; a value
 * that asks for more memory than the process may have is refused before any is taken.
 */
#include <errno.h>

#include "lib/auth/auth_conf.h"
#include "lib/auth/password.h"
#include "lib/base/encode.h"
#include "lib/net/auth_proto.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

/* Address space is 2 GB; one check may take a quarter of it. */
enum { MEMORY_MAX_KIB = 512 << 10, ROUNDS_MAX = 10000000, CHECK_BYTES = 128 << 10 };

struct authd_worker {
	struct auth_conf conf;
};

static const struct service_params authd_worker_params[] = {
	{ &auth_params, offsetof(struct authd_worker, conf), NULL },
	{ NULL, 0, NULL },
};

/* Only a fault of the stored value or of this system has a reason. */
static enum auth_verdict
verdict_of(enum password_result result)
{
	switch (result) {
	case PASSWORD_MATCHES: return AUTH_YES;
	case PASSWORD_DIFFERS: return AUTH_NO;
	case PASSWORD_UNKNOWN:
	case PASSWORD_BROKEN:
	case PASSWORD_REFUSED: return AUTH_REFUSED;
	case PASSWORD_FAILED: return AUTH_LATER;
	}
	return AUTH_LATER;
}

/* Each value in turn; the worst that is not a match is the answer, so that no fault is hidden. */
static void
check(const struct authd_worker *worker, const struct auth_check *ask, struct span password,
    struct auth_checked *result, struct err *err)
{
	struct password_policy policy = { .refuses_weak = !worker->conf.allow_weak_schemes,
		.memory_max_kib = MEMORY_MAX_KIB, .rounds_max = ROUNDS_MAX };
	const struct auth_stored *stored = ask->stored.items;
	char scheme[64];

	(void) snprintf(scheme, sizeof(scheme), "%.*s", SPAN_ARG(ask->scheme));
	result->verdict = AUTH_NO;
	for (size_t i = 0; i < ask->stored.count; i++) {
		enum auth_verdict verdict = verdict_of(
		    password_check(stored[i].value, scheme, ask->user, password, &policy, err));

		if (verdict == AUTH_YES) {
			*result = (struct auth_checked){ .id = ask->id, .verdict = verdict, .which = (int64_t) i };
			err_clear(err);
			return;
		}
		if (verdict > result->verdict)
			result->verdict = verdict;
	}
}

static bool
serve(struct program *program, struct peer *peer, struct frame *frame, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("password check", CHECK_BYTES);
	CLEANUP(str_fini) struct str password = { .max = 2048 };
	struct auth_check ask;
	struct auth_checked result = { 0 };
	struct err why = { 0 };

	if (msg_decode(&auth_check_desc, frame, arena, &ask, err) != PARSE_OK)
		return false;
	result.id = ask.id;
	if (base64_decode(&password, ask.password) == PARSE_OK)
		check(program->state, &ask, str_span(&password), &result, &why);
	else
		result.verdict = AUTH_NO;
	str_wipe(&password);
	result.reason = span_of(why.text);
	return peer_send(peer, &auth_checked_desc, &result, err) &&
	    peer_flush(peer, clock_deadline(program->mail->ipc_timeout.us), err);
}

static void
on_client(struct program *program, struct client *client)
{
	struct peer *peer = peer_new(fd_take(&client->fd), client->caller, AUTH_FRAME_MAX);
	struct frame frame;
	struct err err = { 0 };

	while (!service_should_end(program) &&
	    peer_recv(peer, &frame, clock_deadline(2 * program->mail->ipc_idle.us), &err) &&
	    serve(program, peer, &frame, &err))
		;
	if (err.errnum != 0 && err.errnum != ETIMEDOUT)
		log_warn_err(peer_name(peer), &err);
	peer_free(&peer);
}

static const struct service authd_worker_service = {
	.manifest = &authd_worker_manifest,
	.state_size = sizeof(struct authd_worker),
	.params = authd_worker_params,
	.on_client = on_client,
};

int
main(int argc, char **argv)
{
	return service_main(&authd_worker_service, argc, argv);
}
