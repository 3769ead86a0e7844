/* SPDX-License-Identifier: ISC */
/* Peers over socketpairs: sequential calls with deadlines, descriptors, broken peers, and the loop. */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/peer.h"

struct note {
	int64_t id;
	struct span text;
	int fd;
};
static const struct msg_field note_fields[] = {
	M_INT(struct note, id, .required = true),
	M_STR(struct note, text, .max = 1 << 20),
	M_FD(struct note, fd, .doc = "a file"),
};
static const struct msg_desc note_desc = MSG_DESC(note, struct note, note_fields, 1, 0, "any");

enum { MS = 1000, FRAME_BIG = 2 << 20 };

static void
make_pair(struct t *t, struct peer **a, struct peer **b)
{
	int fds[2];

	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*a = peer_new(fds[0], "peer a", FRAME_BIG);
	*b = peer_new(fds[1], "peer b", FRAME_BIG);
}

/* A peer and the bare other end. */
static void
make_half(struct t *t, struct peer **peer, int *raw, size_t frame_max)
{
	int fds[2];

	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*peer = peer_new(fds[0], "peer", frame_max);
	*raw = fds[1];
}

static struct note
note_of(int64_t id, const char *text)
{
	return (struct note){ .id = id, .text = span_of(text), .fd = -1 };
}

static int64_t
soon(void)
{
	return clock_deadline(5 * CLOCK_SECOND_US);
}

static bool
send_note(struct peer *peer, int64_t id, const char *text)
{
	struct note note = note_of(id, text);

	return peer_send(peer, &note_desc, &note, NULL);
}

/* Bytes by hand, in one write. */
static void
write_raw(int fd, struct span bytes)
{
	if (write(fd, bytes.p, bytes.len) != (ssize_t) bytes.len)
		abort();
}

/* Bytes with descriptors beside them. */
static void
write_raw_fds(int fd, struct span bytes, const int *fds, size_t count)
{
	char control[CMSG_SPACE(sizeof(int) * 32)] = { 0 };
	struct iovec iov = { (void *) (uintptr_t) bytes.p, bytes.len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = CMSG_SPACE(sizeof(int) * count) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(head), fds, sizeof(int) * count);
	if (sendmsg(fd, &msg, 0) != (ssize_t) bytes.len)
		abort();
}

static size_t
count_fds(void)
{
	size_t count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

TEST(send_and_receive)
{
	struct peer *a CLEANUP(peer_free), *b CLEANUP(peer_free);
	struct note note;
	struct frame frame;
	struct err err = { 0 };

	make_pair(t, &a, &b);
	T_TRUE(t, send_note(a, 1, "one"));
	T_TRUE(t, send_note(a, 2, "two"));
	T_TRUE(t, peer_send_data(a, SPAN("raw"), &err));
	T_TRUE(t, peer_backlog(a) > 0);
	T_FALSE(t, peer_has_input(b));
	T_TRUE(t, peer_flush(a, soon(), &err));
	T_INT(t, peer_backlog(a), 0);
	T_TRUE(t, peer_has_input(b));
	T_NEED(t, peer_expect(b, &note_desc, &note, NULL, soon(), &err));
	T_INT(t, note.id, 1);
	T_NEED(t, peer_expect(b, &note_desc, &note, NULL, soon(), &err));
	T_SPAN(t, note.text, "two");
	T_NEED(t, peer_recv(b, &frame, soon(), &err));
	T_INT(t, frame.kind, FRAME_DATA);
	T_SPAN(t, frame.payload, "raw");
	T_FALSE(t, peer_has_input(b));
}

TEST(orderly_end)
{
	struct peer *a CLEANUP(peer_free), *b CLEANUP(peer_free);
	struct frame frame;
	struct err err;

	make_pair(t, &a, &b);
	T_TRUE(t, send_note(a, 1, "last words"));
	peer_free(&a);
	T_TRUE(t, peer_recv(b, &frame, soon(), &err));
	T_FALSE(t, peer_recv(b, &frame, soon(), &err));
	T_INT(t, err.class, ERR_TEMP);
	T_INT(t, err.errnum, 0);
	T_STR(t, err.text, "peer b closed the connection");
	T_FALSE(t, send_note(b, 1, "too late"));
}

TEST(send_to_the_dead)
{
	struct peer *a CLEANUP(peer_free), *b CLEANUP(peer_free);
	struct err err;

	make_pair(t, &a, &b);
	peer_free(&b);
	T_TRUE(t, peer_has_input(a));
	T_TRUE(t, send_note(a, 1, "hello"));
	T_FALSE(t, peer_flush(a, soon(), &err));
	T_INT(t, err.errnum, EPIPE);
}

static const struct broken_case {
	const char *name;
	struct span bytes;
	bool closes;
	int errnum;
	const char *error;
	bool is_frame;          /* fine as a frame; the message is bad */
} broken_cases[] = {
	{ "unknown kind", SPAN_INIT("\0\0\0\1x\0a"), false, EPROTO, "sent what is not a message", false },
	{ "longer than allowed", SPAN_INIT("\0\1\0\0m\0"), false, EPROTO, "not a message", false },
	{ "ends in the head", SPAN_INIT("\0\0\0"), true, EPROTO, "inside a message", false },
	{ "ends in the payload", SPAN_INIT("\0\0\0\x09m\0note"), true, EPROTO, "inside a message", false },
	{ "promised descriptor", SPAN_INIT("\0\0\0\x05m\1note\0"), false, EPROTO, "not a message", false },
	{ "another message", SPAN_INIT("\0\0\0\x05m\0late\0"), false, EPROTO, "late came", true },
	{ "bad message", SPAN_INIT("\0\0\0\x05m\0note\0"), false, EPROTO, "expected a version", true },
	{ "raw data", SPAN_INIT("\0\0\0\1d\0a"), false, EPROTO, "raw data came", true },
	{ "timeout in the head", SPAN_INIT("\0\0\0"), false, ETIMEDOUT, "receive from peer", false },
	{ "timeout in the payload", SPAN_INIT("\0\0\0\x09m\0note"), false, ETIMEDOUT, "receive", false },
};

TEST(broken_peers)
{
	EACH_CASE (t, c, broken_cases) {
		struct peer *peer CLEANUP(peer_free);
		struct note note;
		struct err err = { 0 };
		int raw;

		make_half(t, &peer, &raw, 1000);
		write_raw(raw, c->bytes);
		if (c->closes)
			fd_close(&raw);
		T_FALSE(t, peer_expect(peer, &note_desc, &note, NULL, clock_deadline(20 * MS), &err));
		T_INT(t, err.class, ERR_TEMP);
		T_INT(t, err.errnum, c->errnum);
		if (!T_TRUE(t, strstr(err.text, c->error) != NULL))
			printf("got: %s\n", err.text);
		fd_close(&raw);
	}
}

TEST(receive_goes_on_after_timeout)
{
	struct peer *peer CLEANUP(peer_free);
	struct frame frame;
	struct err err;
	int raw;

	make_half(t, &peer, &raw, 1000);
	write_raw(raw, SPAN("\0\0\0\1"));
	T_FALSE(t, peer_recv(peer, &frame, clock_deadline(10 * MS), &err));
	T_INT(t, err.errnum, ETIMEDOUT);
	write_raw(raw, SPAN("d\0x"));
	T_NEED(t, peer_recv(peer, &frame, soon(), &err));
	T_SPAN(t, frame.payload, "x");
	fd_close(&raw);
}

TEST(late_reply_is_not_taken_for_the_next)
{
	struct peer *a CLEANUP(peer_free), *b CLEANUP(peer_free);
	struct note note = note_of(1, "?");
	struct err err;

	make_pair(t, &a, &b);
	T_FALSE(t, peer_call(a, &note_desc, &note, &note_desc, &note, NULL, clock_deadline(10 * MS), &err));
	T_INT(t, err.errnum, ETIMEDOUT);
	T_TRUE(t, send_note(b, 1, "late"));
	T_TRUE(t, peer_flush(b, soon(), &err));
	note = note_of(2, "?");
	T_FALSE(t, peer_call(a, &note_desc, &note, &note_desc, &note, NULL, soon(), &err));
	T_INT(t, err.errnum, ETIMEDOUT);
}

/* Run the other side in a child. */
static pid_t
start_child(struct t *t, void (*run)(struct peer *peer), struct peer **ours)
{
	int fds[2];
	pid_t pid;

	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	pid = fork();
	T_NEED(t, pid >= 0);
	if (pid == 0) {
		struct peer *peer = peer_new(fds[1], "parent", FRAME_BIG);

		close(fds[0]);
		run(peer);
		_exit(0);
	}
	close(fds[1]);
	*ours = peer_new(fds[0], "child", FRAME_BIG);
	return pid;
}

static void
run_drip(struct peer *peer)
{
	static const char bytes[] = "\0\0\0\x64" "d\0";

	for (size_t i = 0; i < 106; i++) {
		if (write(peer_fd(peer), i < 6 ? bytes + i : "x", 1) != 1)
			_exit(1);
		usleep(10 * MS);
	}
}

TEST(deadline_against_drip)
{
	struct peer *peer CLEANUP(peer_free);
	pid_t pid = start_child(t, run_drip, &peer);
	int64_t start_us = clock_now_us(), took_us;
	struct frame frame;
	struct err err;

	T_FALSE(t, peer_recv(peer, &frame, start_us + 200 * MS, &err));
	T_INT(t, err.errnum, ETIMEDOUT);
	took_us = clock_now_us() - start_us;
	T_TRUE(t, took_us >= 200 * MS && took_us < 400 * MS);
	T_TRUE(t, peer_recv(peer, &frame, soon(), &err));
	T_INT(t, frame.payload.len, 100);
	(void) waitpid(pid, NULL, 0);
}

static void
run_echo(struct peer *peer)
{
	struct note note;
	struct err err;

	while (peer_expect(peer, &note_desc, &note, NULL, CLOCK_NEVER, &err))
		if (!peer_send(peer, &note_desc, &note, &err))
			_exit(1);
}

/* Larger than socket buffers in both directions. */
TEST(big_messages)
{
	struct peer *peer CLEANUP(peer_free);
	pid_t pid = start_child(t, run_echo, &peer);
	size_t len = 900000;
	char *text = t_own(t, malloc(len));
	struct err err = { 0 };

	for (size_t i = 0; i < len; i++)
		text[i] = (char) ('a' + i % 25);
	for (int64_t i = 1; i < 5; i++) {
		struct note note = { .id = i, .text = { text, len / (size_t) i }, .fd = -1 }, got;

		T_NEED(t, peer_call(peer, &note_desc, &note, &note_desc, &got, NULL, soon(), &err));
		T_INT(t, got.id, i);
		T_TRUE(t, span_eq(got.text, note.text));
	}
	peer_free(&peer);
	(void) waitpid(pid, NULL, 0);
}

TEST(flush_deadline)
{
	struct peer *peer CLEANUP(peer_free);
	int64_t start_us = clock_now_us(), took_us;
	static char big[1 << 20];
	struct err err;
	int raw;

	make_half(t, &peer, &raw, 1000);
	T_TRUE(t, peer_send_data(peer, span_make(big, sizeof(big)), &err));
	T_FALSE(t, peer_flush(peer, start_us + 100 * MS, &err));
	T_INT(t, err.errnum, ETIMEDOUT);
	took_us = clock_now_us() - start_us;
	T_TRUE(t, took_us >= 100 * MS && took_us < 300 * MS);
	fd_close(&raw);
}

TEST(backlog_limit)
{
	struct peer *peer CLEANUP(peer_free);
	static char big[1 << 20];
	struct err err = { 0 };
	int raw;
	size_t sent = 0;

	make_half(t, &peer, &raw, 1000);
	while (sent < 100 && peer_send_data(peer, span_make(big, sizeof(big)), &err))
		sent++;
	T_INT(t, sent, 3);
	T_INT(t, err.errnum, ENOBUFS);
	T_TRUE(t, peer_backlog(peer) <= 4 << 20);
	T_TRUE(t, send_note(peer, 1, "small ones still go"));
	fd_close(&raw);
}

static int
temp_file(const char *text)
{
	int fd = memfd_create("t", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

static void
check_file(struct t *t, int fd, const char *want)
{
	char text[100];
	ssize_t n = pread(fd, text, sizeof(text), 0);

	T_NEED(t, n >= 0);
	T_SPAN(t, span_make(text, (size_t) n), want);
	T_TRUE(t, (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

enum { FD_NOTES = 60 };

/* Two of three notes have a file of their own; far more bytes than the socket takes. */
static void
run_fd_sender(struct peer *peer)
{
	static char filling[300 * FD_NOTES];
	struct err err;

	memset(filling, 'f', sizeof(filling));
	for (int i = 0; i < FD_NOTES; i++) {
		char name[20];
		struct note note = { .id = i, .text = { filling, (size_t) (i * 300) }, .fd = -1 };

		(void) snprintf(name, sizeof(name), "file %d", i);
		if (i % 3 != 0)
			note.fd = temp_file(name);
		if (!peer_send(peer, &note_desc, &note, &err))
			_exit(1);
		fd_close(&note.fd);
	}
	if (peer_backlog(peer) == 0 || !peer_flush(peer, soon(), &err))
		_exit(1);
}

TEST(descriptors_keep_their_frames)
{
	size_t before = count_fds();
	struct peer *peer;
	pid_t pid = start_child(t, run_fd_sender, &peer);
	struct err err = { 0 };
	struct note note;
	int status;

	usleep(50 * MS);
	for (int i = 0; i < FD_NOTES; i++) {
		char name[20];

		T_NEED(t, peer_expect(peer, &note_desc, &note, NULL, soon(), &err));
		T_INT(t, note.id, i);
		T_INT(t, note.fd >= 0, i % 3 != 0);
		(void) snprintf(name, sizeof(name), "file %d", i);
		if (note.fd >= 0)
			check_file(t, note.fd, name);
		fd_close(&note.fd);
	}
	peer_free(&peer);
	(void) waitpid(pid, &status, 0);
	T_INT(t, status, 0);
	T_INT(t, count_fds(), before);
}

static const struct stray_case {
	const char *name;
	struct span bytes;
	size_t count;
} stray_cases[] = {
	{ "with a frame that names none", SPAN_INIT("\0\0\0\1d\0a"), 1 },
	{ "more than the frame names", SPAN_INIT("\0\0\0\x05m\1note\0"), 2 },
	{ "more than any frame may have", SPAN_INIT("\0\0\0\x05m\x08note\0"), 9 },
	{ "very many", SPAN_INIT("\0\0\0\x05m\x08note\0"), 30 },
	{ "with half a head", SPAN_INIT("\0\0"), 9 },
	{ "more than half a frame names", SPAN_INIT("\0\0\0\x09m\1no"), 2 },
};

TEST(stray_descriptors)
{
	EACH_CASE (t, c, stray_cases) {
		size_t before = count_fds();
		struct peer *peer;
		struct frame frame;
		struct err err = { 0 };
		int raw, fds[32];

		make_half(t, &peer, &raw, 1000);
		for (size_t i = 0; i < 32; i++)
			fds[i] = 1;
		write_raw_fds(raw, c->bytes, fds, c->count);
		for (int i = 0; i < 2 && peer_recv(peer, &frame, soon(), &err); i++)
			frame_drop_fds(&frame);
		T_INT(t, err.errnum, EPROTO);
		peer_free(&peer);
		fd_close(&raw);
		T_INT(t, count_fds(), before);
	}
}

/* Descriptors sent far ahead of the frames that would take them. */
TEST(hoarded_descriptors)
{
	struct peer *peer CLEANUP(peer_free);
	struct frame frame;
	struct err err = { 0 };
	int raw, fds[8] = { 1, 1, 1, 1, 1, 1, 1, 1 };
	size_t before = count_fds();

	make_half(t, &peer, &raw, 1000);
	for (int i = 0; i < 6; i++)
		write_raw_fds(raw, span_make(&"\0\0\0\x64m\x08"[i], 1), fds, 8);
	T_FALSE(t, peer_recv(peer, &frame, soon(), &err));
	T_INT(t, err.errnum, EPROTO);
	peer_free(&peer);
	fd_close(&raw);
	T_INT(t, count_fds(), before);
}

/* With a loop. */

struct side {
	struct t *t;
	struct loop *loop;
	struct peer *peer;
	struct peer *forward;           /* where on_frame sends copies */
	int64_t ids[200];
	size_t count, stop_at, free_at, ended;
	struct err end;
};

static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct side *side = ctx;
	struct note note;
	struct err err;

	if (msg_decode(&note_desc, frame, NULL, &note, &err) != PARSE_OK)
		abort();
	side->ids[side->count++ % 200] = note.id;
	if (side->forward != NULL)
		T_TRUE(side->t, peer_send(side->forward, &note_desc, &note, &err));
	fd_close(&note.fd);
	if (side->count == side->stop_at)
		loop_stop(side->loop);
	if (side->count == side->free_at) {
		T_TRUE(side->t, peer == side->peer);
		peer_free(&side->peer);
		loop_stop(side->loop);
	}
}

static void
on_end(void *ctx, struct peer *peer, const struct err *err)
{
	struct side *side = ctx;

	T_TRUE(side->t, peer == side->peer);
	side->ended++;
	side->end = *err;
	peer_free(&side->peer);
	loop_stop(side->loop);
}

static const struct peer_events events = { on_frame, on_end };

static void
attach(struct side *side, struct t *t, struct loop *loop, struct peer *peer)
{
	*side = (struct side){ .t = t, .loop = loop, .peer = peer };
	peer_attach(peer, loop, &events, side);
}

/* Replies of one turn leave together: the frames come out of one recv(2). */
TEST(attached_gathers)
{
	struct loop *loop = loop_new();
	struct peer *client, *server;
	struct side side;
	char bytes[10000];
	struct err err;
	struct frame frame;
	ssize_t first;
	size_t fds, used, frames = 0;

	make_pair(t, &client, &server);
	attach(&side, t, loop, server);
	side.forward = server;
	side.stop_at = 50;
	for (int i = 0; i < 50; i++)
		T_TRUE(t, send_note(client, i, "request"));
	T_TRUE(t, peer_flush(client, soon(), &err));
	loop_run(loop);
	T_INT(t, side.count, 50);
	first = recv(peer_fd(client), bytes, sizeof(bytes), MSG_DONTWAIT);
	T_NEED(t, first > 0);
	for (size_t at = 0; frame_parse(span_make(bytes + at, (size_t) first - at), 1000, &frame, &used,
	         &fds) == PARSE_OK; at += used)
		frames++;
	T_INT(t, frames, 50);
	T_INT(t, recv(peer_fd(client), bytes, sizeof(bytes), MSG_DONTWAIT), -1);
	peer_free(&client);
	peer_free(&side.peer);
	loop_free(&loop);
}

TEST(attached_gets_what_was_read_before)
{
	struct loop *loop = loop_new();
	struct peer *client, *server;
	struct side side;
	struct note note;
	struct err err;

	make_pair(t, &client, &server);
	for (int i = 0; i < 3; i++)
		T_TRUE(t, send_note(client, i, ""));
	T_TRUE(t, peer_flush(client, soon(), &err));
	T_TRUE(t, peer_expect(server, &note_desc, &note, NULL, soon(), &err));
	T_TRUE(t, send_note(server, 9, "queued before"));
	attach(&side, t, loop, server);
	side.stop_at = 2;
	loop_run(loop);
	T_INT(t, side.count, 2);
	T_INT(t, side.ids[1], 2);
	T_TRUE(t, peer_expect(client, &note_desc, &note, NULL, soon(), &err));
	T_INT(t, note.id, 9);
	peer_free(&client);
	peer_free(&side.peer);
	loop_free(&loop);
}

TEST(attached_freed_in_on_frame)
{
	struct loop *loop = loop_new();
	struct peer *client, *server;
	struct side side;
	struct err err;

	make_pair(t, &client, &server);
	attach(&side, t, loop, server);
	side.forward = server;
	side.free_at = 2;
	for (int i = 0; i < 5; i++)
		T_TRUE(t, send_note(client, i, ""));
	T_TRUE(t, peer_flush(client, soon(), &err));
	loop_run(loop);
	T_INT(t, side.count, 2);
	T_INT(t, side.ended, 0);
	T_TRUE(t, side.peer == NULL);
	peer_free(&client);
	loop_free(&loop);
}

TEST(attached_ends)
{
	EACH_CASE (t, c, broken_cases) {
		struct loop *loop;
		struct peer *peer;
		struct side side;
		int raw;

		if (c->errnum != EPROTO || c->is_frame)
			continue;
		loop = loop_new();
		make_half(t, &peer, &raw, 1000);
		attach(&side, t, loop, peer);
		write_raw(raw, c->bytes);
		if (c->closes)
			fd_close(&raw);
		loop_run(loop);
		T_INT(t, side.ended, 1);
		T_INT(t, side.end.errnum, EPROTO);
		fd_close(&raw);
		loop_free(&loop);
	}
}

/* The other side replied and went while we were sending: its words come before the end. */
TEST(attached_last_words)
{
	struct loop *loop = loop_new();
	struct peer *client, *server;
	struct side side;
	struct err err;

	make_pair(t, &client, &server);
	T_TRUE(t, send_note(client, 1, "last words"));
	T_TRUE(t, peer_flush(client, soon(), &err));
	peer_free(&client);
	attach(&side, t, loop, server);
	T_TRUE(t, send_note(server, 5, "into the void"));
	loop_run(loop);
	T_INT(t, side.count, 1);
	T_INT(t, side.ended, 1);
	T_INT(t, side.end.errnum, EPIPE);
	loop_free(&loop);
}

/* Several megabytes through a loop that never blocks, descriptors included. */
TEST(attached_flood)
{
	struct loop *loop = loop_new();
	struct peer *in, *in_end, *out, *out_end;
	struct side relay, sink;
	static char filling[30000];
	size_t before = count_fds();
	int fd = temp_file("shared");

	memset(filling, 'f', sizeof(filling));
	make_pair(t, &in, &in_end);
	make_pair(t, &out, &out_end);
	attach(&relay, t, loop, in_end);
	attach(&sink, t, loop, out_end);
	peer_attach(in, loop, &events, NULL);
	peer_attach(out, loop, &events, NULL);
	relay.forward = out;
	sink.stop_at = 130;
	for (int i = 0; i < 130; i++) {
		struct note note = { .id = i, .text = { filling, sizeof(filling) },
			.fd = i % 5 == 0 ? fd : -1 };
		struct err err = { 0 };

		if (!T_TRUE(t, peer_send(in, &note_desc, &note, &err)))
			printf("%s\n", err.text);
	}
	fd_close(&fd);
	loop_run(loop);
	T_INT(t, sink.count, 130);
	for (int i = 0; i < 130; i++)
		T_INT(t, sink.ids[i], i);
	peer_free(&in);
	peer_free(&out);
	peer_free(&relay.peer);
	peer_free(&sink.peer);
	T_INT(t, count_fds(), before);
	loop_free(&loop);
}
