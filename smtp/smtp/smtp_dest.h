/* SPDX-License-Identifier: ISC */
#ifndef SMTP_DEST_H
#define SMTP_DEST_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * One next hop as it is written in transport tables and relayhost: "domain", "domain:port",
 * "[host]", "[host]:port", "[192.0.2.1]", "[ipv6:2001:db8::1]:port", and for LMTP also
 * "unix:path", "inet:host", "inet:host:port".
 */
struct smtp_dest {
	struct span text; /* as written */
	struct span host; /* domain or host, or an address as text */
	struct span path; /* unix: socket */
	struct span service; /* name of the port as written; empty: a number, or none */
	uint16_t port;
	bool use_mx; /* no brackets: its MX records are asked for */
	bool is_unix;
};

/*
 * default_port  a number or a name of known_ports ("lmtp=24, smtp=25, ...")
 * returns       false with *err of class TEMP (4.3.5: a slip in a table must not return mail), which names the part that makes no sense
 */
MUST_USE bool smtp_dest_parse(struct span text, const char *default_port, const char *known_ports,
    bool is_lmtp, struct smtp_dest *dest_out, struct err *err);

/* The next item of a list of next hops (commas and blanks; none in brackets are lists). false at the end. */
bool smtp_dest_next(struct span *rest, struct span *item_out);

#endif
