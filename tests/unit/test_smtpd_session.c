/* SPDX-License-Identifier: ISC */
/*
 * Transcripts: tests/data/smtpd/NAME.t are played against the real session over a socketpair, with
 * a
 * small cleanup at another one. One behaviour per file. Lines:
 *
 *	conf: name = value   a line of main.cf
 *	C: text              sent with CR LF
 *	c: text              sent as it is, with \r \n \t \0 \\ and \xHH
 *	S: text              the next reply line
 *	S+ text              the next reply line begins so
 *	M: text              the next line that cleanup got: "from=<a> to=<b>" of the envelope, then content
 *	M!                   cleanup gets nothing more
 *	E:                   the server closes
 *	L: text              the log has a line with this text (looked at when the session has ended)
 *	L! text              it has none
 *
 * Everything else is a comment.
 */
#include "tests/unit/t.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/base/encode.h"
#include "lib/base/path.h"
#include "lib/route/rewrite_conf.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/main_cf.h"
#include "lib/table/table_conf.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { WAIT_MS = 20000, TEXT_MAX = 1 << 20 };

static const char base_conf[] =
    "compatibility_level = 3.11\n"
    "myhostname = mx.example\n"
    "mydestination = mx.example, example.org\n"
    "mynetworks = 127.0.0.0/8\n"
    "local_recipient_maps = inline:{ u@example.org=x, u2@example.org=x, root@mx.example=x, u=x, u2=x, postmaster=x, root=x }\n"
    "alias_maps =\n"
    "smtpd_peername_lookup = no\n"
    "smtpd_client_connection_count_limit = 0\n"
    "smtpd_error_sleep_time = 0\n"
    "smtpd_relay_restrictions = reject_unauth_destination\n"
    "local_transport = local:x\n";

/* ---- A cleanup that accepts everything and writes what it got to a pipe ---- */

/* What was decided since mail_begin stands behind "<end>". */
static void
fake_end(struct arena *arena, FILE *out, struct frame *frame)
{
	struct mail_end end;
	struct err err = { 0 };

	if (msg_decode(&mail_end_desc, frame, arena, &end, &err) != PARSE_OK)
		fprintf(out, "broken: %s\n", err.text);
	fprintf(out, "<end>");
	if (end.flags != 0)
		fprintf(out, " flags=%lld", (long long) end.flags);
	if (end.content_filter.len > 0)
		fprintf(out, " filter=%.*s", SPAN_ARG(end.content_filter));
	if (end.redirect.len > 0)
		fprintf(out, " redirect=%.*s", SPAN_ARG(end.redirect));
	for (size_t i = 0; i < end.bcc.count; i++)
		fprintf(out, " bcc=%.*s",
		    SPAN_ARG(((const struct mail_rcpt *) end.bcc.items)[i].address));
	fprintf(out, "\n");
	fflush(out);
}

static void
fake_message(struct peer *peer, struct arena *arena, FILE *out, struct frame *frame, int number)
{
	struct mail_begin begin;
	struct mail_done done = { .status = MAIL_ACCEPTED };
	struct mail_rcpt *rcpts;
	struct err err = { 0 };
	char id[20], next[20];

	if (msg_decode(&mail_begin_desc, frame, arena, &begin, &err) != PARSE_OK) {
		fprintf(out, "broken: %s\n", err.text);
		fflush(out);
		_exit(1);
	}
	fprintf(out, "from=<%.*s>", SPAN_ARG(begin.sender));
	rcpts = begin.recipients.items;
	for (size_t i = 0; i < begin.recipients.count; i++)
		fprintf(out, " to=<%.*s>", SPAN_ARG(rcpts[i].address));
	fprintf(out, " flags=%lld\n%.*s",
	    (long long) (begin.flags & ~(MAIL_CHECKS | MAIL_MAPPINGS)), SPAN_ARG(begin.prepend));
	while (peer_recv(peer, frame, CLOCK_NEVER, &err) && frame->kind == FRAME_DATA)
		fwrite(frame->payload.p, 1, frame->payload.len, out);
	if (!frame_is(frame, &mail_end_desc))
		return;
	fake_end(arena, out, frame);
	snprintf(id, sizeof(id), "QID%d", number);
	snprintf(next, sizeof(next), "QID%d", number + 1);
	done.queue_id = span_of(id);
	done.next_queue_id = span_of(next);
	if (!peer_send(peer, &mail_done_desc, &done, &err) || !peer_flush(peer, CLOCK_NEVER, &err))
		_exit(1);
}

NORETURN static void
fake_cleanup(int fd, int out_fd)
{
	struct mail_ready ready = { .queue_id = SPAN("QID1") };
	struct arena *arena = arena_new("fake", 1 << 20);
	struct peer *peer = peer_new(fd, "smtpd", MSG_FRAME_MAX);
	FILE *out = fdopen(out_fd, "w");
	struct frame frame;
	struct err err = { 0 };

	if (out == NULL || !peer_send(peer, &mail_ready_desc, &ready, &err))
		_exit(1);
	for (int number = 1; peer_recv(peer, &frame, CLOCK_NEVER, &err); number++) {
		if (frame_is(&frame, &mail_begin_desc))
			fake_message(peer, arena, out, &frame, number);
		arena_clear(arena);
	}
	_exit(0);
}

/* ---- The server ---- */

static int message_fd;
static struct peer *kept_cleanup;

/* Each connection to cleanup is a process of its own. */
static struct peer *
get_peer(void *ctx UNUSED, const char *service, struct err *err)
{
	int pair[2];

	if (strcmp(service, "cleanup") != 0) {
		err_temp(err, "no %s here", service);
		return NULL;
	}
	if (kept_cleanup != NULL)
		return kept_cleanup;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		abort();
	if (fork() == 0) {
		close(pair[0]);
		fake_cleanup(pair[1], message_fd);
	}
	close(pair[1]);
	kept_cleanup = peer_new(pair[0], "cleanup", MSG_FRAME_MAX);
	return kept_cleanup;
}

static void
forget_peer(void *ctx UNUSED, struct peer *peer)
{
	peer_free(&peer);
	kept_cleanup = NULL;
}

struct server {
	struct smtpd smtpd;
	struct smtpd_conf conf;
	struct smtpd_access_conf access;
	struct smtpd_sasl_conf sasl;
	struct tls_server_conf tls;
	struct table_conf table;
	struct rewrite_conf rewrite;
	struct mail_conf mail;
	struct table_env env;
};

static void
server_load(struct server *server, struct main_cf *cf, struct arena *arena, struct err *err)
{
	if (!mail_conf_load(cf, &server->mail, arena, err) ||
	    !param_load(cf, &smtpd_params, NULL, &server->conf, arena, err) ||
	    !param_load(cf, &smtpd_access_params, NULL, &server->access, arena, err) ||
	    !param_load(cf, &smtpd_sasl_params, NULL, &server->sasl, arena, err) ||
	    !param_load(cf, &tls_server_params, NULL, &server->tls, arena, err) ||
	    !param_load(cf, &table_params, NULL, &server->table, arena, err) ||
	    !param_load(cf, &rewrite_params, NULL, &server->rewrite, arena, err))
		fatal("%s", err->text);
}

NORETURN static void
serve(const char *conf_text, int fd, int log_fd, int out_fd)
{
	struct server *server = calloc(1, sizeof(*server));
	struct arena *arena = arena_new("test", 10 << 20);
	struct session_client client = { .name = SPAN("client.example"),
		.reverse_name = SPAN("client.example"),
		.address = SPAN("192.0.2.1"),
		.rfc_address = SPAN("192.0.2.1"),
		.port = SPAN("25"),
		.server_address = SPAN("192.0.2.2"),
		.server_port = SPAN("25") };
	struct log_setup setup = { .tag = "smtpd", .host = "mx", .to_stderr = true };
	struct main_cf *cf;
	struct err err = { 0 };

	signal(SIGPIPE, SIG_IGN);
	dup2(log_fd, 2);
	log_init(&setup);
	message_fd = out_fd;
	cf = main_cf_parse(span_of(conf_text), "test.cf", "/nonexistent", arena, &err);
	if (cf == NULL)
		fatal("%s", err.text);
	server_load(server, cf, arena, &err);
	table_env_init(&server->env, &server->table, cf, NULL);
	server->smtpd = (struct smtpd){ .conf = &server->conf,
		.access = &server->access,
		.tls_conf = &server->tls,
		.sasl = &server->sasl,
		.rewrite = &server->rewrite,
		.mail = &server->mail,
		.service_name = "smtp",
		.arena = arena,
		.queue_dir = -1,
		.resolves_null_domain = server->rewrite.resolve_null_domain,
		.peers = { get_peer, forget_peer, NULL } };
	if (!smtpd_setup(&server->smtpd, cf, &server->env, &err))
		fatal("%s", err.text);
	server->smtpd.route = route_open(&server->env, &server->rewrite, &server->mail, &err);
	if (server->smtpd.route == NULL)
		fatal("%s", err.text);
	session_serve(&server->smtpd, fd, &client);
	peer_free(&kept_cleanup);
	route_close(&server->smtpd.route);
	smtpd_teardown(&server->smtpd);
	table_env_fini(&server->env);
	arena_free(&arena);
	free(server);
	exit(0);
}

/* ---- The player ---- */

struct play {
	struct t *t;
	const char *file;
	int line;
	int fd, message_fd, log_fd;
	struct str in, messages;
};

static void
play_fail(struct play *p, const char *what, struct span got, struct span want)
{
	p->t->failures++;
	printf("%s:%d: %s: got \"%.*s\", want \"%.*s\"\n", p->file, p->line, what, SPAN_ARG(got),
	    SPAN_ARG(want));
}

/* The next line of a descriptor, without its end. returns false at its end, or after a long time */
static bool
play_line(int fd, struct str *buffer, struct span *line_out)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	size_t end;
	char block[4096];
	ssize_t n;

	while ((end = span_find(str_span(buffer), '\n')) == buffer->len) {
		if (poll(&ready, 1, WAIT_MS) <= 0)
			return false;
		n = read(fd, block, sizeof(block));
		if (n <= 0)
			return false;
		str_add(buffer, span_make(block, (size_t) n));
	}
	*line_out = span_slice(str_span(buffer), 0, end);
	if (line_out->len > 0 && line_out->p[line_out->len - 1] == '\r')
		line_out->len--;
	return true;
}

static void
play_expect(struct play *p, int fd, struct str *buffer, struct span want, bool is_whole)
{
	struct span got = { NULL, 0 };

	if (!play_line(fd, buffer, &got))
		play_fail(p, "end of input", got, want);
	else if (is_whole ? !span_eq(got, want) : !span_starts_with(got, want))
		play_fail(p, "line", got, want);
	str_consume(buffer, span_find(str_span(buffer), '\n') + 1);
}

static void
play_send(struct play *p, struct span bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(p->fd, bytes.p, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes = span_from(bytes, (size_t) n);
	}
}

static void
play_unescape(struct span text, struct str *out)
{
	static const char letters[] = "rnt0\\", bytes[] = "\r\n\t\0\\";

	for (; text.len > 0; text = span_from(text, 1)) {
		const char *letter;

		if (text.p[0] != '\\' || text.len < 2) {
			str_add_char(out, text.p[0]);
			continue;
		}
		text = span_from(text, 1);
		letter = strchr(letters, text.p[0]);
		if (text.p[0] == 'x' && text.len >= 3) {
			(void) !hex_decode(out, span_slice(text, 1, 3));
			text = span_from(text, 2);
		} else if (letter != NULL) {
			str_add_char(out, bytes[letter - letters]);
		}
	}
}

static void
play_log(struct play *p, struct span want, bool is_wanted)
{
	struct str log;
	char block[4096];
	ssize_t n;

	str_init(&log, TEXT_MAX);
	lseek(p->log_fd, 0, SEEK_SET);
	while ((n = read(p->log_fd, block, sizeof(block))) > 0)
		str_add(&log, span_make(block, (size_t) n));
	if ((span_search(str_span(&log), want) < log.len) != is_wanted)
		play_fail(p, is_wanted ? "log has no such line" : "log has such a line",
		    str_span(&log), want);
	str_fini(&log);
}

static void
play_one(struct play *p, struct span line)
{
	struct span text = span_from(line, 3);
	struct str bytes;
	struct span none;

	str_init(&bytes, TEXT_MAX);
	if (span_starts_with(line, SPAN("C: "))) {
		str_add(&bytes, text);
		str_add(&bytes, SPAN("\r\n"));
	} else if (span_starts_with(line, SPAN("c: ")))
		play_unescape(text, &bytes);
	else if (span_starts_with(line, SPAN("S: ")))
		play_expect(p, p->fd, &p->in, text, true);
	else if (span_starts_with(line, SPAN("S+ ")))
		play_expect(p, p->fd, &p->in, text, false);
	else if (span_starts_with(line, SPAN("M: ")) || span_eq_str(line, "M:"))
		play_expect(p, p->message_fd, &p->messages, text, true);
	else if (span_eq_str(line, "M!") && play_line(p->message_fd, &p->messages, &none))
		play_fail(p, "cleanup got more", none, text);
	else if (span_starts_with(line, SPAN("E:")) && play_line(p->fd, &p->in, &none))
		play_fail(p, "server goes on", none, text);
	play_send(p, str_span(&bytes));
	str_fini(&bytes);
}

static void
play_script(struct play *p, struct span script, bool wants_log)
{
	struct span line;

	p->line = 0;
	while (span_cut(&script, '\n', &line)) {
		p->line++;
		if (!wants_log)
			play_one(p, line);
		else if (span_starts_with(line, SPAN("L: ")) || span_starts_with(line, SPAN("L! ")))
			play_log(p, span_from(line, 3), line.p[1] == ':');
	}
}

static void
play_conf(struct span script, struct str *conf)
{
	struct span line;

	str_add_str(conf, base_conf);
	while (span_cut(&script, '\n', &line))
		if (span_starts_with(line, SPAN("conf: ")))
			str_addf(conf, "%.*s\n", SPAN_ARG(span_from(line, 6)));
}

static void
play_file(struct t *t, const char *path, struct span script)
{
	struct play p = { .t = t, .file = path };
	char log_name[] = "/tmp/test_smtpd_XXXXXX";
	struct str conf;
	int pair[2], out[2], status;
	pid_t server;

	str_init(&conf, TEXT_MAX);
	str_init(&p.in, TEXT_MAX);
	str_init(&p.messages, TEXT_MAX);
	play_conf(script, &conf);
	p.log_fd = mkstemp(log_name);
	unlink(log_name);
	T_NEED(
	    t, p.log_fd >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(out) == 0);
	fflush(stdout);
	server = fork();
	if (server == 0) {
		close(pair[0]);
		close(out[0]);
		serve(str_cstr(&conf), pair[1], p.log_fd, out[1]);
	}
	close(pair[1]);
	close(out[1]);
	p.fd = pair[0];
	p.message_fd = out[0];
	play_script(&p, script, false);
	close(p.fd);
	waitpid(server, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		play_fail(&p, "server ended badly", span_make(NULL, 0), span_make(NULL, 0));
		play_log(&p, SPAN("no error at all"), true);
	}
	play_script(&p, script, true);
	close(p.message_fd);
	close(p.log_fd);
	str_fini(&conf);
	str_fini(&p.in);
	str_fini(&p.messages);
}

static int
is_transcript(const struct dirent *entry)
{
	return span_ends_with(span_of(entry->d_name), SPAN(".t"));
}

TEST(smtpd_transcripts)
{
	const char *dir = t_source(t, "tests/data/smtpd");
	struct arena *arena = arena_new("test", 10 << 20);
	struct dirent **names;
	int count = scandir(dir, &names, is_transcript, alphasort);
	const char *only = getenv("TRANSCRIPT");

	T_NEED(t, count > 0);
	for (int i = 0; i < count; i++) {
		const char *path = path_join(arena, dir, span_of(names[i]->d_name));
		struct span script;
		struct err err = { 0 };

		t->row = names[i]->d_name;
		if (only == NULL || strstr(path, only) != NULL) {
			T_NEED(t, file_read(AT_FDCWD, path, TEXT_MAX, arena, &script, &err));
			play_file(t, path, script);
		}
		t->row = NULL;
		t->rows++;
		free(names[i]);
	}
	free(names);
	arena_free(&arena);
}
