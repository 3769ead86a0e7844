/* SPDX-License-Identifier: ISC */
/*
 * The delivery agents' side of the exchange with qmgr. Every recipient of a request gets exactly one
 * result in the reply, whatever the agent's own code forgets. Nothing here touches the queue.
 */
#include "lib/queue/agent.h"

#include "lib/base/array.h"
#include "lib/queue/delivery_log.h"
#include "lib/queue/queue_file.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

#include <errno.h>

enum { REQUEST_ARENA_BYTES = 8 << 20, LINE_MAX_BYTES = 8000, TEXT_MAX_BYTES = 4000, RELAY_MAX_BYTES = 1000 };
enum { PARTS_MAX = 5000, PARTS_BYTES_MAX = MSG_FRAME_MAX / 2, PART_OVERHEAD = 200 };
enum { TEXTS_BYTES_MAX = REQUEST_ARENA_BYTES / 8, REPLY_OVERHEAD = 16 << 10 };

/* Idle connections are qmgr's to close; this is for a qmgr that hangs. */
static const int64_t idle_limit_us = INT64_C(3600) * CLOCK_SECOND_US;
static const int64_t reply_limit_us = INT64_C(600) * CLOCK_SECOND_US;

static const struct msg_field agent_ready_fields[] = {
	M_BOOL(struct agent_ready, unused, .doc = "Nothing."),
};
const struct msg_desc agent_ready_desc =
    MSG_DESC(agent_ready, struct agent_ready, agent_ready_fields, 1, 0, "A delivery agent has taken the connection.");

const char deliver_passed_action[] = "passed";

struct agent_private {
	struct delivered reply;
	struct delivered_rcpt *results;
	bool *is_reported;
	ARRAY(struct delivered_part) parts;
	size_t parts_bytes;             /* as an upper bound of what they take in the reply */
};

/* What stands in the log and in the reply for each status. */
static const struct status_row {
	const char *word, *action, *dsn;
} status_rows[] = {
	[DELIVER_SENT] = { "sent", "relayed", "2.0.0" },
	[DELIVER_DEFERRED] = { "deferred", "delayed", "4.0.0" },
	[DELIVER_BOUNCED] = { "bounced", "failed", "5.0.0" },
	[DELIVER_DELIVERABLE] = { "deliverable", "deliverable", "2.0.0" },
	[DELIVER_UNDELIVERABLE] = { "undeliverable", "undeliverable", "5.0.0" },
};

static bool
is_dsn_part(struct span part, size_t max)
{
	return part.len > 0 && part.len <= max && span_run(part, "0123456789") == part.len;
}

/* status-code = ( "2" / "4" / "5" ) "." 1*3DIGIT "." 1*3DIGIT   (RFC 3463 2) */
static bool
is_dsn(struct span word)
{
	struct span class, subject, detail;

	if (!span_cut(&word, '.', &class) || !span_cut(&word, '.', &subject) || !span_cut(&word, '.', &detail))
		return false;
	return word.p == NULL && class.len == 1 && strchr("245", class.p[0]) != NULL && is_dsn_part(subject, 3) &&
	       is_dsn_part(detail, 3);
}

void
agent_split_dsn(struct span in, struct span fallback, struct span *dsn_out, struct span *text_out)
{
	struct span rest = span_trim(in);
	size_t end = span_find_any(rest, " \t");

	*dsn_out = fallback;
	*text_out = rest;
	if (is_dsn(span_slice(rest, 0, end))) {
		*dsn_out = span_slice(rest, 0, end);
		*text_out = span_trim(span_from(rest, end));
	}
}

static struct span
or_default(struct span value, const char *fallback)
{
	return value.len > 0 ? value : span_of(fallback);
}

/* The status after what probes and soft_bounce make of it. */
static enum deliver_status
effective_status(const struct agent_request *request, enum deliver_status status)
{
	if (request->deliver->is_verify)
		return status == DELIVER_SENT || status == DELIVER_DELIVERABLE ? DELIVER_DELIVERABLE
		                                                               : DELIVER_UNDELIVERABLE;
	if (status == DELIVER_BOUNCED && request->program->mail->soft_bounce)
		return DELIVER_DEFERRED;
	return status;
}

static void
log_result(const struct agent_request *request, size_t index, struct span address, const struct agent_result *result,
    const struct delivered_rcpt *kept)
{
	const struct deliver_rcpt *rcpt = &request->recipients[index];
	bool is_soft = kept->status == DELIVER_DEFERRED && result->status == DELIVER_BOUNCED;
	bool is_part = !span_eq(address, rcpt->address);
	CLEANUP(str_fini) struct str text = { .max = LINE_MAX_BYTES };
	const struct delivery_log line = {
		.queue_id = request->deliver->queue_id,
		.recipient = address,
		.original = is_part && rcpt->original.len == 0 ? rcpt->address : rcpt->original,
		.relay = or_default(result->relay, "none"),
		.conn_use = result->conn_use,
		.tls = result->tls,
		.dsn = kept->dsn,
		.status = span_of(is_soft ? "SOFTBOUNCE" : status_rows[kept->status].word),
		.text = kept->text,
		.arrival_us = request->deliver->arrival_us,
		.active_us = request->deliver->active_us,
		.handoff_us = request->handoff_us,
		.connected_us = result->connected_us,
		.done_us = clock_wall_us(),
		.mail = request->program->mail,
	};

	delivery_log_add(&text, &line);
	log_info("%s", str_cstr(&text));
}

/* A bounce that soft_bounce defers has a code of class 4. */
static struct span
soften(struct span dsn, struct arena *arena)
{
	char *copy = arena_cstr(arena, dsn);

	copy[0] = '4';
	return span_make(copy, dsn.len);
}

/* Texts, as long as they may be for all recipients to have such. */
static struct span
keep_text(const struct agent_request *request, struct span text)
{
	size_t share = TEXTS_BYTES_MAX / request->count;

	return arena_dup(request->arena, span_slice(text, 0, share < TEXT_MAX_BYTES ? share : TEXT_MAX_BYTES));
}

/* The result as the reply will have it. */
static struct delivered_rcpt
settle_result(const struct agent_request *request, size_t index, const struct agent_result *result)
{
	enum deliver_status status = effective_status(request, result->status);
	bool is_soft = status == DELIVER_DEFERRED && result->status == DELIVER_BOUNCED;
	struct delivered_rcpt kept = { .offset = request->recipients[index].offset, .status = status };

	kept.relay = arena_dup(request->arena, span_slice(result->relay, 0, RELAY_MAX_BYTES));
	kept.dsn = arena_dup(request->arena, or_default(result->dsn, status_rows[result->status].dsn));
	if (is_soft)
		kept.dsn = soften(kept.dsn, request->arena);
	kept.text = keep_text(request, result->text);
	kept.action = status == result->status && result->action.len > 0 ? arena_dup(request->arena, result->action)
	                                                                 : span_of(status_rows[status].action);
	if (status == DELIVER_SENT && result->passes_dsn)
		kept.action = span_of(deliver_passed_action);
	kept.remote_mta = arena_dup(request->arena, span_slice(result->remote_mta, 0, RELAY_MAX_BYTES));
	kept.diagnostic = keep_text(request, result->diagnostic);
	return kept;
}

void
agent_report_quietly(struct agent_request *request, size_t index, const struct agent_result *result)
{
	struct agent_private *private = request->private;

	if (private->is_reported[index])
		return;
	private->is_reported[index] = true;
	private->results[index] = settle_result(request, index, result);
}

void
agent_report(struct agent_request *request, size_t index, const struct agent_result *result)
{
	if (request->private->is_reported[index])
		return;
	agent_report_quietly(request, index, result);
	log_result(request, index, request->recipients[index].address, result, &request->private->results[index]);
}

void
agent_log_part(struct agent_request *request, size_t index, struct span address, const struct agent_result *result)
{
	const struct delivered_rcpt kept = settle_result(request, index, result);

	log_result(request, index, address, result, &kept);
}

/* Nobody is to hear of it: what went well is told only to those who asked. */
static bool
is_nobodys(const struct agent_request *request, int64_t dsn_notify, const struct agent_result *result)
{
	return request->deliver->is_verify ||
	       (result->status == DELIVER_SENT && (dsn_notify & QUEUE_NOTIFY_SUCCESS) == 0 &&
	           !request->deliver->report_delivery);
}

void
agent_keep_part(struct agent_request *request, size_t index, struct span address, int64_t dsn_notify,
    const struct agent_result *result)
{
	struct agent_private *private = request->private;
	struct delivered_rcpt kept;
	size_t bytes;

	if (is_nobodys(request, dsn_notify, result))
		return;
	kept = settle_result(request, index, result);
	bytes = PART_OVERHEAD + address.len + kept.relay.len + kept.text.len + kept.remote_mta.len + kept.diagnostic.len;
	if (private->parts.count == PARTS_MAX || private->parts_bytes + bytes > PARTS_BYTES_MAX) {
		log_warn("%.*s: too many results for one report: the sender does not hear of <%.*s>",
		    SPAN_ARG(request->deliver->queue_id), SPAN_ARG(address));
		return;
	}
	private->parts_bytes += bytes;
	*ARRAY_ADD(request->arena, &private->parts) = (struct delivered_part){
		.address = arena_dup(request->arena, address),
		.dsn_notify = dsn_notify,
		.offset = kept.offset,
		.status = kept.status,
		.relay = kept.relay,
		.dsn = kept.dsn,
		.text = kept.text,
		.action = kept.action,
		.remote_mta = kept.remote_mta,
		.diagnostic = kept.diagnostic,
	};
}

bool
agent_is_reported(const struct agent_request *request, size_t index)
{
	return request->private->is_reported[index];
}

void
agent_report_rest(struct agent_request *request, const struct agent_result *result)
{
	for (size_t i = 0; i < request->count; i++)
		if (!agent_is_reported(request, i))
			agent_report(request, i, result);
}

void
agent_destination_failed(struct agent_request *request, struct span dsn, struct span text)
{
	struct delivered *reply = &request->private->reply;

	reply->destination_failed = true;
	reply->destination_dsn = arena_dup(request->arena, dsn);
	reply->destination_text = arena_dup(request->arena, span_slice(text, 0, TEXT_MAX_BYTES));
}

void
agent_end_after(struct agent_request *request)
{
	request->private->reply.closing = true;
}

/* What the agent's code left out must not be taken as delivered. */
static void
defer_forgotten(struct agent_request *request)
{
	const struct agent_result result = {
		.status = DELIVER_DEFERRED,
		.dsn = SPAN_INIT("4.3.0"),
		.text = SPAN_INIT("delivery agent gave no result"),
	};

	for (size_t i = 0; i < request->count; i++) {
		if (agent_is_reported(request, i))
			continue;
		log_warn("%.*s: no result for recipient number %zu", SPAN_ARG(request->deliver->queue_id), i);
		agent_report(request, i, &result);
	}
}

/* An upper bound of what a result takes in the reply. */
static size_t
result_bytes(const struct delivered_rcpt *result)
{
	return PART_OVERHEAD + result->relay.len + result->text.len + result->remote_mta.len + result->diagnostic.len;
}

/*
 * Many recipients with long texts: cut, so that all results fit in the reply. Without it mail that was
 * delivered would be sent again.
 */
static void
fit_results(struct delivered_rcpt *results, size_t count, size_t room)
{
	size_t share = room / count > PART_OVERHEAD ? (room / count - PART_OVERHEAD) / 4 : 0, bytes = 0;

	for (size_t i = 0; i < count; i++)
		bytes += result_bytes(&results[i]);
	for (size_t i = 0; i < count && bytes > room; i++) {
		results[i].relay = span_slice(results[i].relay, 0, share);
		results[i].text = span_slice(results[i].text, 0, share);
		results[i].remote_mta = span_slice(results[i].remote_mta, 0, share);
		results[i].diagnostic = span_slice(results[i].diagnostic, 0, share);
	}
}

/* This process should not take another request. */
static bool
should_end(struct program *program)
{
	const struct service *service = program->service;

	return service_should_end(program) || (service->is_stale != NULL && service->is_stale(program));
}

/* Do one request and answer it. returns false when the connection shall be closed. */
static bool
serve_request(struct program *program, struct peer *peer, struct deliver *deliver, struct arena *arena,
    void (*call)(void *ctx, struct agent_request *request), void *ctx)
{
	struct agent_private private = {
		.results = ARENA_ARRAY(arena, struct delivered_rcpt, deliver->recipients.count),
		.is_reported = ARENA_ARRAY(arena, bool, deliver->recipients.count),
	};
	struct agent_request request = {
		.program = program,
		.deliver = deliver,
		.recipients = deliver->recipients.items,
		.count = deliver->recipients.count,
		.arena = arena,
		.handoff_us = clock_wall_us(),
		.private = &private,
	};
	struct err err = { 0 };

	log_hold();
	call(ctx, &request);
	defer_forgotten(&request);
	log_flush();
	if (request.count > 0)
		fit_results(private.results, request.count, MSG_FRAME_MAX - REPLY_OVERHEAD - private.parts_bytes);
	private.reply.recipients = (struct msg_list){ private.results, request.count };
	private.reply.parts = (struct msg_list){ private.parts.v, private.parts.count };
	private.reply.closing = private.reply.closing || should_end(program);
	if (!peer_send(peer, &delivered_desc, &private.reply, &err) ||
	    !peer_flush(peer, clock_deadline(reply_limit_us), &err)) {
		log_warn_err("reply to the queue manager", &err);
		return false;
	}
	return !private.reply.closing;
}

/* What an agent does when it has had nothing to do for a while. */
struct idle_hook {
	int64_t after_us;
	void (*call)(void *ctx);        /* NULL: nothing */
	void *ctx;
};

/* The next frame, with the hook called in between when it takes long. */
static bool
next_frame(struct peer *peer, const struct idle_hook *hook, struct frame *frame_out)
{
	struct err err = { 0 };

	if (hook->call != NULL) {
		if (peer_recv(peer, frame_out, clock_deadline(hook->after_us), &err))
			return true;
		if (err.errnum != ETIMEDOUT)
			return false;
		hook->call(hook->ctx);
	}
	return peer_recv(peer, frame_out, clock_deadline(idle_limit_us), &err);
}

/* Wait for a request. returns false at the end of the connection, for whatever reason. */
static bool
next_request(struct peer *peer, const struct idle_hook *hook, struct deliver *deliver_out, struct arena *arena)
{
	struct frame frame;
	struct err err = { 0 };

	if (!next_frame(peer, hook, &frame))
		return false;
	if (!frame_is(&frame, &deliver_desc)) {
		frame_drop_fds(&frame);
		log_warn("request from the queue manager: unexpected message \"%.*s\"", SPAN_ARG(frame.name));
		return false;
	}
	if (msg_decode(&deliver_desc, &frame, arena, deliver_out, &err) == PARSE_OK)
		return true;
	frame_drop_fds(&frame);
	log_warn_err("request from the queue manager", &err);
	return false;
}

void
agent_serve(struct program *program, struct client *client,
    void (*deliver)(void *ctx, struct agent_request *request), void *ctx)
{
	agent_serve_keeping(program, client, deliver, 0, NULL, ctx);
}

void
agent_serve_keeping(struct program *program, struct client *client,
    void (*deliver)(void *ctx, struct agent_request *request), int64_t idle_us, void (*idle)(void *ctx), void *ctx)
{
	const struct idle_hook hook = { idle_us, idle, ctx };
	CLEANUP(peer_free) struct peer *peer = peer_new(fd_take(&client->fd), "queue manager", MSG_FRAME_MAX);
	CLEANUP(arena_free) struct arena *arena = arena_new("delivery request", REQUEST_ARENA_BYTES);
	struct deliver request;
	struct err err = { 0 };
	bool again = peer_send(peer, &agent_ready_desc, &(struct agent_ready){ false }, &err) &&
	             peer_flush(peer, clock_deadline(reply_limit_us), &err);

	while (again && next_request(peer, &hook, &request, arena)) {
		again = serve_request(program, peer, &request, arena, deliver, ctx);
		fd_close(&request.fd);
		arena_clear(arena);
	}
}
