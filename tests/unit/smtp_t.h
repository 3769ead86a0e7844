/* SPDX-License-Identifier: ISC */
#ifndef SMTP_T_H
#define SMTP_T_H

/*
 * The SMTP client's conversation without a network: what the server will say is written into a
 * socket pair beforehand (the client reads replies in order, so no clock is needed), and what the
 * client said is read afterwards. Results come here instead of to the queue manager.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "smtp/smtp/smtp_hello.h"
#include "smtp/smtp/smtp_proto.h"

enum { SCENE_RCPTS_MAX = 300 };

struct scene {
	bool is_lmtp, is_last;
	const char *header, *body, *sender;
	struct deliver deliver;
	struct deliver_rcpt rcpts[SCENE_RCPTS_MAX];
	size_t rcpt_count;
	struct str server;   /* what it will say */
	struct str client;   /* what was said to it */
	struct str results;  /* "NUMBER STATUS DSN TEXT\n" per recipient */
	const char *trouble; /* of the handshake, or NULL */
	bool is_broken;
};

static struct scene *scene_now;

/* In place of lib/queue/agent.c. */
void
agent_report(struct agent_request *request UNUSED, size_t index, const struct agent_result *result)
{
	static const char *const words[] = { [DELIVER_SENT] = "sent",
		[DELIVER_DEFERRED] = "deferred",
		[DELIVER_BOUNCED] = "bounced" };

	str_addf(&scene_now->results, "%zu %s %.*s %.*s\n", index + 1, words[result->status],
	    SPAN_ARG(result->dsn), SPAN_ARG(result->text));
}

void
agent_split_dsn(struct span in, struct span fallback, struct span *dsn_out, struct span *text_out)
{
	*dsn_out = fallback;
	*text_out = in;
}

/* In place of smtp.c. */
const char *
smtp_own_name(const struct smtp_client *client)
{
	return client->mail->myhostname;
}

static void
scene_init(struct scene *scene)
{
	*scene = (struct scene){
		.is_last = true, .header = "Subject: x\n", .body = "body\n", .sender = "a@x.test"
	};
	str_init(&scene->server, 1 << 20);
	str_init(&scene->client, 1 << 20);
	str_init(&scene->results, 1 << 20);
}

static void
scene_fini(struct scene *scene)
{
	str_fini(&scene->server);
	str_fini(&scene->client);
	str_fini(&scene->results);
}

static const struct smtp_conf scene_conf = {
	.helo_timeout = { 5000000 },
	.lhlo_timeout = { 5000000 },
	.mail_timeout = { 5000000 },
	.rcpt_timeout = { 5000000 },
	.data_init_timeout = { 5000000 },
	.data_xfer_timeout = { 5000000 },
	.data_done_timeout = { 5000000 },
	.rset_timeout = { 5000000 },
	.quit_timeout = { 5000000 },
	.xforward_timeout = { 5000000 },
	.starttls_timeout = { 5000000 },
	.min_data_rate = 500,
	.always_send_ehlo = true,
	.skip_5xx_greeting = true,
	.skip_quit_response = true,
	.quote_rfc821_envelope = true,
	.line_length_limit = 998,
	.pix_workarounds = "disable_esmtp,delay_dotcrlf",
	.address_verify_target = "rcpt",
	.requiretls_policy = "enforce",
	.discard_ehlo_keywords = "",
	.discard_lhlo_keywords = "",
	.discard_ehlo_keyword_address_maps = "",
	.discard_lhlo_keyword_address_maps = "",
};
static const struct tls_client_conf scene_tls_conf = { .security_level = "may",
	.servername = "",
	.loglevel = "0" };
static const struct mail_conf scene_mail = { .myhostname = "client.test",
	.mime_nesting_limit = 100,
	.mime_boundary_length_limit = 2048,
	.header_size_limit = 102400,
	.line_length_limit = 2048 };

/* The message as a queue file. */
static int
scene_file(struct scene *scene)
{
	int fd = memfd_create("message", MFD_CLOEXEC);
	size_t body = strlen(scene->body), header = strlen(scene->header);

	if (fd < 0 || write(fd, scene->body, body) != (ssize_t) body ||
	    write(fd, scene->header, header) != (ssize_t) header)
		abort();
	scene->deliver.fd = fd;
	scene->deliver.body_bytes = (int64_t) body;
	scene->deliver.header_offset = (int64_t) body;
	scene->deliver.header_bytes = (int64_t) header;
	scene->deliver.size_crlf = (int64_t) (body + header + 10);
	scene->deliver.has_dot_line = true;
	scene->deliver.queue_id = SPAN("QID");
	scene->deliver.sender = span_of(scene->sender);
	return fd;
}

static void
scene_talk(struct scene *scene, struct smtp_client *client, struct agent_request *request, int fd)
{
	struct client_session *s = session_new(
	    client, stream_new(fd, "server"), SPAN("mx.test"), SPAN("192.0.2.1"), 25);
	struct smtp_delivery d;
	struct smtp_trouble trouble = { 0 };

	s->policy.level = TLS_LEVEL_MAY;
	s->destination = "y.test";
	s->is_best_mx = true;
	smtp_delivery_init(&d, client, request);
	d.is_last = scene->is_last;
	if (!smtp_handshake(&d, s, &trouble)) {
		scene->trouble = xstrdup(trouble.text);
		smtp_report_trouble_all(&d, s, &trouble);
	} else if (!smtp_transact(&d, s)) {
		abort();
	}
	scene->is_broken = s->is_broken;
	smtp_quit(&s);
}

/* Play it. */
static void
scene_run(struct scene *scene)
{
	struct smtp_client client = { .is_lmtp = scene->is_lmtp,
		.conf = &scene_conf,
		.tls_conf = &scene_tls_conf,
		.mail = &scene_mail };
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 32 << 20);
	struct agent_request request = { .deliver = &scene->deliver,
		.recipients = scene->rcpts,
		.count = scene->rcpt_count,
		.arena = arena };
	char buffer[4096];
	int pair[2], file = scene_file(scene), room = 4 << 20;
	ssize_t n;

	scene_now = scene;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	(void) setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	(void) setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (send(pair[1], scene->server.p, scene->server.len, MSG_DONTWAIT) !=
	    (ssize_t) scene->server.len)
		abort();
	(void) shutdown(pair[1], SHUT_WR);
	scene_talk(scene, &client, &request, pair[0]);
	/* A client that leaves something unread is told of first, before what it said. */
	while ((n = recv(pair[1], buffer, sizeof(buffer), 0)) > 0 || (n < 0 && errno == ECONNRESET))
		str_add(&scene->client, span_make(buffer, n > 0 ? (size_t) n : 0));
	close(pair[1]);
	close(file);
}

#endif
