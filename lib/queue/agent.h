/* SPDX-License-Identifier: ISC */
#ifndef AGENT_H
#define AGENT_H

#include "lib/queue/deliver_proto.h"
#include "lib/sys/service.h"

/*
 * What all delivery agents share: requests from qmgr over a kept connection, one result per
 * recipient, its log line, the reply. An agent is a MODEL_SINGLE daemon whose on_client hook is one
 * call of agent_serve.
 *
 * Protocol: on a new connection the agent says `agent_ready`, so that qmgr gives work only to a
 * process that is there; then `deliver` and `delivered` in turn until qmgr closes the connection.
 */

/* agent -> qmgr: a process has taken this connection. */
struct agent_ready {
	bool unused;
};
extern const struct msg_desc agent_ready_desc;

/* delivered_rcpt.action of a recipient whose success the next host will report (RFC 3461 5.2.1): no report from here. */
extern const char deliver_passed_action[];

/* One request in hand. All spans live until the deliver function returns. */
struct agent_request {
	struct program *program;
	const struct deliver *deliver;
	const struct deliver_rcpt *recipients;
	size_t count;
	struct arena *arena;            /* for this request */
	int64_t handoff_us;             /* wall clock: when the agent got it */
	struct agent_private *private;
};

/* What became of one recipient. Spans are copied. */
struct agent_result {
	enum deliver_status status;     /* DELIVER_SENT, DELIVER_DEFERRED or DELIVER_BOUNCED; see agent_report */
	struct span dsn;                /* "2.0.0"; empty: 2.0.0, 4.0.0 or 5.0.0 by the status */
	struct span text;               /* what stands in the log line's brackets */
	struct span action;             /* empty: "relayed", "delayed" or "failed" by the status */
	bool passes_dsn;                /* sent: the next host took over the duty to report success */
	struct span remote_mta;         /* "dns; host" */
	struct span diagnostic;         /* "smtp; 550 ..." */
	struct span relay;              /* for the log; empty: "none" */
	struct span tls;                /* for the log, or empty */
	int64_t conn_use;               /* for the log */
	int64_t connected_us;           /* wall clock: connection ready; 0: none was needed */
};

/*
 * Serve one connection of qmgr to its end. Takes client->fd.
 * deliver   called per request; must agent_report every recipient (one that is forgotten is deferred
 *           with a warning in the log)
 */
void agent_serve(struct program *program, struct client *client,
    void (*deliver)(void *ctx, struct agent_request *request), void *ctx);

/*
 * The same for an agent that keeps something open between requests: when no request has come within
 * idle_us after the last one, idle is called, once.
 */
void agent_serve_keeping(struct program *program, struct client *client,
    void (*deliver)(void *ctx, struct agent_request *request), int64_t idle_us, void (*idle)(void *ctx), void *ctx);

/*
 * The result of recipient number index: logs its line and keeps it for the reply. A second report of
 * the same recipient has no effect.
 *
 * An address probe turns sent into deliverable and the others into undeliverable; soft_bounce turns
 * bounced into deferred (logged as SOFTBOUNCE).
 */
void agent_report(struct agent_request *request, size_t index, const struct agent_result *result);

/*
 * A recipient may stand for several (an alias): each of them has its own line, the sender hears of
 * each, and one result counts.
 * agent_log_part     logs a line for `address`
 * agent_keep_part    keeps what the sender is to hear of `address`, whose NOTIFY is dsn_notify
 * agent_report_quietly is agent_report without a line
 */
void agent_log_part(struct agent_request *request, size_t index, struct span address, const struct agent_result *result);
void agent_keep_part(struct agent_request *request, size_t index, struct span address, int64_t dsn_notify,
    const struct agent_result *result);
void agent_report_quietly(struct agent_request *request, size_t index, const struct agent_result *result);

/* The same result for every recipient that has none yet. */
void agent_report_rest(struct agent_request *request, const struct agent_result *result);
bool agent_is_reported(const struct agent_request *request, size_t index);

/* The destination as a whole failed (connect, handshake): qmgr lowers its concurrency. Spans are copied. */
void agent_destination_failed(struct agent_request *request, struct span dsn, struct span text);

/* This connection shall carry no further request: the process ends after the reply. */
void agent_end_after(struct agent_request *request);

/*
 * "5.1.1 text" in two parts; without a code of the form D.D.D in front, the code is `fallback`. A
 * fallback of another class does not change the code found.
 */
void agent_split_dsn(struct span in, struct span fallback, struct span *dsn_out, struct span *text_out);

#endif
