/* SPDX-License-Identifier: ISC */
/*
 * What a recipient is: an alias, a user, or nobody. Every step is done at most once per recipient of
 * the request, and results of all branches end in one: deferred before bounced before sent.
 */
#include <errno.h>
#include <pwd.h>

#include "lib/mail/addr_list.h"
#include "lib/mail/header.h"
#include "lib/queue/queue_file.h"
#include "lib/sys/log.h"
#include "lib/table/status_filter.h"
#include "local/local/local_int.h"

enum { HEADER_MAX = 1 << 20, DELIVERED_TO_MAX = 4 << 10, DELIVERED_TO_ARENA_BYTES = 1 << 20 };

static struct span
fold(struct arena *arena, struct span text)
{
	char *copy = arena_cstr(arena, text);

	for (size_t i = 0; i < text.len; i++)
		copy[i] = ascii_lower(copy[i]);
	return span_make(copy, text.len);
}

bool
local_is_first(struct local_job *job, const char *what, struct span value)
{
	const char *key = arena_printf(
	    job->arena, "%s %.*s", what, SPAN_ARG(fold(job->arena, value)));

	if (map_get(job->seen, span_of(key)) != NULL)
		return false;
	if (map_count(job->seen) < (size_t) job->request->program->mail->duplicate_filter_limit)
		map_set(job->seen, span_of(key), job);
	return true;
}

static int
weight(enum deliver_status status)
{
	return status == DELIVER_DEFERRED ? 2 : status == DELIVER_BOUNCED ? 1 : 0;
}

void
local_note_expansion(struct local_job *job, struct local_at *at)
{
	const struct agent_result result = {
		.status = DELIVER_SENT,
		.dsn = SPAN("2.0.0"),
		.text = SPAN("alias expanded"),
		.action = at->has_new_sender ? SPAN("delivered") : SPAN("expanded"),
		.relay = span_of(job->request->program->service_name),
	};

	if (job->expanded.len == 0)
		job->expanded = result.action;
	if ((at->dsn_notify & QUEUE_NOTIFY_SUCCESS) == 0)
		return;
	agent_keep_part(job->request, job->index, at->address, at->dsn_notify, &result);
	at->dsn_notify = queue_notify_expanded(at->dsn_notify);
}

/* The job's result is the worst of its parts. */
void
local_adopted(struct local_job *job, const struct local_at *at, const struct agent_result *result)
{
	agent_keep_part(job->request, job->index, at->address, at->dsn_notify, result);
	if (job->parts++ > 0 && weight(result->status) <= weight(job->worst.status))
		return;
	job->worst = *result;
	job->worst.relay = arena_dup(job->arena, result->relay);
	job->worst.dsn = arena_dup(job->arena, result->dsn);
	job->worst.text = arena_dup(job->arena, result->text);
	job->worst.action = arena_dup(job->arena, result->action);
	job->worst.remote_mta = arena_dup(job->arena, result->remote_mta);
	job->worst.diagnostic = arena_dup(job->arena, result->diagnostic);
}

static void
add_result(struct local_job *job, const struct local_at *at, struct agent_result result)
{
	result.relay = span_of(job->request->program->service_name);
	if (status_filter_apply(
		job->local->status_filter, job->arena, &result.dsn, &result.text) &&
	    result.status != DELIVER_SENT)
		result.status = result.dsn.p[0] == '4' ? DELIVER_DEFERRED : DELIVER_BOUNCED;
	agent_log_part(job->request, job->index, at->address, &result);
	local_adopted(job, at, &result);
}

void
local_sent(struct local_job *job, const struct local_at *at, const char *fmt, ...)
{
	struct str text = { .max = 2000 };
	va_list ap;

	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	add_result(job, at,
	    (struct agent_result){ .status = DELIVER_SENT,
		.dsn = SPAN("2.0.0"),
		.text = str_span(&text),
		.action = SPAN("delivered") });
	str_fini(&text);
}

void
local_failed(struct local_job *job, const struct local_at *at, const struct err *err)
{
	local_failed_as(job, at, err, SPAN(""));
}

void
local_failed_as(struct local_job *job, const struct local_at *at, const struct err *err,
    struct span diagnostic)
{
	add_result(job, at,
	    (struct agent_result){
		.status = err->class == ERR_PERM ? DELIVER_BOUNCED : DELIVER_DEFERRED,
		.dsn = span_of(err->dsn[0] != '\0' ? err->dsn : "4.3.0"),
		.text = span_of(err->text[0] != '\0' ? err->text : "delivery failed"),
		.diagnostic = diagnostic });
}

void
local_refused(struct local_job *job, const struct local_at *at, enum err_class class,
    const char *dsn, const char *fmt, ...)
{
	struct err err = { 0 };
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(&err, class, dsn, "%s", text);
	local_failed(job, at, &err);
}

static const struct local_user *
copy_user(struct arena *arena, const struct passwd *pw)
{
	struct local_user *user = ARENA_NEW(arena, struct local_user);

	*user = (struct local_user){
		.ids = { pw->pw_uid, pw->pw_gid },
		.name = arena_strdup(arena, pw->pw_name),
		.home = arena_strdup(arena, pw->pw_dir),
		.shell = arena_strdup(arena, pw->pw_shell[0] != '\0' ? pw->pw_shell : "/bin/sh"),
	};
	return user;
}

enum lookup
local_find_user(
    struct local_job *job, struct span name, const struct local_user **user_out, struct err *err)
{
	const struct passwd *pw;

	if (span_has_nul(name) || name.len == 0)
		return LOOKUP_NONE;
	errno = 0;
	pw = getpwnam(arena_cstr(job->arena, name));
	if (pw == NULL && (errno == 0 || errno == ENOENT || errno == ESRCH))
		return LOOKUP_NONE;
	if (pw == NULL) {
		err_temp_errno(err, "user lookup error for %.*s", SPAN_ARG(name));
		return LOOKUP_TEMP;
	}
	*user_out = copy_user(job->arena, pw);
	return LOOKUP_FOUND;
}

const struct local_user *
local_user_of(struct arena *arena, uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw == NULL ? NULL : copy_user(arena, pw);
}

const struct local_macro *
local_macros(struct local_job *job, const struct local_at *at, const struct local_user *user)
{
	const struct deliver *deliver = job->request->deliver;
	const char *delimiters = job->request->program->mail->recipient_delimiter;
	const struct local_macro macros[] = {
		{ "user", at->user },
		{ "local", at->local },
		{ "domain", at->domain },
		{ "recipient", at->address },
		{ "extension", at->extension },
		{ "recipient_delimiter",
		    at->delimiter != '\0' ? span_of(arena_printf(job->arena, "%c", at->delimiter))
					  : span_of(delimiters) },
		{ "home", span_of(user != NULL ? user->home : NULL) },
		{ "shell", span_of(user != NULL ? user->shell : NULL) },
		{ "client_address", deliver->client_address },
		{ "client_hostname", deliver->client_name },
		{ "client_helo", deliver->client_helo },
		{ "client_protocol", deliver->client_protocol },
		{ "sasl_method", deliver->sasl_method },
		{ "sasl_username", deliver->sasl_username },
		{ "sasl_sender", deliver->sasl_sender },
		{ NULL, { NULL, 0 } },
	};
	struct local_macro *copy = ARENA_ARRAY(job->arena, struct local_macro, COUNT_OF(macros));

	memcpy(copy, macros, sizeof(macros));
	return copy;
}

/* Note the address of a Delivered-To: line; none of ours is that long. */
static void
note_delivered_to(struct map *delivered, struct span value, struct arena *arena)
{
	struct addr addr;

	if (value.len <= DELIVERED_TO_MAX && addr_list_one(value, arena, &addr) == PARSE_OK)
		map_set(delivered, fold(arena, addr_internal(arena, addr)), delivered);
	arena_clear(arena);
}

struct map *
local_read_delivered_to(const struct deliver *deliver)
{
	const struct span name = SPAN("Delivered-To:");
	CLEANUP(str_fini) struct str text = { .max = HEADER_MAX };
	CLEANUP(arena_free)
	struct arena *arena = arena_new("Delivered-To", DELIVERED_TO_ARENA_BYTES);
	struct map *delivered = map_new();
	char *room = str_reserve(&text, (size_t) deliver->header_bytes);
	struct span block, line;

	if (room == NULL ||
	    !fd_pread_all(deliver->fd, room, (size_t) deliver->header_bytes, deliver->header_offset,
		"queue file", NULL))
		return delivered;
	block = span_make(room, (size_t) deliver->header_bytes);
	while (span_cut(&block, '\n', &line))
		if (span_starts_with_ci(line, name))
			note_delivered_to(delivered, span_from(line, name.len), arena);
	return delivered;
}

/* The header says that this address had the message already. */
static bool
is_loop(struct local_job *job, struct span address)
{
	return map_get(job->delivered_to, fold(job->arena, address)) != NULL;
}

/* Take the address apart. */
static void
split(struct local_job *job, struct local_at *at)
{
	struct addr addr = addr_from_internal(at->address);
	const struct addr_split_options options = {
		.delimiters = job->request->program->mail->recipient_delimiter,
		.owner_request_special = job->local->conf.owner_request_special,
	};
	struct span extension;

	at->local = fold(job->arena, addr.local);
	at->domain = fold(job->arena, addr.domain);
	at->extension = at->unmatched = (struct span){ 0 };
	at->delimiter = '\0';
	if (addr_split(at->local, &options, &at->user, &extension)) {
		at->delimiter = at->local.p[at->user.len];
		at->extension = span_from(at->local, at->user.len + 1);
	}
}

/* An alias that stands for the recipient, with or without its extension. */
static bool
try_aliases(struct local_job *job, struct local_at *at)
{
	if (local_deliver_alias(job, *at, at->local))
		return true;
	if (at->extension.p == NULL)
		return false;
	if (job->local->propagates & LOCAL_ALIAS)
		at->unmatched = at->extension;
	if (local_deliver_alias(job, *at, at->user))
		return true;
	at->unmatched = at->extension;
	return false;
}

/*
 * Members of an alias with an owner, of somebody's .forward and of lists get a queue file of
 * their own.
 */
static bool
must_requeue(const struct local_at *at)
{
	return (at->owner.p != NULL && !span_eq_ci(at->owner, at->user)) ||
	    at->source == LOCAL_INCLUDE;
}

static void
deliver_user(struct local_job *job, struct local_at at)
{
	const struct local_user *user = NULL;
	struct err err = { 0 };

	if (!at.is_direct) {
		if (try_aliases(job, &at))
			return;
		if (must_requeue(&at)) {
			local_requeue(job, &at);
			return;
		}
	}
	if (!job->local->conf.frozen_delivered_to)
		at.delivered = at.address;
	switch (local_find_user(job, at.user, &user, &err)) {
	case LOOKUP_FOUND:
		if (!at.is_direct && local_deliver_forward(job, at, user))
			return;
		break;
	case LOOKUP_NONE:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		local_failed(job, &at, &err);
		return;
	}
	if (!local_deliver_mailbox(job, at))
		local_deliver_unknown(job, at);
}

bool
local_is_too_deep(struct local_job *job, const struct local_at *at, struct span name)
{
	if (at->level <= LOCAL_LEVEL_MAX)
		return false;
	log_warn("alias database loop for %.*s", SPAN_ARG(name));
	local_refused(
	    job, at, ERR_PERM, "5.4.6", "alias database loop for %.*s", SPAN_ARG(name));
	return true;
}

void
local_deliver_recipient(struct local_job *job, struct local_at at)
{
	if (!local_is_first(job,
		at.is_direct ? "direct" : arena_printf(job->arena, "recipient %d", at.level),
		at.address))
		return;
	if (is_loop(job, at.address)) {
		local_refused(job, &at, ERR_PERM, "5.4.6", "mail forwarding loop for %.*s",
		    SPAN_ARG(at.address));
		return;
	}
	if (at.delivered.p == NULL)
		at.delivered = at.address;
	split(job, &at);
	if (at.user.len == 0) {
		local_refused(
		    job, &at, ERR_PERM, "5.1.3", "null username in \"%.*s\"", SPAN_ARG(at.address));
		return;
	}
	if (local_is_too_deep(job, &at, at.local))
		return;
	deliver_user(job, at);
}

/* The address with an extension that nobody took, before its "@". */
static struct span
with_extension(struct local_job *job, const struct local_at *at, struct span address)
{
	struct addr addr = addr_from_internal(address);

	if (at->unmatched.p == NULL || at->unmatched.len == 0)
		return address;
	addr.local = span_of(arena_printf(job->arena, "%.*s%c%.*s", SPAN_ARG(addr.local),
	    at->delimiter, SPAN_ARG(at->unmatched)));
	return addr_internal(job->arena, addr);
}

void
local_deliver_address(
    struct local_job *job, struct local_at at, struct span address, bool is_direct)
{
	struct local *local = job->local;
	struct route_answer answer;
	struct err err = { 0 };

	address = route_rewrite(local->route, address, true, job->arena);
	if (route_resolve(local->route, at.sender, address, job->arena, &answer, &err) !=
	    LOOKUP_FOUND) {
		at.address = address;
		local_failed(job, &at, &err);
		return;
	}
	at.address = with_extension(job, &at, answer.recipient);
	at.is_direct = is_direct;
	at.level++;
	if (span_eq_str(answer.transport, job->request->program->service_name))
		local_deliver_recipient(job, at);
	else
		local_requeue(job, &at);
}

/* luser_relay: an address with the recipient's parts in it. */
static void
relay_unknown(struct local_job *job, struct local_at at)
{
	const char *text;
	struct addr addr;

	at.unmatched = (struct span){ 0 };
	at.is_lusers = true;
	if (local_macro_expand(job->local->conf.luser_relay, local_macros(job, &at, NULL), NULL,
		job->arena, &text) == PARSE_BAD ||
	    addr_list_one(span_of(text), job->arena, &addr) != PARSE_OK || addr.local.len == 0) {
		local_refused(job, &at, ERR_TEMP, "4.3.5", "bad value of luser_relay: %s",
		    job->local->conf.luser_relay);
		return;
	}
	local_deliver_address(job, at, addr_internal(job->arena, addr), false);
}

/* What fallback_transport_maps or fallback_transport say; "" for nothing. */
static enum lookup
find_fallback(struct local_job *job, const struct local_at *at, const char **out, struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = LOCAL_VALUE_MAX };
	enum lookup result = maps_get(job->local->fallbacks, at->user, 0, &value, err);

	*out = result == LOOKUP_FOUND ? arena_cstr(job->arena, str_span(&value))
				      : job->local->conf.fallback_transport;
	return result == LOOKUP_NONE ? LOOKUP_FOUND : result;
}

void
local_deliver_unknown(struct local_job *job, struct local_at at)
{
	const char *fallback;
	struct err err = { 0 };

	if (!local_is_first(job, "unknown", at.local))
		return;
	if (find_fallback(job, &at, &fallback, &err) != LOOKUP_FOUND) {
		local_failed(job, &at, &err);
	} else if (fallback[0] != '\0') {
		local_pass(job, &at, fallback);
	} else if (job->local->conf.luser_relay[0] != '\0' && !at.is_lusers) {
		relay_unknown(job, at);
	} else if (span_eq_str_ci(at.user, "mailer-daemon") ||
	    span_eq_str_ci(at.user, "postmaster")) {
		log_warn("required alias not found: %.*s", SPAN_ARG(at.user));
		local_sent(job, &at, "discarded");
	} else
		local_refused(
		    job, &at, ERR_PERM, "5.1.1", "unknown user: \"%.*s\"", SPAN_ARG(at.user));
}

void
local_deliver_job(struct local_job *job)
{
	const struct deliver_rcpt *rcpt = &job->request->recipients[job->index];
	const struct local_at at = { .address = rcpt->address,
		.dsn_notify = rcpt->dsn_notify,
		.sender = job->request->deliver->sender };

	local_deliver_recipient(job, at);
	local_requeue_finish(job);
	if (job->parts == 0)
		local_refused(job, &at, ERR_PERM, "5.3.0", "%.*s stands for no address",
		    SPAN_ARG(rcpt->address));
	if (job->worst.status == DELIVER_SENT && job->expanded.len > 0)
		job->worst.action = job->expanded;
	agent_report_quietly(job->request, job->index, &job->worst);
}
