/* SPDX-License-Identifier: ISC */
#ifndef DELIVERY_LOG_H
#define DELIVERY_LOG_H

#include "lib/base/str.h"
#include "lib/sys/mail_conf.h"

/*
 * The log line of one recipient, in the shape that log tools know:
 *
 *   QID: to=<x@y>, orig_to=<o@p>, relay=H[A]:P, conn_use=2, delay=0.05, delays=0.02/0.02/0.01/0,
 *   tls=may:none, dsn=2.0.0, status=sent (250 2.0.0 Ok)
 */
struct delivery_log {
	struct span queue_id;
	struct span recipient;          /* internal form */
	struct span original;           /* internal form; shown when it is not empty and differs */
	struct span relay;              /* "none", "local", "host[address]:port" */
	int64_t conn_use;               /* the how many-th message on the connection; shown from 2 on */
	struct span tls;                /* "may:none"; empty: not shown */
	struct span dsn, status, text;

	/* Wall clock, microseconds: arrival, taken by qmgr, given to the agent, connection ready (0: none was needed), end. */
	int64_t arrival_us, active_us, handoff_us, connected_us, done_us;
	const struct mail_conf *mail;   /* delay_logging_resolution_limit, info_log_address_format */
};

/* Append an address as the log shows it (info_log_address_format). */
bool delivery_log_add_address(struct str *out, const struct mail_conf *mail, struct span internal);

/* Append the line, without a line end. */
bool delivery_log_add(struct str *out, const struct delivery_log *line);

/*
 * Append a duration as delay= and delays= show it: two significant digits while there is a fraction
 * ("0.05", "1.2", "12", "132"), at most `resolution` digits after the point, no trailing zeros;
 * negative ones are 0.
 */
bool delivery_log_add_delay(struct str *out, int64_t us, int resolution);

#endif
