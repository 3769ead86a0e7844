/* SPDX-License-Identifier: ISC */
/*
 * One SASL exchange: the mechanism's steps, then (when it yields a password) the walk over the sources
 * with a worker's word on each account found, then what the account's fields allow. An exchange is in
 * one stage at a time, and every request of the client is answered once.
 *
 * Who acts as another proves to be a master user first; the other must have an account too.
 */
#include "auth/authd/authd.h"

#include <time.h>

#include "auth/authd/authd_account.h"
#include "auth/authd/authd_network.h"
#include "lib/auth/auth_name.h"
#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { EXCHANGE_BYTES = 256 << 10, DECODED_MAX = 48 << 10 };

enum stage {
	STAGE_CLIENT,           /* the client's next response is awaited */
	STAGE_PENALTY,          /* its network or the account must wait */
	STAGE_WORKER,           /* a worker compares a password */
	STAGE_ANSWER,           /* a refusal is held back for a while */
};

struct exchange {
	struct list link;
	struct authd_client *client;
	struct arena *arena;
	struct auth_begin begin;        /* spans in the arena; without the response */
	struct mech_run *run;
	struct worker_job *job;
	struct loop_timer timer, deadline;
	enum stage stage;
	enum mech_step step;            /* the last one */
	int64_t settled_us;             /* when the penalty was served */
	struct span user;               /* who logs in, as sources know it */
	struct span master;             /* who acts as the user; "" when it is the user itself */
	struct auth_sources *sources;   /* where the password is looked up */
	struct auth_sources *keys_from; /* where the keys of a proof were found; NULL: there are none */
	size_t next_source;
	struct auth_account account;
	struct span app_names[AUTH_STORED_MAX];
	unsigned char cache_key[CACHE_KEY_BYTES];
	bool has_cache_key, was_found, has_failed;
	struct auth_done done;          /* as it will be sent */
};

static void check_next(struct exchange *x);

/* ---- Ends ---- */

static void
free_exchange(struct exchange *x)
{
	list_remove(&x->link);
	x->client->authd->exchange_count--;
	if (x->job != NULL)
		worker_job_cancel(x->job);
	loop_timer_cancel(&x->timer);
	loop_timer_cancel(&x->deadline);
	mech_run_free(&x->run);
	arena_free(&x->arena);
	free(x);
}

static void
answer(struct exchange *x)
{
	struct authd_client *client = x->client;
	struct err err = { 0 };

	x->done.id = x->begin.id;
	if (x->done.reason.len > 900)
		x->done.reason.len = 900;
	if (!peer_send(client->peer, &auth_done_desc, &x->done, &err))
		log_warn_err("answer to an exchange", &err);
	free_exchange(x);
	authd_client_rest(client);
}

/* Whose password or proof it is. */
static struct span
claimant_of(const struct exchange *x)
{
	return x->master.len > 0 ? x->master : x->user;
}

static struct span
network_of(struct exchange *x)
{
	return authd_network(x->begin.client_address, x->arena);
}

/* In Dovecot's words, which tools look for: "passwd-file(user,192.0.2.1,<session>): Password mismatch". */
static void
log_refusal(struct exchange *x)
{
	const struct authd *authd = x->client->authd;
	const char *source = x->next_source > 0 && x->next_source <= x->sources->count
	    ? x->sources->v[x->next_source - 1].kind->name
	    : authd->program->service_name;
	bool has_session = x->begin.session.len > 0;

	log_info("%s(%.*s,%.*s%s%.*s%s): %.*s", source, SPAN_ARG(x->done.user),
	    SPAN_ARG(x->begin.client_address), has_session ? ",<" : "", SPAN_ARG(x->begin.session),
	    has_session ? ">" : "", SPAN_ARG(x->done.reason));
}

/* Refusals come at one time after the attempt, whether or not a password was compared: no clock tells which names exist. */
static void
hold_back(struct exchange *x)
{
	int64_t wait_us = x->settled_us + x->client->authd->conf.failure_delay.us - clock_now_us();

	x->stage = STAGE_ANSWER;
	loop_timer_set(&x->timer, wait_us > 0 ? wait_us : 0);
}

/* The answer is no. Wrong passwords are answered slowly, and make the next attempt slower. */
static void
refuse(struct exchange *x, enum auth_verdict verdict, struct span reason)
{
	struct authd *authd = x->client->authd;

	x->done.verdict = verdict;
	x->done.reason = arena_dup(x->arena, reason);
	x->done.user = x->user.len > 0 ? x->user : arena_dup(x->arena, span_slice(mech_user(x->run), 0, AUTH_USER_MAX));
	x->done.fields.count = 0;
	log_refusal(x);
	if (verdict != AUTH_NO) {
		answer(x);
		return;
	}
	penalty_note_failure(authd->penalty, network_of(x), claimant_of(x), mech_password(x->run), clock_now_us());
	hold_back(x);
}

static void
fail(struct exchange *x, const struct err *err)
{
	log_error("%.*s: %s", SPAN_ARG(x->begin.mechanism), err->text);
	x->done.verdict = AUTH_LATER;
	x->done.user = x->user;
	x->done.reason = span_of("Temporary authentication failure");
	answer(x);
}

/* ---- Success ---- */

/* The password or proof is right: does the account allow it? */
static void
accept(struct exchange *x)
{
	enum auth_verdict verdict;
	struct span reason = { 0 }, user, claimant = claimant_of(x);

	if (auth_account_field(&x->account, "user", &user) && user.len > 0 && user.len <= AUTH_USER_MAX)
		x->user = arena_dup(x->arena, user);
	verdict = account_may_log_in(&x->account, x->begin.client_address, &reason);
	if (verdict != AUTH_YES) {
		refuse(x, verdict, reason);
		return;
	}
	penalty_note_success(x->client->authd->penalty, network_of(x), claimant, clock_now_us());
	if (x->master.len > 0)
		log_info("%.*s logs in as %.*s", SPAN_ARG(x->master), SPAN_ARG(x->user));
	x->done.verdict = AUTH_YES;
	x->done.user = x->user;
	x->done.master_user = x->master;
	x->done.fields = account_fields(&x->account, x->arena);
	answer(x);
}

/* A source that says who may not log in knows this user. */
static bool
is_denied(struct exchange *x)
{
	struct auth_sources *sources = &x->client->authd->passdbs;
	struct auth_account account;
	struct err err = { 0 };

	for (size_t i = 0; i < sources->count; i++)
		if (sources->v[i].denies &&
		    auth_source_find(&sources->v[i], x->user, x->arena, &account, &err) != LOOKUP_NONE)
			return true;
	return false;
}

/* The first account of a user, in sources from *next on, which moves behind it. */
static enum lookup
find_account(struct auth_sources *sources, size_t *next, struct span user, struct exchange *x,
    struct err *err)
{
	while (*next < sources->count) {
		struct auth_source *source = &sources->v[(*next)++];
		enum lookup found = source->denies
		    ? LOOKUP_NONE
		    : auth_source_find(source, user, x->arena, &x->account, err);

		if (found != LOOKUP_NONE)
			return found;
	}
	return LOOKUP_NONE;
}

/* A master user must be allowed in, and its target must exist. false: it was answered */
static bool
become_target(struct exchange *x)
{
	struct err err = { 0 };
	struct span reason = { 0 };
	size_t next = 0;
	enum auth_verdict verdict = account_may_log_in(&x->account, x->begin.client_address, &reason);

	if (verdict != AUTH_YES) {
		refuse(x, verdict, reason);
		return false;
	}
	switch (find_account(&x->client->authd->passdbs, &next, x->user, x, &err)) {
	case LOOKUP_FOUND: return true;
	case LOOKUP_NONE: refuse(x, AUTH_NO, SPAN("unknown user for a master user")); return false;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG: break;
	}
	fail(x, &err);
	return false;
}

/* Who was checked is right. */
static void
proved(struct exchange *x)
{
	if (x->master.len > 0 && !become_target(x))
		return;
	if (is_denied(x))
		refuse(x, AUTH_NO, SPAN("User found from deny passdb"));
	else
		accept(x);
}

/* ---- The walk over the sources with a password ---- */

static void
take_result(struct exchange *x, const struct auth_checked *result)
{
	switch ((enum auth_verdict) result->verdict) {
	case AUTH_YES:
		if (x->app_names[result->which].len > 0)
			log_info("%.*s: application password \"%.*s\" was used", SPAN_ARG(x->user),
			    SPAN_ARG(x->app_names[result->which]));
		proved(x);
		return;
	case AUTH_REFUSED:
	case AUTH_BAD:
	case AUTH_LATER: x->has_failed |= result->verdict == AUTH_LATER; break;
	case AUTH_NO:
	case AUTH_VERDICT_END: break;
	}
	if (result->reason.len > 0)
		log_error("%.*s: %.*s", SPAN_ARG(x->user), SPAN_ARG(result->reason));
	check_next(x);
}

static void
on_checked(void *ctx, const struct auth_checked *result)
{
	struct exchange *x = ctx;

	x->job = NULL;
	if (x->has_cache_key)
		authd_cache_put(x->client->authd->cache, x->cache_key, clock_now_us(), result);
	take_result(x, result);
}

static const char *
today(struct exchange *x)
{
	time_t now = (time_t) (clock_wall_us() / CLOCK_SECOND_US);
	struct tm tm = { 0 };

	(void) gmtime_r(&now, &tm);
	return arena_printf(x->arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* Have the password compared with those of the account that was found. */
static void
compare(struct exchange *x)
{
	CLEANUP(str_fini) struct str password = { .max = 4096 };
	struct authd *authd = x->client->authd;
	struct auth_stored stored[AUTH_STORED_MAX];
	struct auth_check check = { .user = claimant_of(x),
		.scheme = span_of(x->sources->v[x->next_source - 1].scheme) };
	struct auth_checked result = { 0 };
	struct err err = { 0 };

	check.stored = (struct msg_list){ stored, account_passwords(&x->account, today(x), stored, x->app_names) };
	base64_encode(&password, mech_password(x->run));
	check.password = str_span(&password);
	x->has_cache_key = authd_cache_key(authd->cache, &check, x->cache_key);
	if (account_needs_no_password(&x->account)) {
		proved(x);
	} else if (check.stored.count == 0) {
		check_next(x);
	} else if (x->has_cache_key && authd_cache_get(authd->cache, x->cache_key, clock_now_us(), &result)) {
		take_result(x, &result);
	} else {
		x->stage = STAGE_WORKER;
		x->job = worker_pool_check(authd->workers, &check, on_checked, x, &err);
		if (x->job == NULL)
			fail(x, &err);
	}
	str_wipe(&password);
}

/* Go on with the next source that knows the user. */
static void
check_next(struct exchange *x)
{
	struct err err = { 0 };

	switch (find_account(x->sources, &x->next_source, claimant_of(x), x, &err)) {
	case LOOKUP_FOUND:
		x->was_found = true;
		compare(x);
		return;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG: fail(x, &err); return;
	case LOOKUP_NONE: break;
	}
	if (x->has_failed) {
		(void) err_temp(&err, "no password check could be made for %.*s", SPAN_ARG(x->user));
		fail(x, &err);
		return;
	}
	refuse(x, AUTH_NO, x->was_found ? SPAN("Password mismatch") : SPAN("unknown user"));
}

/* ---- The mechanism ---- */

/* Keys for a proof: those of the first account that has some. */
static enum lookup
on_keys_wanted(void *ctx, struct span user, struct str *stored_out)
{
	struct exchange *x = ctx;
	struct authd *authd = x->client->authd;
	struct auth_sources *lists[] = { &authd->passdbs, &authd->masters };
	struct err err = { 0 };
	struct span name;

	if (!auth_name(&authd->conf, user, x->begin.realm, x->arena, &name, &err))
		return LOOKUP_NONE;
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		size_t next = 0;
		enum lookup found;

		x->keys_from = lists[i];
		while ((found = find_account(lists[i], &next, name, x, &err)) == LOOKUP_FOUND)
			if (account_keys(&x->account, x->begin.mechanism, stored_out))
				return LOOKUP_FOUND;
		if (found != LOOKUP_NONE)
			return found;
	}
	return LOOKUP_NONE;
}

/* Who logs in, and whether as another. */
static bool
take_names(struct exchange *x, struct err *err)
{
	struct authd *authd = x->client->authd;
	struct span login = mech_user(x->run), target = mech_acts_as(x->run);

	if (target.len == 0 && !auth_name_split_master(&authd->conf, login, &target, &login))
		return auth_name(&authd->conf, login, x->begin.realm, x->arena, &x->user, err);
	x->sources = &authd->masters;
	return auth_name(&authd->conf, login, x->begin.realm, x->arena, &x->master, err) &&
	    auth_name(&authd->conf, target, x->begin.realm, x->arena, &x->user, err);
}

/*
 * A proof was good: the account is looked up again, since it may be another's keys that were asked for.
 * A master user's proof must not be made with the keys of an ordinary user of the same name.
 */
static void
take_proof(struct exchange *x)
{
	struct err err = { 0 };

	if (x->keys_from != NULL && x->keys_from != x->sources) {
		refuse(x, AUTH_NO, SPAN("the keys are of another account of that name"));
		return;
	}
	switch (find_account(x->sources, &x->next_source, claimant_of(x), x, &err)) {
	case LOOKUP_FOUND: proved(x); return;
	case LOOKUP_NONE: refuse(x, AUTH_NO, SPAN("unknown user")); return;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG: fail(x, &err); return;
	}
}

/* The penalty is served. */
static void
settle(struct exchange *x)
{
	x->settled_us = clock_now_us();
	if (x->step == MECH_CHECK)
		check_next(x);
	else if (x->step == MECH_PROVED)
		take_proof(x);
	else
		refuse(x, AUTH_NO, x->done.reason);
}

/* The client has said all it has to say; who guesses waits before it is looked at. */
static void
conclude(struct exchange *x, struct err *err)
{
	struct authd *authd = x->client->authd;
	int64_t delay_us;

	if (!take_names(x, err)) {
		if (err->class != ERR_PERM) {
			fail(x, err);
			return;
		}
		x->step = MECH_WRONG;
	}
	x->done.reason = span_of(arena_strdup(x->arena, err->text));
	delay_us = penalty_delay_us(authd->penalty, network_of(x), claimant_of(x), clock_now_us());
	x->stage = STAGE_PENALTY;
	if (delay_us == 0)
		settle(x);
	else
		loop_timer_set(&x->timer, delay_us);
}

static void
challenge(struct exchange *x, struct span text)
{
	CLEANUP(str_fini) struct str base64 = { .max = AUTH_RESPONSE_MAX };
	struct auth_challenge message = { .id = x->begin.id };
	struct err err = { 0 };

	base64_encode(&base64, text);
	message.challenge = str_span(&base64);
	x->stage = STAGE_CLIENT;
	if (!peer_send(x->client->peer, &auth_challenge_desc, &message, &err))
		fail(x, &err);
}

static void
keep_final(struct exchange *x, struct span text)
{
	CLEANUP(str_fini) struct str base64 = { .max = AUTH_RESPONSE_MAX };

	base64_encode(&base64, text);
	x->done.final = arena_dup(x->arena, str_span(&base64));
	x->done.has_final = true;
}

/* One message of the client, as it came. */
static void
advance(struct exchange *x, bool has_response, struct span base64)
{
	CLEANUP(str_fini) struct str response = { .max = DECODED_MAX }, out = { .max = DECODED_MAX };
	bool has_out = false;
	struct err err = { 0 };

	if (base64_decode(&response, base64) != PARSE_OK) {
		refuse(x, AUTH_BAD, SPAN("malformed authentication response"));
		return;
	}
	x->step = mech_step(x->run, has_response, str_span(&response), &out, &has_out, &err);
	str_wipe(&response);
	switch (x->step) {
	case MECH_CHALLENGE: challenge(x, str_span(&out)); return;
	case MECH_PROVED:
		if (has_out)
			keep_final(x, str_span(&out));
		conclude(x, &err);
		return;
	case MECH_CHECK:
	case MECH_WRONG: conclude(x, &err); return;
	case MECH_BROKEN: refuse(x, AUTH_BAD, span_of(err.text)); return;
	case MECH_FAILED: fail(x, &err); return;
	}
}

/* ---- Time ---- */

static void
on_timer(void *ctx)
{
	struct exchange *x = ctx;

	if (x->stage == STAGE_PENALTY)
		settle(x);
	else
		answer(x);
}

static void
on_deadline(void *ctx)
{
	struct exchange *x = ctx;

	if (x->stage == STAGE_ANSWER)
		return;
	x->done.verdict = AUTH_LATER;
	x->done.reason = span_of("the exchange took too long");
	answer(x);
}

/* ---- What clients ask ---- */

static struct exchange *
find_exchange(struct authd_client *client, int64_t id)
{
	LIST_EACH (link, &client->exchanges) {
		struct exchange *x = LIST_ENTRY(link, struct exchange, link);

		if (x->begin.id == id)
			return x;
	}
	return NULL;
}

static void
copy_begin(struct exchange *x, const struct auth_begin *begin)
{
	x->begin = (struct auth_begin){ .id = begin->id,
		.mechanism = arena_dup(x->arena, begin->mechanism),
		.service = arena_dup(x->arena, begin->service),
		.realm = arena_dup(x->arena, begin->realm),
		.client_address = arena_dup(x->arena, begin->client_address),
		.session = arena_dup(x->arena, begin->session),
		.is_secured = begin->is_secured };
}

static struct exchange *
new_exchange(struct authd_client *client, const struct auth_begin *begin, struct err *err)
{
	struct authd *authd = client->authd;
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->client = client;
	x->arena = arena_new("SASL exchange", EXCHANGE_BYTES);
	copy_begin(x, begin);
	x->sources = &authd->passdbs;
	list_append(&client->exchanges, &x->link);
	authd->exchange_count++;
	loop_timer_init(&x->timer, authd->program->loop, on_timer, x);
	loop_timer_init(&x->deadline, authd->program->loop, on_deadline, x);
	loop_timer_set(&x->deadline, authd->conf.exchange_time_limit.us);
	x->run = mech_run_new(authd->mechs, begin, on_keys_wanted, x, err);
	return x;
}

bool
exchange_begin(struct authd_client *client, const struct auth_begin *begin, struct err *err)
{
	struct err fault = { 0 };
	struct exchange *x;

	if (find_exchange(client, begin->id) != NULL)
		return err_temp(err, "auth_begin: exchange %lld is under way", (long long) begin->id);
	x = new_exchange(client, begin, &fault);
	if (client->authd->exchange_count > client->authd->conf.exchange_limit)
		(void) err_temp(&fault, "more than %d exchanges (auth_exchange_limit)", client->authd->conf.exchange_limit);
	if (fault.class != ERR_NONE)
		fail(x, &fault);
	else
		advance(x, begin->has_response, begin->response);
	return true;
}

bool
exchange_continue(struct authd_client *client, const struct auth_continue *more, struct err *err)
{
	struct exchange *x = find_exchange(client, more->id);

	if (x == NULL || x->stage != STAGE_CLIENT)
		return err_temp(err, "auth_continue: exchange %lld awaits no response", (long long) more->id);
	advance(x, true, more->response);
	return true;
}

void
exchange_cancel(struct authd_client *client, int64_t id)
{
	struct exchange *x = find_exchange(client, id);

	if (x == NULL)
		return;
	free_exchange(x);
	authd_client_rest(client);
}

void
exchange_end_all(struct authd_client *client)
{
	LIST_EACH_SAFE (link, next, &client->exchanges)
		free_exchange(LIST_ENTRY(link, struct exchange, link));
}
