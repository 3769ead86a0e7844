/* SPDX-License-Identifier: ISC */
/*
 * cleanup, driven over a socket by scripts: tests/data/cleanup/NAME.t. A script is a list of
 * sections, each headed by "--- WORD ..."; those that speak to cleanup are played in order.
 *
 *	main.cf     settings beside the common ones
 *	begin       sender:, rcpt: ADDRESS [ORIGINAL], flags:, context:, client:, trace:, prepend:, name:, limit:
 *	rcpts       rcpt: lines, as a frame of their own
 *	data [N]    content, in frames of N bytes; "\r", "\0" and "\xNN" stand for bytes
 *	review      the header block that comes back
 *	edits       add NAME: VALUE, insert N ..., change N ..., delete N, sender A, rcpt A, unrcpt A, hold
 *	body        content that replaces the body
 *	end         "accepted", "discarded", or "temp|perm CODE DSN TEXT"
 *	abort       answered by the next queue ID
 *	next        go on with the next queue ID
 *	header, content, envelope     what the queue file must hold then
 *	log         texts that must stand in log lines, in this order
 *	queue       incoming, hold or nothing
 *
 * The queue ID reads "QID" in what is compared.
 */
#include "t.h"

#include "lib/queue/queue_file.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "qmgr/cleanup/cleanup_session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char common_cf[] =
    "compatibility_level = 3.11\n"
    "myhostname = mail.example.com\nmydomain = example.com\nmyorigin = example.com\n"
    "mydestination = example.com, localhost\nrecipient_delimiter = +\n"
    "local_recipient_maps =\nalias_maps =\nmynetworks = 127.0.0.0/8\n";

struct play {
	struct t *t;
	struct arena *arena;
	struct span script; /* all of it, for settings that come first */
	char root[40];
	struct peer *peer;
	pid_t child;
	const char *queue_id;
	struct mail_done done;
	char next_id[100];
};

/* --- sections --- */

/* The next section: its head line without dashes, and its text. */
static bool
next_section(struct span *rest, struct span *head_out, struct span *text_out)
{
	size_t start = span_search(*rest, SPAN("--- ")), end;

	if (start == rest->len)
		return false;
	*rest = span_from(*rest, start + 4);
	span_cut(rest, '\n', head_out);
	end = span_starts_with(*rest, SPAN("--- ")) ? 0 : span_search(*rest, SPAN("\n--- "));
	*text_out = span_slice(*rest, 0, end == rest->len || end == 0 ? end : end + 1);
	*rest = span_from(*rest, end);
	return true;
}

/* "\r", "\0", "\xNN" and "\\" become bytes. */
static struct span
unescape(struct play *p, struct span in)
{
	char *to = arena_alloc(p->arena, in.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		char c = in.p[i];

		if (c == '\\' && i + 1 < in.len) {
			c = in.p[++i];
			if (c == 'x') {
				char hex[3] = { in.p[i + 1], in.p[i + 2], '\0' };

				c = (char) strtol(hex, NULL, 16);
				i += 2;
			} else
				c = c == 'r' ? '\r' : c == '0' ? '\0' : c;
		}
		to[len++] = c;
	}
	return span_make(to, len);
}

/* The text with the queue ID replaced. */
static struct span
with_qid(struct play *p, struct span in)
{
	struct span id = span_of(p->queue_id);
	struct str out CLEANUP(str_fini);
	size_t at;

	str_init(&out, 4 << 20);
	while (id.len > 0 && (at = span_search(in, id)) < in.len) {
		str_add(&out, span_slice(in, 0, at));
		str_add_str(&out, "QID");
		in = span_from(in, at + id.len);
	}
	str_add(&out, in);
	return arena_dup(p->arena, str_span(&out));
}

static void
make_place(struct play *p, const char *name)
{
	T_NEED(p->t, mkdir(arena_printf(p->arena, "%s/%s", p->root, name), 0700) == 0);
}

/* --- the child: cleanup itself --- */

static bool
flush_directly(void *ctx UNUSED, int file_fd UNUSED, int dir_fd UNUSED, struct err *err UNUSED)
{
	return true;
}

static void
note_queued(void *ctx UNUSED, const struct queued *queued)
{
	log_info("queued %.*s size=%lld nrcpt=%lld", SPAN_ARG(queued->queue_id),
	    (long long) queued->size_bytes, (long long) queued->recipient_count);
}

static bool
never_ends(void *ctx UNUSED)
{
	return false;
}

static const char *
settings_of(struct play *p)
{
	struct span rest = p->script, head, text;
	struct str out CLEANUP(str_fini);

	str_init(&out, 1 << 16);
	str_add_str(&out, common_cf);
	while (next_section(&rest, &head, &text))
		if (span_eq_str(head, "main.cf"))
			str_add(&out, text);
	return arena_strdup(p->arena, str_cstr(&out));
}

static void
child_check(bool ok, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "child: %s\n", err->text);
	_exit(2);
}

static void
child_run(struct play *p, int fd)
{
	struct cleanup *c = arena_zalloc(p->arena, sizeof(*c));
	struct mail_conf *mail = arena_zalloc(p->arena, sizeof(*mail));
	const char *settings = settings_of(p);
	struct err err = { 0 };
	struct main_cf *cf;
	int log_fd = open(
	    arena_printf(p->arena, "%s/log", p->root), O_WRONLY | O_CREAT | O_APPEND, 0600);

	dup2(log_fd, STDERR_FILENO);
	setenv("TZ", "UTC", 1);
	log_init(&(struct log_setup){ .tag = "cleanup", .host = "test", .to_stderr = true });
	cf = main_cf_parse(span_of(settings), "main.cf", "/nowhere", p->arena, &err);
	child_check(cf != NULL && mail_conf_load(cf, mail, p->arena, &err), &err);
	child_check(param_load(cf, &cleanup_params, NULL, &c->conf, p->arena, &err), &err);
	child_check(param_load(cf, &rewrite_params, NULL, &c->rewrite, p->arena, &err), &err);
	child_check(param_load(cf, &table_params, NULL, &c->table, p->arena, &err), &err);
	c->mail = mail;
	c->arena = p->arena;
	c->commit = flush_directly;
	c->notify = note_queued;
	c->should_end = never_ends;
	c->ids.wants_long = mail->enable_long_queue_ids;
	c->queue = queue_open(p->root, mail->hash_queue_names, mail->hash_queue_depth, &err);
	child_check(c->queue != NULL && cleanup_settings_open(c, cf, NULL, &err), &err);
	cleanup_session(c, fd, "test");
	cleanup_settings_close(c);
	_exit(0);
}

static void
play_start(struct play *p)
{
	struct mail_ready ready;
	struct err err = { 0 };
	int pair[2];

	memcpy(p->root, "/tmp/carteiro-test-XXXXXX", 26);
	T_NEED(p->t, mkdtemp(p->root) != NULL);
	make_place(p, "incoming");
	make_place(p, "hold");
	T_NEED(p->t, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	p->child = fork();
	T_NEED(p->t, p->child >= 0);
	if (p->child == 0) {
		close(pair[1]);
		child_run(p, pair[0]);
	}
	close(pair[0]);
	p->peer = peer_new(pair[1], "cleanup", MSG_FRAME_MAX);
	if (!peer_expect(p->peer, &mail_ready_desc, &ready, p->arena,
		clock_deadline(20 * CLOCK_SECOND_US), &err))
		T_STR(p->t, err.text, "mail_ready");
	else
		p->queue_id = arena_cstr(p->arena, ready.queue_id);
}

static int
remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
	return remove(path);
}

/* --- playing --- */

static const struct flag_name {
	const char *name;
	int64_t bit;
} flag_names[] = {
	{ "checks", MAIL_CHECKS },
	{ "mappings", MAIL_MAPPINGS },
	{ "bounce", MAIL_BOUNCE },
	{ "hold", MAIL_HOLD },
	{ "discard", MAIL_DISCARD },
	{ "smtputf8", MAIL_SMTPUTF8 },
	{ "extract", MAIL_EXTRACT },
};

static int64_t
flags_of(struct span words)
{
	struct span word;
	int64_t flags = 0;

	while (span_token(&words, ", ", &word))
		for (size_t i = 0; i < COUNT_OF(flag_names); i++)
			if (span_eq_str(word, flag_names[i].name))
				flags |= flag_names[i].bit;
	return flags;
}

static bool
take_key(struct span line, const char *key, struct span *value_out)
{
	size_t colon = span_find(line, ':');

	if (!span_eq_str(span_slice(line, 0, colon), key))
		return false;
	*value_out = span_trim(span_from(line, colon + 1));
	return true;
}

static size_t
rcpts_of(struct play *p, struct span text, struct mail_rcpt *list, size_t max)
{
	struct span line, value, word = { NULL, 0 };
	size_t count = 0;

	while (text.len > 0 && span_cut(&text, '\n', &line)) {
		if (!take_key(line, "rcpt", &value) || count == max)
			continue;
		list[count] = (struct mail_rcpt){ { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, 0 };
		word.len = 0;
		span_token(&value, " ", &word);
		list[count].address = arena_dup(p->arena, word);
		list[count++].original = arena_dup(p->arena, span_trim(value));
	}
	return count;
}

static void
play_begin(struct play *p, struct span text)
{
	struct mail_rcpt list[50];
	struct mail_begin begin = { .arrival_us = 1795166305481413,
		.submit_uid = -1,
		.rewrite_context = SPAN("remote"),
		.flags = MAIL_CHECKS | MAIL_MAPPINGS };
	struct span rest = text, line, value;
	struct err err = { 0 };

	begin.recipients = (struct msg_list){ list, rcpts_of(p, text, list, COUNT_OF(list)) };
	while (rest.len > 0 && span_cut(&rest, '\n', &line)) {
		if (take_key(line, "sender", &value))
			begin.sender = value;
		else if (take_key(line, "flags", &value))
			begin.flags = flags_of(value);
		else if (take_key(line, "context", &value))
			begin.rewrite_context = value;
		else if (take_key(line, "name", &value))
			begin.full_name = value;
		else if (take_key(line, "trace", &value))
			begin.trace = unescape(p, value);
		else if (take_key(line, "prepend", &value))
			begin.prepend = unescape(p, value);
		else if (take_key(line, "limit", &value))
			T_TRUE(p->t, span_to_i64(value, 0, INT64_MAX, &begin.size_limit));
		else if (take_key(line, "client", &value)) {
			begin.client_name = SPAN("client.example.net");
			begin.client_address = value;
			begin.client_protocol = SPAN("ESMTP");
			begin.client_helo = SPAN("helo.example.net");
		}
	}
	if (!peer_send(p->peer, &mail_begin_desc, &begin, &err))
		T_STR(p->t, err.text, "");
}

static void
play_rcpts(struct play *p, struct span text)
{
	struct mail_rcpt list[50];
	struct mail_rcpts rcpts = { .recipients = {
					list, rcpts_of(p, text, list, COUNT_OF(list)) } };
	struct err err = { 0 };

	T_TRUE(p->t, peer_send(p->peer, &mail_rcpts_desc, &rcpts, &err));
}

static void
play_data(struct play *p, struct span head, struct span text)
{
	struct span bytes = unescape(p, text), number = span_trim(span_from(head, 4));
	struct err err = { 0 };
	uint64_t size = 60000;

	if (number.len > 0)
		T_NEED(p->t, span_to_u64(number, 60000, &size));
	for (size_t at = 0; at < bytes.len; at += size)
		T_TRUE(p->t, peer_send_data(p->peer, span_slice(bytes, at, at + size), &err));
}

static void
play_review(struct play *p, struct span text)
{
	static const struct mail_none none;
	struct mail_headers headers = { .block = { NULL, 0 } };
	struct err err = { 0 };

	if (!peer_call(p->peer, &mail_review_desc, &none, &mail_headers_desc, &headers, p->arena,
		clock_deadline(20 * CLOCK_SECOND_US), &err))
		T_STR(p->t, err.text, "mail_headers");
	T_BYTES(p->t, with_qid(p, headers.block), text);
}

static void
edit_of(struct span line, struct mail_edit *edit)
{
	static const struct {
		const char *word;
		enum mail_edit_op op;
	} ops[] = {
		{ "add", MAIL_EDIT_ADD },
		{ "insert", MAIL_EDIT_INSERT },
		{ "change", MAIL_EDIT_CHANGE },
		{ "delete", MAIL_EDIT_DELETE },
		{ "sender", MAIL_EDIT_SENDER },
		{ "rcpt", MAIL_EDIT_ADD_RCPT },
		{ "unrcpt", MAIL_EDIT_DELETE_RCPT },
		{ "hold", MAIL_EDIT_HOLD },
	};
	struct span word = { NULL, 0 };
	size_t colon;

	*edit = (struct mail_edit){ .op = 0 };
	span_token(&line, " ", &word);
	for (size_t i = 0; i < COUNT_OF(ops); i++)
		if (span_eq_str(word, ops[i].word))
			edit->op = (int64_t) ops[i].op;
	if (edit->op >= MAIL_EDIT_INSERT && edit->op <= MAIL_EDIT_DELETE &&
	    span_token(&line, " ", &word))
		(void) !span_to_i64(word, 0, 1000, &edit->index);
	line = span_trim(line);
	colon = edit->op <= MAIL_EDIT_DELETE ? span_find(line, ':') : line.len;
	edit->name = colon < line.len ? span_slice(line, 0, colon) : (struct span){ NULL, 0 };
	edit->value = colon < line.len ? span_trim(span_from(line, colon + 1)) : line;
}

static void
play_edits(struct play *p, struct span text)
{
	struct mail_edit list[50];
	struct mail_edits edits = { .edits = { list, 0 } };
	struct err err = { 0 };
	struct span line;

	while (text.len > 0 && span_cut(&text, '\n', &line))
		if (line.len > 0)
			edit_of(unescape(p, line), &list[edits.edits.count++]);
	T_TRUE(p->t, peer_send(p->peer, &mail_edits_desc, &edits, &err));
}

static void
play_empty(struct play *p, const struct msg_desc *desc)
{
	static const struct mail_none none;
	struct err err = { 0 };

	T_TRUE(p->t, peer_send(p->peer, desc, &none, &err));
}

static void
play_abort(struct play *p)
{
	static const struct mail_none none;
	struct mail_ready ready = { .queue_id = { NULL, 0 } };
	struct err err = { 0 };

	if (!peer_call(p->peer, &mail_abort_desc, &none, &mail_ready_desc, &ready, p->arena,
		clock_deadline(20 * CLOCK_SECOND_US), &err))
		T_STR(p->t, err.text, "mail_ready");
	snprintf(p->next_id, sizeof(p->next_id), "%.*s", SPAN_ARG(ready.queue_id));
}

static void
play_end(struct play *p, struct span text, const struct mail_end *end)
{
	static const char *const names[] = { "accepted", "temp", "perm", "discarded" };
	struct mail_done *d = &p->done;
	struct err err = { 0 };
	const char *got;

	if (!peer_call(p->peer, &mail_end_desc, end, &mail_done_desc, d, p->arena,
		clock_deadline(20 * CLOCK_SECOND_US), &err)) {
		T_STR(p->t, err.text, "mail_done");
		return;
	}
	got = names[d->status];
	if (d->reply_code != 0)
		got = arena_printf(p->arena, "%s %lld %.*s %.*s", got, (long long) d->reply_code,
		    SPAN_ARG(d->dsn), SPAN_ARG(d->text));
	T_STR(p->t, got, arena_cstr(p->arena, span_trim(text)));
	T_SPAN(p->t, d->queue_id, p->queue_id);
	snprintf(p->next_id, sizeof(p->next_id), "%.*s", SPAN_ARG(d->next_queue_id));
	T_TRUE(p->t, strcmp(p->next_id, p->queue_id) != 0);
}

/* An end that says more: that the message is accepted goes without saying. */
static void
play_late(struct play *p, struct span text)
{
	struct mail_rcpt list[50];
	struct mail_end end = { .bcc = { list, rcpts_of(p, text, list, COUNT_OF(list)) } };
	struct span line, value;

	while (text.len > 0 && span_cut(&text, '\n', &line)) {
		if (take_key(line, "flags", &value))
			end.flags = flags_of(value);
		else if (take_key(line, "filter", &value))
			end.content_filter = value;
		else if (take_key(line, "redirect", &value))
			end.redirect = value;
	}
	play_end(p, (end.flags & MAIL_DISCARD) != 0 ? SPAN("discarded") : SPAN("accepted"), &end);
}

/* --- looking at the result --- */

static int
open_result(struct play *p, const char **where_out)
{
	static const char *const places[] = { "incoming", "hold" };

	*where_out = "nothing";
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		int fd = open(arena_printf(p->arena, "%s/%s/%s", p->root, places[i], p->queue_id),
		    O_RDONLY | O_CLOEXEC);

		*where_out = fd >= 0 ? places[i] : *where_out;
		if (fd >= 0)
			return fd;
	}
	return -1;
}

static struct span
part_of(struct play *p, int fd, int64_t offset, int64_t len)
{
	char *bytes = arena_alloc(p->arena, (size_t) len + 1);
	struct err err = { 0 };

	T_TRUE(p->t, fd_pread_all(fd, bytes, (size_t) len, offset, "result", &err));
	return span_make(bytes, (size_t) len);
}

static struct span
envelope_text(
    struct play *p, int fd, const struct queue_envelope *e, const struct queue_content *content)
{
	int64_t position = 0;
	struct queue_recipient *list;
	struct str out CLEANUP(str_fini);
	struct err err = { 0 };
	size_t count = 0;

	str_init(&out, 1 << 16);
	str_addf(&out, "sender: %.*s\n", SPAN_ARG(e->sender));
	T_TRUE(p->t,
	    queue_file_recipients(
		fd, "result", &position, 1000, true, p->arena, &list, &count, &err) == PARSE_OK);
	for (size_t i = 0; i < count; i++)
		str_addf(&out, "rcpt: %.*s%s%.*s%s\n", SPAN_ARG(list[i].address),
		    list[i].original.len > 0 ? " " : "", SPAN_ARG(list[i].original),
		    list[i].dsn_notify == QUEUE_NOTIFY_NEVER ? " never" : "");
	if (e->content_filter.len > 0)
		str_addf(&out, "filter: %.*s\n", SPAN_ARG(e->content_filter));
	if (e->redirect.len > 0)
		str_addf(&out, "redirect: %.*s\n", SPAN_ARG(e->redirect));
	str_addf(&out, "message-id: %.*s\nsize: %lld\n", SPAN_ARG(e->message_id),
	    (long long) content->size_crlf);
	str_addf(&out, "facts:%s%s%s%s%s longest=%lld hops=%lld\n",
	    content->has_8bit_header ? " 8bit-header" : "",
	    content->has_8bit_body ? " 8bit-body" : "", content->has_dot_line ? " dot" : "",
	    content->has_nul ? " nul" : "", e->smtputf8 ? " smtputf8" : "",
	    (long long) content->longest_line, (long long) e->hops);
	return with_qid(p, arena_dup(p->arena, str_span(&out)));
}

/* Every line of want stands somewhere in the envelope's text. */
static void
check_lines(struct play *p, struct span got, struct span want)
{
	struct span line;

	while (want.len > 0 && span_cut(&want, '\n', &line)) {
		size_t at = span_search(got, line);

		if (at == got.len || (at > 0 && got.p[at - 1] != '\n') ||
		    got.p[at + line.len] != '\n')
			T_BYTES(p->t, got, line);
	}
}

static void
check_log(struct play *p, struct span want)
{
	struct span got = { NULL, 0 }, line;
	struct err err = { 0 };

	T_TRUE(p->t,
	    file_read(AT_FDCWD, arena_printf(p->arena, "%s/log", p->root), 1 << 20, p->arena, &got,
		&err));
	got = with_qid(p, got);
	while (want.len > 0 && span_cut(&want, '\n', &line)) {
		size_t at = span_search(got, line);

		if (at == got.len && line.len > 0) {
			T_BYTES(p->t, got, line);
			return;
		}
		got = span_from(got, at + line.len);
	}
}

/* After a failure: what cleanup said. */
static void
show_log(struct play *p)
{
	struct span got = { NULL, 0 };
	struct err err = { 0 };

	if (file_read(
		AT_FDCWD, arena_printf(p->arena, "%s/log", p->root), 1 << 20, p->arena, &got, &err))
		printf("%.*s\n", SPAN_ARG(span_slice(got, 0, 3000)));
}

static void
check_file(struct play *p, struct span head, struct span text)
{
	const char *where;
	int fd = open_result(p, &where);
	struct queue_envelope e;
	struct queue_content content;
	struct err err = { 0 };

	if (span_eq_str(head, "queue")) {
		T_STR(p->t, where, arena_cstr(p->arena, span_trim(text)));
	} else if (fd < 0) {
		T_STR(p->t, where, "a queue file");
	} else {
		T_TRUE(p->t, queue_file_is_ready(fd));
		T_INT(p->t, queue_file_verify(fd, "result", &err), PARSE_OK);
		T_INT(p->t, queue_file_read(fd, "result", p->arena, &e, &content, &err), PARSE_OK);
		if (span_eq_str(head, "header"))
			T_BYTES(p->t,
			    with_qid(
				p, part_of(p, fd, content.header_offset, content.header_bytes)),
			    unescape(p, text));
		else if (span_eq_str(head, "content"))
			T_BYTES(p->t, part_of(p, fd, content.body_offset, content.body_bytes),
			    unescape(p, text));
		else
			check_lines(p, envelope_text(p, fd, &e, &content), text);
	}
	fd_close(&fd);
}

static void
play_section(struct play *p, struct span head, struct span text)
{
	if (span_eq_str(head, "begin"))
		play_begin(p, text);
	else if (span_eq_str(head, "rcpts"))
		play_rcpts(p, text);
	else if (span_starts_with(head, SPAN("data")))
		play_data(p, head, text);
	else if (span_eq_str(head, "review"))
		play_review(p, text);
	else if (span_eq_str(head, "edits"))
		play_edits(p, text);
	else if (span_eq_str(head, "body")) {
		play_empty(p, &mail_body_desc);
		play_data(p, SPAN("data"), text);
	} else if (span_eq_str(head, "end"))
		play_end(p, text, &(struct mail_end){ 0 });
	else if (span_eq_str(head, "late"))
		play_late(p, text);
	else if (span_eq_str(head, "abort"))
		play_abort(p);
	else if (span_eq_str(head, "log"))
		check_log(p, text);
	else if (span_eq_str(head, "next"))
		p->queue_id = arena_strdup(p->arena, p->next_id);
	else if (!span_eq_str(head, "main.cf"))
		check_file(p, head, text);
}

static void
play_script(struct t *t, const char *path)
{
	struct play p = { .t = t, .arena = arena_new("script", 64 << 20), .queue_id = "" };
	struct span rest, head, text;
	struct err err = { 0 };
	unsigned failures = t->failures;
	int status = -1;

	T_NEED(t, file_read(AT_FDCWD, path, 4 << 20, p.arena, &p.script, &err));
	play_start(&p);
	rest = p.script;
	while (next_section(&rest, &head, &text))
		play_section(&p, head, text);
	peer_free(&p.peer);
	waitpid(p.child, &status, 0);
	T_INT(t, status, 0);
	if (status != 0 || t->failures != failures)
		show_log(&p);
	nftw(p.root, remove_one, 20, FTW_DEPTH | FTW_PHYS);
	arena_free(&p.arena);
}

TEST(cleanup_scripts)
{
	const char *dir_name = t_source(t, "tests/data/cleanup");
	struct dirent **list = NULL;
	int count = scandir(dir_name, &list, NULL, alphasort);
	char path[4096];

	for (int i = 0; i < count; i++) {
		if (span_ends_with(span_of(list[i]->d_name), SPAN(".t"))) {
			snprintf(path, sizeof(path), "%s/%s", dir_name, list[i]->d_name);
			t->row = list[i]->d_name;
			t->rows++;
			play_script(t, path);
		}
		free(list[i]);
	}
	t->row = NULL;
	free(list);
	T_TRUE(t, t->rows > 0);
}
