/* SPDX-License-Identifier: ISC */
/*
 * Asking name servers. A question makes attempts, one at a time, each with its own connected socket
 * (so the kernel drops what other addresses send) and its own ID; packets that do not answer it are
 * ignored, and when many of them come, somebody is guessing and TCP is used. Invariant: a question
 * is in `active` with a socket and a running timer, or in `waiting` with neither.
 */
#include "master/dnsd/dns_stub.h"

#include "lib/base/list.h"
#include "lib/base/panic.h"
#include "lib/base/str.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "master/dnsd/dns_packet.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { ACTIVE_MAX = 400, STRANGERS_MAX = 20, IDS_AT_ONCE = 128 };

/* A server that did not answer is asked last for this long. */
static const int64_t shun_us = 30 * CLOCK_SECOND_US;

struct dns_stub {
	struct loop *loop;
	struct dns_servers servers;
	int64_t shunned_until_us[DNS_SERVERS_MAX];
	size_t next_first; /* rotate: where the next question begins */
	struct list active, waiting;
	size_t active_count;
	uint16_t ids[IDS_AT_ONCE];
	size_t ids_left;
	unsigned char buffer[DNS_PACKET_MAX];
};

struct question {
	struct list link;
	struct dns_stub *stub;
	struct span name;
	char name_bytes[DNS_NAME_TEXT_MAX + 1];
	int type;
	size_t first, tries, server; /* begins with this server; attempts made; the one asked now */
	bool is_tcp, is_plain;
	unsigned strangers; /* packets ignored in this attempt */
	uint16_t id;
	unsigned char query[2 + DNS_QUERY_MAX]; /* length for TCP, then the packet */
	size_t query_len, sent;
	struct str received; /* TCP */
	int fd;
	struct loop_io io;
	struct loop_timer timer;
	void (*done)(void *ctx, const struct dns_raw *raw);
	void *ctx;
};

static void try_next(struct question *q);
static void start_waiting(struct dns_stub *stub);

/* An ID that nobody can guess. */
static uint16_t
next_id(struct dns_stub *stub)
{
	if (stub->ids_left == 0) {
		if (getrandom(stub->ids, sizeof(stub->ids), 0) != (ssize_t) sizeof(stub->ids))
			panic("no random numbers");
		stub->ids_left = IDS_AT_ONCE;
	}
	return stub->ids[--stub->ids_left];
}

/* The first server of a new question: by turns, or the first that is not known to be silent. */
static size_t
first_server(struct dns_stub *stub)
{
	int64_t now = clock_now_us();

	if (stub->servers.rotate)
		return stub->next_first++ % stub->servers.count;
	for (size_t i = 0; i < stub->servers.count; i++)
		if (stub->shunned_until_us[i] <= now)
			return i;
	return 0;
}

/* End an attempt. */
static void
hang_up(struct question *q)
{
	if (q->fd < 0)
		return;
	loop_io_cancel(&q->io);
	loop_timer_stop(&q->timer);
	fd_close(&q->fd);
}

/* Tell the result, and let another question begin. */
static void
finish(struct question *q, struct span packet, bool is_secure)
{
	struct dns_stub *stub = q->stub;
	const struct dns_raw raw = { .packet = packet, .is_secure = is_secure };

	hang_up(q);
	loop_timer_cancel(&q->timer);
	list_remove(&q->link);
	stub->active_count--;
	q->done(q->ctx, &raw);
	str_fini(&q->received);
	free(q);
	start_waiting(stub);
}

/* Write the question anew with a fresh ID. */
static void
write_query(struct question *q)
{
	size_t len;

	q->id = next_id(q->stub);
	len = dns_query_write(q->name, q->type, q->id, q->is_plain, q->query + 2);
	q->query[0] = (unsigned char) (len >> 8);
	q->query[1] = (unsigned char) (len & 0xff);
	q->query_len = 2 + len;
	q->sent = q->is_tcp ? 0 : 2;
	q->strangers = 0;
	str_clear(&q->received);
}

/* Send what has not been sent. returns false when the attempt has failed. */
static bool
send_query(struct question *q)
{
	ssize_t n = send(q->fd, q->query + q->sent, q->query_len - q->sent, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN && errno != EINPROGRESS)
		return false;
	q->sent += n > 0 ? (size_t) n : 0;
	loop_io_want(&q->io, q->sent < q->query_len ? LOOP_WRITE : LOOP_READ);
	return true;
}

static void on_ready(void *ctx, int what);

/* Ask the server. returns false when the system says at once that it cannot be reached. */
static bool
start_attempt(struct question *q)
{
	const struct dns_server *server = &q->stub->servers.list[q->server];
	int kind = (q->is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;

	hang_up(q);
	q->fd = socket(server->address.ss_family, kind, 0);
	if (q->fd < 0)
		return false;
	loop_io_init(&q->io, q->stub->loop, q->fd, on_ready, q);
	write_query(q);
	if (connect(q->fd, (const struct sockaddr *) &server->address, server->address_len) < 0 &&
	    errno != EINPROGRESS) {
		hang_up(q);
		return false;
	}
	loop_timer_set(&q->timer, q->stub->servers.timeout_us);
	if (q->is_tcp)
		loop_io_want(&q->io, LOOP_WRITE);
	else if (!send_query(q))
		hang_up(q);
	return q->fd >= 0;
}

/* The same server once more in another way. */
static void
try_again(struct question *q)
{
	if (!start_attempt(q))
		try_next(q);
}

/* The next server, or the end. */
static void
try_next(struct question *q)
{
	const struct dns_servers *servers = &q->stub->servers;

	hang_up(q);
	while (q->tries < (size_t) servers->attempts * servers->count) {
		q->server = (q->first + q->tries++) % servers->count;
		q->is_tcp = servers->use_tcp;
		if (start_attempt(q))
			return;
	}
	finish(q, span_make(NULL, 0), false);
}

/* An answer to this question. */
static void
take_answer(struct question *q, struct span packet, const struct dns_head *head)
{
	q->stub->shunned_until_us[q->server] = 0;
	if (head->is_truncated && !q->is_tcp) {
		q->is_tcp = true;
		try_again(q);
	} else if (head->is_truncated) { /* what is missing cannot be had: no word about what exists */
		try_next(q);
	} else if (!q->is_plain &&
	    (head->rcode == DNS_RCODE_FORMERR || head->rcode == DNS_RCODE_NOTIMP)) {
		q->is_plain = true;
		try_again(q);
	} else if (head->rcode == DNS_RCODE_OK || head->rcode == DNS_RCODE_NXDOMAIN) {
		finish(
		    q, packet, head->is_authentic && q->stub->servers.list[q->server].is_trusted);
	} else {
		try_next(q);
	}
}

/* Somebody else's packet. */
static void
take_stranger(struct question *q)
{
	if (++q->strangers < STRANGERS_MAX)
		return;
	q->is_tcp = true;
	try_again(q);
}

static void
read_datagram(struct question *q)
{
	unsigned char *buffer = q->stub->buffer;
	ssize_t n = recv(q->fd, buffer, sizeof(q->stub->buffer), 0);
	struct dns_head head;
	struct span packet = span_make((const char *) buffer, n > 0 ? (size_t) n : 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		try_next(q);
	else if (dns_head_read(packet, q->id, q->name, q->type, &head) == PARSE_OK)
		take_answer(q, packet, &head);
	else
		take_stranger(q);
}

/* TCP: two bytes of length, then the packet. */
static void
read_stream(struct question *q)
{
	size_t want = 2;
	struct dns_head head;
	struct span packet;
	ssize_t n;

	if (q->received.len >= 2)
		want += (size_t) (unsigned char) q->received.p[0] << 8 |
		    (unsigned char) q->received.p[1];
	n = recv(q->fd, q->stub->buffer, want - q->received.len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		try_next(q);
		return;
	}
	str_add(&q->received, span_make((const char *) q->stub->buffer, (size_t) n));
	if (want == 2 || q->received.len < want)
		return;
	packet = span_from(str_span(&q->received), 2);
	if (dns_head_read(packet, q->id, q->name, q->type, &head) == PARSE_OK)
		take_answer(q, packet, &head);
	else
		try_next(q);
}

static void
on_ready(void *ctx, int what)
{
	struct question *q = ctx;

	if (what == LOOP_WRITE) {
		if (!send_query(q))
			try_next(q);
	} else if (q->is_tcp) {
		read_stream(q);
	} else {
		read_datagram(q);
	}
}

static void
on_timeout(void *ctx)
{
	struct question *q = ctx;

	q->stub->shunned_until_us[q->server] = clock_now_us() + shun_us;
	try_next(q);
}

/* Questions that wait, as far as there is room. */
static void
start_waiting(struct dns_stub *stub)
{
	while (stub->active_count < ACTIVE_MAX && !list_is_empty(&stub->waiting)) {
		struct question *q = LIST_ENTRY(stub->waiting.next, struct question, link);

		list_remove(&q->link);
		list_append(&stub->active, &q->link);
		stub->active_count++;
		q->first = first_server(stub);
		try_next(q);
	}
}

static void
stub_ask(void *self, struct span name, int type, void (*done)(void *ctx, const struct dns_raw *raw),
    void *ctx)
{
	struct dns_stub *stub = self;
	struct question *q = xcalloc(1, sizeof(*q));

	q->stub = stub;
	q->type = type;
	q->fd = -1;
	q->done = done;
	q->ctx = ctx;
	if (name.p[name.len - 1] == '.')
		name.len--;
	memcpy(q->name_bytes, name.p, name.len);
	q->name = span_make(q->name_bytes, name.len);
	str_init(&q->received, 2 + DNS_PACKET_MAX);
	loop_timer_init(&q->timer, stub->loop, on_timeout, q);
	list_append(&stub->waiting, &q->link);
	start_waiting(stub);
}

struct dns_stub *
dns_stub_new(struct loop *loop, const struct dns_servers *servers)
{
	struct dns_stub *stub = xcalloc(1, sizeof(*stub));

	stub->loop = loop;
	stub->servers = *servers;
	list_init(&stub->active);
	list_init(&stub->waiting);
	return stub;
}

static void
drop_all(struct list *questions)
{
	LIST_EACH_SAFE (cursor, next, questions) {
		struct question *q = LIST_ENTRY(cursor, struct question, link);

		hang_up(q);
		loop_timer_cancel(&q->timer);
		str_fini(&q->received);
		free(q);
	}
}

void
dns_stub_free(struct dns_stub **stub)
{
	if (*stub == NULL)
		return;
	drop_all(&(*stub)->active);
	drop_all(&(*stub)->waiting);
	free(*stub);
	*stub = NULL;
}

struct dns_upstream
dns_stub_upstream(struct dns_stub *stub)
{
	return (struct dns_upstream){ stub_ask, stub };
}
