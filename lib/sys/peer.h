/* SPDX-License-Identifier: ISC */
#ifndef PEER_H
#define PEER_H

#include "lib/sys/loop.h"
#include "lib/sys/msg.h"

/*
 * A connection that carries frames. Two ways of use:
 *  - sequential: peer_send, peer_flush, peer_recv, peer_call block until an absolute deadline;
 *  - with a loop: after peer_attach frames arrive by callback, and output leaves when the socket
 *    takes it, never blocking.
 */
struct peer;

/*
 * Takes over fd, a connected UNIX stream socket (blocking for sequential use). name is for messages
 * and is copied. frame_max bounds what is accepted, in bytes after a frame's head.
 */
struct peer *peer_new(int fd, const char *name, size_t frame_max) MUST_USE;

/* Sends what waits if the socket takes it at once, and closes. NULL inside is fine; *peer becomes NULL. */
void peer_free(struct peer **peer);
int peer_fd(const struct peer *peer);
const char *peer_name(const struct peer *peer);

/*
 * Put a message, or raw data, behind what waits to be sent. Descriptors in the message are
 * duplicated when they cannot be sent at once, so the caller may close its own after the call.
 * returns   false with *err set: encoding refused, more than 4 MB wait (a peer that does not read)
 */
MUST_USE bool peer_send(struct peer *peer, const struct msg_desc *desc, const void *values, struct err *err);
MUST_USE bool peer_send_data(struct peer *peer, struct span bytes, struct err *err);

/* Bytes that wait to be sent. */
size_t peer_backlog(const struct peer *peer);

/* Sequential: send everything. returns false with *err TEMP (errnum ETIMEDOUT, EPIPE …). */
MUST_USE bool peer_flush(struct peer *peer, int64_t deadline_us, struct err *err);

/*
 * Sequential: the next frame. Flushes before it waits for input.
 * owns      *frame_out is good until the next call that receives; its descriptors are the caller's
 *           until msg_decode or frame_drop_fds
 * returns   false with *err TEMP; errnum 0 and text "... closed the connection" at an orderly end;
 *           ETIMEDOUT leaves the connection usable; EPROTO: the peer broke the protocol
 */
MUST_USE bool peer_recv(struct peer *peer, struct frame *frame_out, int64_t deadline_us, struct err *err);

/* Sequential: the next frame must be this message. */
MUST_USE bool peer_expect(struct peer *peer, const struct msg_desc *desc, void *values_out, struct arena *arena,
    int64_t deadline_us, struct err *err);

/* Sequential: one request, one reply. After a failure the connection is of no more use. */
MUST_USE bool peer_call(struct peer *peer, const struct msg_desc *request, const void *values,
    const struct msg_desc *reply, void *values_out, struct arena *arena, int64_t deadline_us, struct err *err);

/*
 * A frame or the end may be read without waiting (asks the socket). A kept, idle connection on which
 * this is true is dead.
 */
bool peer_has_input(struct peer *peer);

/* A frame was taken from it: whatever the other end says first has been said. */
bool peer_has_spoken(const struct peer *peer);

/*
 * With a loop. Both may free the peer. on_frame's descriptors that nobody took are closed after it.
 * on_end comes once, never from inside a peer_ call, after all frames that had arrived: the peer
 * closed (errnum 0), the connection failed, or the peer broke the protocol (EPROTO).
 */
struct peer_events {
	void (*on_frame)(void *ctx, struct peer *peer, struct frame *frame);
	void (*on_end)(void *ctx, struct peer *peer, const struct err *err);
};
void peer_attach(struct peer *peer, struct loop *loop, const struct peer_events *events, void *ctx);

#endif
