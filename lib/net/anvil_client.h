/* SPDX-License-Identifier: ISC */
#ifndef ANVIL_CLIENT_H
#define ANVIL_CLIENT_H

#include "lib/sys/msg.h"

/*
 * Questions to anvil, which counts for all processes what a client does. Each ask is one event;
 * anvil
 * answers all but ANVIL_DISCONNECT with the counts after it. Connections that a process had open
 * are
 * forgotten when its connection to anvil ends.
 */
enum anvil_event {
	ANVIL_CONNECT = 1,
	ANVIL_DISCONNECT,
	ANVIL_MAIL,
	ANVIL_RCPT,
	ANVIL_TLS,
	ANVIL_AUTH,
	ANVIL_EVENT_MAX
};

struct anvil_ask {
	int64_t event;       /* enum anvil_event */
	struct span service; /* of master.cf: counts of different services are apart */
	struct span client;  /* anvil_client_network */
	bool is_peek;        /* nothing has happened: tell the counts */
};
extern const struct msg_desc anvil_ask_desc;

struct anvil_report {
	int64_t count; /* connections now */
	int64_t rate;  /* such events in the current anvil_rate_time_unit */
};
extern const struct msg_desc anvil_report_desc;

/*
 * An address with all but its first bits cleared: "2001:db8::/32"; unchanged when that is all of
 * it.
 * What is no address is returned as it is.
 */
struct span anvil_client_network(
    struct span address, int ipv4_bits, int ipv6_bits, struct arena *arena);

#endif
