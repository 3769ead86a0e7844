/* SPDX-License-Identifier: ISC */
/*
 * Frames over a UNIX stream socket. Invariants: a frame with descriptors begins its own sendmsg(2),
 * so that they arrive with its first bytes; received descriptors wait in order for the frame that
 * claims them, and there are never more than two frames' worth. At most one incomplete frame is in
 * the input buffer when more is read. After a failure nothing is sent or received any more.
 * Deliberately no reconnecting: who opened the connection decides that.
 */
#include "lib/sys/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/sock_wait.h"

enum {
	BACKLOG_MAX = 4 << 20,
	OUT_MAX = 3 * BACKLOG_MAX,      /* with what is sent but not yet removed */
	OUT_KEEP = 256 << 10,           /* memory kept while nothing waits */
	IN_FIRST = 8 << 10,
	IN_KEEP = 64 << 10,
	IN_FDS_MAX = 2 * MSG_FDS_MAX,
	DRAIN_READS_MAX = 64,
};

#define NOT_A_MESSAGE  "sent what is not a message"

/* Descriptors that leave with the byte at `at` of the output. */
struct carrier {
	struct carrier *next;
	size_t at;
	int fds[MSG_FDS_MAX];
	size_t count;
	bool is_owned;                  /* duplicates */
};

struct peer {
	struct sock_wait wait;
	int fd;
	char *name;
	size_t frame_max;

	struct str out;                 /* bytes [sent, len) wait */
	size_t sent;
	struct carrier *carriers;       /* in order of at */
	struct carrier **last_carrier;

	char *in;                       /* bytes [in_start, in_end) are not yet given out */
	size_t in_start, in_end, in_cap;
	int in_fds[IN_FDS_MAX];
	size_t in_fd_count;
	bool has_spoken;

	struct err failure;             /* class ERR_NONE: fit for use */
	struct loop *loop;              /* NULL: sequential */
	struct loop_io io;
	const struct peer_events *events;
	void *ctx;
	bool is_turn_due;               /* turn_ended is registered */
	bool has_ended;                 /* on_end was called */
	bool *was_freed;                /* set when the peer is freed inside a callback */
};

static void turn_ended(void *ctx);

struct peer *
peer_new(int fd, const char *name, size_t frame_max)
{
	struct peer *peer = xcalloc(1, sizeof(*peer));

	peer->fd = fd;
	peer->name = xstrdup(name);
	peer->frame_max = frame_max;
	peer->last_carrier = &peer->carriers;
	str_init(&peer->out, OUT_MAX);
	sock_wait_init(&peer->wait, fd);
	return peer;
}

int
peer_fd(const struct peer *peer)
{
	return peer->fd;
}

const char *
peer_name(const struct peer *peer)
{
	return peer->name;
}

size_t
peer_backlog(const struct peer *peer)
{
	return peer->out.len - peer->sent;
}

/* The connection is of no more use, because of *err; keeps the first reason. */
static bool
fail_with(struct peer *peer, const struct err *err)
{
	if (peer->failure.class == ERR_NONE)
		peer->failure = *err;
	return false;
}

static bool
fail_errno(struct peer *peer, const char *what, struct err *err)
{
	struct err why;

	(void) err_temp_errno(&why, "%s %s", what, peer->name);
	if (err != NULL)
		*err = why;
	return fail_with(peer, &why);
}

static bool
fail_protocol(struct peer *peer, const char *what, struct err *err)
{
	struct err why;

	(void) err_temp(&why, "%s: %s", peer->name, what);
	why.errnum = EPROTO;
	if (err != NULL)
		*err = why;
	return fail_with(peer, &why);
}

static bool
is_usable(const struct peer *peer, struct err *err)
{
	if (peer->failure.class != ERR_NONE && err != NULL)
		*err = peer->failure;
	return peer->failure.class == ERR_NONE;
}

/* Output. */

/* Remove the first carrier, whose descriptors are on their way or no longer wanted. */
static void
drop_carrier(struct peer *peer)
{
	struct carrier *carrier = peer->carriers;

	peer->carriers = carrier->next;
	if (peer->carriers == NULL)
		peer->last_carrier = &peer->carriers;
	for (size_t i = 0; carrier->is_owned && i < carrier->count; i++)
		fd_close(&carrier->fds[i]);
	free(carrier);
}

/* Forget what was sent; move the rest only when that is less than what goes. */
static void
compact_out(struct peer *peer)
{
	size_t sent = peer->sent;

	if (sent < peer->out.len && sent < peer->out.len / 2)
		return;
	str_consume(&peer->out, sent);
	peer->sent = 0;
	for (struct carrier *carrier = peer->carriers; carrier != NULL; carrier = carrier->next)
		carrier->at -= sent;
	if (peer->out.len == 0 && peer->out.cap > OUT_KEEP)
		str_fini(&peer->out);
}

/* Everything is sent or dropped. */
static void
drop_output(struct peer *peer)
{
	while (peer->carriers != NULL)
		drop_carrier(peer);
	peer->sent = peer->out.len;
	compact_out(peer);
}

/* One sendmsg(2): from the first waiting byte to the next frame that has descriptors of its own. */
static ssize_t
send_once(struct peer *peer, int flags)
{
	struct carrier *carrier = peer->carriers;
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * MSG_FDS_MAX)];
	} control;
	struct iovec iov = { .iov_base = peer->out.p + peer->sent };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (carrier != NULL && carrier->at == peer->sent) {
		size_t len = sizeof(int) * carrier->count;

		memset(&control, 0, sizeof(control));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(len);
		memcpy(CMSG_DATA(&control.head), carrier->fds, len);
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(len);
		carrier = carrier->next;
	}
	iov.iov_len = (carrier != NULL ? carrier->at : peer->out.len) - peer->sent;
	return sendmsg(peer->fd, &msg, flags | MSG_NOSIGNAL);
}

/* Note what a sendmsg(2) took. */
static void
count_sent(struct peer *peer, size_t count)
{
	if (peer->carriers != NULL && peer->carriers->at == peer->sent)
		drop_carrier(peer);
	peer->sent += count;
}

/* Send what the socket takes without waiting. returns false when the connection failed. */
static bool
send_now(struct peer *peer, struct err *err)
{
	while (peer_backlog(peer) > 0) {
		ssize_t n = send_once(peer, MSG_DONTWAIT);

		if (n >= 0)
			count_sent(peer, (size_t) n);
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return fail_errno(peer, "send to", err);
	}
	compact_out(peer);
	return true;
}

/* One attempt to send that waits until the deadline. */
static bool
send_blocking(struct peer *peer, int64_t deadline_us, struct err *err)
{
	ssize_t n;

	if (!sock_wait_arm(&peer->wait, SOCK_SEND, deadline_us))
		return fail_errno(peer, "send to", err);
	n = send_once(peer, 0);
	if (n >= 0)
		count_sent(peer, (size_t) n);
	else if (errno == EAGAIN)
		return sock_wait_rearm(&peer->wait, SOCK_SEND, deadline_us) ||
		    fail_errno(peer, "send to", err);
	else if (errno != EINTR)
		return fail_errno(peer, "send to", err);
	return true;
}

bool
peer_flush(struct peer *peer, int64_t deadline_us, struct err *err)
{
	if (!is_usable(peer, err))
		return false;
	/* Most sockets have room, and then no time limit needs to be set on them. */
	if (!sock_wait_is_armed(&peer->wait, SOCK_SEND) && !send_now(peer, err))
		return false;
	while (peer_backlog(peer) > 0)
		if (!send_blocking(peer, deadline_us, err))
			return false;
	compact_out(peer);
	return true;
}

/* With a loop: send at the end of the turn, unless the socket is being waited for already. */
static void
schedule_turn(struct peer *peer)
{
	if (peer->loop == NULL || peer->is_turn_due || peer->has_ended)
		return;
	peer->is_turn_due = true;
	loop_at_turn_end(peer->loop, turn_ended, peer);
}

/* Undo the last peer_send. */
static void
take_back(struct peer *peer, size_t at)
{
	struct carrier **link = &peer->carriers;

	str_truncate(&peer->out, at);
	while (*link != NULL && (*link)->at < at)
		link = &(*link)->next;
	free(*link);
	*link = NULL;
	peer->last_carrier = link;
}

/* Make the descriptors of the last carrier our own. */
static bool
dup_fds(struct carrier *carrier)
{
	int copies[MSG_FDS_MAX];

	for (size_t i = 0; i < carrier->count; i++) {
		copies[i] = fcntl(carrier->fds[i], F_DUPFD_CLOEXEC, 0);
		if (copies[i] < 0) {
			while (i > 0)
				fd_close(&copies[--i]);
			return false;
		}
	}
	memcpy(carrier->fds, copies, sizeof(int) * carrier->count);
	carrier->is_owned = true;
	return true;
}

/* Let the frame that begins at `at` carry descriptors: at once if the socket takes it, else copies wait. */
static bool
carry_fds(struct peer *peer, size_t at, const int *fds, size_t count, struct err *err)
{
	struct carrier *carrier = xcalloc(1, sizeof(*carrier));

	carrier->at = at;
	carrier->count = count;
	memcpy(carrier->fds, fds, sizeof(int) * count);
	*peer->last_carrier = carrier;
	peer->last_carrier = &carrier->next;
	if (!send_now(peer, err)) {
		drop_output(peer);
		schedule_turn(peer);
		return false;
	}
	if (peer->carriers == NULL)
		return true;
	/* Nothing was freed behind the first carrier, so this one still waits if any does. */
	if (dup_fds(carrier))
		return true;
	(void) err_temp_errno(err, "send to %s: duplicate a descriptor", peer->name);
	take_back(peer, carrier->at);
	return false;
}

static bool
refuse_backlog(struct peer *peer, struct err *err)
{
	(void) err_temp(err, "send to %s: too much waits already", peer->name);
	if (err != NULL)
		err->errnum = ENOBUFS;
	return false;
}

bool
peer_send(struct peer *peer, const struct msg_desc *desc, const void *values, struct err *err)
{
	size_t at = peer->out.len;
	int fds[MSG_FDS_MAX];
	size_t fd_count;

	if (!is_usable(peer, err) || !msg_encode(desc, values, &peer->out, fds, &fd_count, err))
		return false;
	if (peer_backlog(peer) > BACKLOG_MAX) {
		str_truncate(&peer->out, at);
		return refuse_backlog(peer, err);
	}
	if (fd_count > 0 && !carry_fds(peer, at, fds, fd_count, err))
		return false;
	schedule_turn(peer);
	return true;
}

bool
peer_send_data(struct peer *peer, struct span bytes, struct err *err)
{
	size_t at = peer->out.len;

	if (!is_usable(peer, err) || !frame_encode_data(bytes, &peer->out, err))
		return false;
	if (peer_backlog(peer) > BACKLOG_MAX) {
		str_truncate(&peer->out, at);
		return refuse_backlog(peer, err);
	}
	schedule_turn(peer);
	return true;
}

/* Input. */

/* Take `count` received descriptors from the front of the queue. */
static void
claim_fds(struct peer *peer, struct frame *frame, size_t count)
{
	memcpy(frame->fds, peer->in_fds, sizeof(int) * count);
	frame->fd_count = count;
	peer->in_fd_count -= count;
	memmove(peer->in_fds, peer->in_fds + count, sizeof(int) * peer->in_fd_count);
}

/* The next whole frame of the buffer. *need_out: bytes that the incomplete one takes (0: unknown). */
static enum parse
next_frame(struct peer *peer, struct frame *frame_out, size_t *need_out)
{
	struct span in = span_make(peer->in + peer->in_start, peer->in_end - peer->in_start);
	size_t fd_count;

	switch (frame_parse(in, peer->frame_max, frame_out, need_out, &fd_count)) {
	case PARSE_OK:
		if (fd_count > peer->in_fd_count)
			return PARSE_BAD;
		claim_fds(peer, frame_out, fd_count);
		peer->in_start += *need_out;
		peer->has_spoken = true;
		return PARSE_OK;
	case PARSE_MORE:
		/* Descriptors that belong to no frame: there is none, or it has fewer. */
		if (peer->in_fd_count > (*need_out > 0 ? fd_count : MSG_FDS_MAX) ||
		    (in.len == 0 && peer->in_fd_count > 0))
			return PARSE_BAD;
		return PARSE_MORE;
	case PARSE_BAD:
		return PARSE_BAD;
	}
	return PARSE_BAD;
}

/* Room for `need` bytes of the incomplete frame, and to read more than nothing. */
static void
make_room(struct peer *peer, size_t need)
{
	size_t have = peer->in_end - peer->in_start;
	size_t cap = peer->in_cap > 0 ? peer->in_cap : IN_FIRST;

	if (have == 0 && peer->in_cap > IN_KEEP && need <= IN_KEEP) {
		free(peer->in);
		peer->in = NULL;
		peer->in_cap = 0;
		cap = IN_FIRST;
	}
	/* A buffer that was filled to the brim wants to be larger. */
	if (peer->in_end == peer->in_cap && cap < IN_KEEP && peer->in_cap > 0)
		cap *= 2;
	while (cap < need)
		cap *= 2;
	if (peer->in_start > 0 && have > 0)
		memmove(peer->in, peer->in + peer->in_start, have);
	peer->in_start = 0;
	peer->in_end = have;
	if (cap != peer->in_cap)
		peer->in = xrealloc(peer->in, peer->in_cap = cap);
}

/* Queue, or when there are too many close, the descriptors of one control message. */
static bool
take_fds(struct peer *peer, const struct cmsghdr *head)
{
	size_t count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	bool fits = count <= IN_FDS_MAX - peer->in_fd_count;

	for (size_t i = 0; i < count; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
		if (fits)
			peer->in_fds[peer->in_fd_count++] = fd;
		else
			fd_close(&fd);
	}
	return fits;
}

/* One recvmsg(2). returns as recvmsg; -1 with EPROTO for descriptors that are too many. */
static ssize_t
receive_once(struct peer *peer, int flags)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * MSG_FDS_MAX)];
	} control;
	struct iovec iov = { .iov_base = peer->in + peer->in_end,
		.iov_len = peer->in_cap - peer->in_end };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(peer->fd, &msg, flags | MSG_CMSG_CLOEXEC);
	bool fits = true;

	if (n < 0)
		return n;
	for (struct cmsghdr *head = CMSG_FIRSTHDR(&msg); head != NULL;
	     head = CMSG_NXTHDR(&msg, head))
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
			fits = take_fds(peer, head) && fits;
	if (!fits || (msg.msg_flags & MSG_CTRUNC)) {
		errno = EPROTO;
		return -1;
	}
	peer->in_end += (size_t) n;
	return n;
}

/* recvmsg(2) returned n <= 0 and this is not about waiting: the connection is over. */
static bool
fail_receive(struct peer *peer, ssize_t n, struct err *err)
{
	struct err why;

	if (n < 0)
		return fail_errno(peer, "receive from", err);
	if (peer->in_end > peer->in_start)
		return fail_protocol(peer, "closed the connection inside a message", err);
	(void) err_temp(&why, "%s closed the connection", peer->name);
	if (err != NULL)
		*err = why;
	return fail_with(peer, &why);
}

/* No input by the deadline; the connection stays usable. */
static bool
report_wait(struct peer *peer, struct err *err)
{
	if (errno != ETIMEDOUT)
		return fail_errno(peer, "receive from", err);
	return err_temp_errno(err, "receive from %s", peer->name);
}

/* Wait for more bytes until the deadline. */
static bool
receive_blocking(struct peer *peer, int64_t deadline_us, struct err *err)
{
	bool ready = sock_wait_arm(&peer->wait, SOCK_RECV, deadline_us);
	ssize_t n;

	while (ready && (n = receive_once(peer, 0)) <= 0) {
		if (n < 0 && errno == EAGAIN)
			ready = sock_wait_rearm(&peer->wait, SOCK_RECV, deadline_us);
		else if (n == 0 || errno != EINTR)
			return fail_receive(peer, n, err);
		else
			ready = sock_wait_arm(&peer->wait, SOCK_RECV, deadline_us);
	}
	return ready || report_wait(peer, err);
}

bool
peer_recv(struct peer *peer, struct frame *frame_out, int64_t deadline_us, struct err *err)
{
	if (!is_usable(peer, err))
		return false;
	for (;;) {
		size_t need;

		switch (next_frame(peer, frame_out, &need)) {
		case PARSE_OK:
			return true;
		case PARSE_BAD:
			return fail_protocol(peer, NOT_A_MESSAGE, err);
		case PARSE_MORE:
			make_room(peer, need);
			if (!peer_flush(peer, deadline_us, err) ||
			    !receive_blocking(peer, deadline_us, err))
				return false;
		}
	}
}

bool
peer_expect(struct peer *peer, const struct msg_desc *desc, void *values_out, struct arena *arena,
    int64_t deadline_us, struct err *err)
{
	struct frame frame;
	struct err why = { .class = ERR_NONE };

	if (!peer_recv(peer, &frame, deadline_us, err))
		return false;
	if (msg_decode(desc, &frame, arena, values_out, &why) == PARSE_OK)
		return true;
	return fail_protocol(peer, why.text, err);
}

bool
peer_call(struct peer *peer, const struct msg_desc *request, const void *values,
    const struct msg_desc *reply, void *values_out, struct arena *arena, int64_t deadline_us,
    struct err *err)
{
	struct err why = { .class = ERR_NONE };

	if (!peer_send(peer, request, values, err))
		return false;
	if (peer_expect(peer, reply, values_out, arena, deadline_us, &why))
		return true;
	/* A late reply would be taken for the next one's. */
	if (err != NULL)
		*err = why;
	return fail_with(peer, &why);
}

bool
peer_has_input(struct peer *peer)
{
	return peer->in_end > peer->in_start || sock_wait_has_input(&peer->wait);
}

bool
peer_has_spoken(const struct peer *peer)
{
	return peer->has_spoken;
}

/* With a loop. */

/* What became of the peer. */
enum progress {
	PROGRESS_SOME,          /* frames were given out, more may come */
	PROGRESS_NONE,          /* nothing to read now */
	PROGRESS_GONE,          /* freed, or on_end was called: not to be touched */
};

/* Tell the owner that it is over. */
static enum progress
end_attached(struct peer *peer)
{
	struct err why = peer->failure;

	peer->has_ended = true;
	drop_output(peer);
	loop_io_cancel(&peer->io);
	peer->events->on_end(peer->ctx, peer, &why);
	return PROGRESS_GONE;
}

/* Give out every whole frame of the buffer. */
static enum progress
dispatch_frames(struct peer *peer)
{
	struct frame frame;
	bool was_freed = false;
	size_t need = 0;
	enum parse parsed;

	peer->was_freed = &was_freed;
	while ((parsed = next_frame(peer, &frame, &need)) == PARSE_OK) {
		peer->events->on_frame(peer->ctx, peer, &frame);
		frame_drop_fds(&frame);
		if (was_freed)
			return PROGRESS_GONE;
	}
	peer->was_freed = NULL;
	if (parsed == PARSE_BAD) {
		(void) fail_protocol(peer, NOT_A_MESSAGE, NULL);
		return end_attached(peer);
	}
	make_room(peer, need);
	return PROGRESS_SOME;
}

/* Read once what is there and give it out. */
static enum progress
receive_attached(struct peer *peer)
{
	ssize_t n = receive_once(peer, MSG_DONTWAIT);

	if (n > 0)
		return dispatch_frames(peer);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return PROGRESS_NONE;
	(void) fail_receive(peer, n, NULL);
	return end_attached(peer);
}

/* Sending failed: give out what the other side said before it went, then end. */
static void
drain_attached(struct peer *peer)
{
	enum progress progress = PROGRESS_SOME;

	for (int reads = 0; reads < DRAIN_READS_MAX && progress == PROGRESS_SOME; reads++)
		progress = receive_attached(peer);
	if (progress != PROGRESS_GONE)
		(void) end_attached(peer);
}

/* Send what goes; wait for room when something stays. */
static void
send_attached(struct peer *peer)
{
	if (peer->failure.class == ERR_NONE && send_now(peer, NULL))
		loop_io_want(&peer->io, LOOP_READ | (peer_backlog(peer) > 0 ? LOOP_WRITE : 0));
	else
		drain_attached(peer);
}

static void
turn_ended(void *ctx)
{
	struct peer *peer = ctx;
	bool is_first = peer->io.wanted == 0;

	peer->is_turn_due = false;
	if (is_first && dispatch_frames(peer) == PROGRESS_GONE)
		return;
	if (peer->failure.class == ERR_NONE && (peer->io.wanted & LOOP_WRITE))
		return;
	send_attached(peer);
}

static void
on_ready(void *ctx, int what)
{
	if (what & LOOP_WRITE)
		send_attached(ctx);
	else
		(void) receive_attached(ctx);
}

void
peer_attach(struct peer *peer, struct loop *loop, const struct peer_events *events, void *ctx)
{
	peer->loop = loop;
	peer->events = events;
	peer->ctx = ctx;
	loop_io_init(&peer->io, loop, peer->fd, on_ready, peer);
	/* Frames that were read before, and output that waits, come first; then the socket. */
	schedule_turn(peer);
}

void
peer_free(struct peer **peer)
{
	struct peer *old = *peer;

	*peer = NULL;
	if (old == NULL)
		return;
	if (old->failure.class == ERR_NONE)
		(void) send_now(old, NULL);
	drop_output(old);
	if (old->was_freed != NULL)
		*old->was_freed = true;
	if (old->loop != NULL)
		loop_io_cancel(&old->io);
	if (old->is_turn_due)
		loop_forget_turn_end(old->loop, old);
	for (size_t i = 0; i < old->in_fd_count; i++)
		fd_close(&old->in_fds[i]);
	fd_close(&old->fd);
	str_fini(&old->out);
	free(old->in);
	free(old->name);
	free(old);
}
