/* SPDX-License-Identifier: ISC */
/*
 * Handing a recipient to another delivery agent (mailbox_transport, fallback_transport), as qmgr
 * would. That agent logs the line; its result becomes ours.
 */
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "local/local/local_int.h"

/* The answer; a new connection says agent_ready first. */
static bool
receive(struct local_job *job, struct peer *peer, struct delivered *answer, struct err *err)
{
	int64_t deadline = clock_deadline(job->request->program->mail->daemon_timeout.us);
	struct frame frame;

	do {
		if (!peer_recv(peer, &frame, deadline, err))
			return false;
	} while (frame_is(&frame, &agent_ready_desc));
	if (frame_is(&frame, &delivered_desc))
		return msg_decode(&delivered_desc, &frame, job->arena, answer, err) == PARSE_OK;
	frame_drop_fds(&frame);
	return err_temp(err, "unexpected answer");
}

/* Ask once. *is_unsent: the request cannot have been read. */
static bool
ask(struct local_job *job, const struct deliver *request, const char *transport,
    struct delivered *answer, bool *is_unsent, bool *closes, struct err *err)
{
	struct program *program = job->request->program;
	struct peer *peer = service_peer(program, transport, err);

	*is_unsent = false;
	if (peer == NULL)
		return false;
	*is_unsent = !peer_send(peer, &deliver_desc, request, err) ||
	    !peer_flush(peer, clock_deadline(program->mail->ipc_timeout.us), err);
	if (*is_unsent || !receive(job, peer, answer, err)) {
		service_forget(program, peer);
		return false;
	}
	*closes = answer->closing;
	return true;
}

/* Its verdict, without a line of our own. */
static void
adopt(struct local_job *job, const struct local_at *at, const struct delivered *answer)
{
	const struct delivered_rcpt *result = answer->recipients.items;

	if (answer->recipients.count != 1)
		local_refused(job, at, ERR_TEMP, "4.3.0", "delivery agent gave no result");
	else
		local_adopted(job, at,
		    &(struct agent_result){ .status = (enum deliver_status) result->status,
			.relay = result->relay,
			.dsn = result->dsn,
			.text = result->text,
			.action = result->action,
			.remote_mta = result->remote_mta,
			.diagnostic = result->diagnostic });
}

/* That agent is about to end. */
static void
drop_connection(struct local_job *job, struct span name)
{
	struct err err = { 0 };
	struct peer *peer = service_peer(job->request->program, arena_cstr(job->arena, name), &err);

	if (peer != NULL)
		service_forget(job->request->program, peer);
}

void
local_pass(struct local_job *job, const struct local_at *at, const char *destination)
{
	const struct deliver_rcpt *original = &job->request->recipients[job->index];
	struct span nexthop = span_of(destination), name;
	struct deliver_rcpt rcpt = *original;
	struct deliver request = *job->request->deliver;
	struct delivered answer = { 0 };
	bool is_unsent, closes = false;
	struct err err = { 0 };

	(void) span_cut(&nexthop, ':', &name);
	if (span_eq_str(name, job->request->program->service_name)) {
		local_refused(job, at, ERR_TEMP, "4.3.5",
		    "transport %.*s would pass mail to itself", SPAN_ARG(name));
		return;
	}
	rcpt.address = at->address;
	rcpt.dsn_notify = at->dsn_notify;
	request.transport = name;
	request.nexthop = nexthop.len > 0 ? nexthop : at->domain;
	request.sender = at->sender;
	request.recipients = (struct msg_list){ &rcpt, 1 };
	log_info("%.*s: passing <%.*s> to transport=%.*s", SPAN_ARG(request.queue_id),
	    SPAN_ARG(at->address), SPAN_ARG(name));
	log_flush();
	for (int attempt = 0; attempt < 2; attempt++) {
		if (ask(job, &request, arena_cstr(job->arena, name), &answer, &is_unsent, &closes,
			&err)) {
			adopt(job, at, &answer);
			if (closes)
				drop_connection(job, name);
			return;
		}
		if (!is_unsent)
			break;
	}
	err_prefix(&err, "transport %.*s", SPAN_ARG(name));
	local_failed(job, at, &err);
}
