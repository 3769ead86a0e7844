/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_PEER_H
#define SMTPD_PEER_H

#include "lib/base/arena.h"

struct session;

/*
 * Addresses and ports of both ends, from the socket. returns false when the client has gone
 * already.
 */
bool peer_learn(struct session *s);

/* This is the client's address, in the session's arena; its name is not known yet. */
void peer_set_address(struct session *s, struct span address);

/*
 * Host name of client.address, by dnsd: PTR, then A or AAAA of that name; the name counts as
 * verified when the address is among them. Two round trips, both in one process. With
 * smtpd_peername_lookup = no everybody is "unknown".
 */
void peer_resolve(struct session *s);

/* What smtpd_discard_ehlo_keyword_address_maps, XCLIENT lists and the like say of this client. */
void peer_apply_lists(struct session *s);

#endif
