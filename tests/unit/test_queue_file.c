/* SPDX-License-Identifier: ISC */
/* Queue files: what is written is read again; no damage goes unseen, none does harm. */
#include "t.h"

#include "lib/queue/queue_file_int.h"
#include "lib/sys/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static int
memory_file(struct t *t)
{
	int fd = memfd_create("queue", MFD_CLOEXEC);

	T_NEED(t, fd >= 0);
	T_NEED(t, fchmod(fd, 0600) == 0);
	return fd;
}

static const struct queue_envelope sample = {
	.queue_id = SPAN_INIT("75885A76C93"),
	.sender = SPAN_INIT("a b%c@d.example"),
	.arrival_us = 1795166305481413,
	.created_us = 1795166305481500,
	.full_name = SPAN_INIT("J\xc3\xb6rg\tM\r\n\x01\x7f."),
	.encoding = SPAN_INIT("8bit"),
	.rewrite_context = SPAN_INIT("local"),
	.dsn_envid = SPAN_INIT("e=1"),
	.message_id = SPAN_INIT("<x@y>"),
	.client_name = SPAN_INIT("host"),
	.hops = 3,
	.submit_uid = 1000,
	.smtputf8 = true,
	.is_bounce = true,
	.warn_us = 7,
};

enum { RCPTS = 3 };

static void
sample_recipients(struct queue_recipient list[RCPTS])
{
	list[0] = (struct queue_recipient){ .address = SPAN("x@y.example"),
		.original = SPAN("o@y.example"),
		.dsn_orcpt = SPAN("rfc822;o@y.example"),
		.dsn_notify = QUEUE_NOTIFY_FAILURE | QUEUE_NOTIFY_DELAY };
	list[1] = (struct queue_recipient){ .address = SPAN("tab\tlf\n@y.example") };
	list[2] = (struct queue_recipient){ .address = SPAN("") };
}

/* A file with a body of body_len bytes, given in pieces. */
static int
make_file(struct t *t, size_t body_len, size_t piece, struct queue_recipient list[RCPTS],
    struct queue_content *content)
{
	int fd = memory_file(t);
	struct queue_writer *w = queue_writer_new(dup(fd), "test");
	char *body = t_own(t, malloc(body_len + 1));
	struct err err = { 0 };

	for (size_t i = 0; i < body_len; i++)
		body[i] = i % 70 == 69 ? '\n' : (char) ('a' + i % 26);
	for (size_t at = 0; at < body_len; at += piece)
		T_NEED(t,
		    queue_writer_body(
			w, span_slice(span_make(body, body_len), at, at + piece), &err));
	sample_recipients(list);
	*content = (struct queue_content){
		.size_crlf = 99, .longest_line = 69, .has_8bit_header = true, .has_dot_line = true
	};
	T_NEED(
	    t, queue_writer_finish(w, SPAN("Subject: x\n"), content, &sample, list, RCPTS, &err));
	queue_writer_free(&w);
	return fd;
}

static void
check_recipients(
    struct t *t, int fd, const struct queue_recipient want[RCPTS], int64_t position, size_t max)
{
	struct arena *arena = arena_new("test", 1 << 20);
	size_t seen = 0;

	while (position != -1 && seen < 10) {
		struct queue_recipient *list;
		struct err err = { 0 };
		size_t count;

		T_NEED(t,
		    queue_file_recipients(
			fd, "test", &position, max, true, arena, &list, &count, &err) == PARSE_OK);
		for (size_t i = 0; i < count; i++, seen++) {
			T_BYTES(t, list[i].address, want[seen].address);
			T_BYTES(t, list[i].original, want[seen].original);
			T_BYTES(t, list[i].dsn_orcpt, want[seen].dsn_orcpt);
			T_INT(t, list[i].dsn_notify, want[seen].dsn_notify);
			T_INT(t, list[i].offset, want[seen].offset);
			T_FALSE(t, list[i].is_done);
		}
	}
	T_INT(t, seen, RCPTS);
	arena_free(&arena);
}

static const struct size_case {
	const char *name;
	size_t body, piece;
} size_cases[] = {
	{ .name = "no body" },
	{ .name = "small", .body = 100, .piece = 100 },
	{ .name = "envelope beyond the first read", .body = 17000, .piece = 1000 },
	{ .name = "one block", .body = 128 * 1024, .piece = 128 * 1024 },
	{ .name = "one byte more", .body = 128 * 1024 + 1, .piece = 64 * 1024 },
	{ .name = "many blocks", .body = 1000001, .piece = 65536 },
	{ .name = "small pieces", .body = 300000, .piece = 7 },
};

TEST(queue_file_round_trip)
{
	EACH_CASE (t, c, size_cases) {
		struct arena *arena = arena_new("test", 1 << 20);
		struct queue_recipient want[RCPTS];
		struct queue_content wrote, content;
		struct queue_envelope e;
		struct err err = { 0 };
		int fd = make_file(t, c->body, c->piece, want, &wrote);

		T_INT(t, queue_file_verify(fd, "test", &err), PARSE_OK);
		T_INT(t, queue_file_read(fd, "test", arena, &e, &content, &err), PARSE_OK);
		T_STR(t, err.text, "");
		T_BYTES(t, e.sender, sample.sender);
		T_BYTES(t, e.full_name, sample.full_name);
		T_BYTES(t, e.queue_id, sample.queue_id);
		T_INT(t, e.arrival_us, sample.arrival_us);
		T_INT(t, e.submit_uid, 1000);
		T_TRUE(t, e.smtputf8 && e.is_bounce && !e.requiretls);
		T_INT(t, content.body_bytes, c->body);
		T_INT(t, content.header_bytes, 11);
		T_INT(t, content.recipient_count, RCPTS);
		T_TRUE(
		    t, content.has_8bit_header && content.has_dot_line && !content.has_8bit_body);
		T_TRUE(t, memcmp(&content, &wrote, sizeof(content)) == 0);
		check_recipients(t, fd, want, 0, 100);
		check_recipients(t, fd, want, content.recipients_offset, 1);
		arena_free(&arena);
		fd_close(&fd);
	}
}

/* A replaced body leaves nothing of the first one, whether that was written or not. */
TEST(queue_file_body_restart)
{
	for (size_t first = 10; first <= 1000000; first *= 10) {
		int fd = memory_file(t);
		struct queue_writer *w = queue_writer_new(dup(fd), "test");
		struct queue_content content = { 0 };
		struct queue_envelope e;
		struct arena *arena = arena_new("test", 1 << 20);
		struct err err = { 0 };
		char *big = t_own(t, calloc(1, first));
		char text[4];

		T_TRUE(t, queue_writer_body(w, span_make(big, first), &err));
		T_TRUE(t, queue_writer_body_restart(w, &err));
		T_TRUE(t, queue_writer_body(w, SPAN("new\n"), &err));
		T_TRUE(t, queue_writer_finish(w, SPAN("A: b\n"), &content, &sample, NULL, 0, &err));
		T_INT(t, queue_file_verify(fd, "test", &err), PARSE_OK);
		T_INT(t, queue_file_read(fd, "test", arena, &e, &content, &err), PARSE_OK);
		T_NEED(t, content.body_bytes == 4);
		T_TRUE(t, fd_pread_all(fd, text, 4, content.body_offset, "test", &err));
		T_BYTES(t, span_make(text, 4), SPAN("new\n"));
		queue_writer_free(&w);
		arena_free(&arena);
		fd_close(&fd);
	}
}

/* A mark changes one byte and no checksum; done recipients are left out unless asked for. */
TEST(queue_file_marks)
{
	struct arena *arena = arena_new("test", 1 << 20);
	struct queue_recipient want[RCPTS], *list;
	struct queue_content content;
	struct err err = { 0 };
	int64_t position = 0;
	size_t count;
	int fd = make_file(t, 100, 100, want, &content);

	T_TRUE(t, queue_file_mark_done(fd, "test", want[1].offset, &err));
	T_INT(t, queue_file_verify(fd, "test", &err), PARSE_OK);
	T_INT(t,
	    queue_file_recipients(fd, "test", &position, 10, false, arena, &list, &count, &err),
	    PARSE_OK);
	T_NEED(t, count == 2);
	T_INT(t, list[1].offset, want[2].offset);
	T_INT(t, position, -1);
	position = 0;
	T_INT(t, queue_file_recipients(fd, "test", &position, 10, true, arena, &list, &count, &err),
	    PARSE_OK);
	T_NEED(t, count == 3);
	T_TRUE(t, list[1].is_done && !list[0].is_done);
	arena_free(&arena);
	fd_close(&fd);
}

TEST(queue_file_ready)
{
	int fd = memory_file(t);
	struct err err = { 0 };

	T_FALSE(t, queue_file_is_ready(fd));
	T_TRUE(t, queue_file_set_ready(fd, "test", &err));
	T_TRUE(t, queue_file_is_ready(fd));
	fd_close(&fd);
}

/* Read everything of a damaged file; nothing may go wrong but the answer. */
static enum parse
read_all(int fd, struct err *err)
{
	struct arena *arena = arena_new("test", 1 << 20);
	struct queue_recipient *list;
	struct queue_content content;
	struct queue_envelope e;
	int64_t position = 0;
	size_t count;
	enum parse result = queue_file_read(fd, "test", arena, &e, &content, err);

	for (int i = 0; i < 100 && position != -1; i++)
		if (queue_file_recipients(
			fd, "test", &position, 2, true, arena, &list, &count, err) != PARSE_OK)
			break;
	arena_free(&arena);
	return result;
}

static void
check_flip(struct t *t, int fd, size_t at, char was, char now)
{
	struct err err = { 0 };
	enum parse verified;

	T_TRUE(t, fd_pwrite_all(fd, span_make(&now, 1), (int64_t) at, "test", &err));
	(void) read_all(fd, &err);
	verified = queue_file_verify(fd, "test", &err);
	if (verified == PARSE_OK)
		T_INT(t, at, -1);
	T_TRUE(t, fd_pwrite_all(fd, span_make(&was, 1), (int64_t) at, "test", &err));
}

TEST(queue_file_damage_at_every_byte)
{
	struct queue_recipient want[RCPTS];
	struct queue_content content;
	struct err err = { 0 };
	int fd = make_file(t, 150, 50, want, &content);
	struct stat st;
	char *whole;

	T_NEED(t, fstat(fd, &st) == 0);
	whole = t_own(t, malloc((size_t) st.st_size));
	T_NEED(t, fd_pread_all(fd, whole, (size_t) st.st_size, 0, "test", &err));
	for (size_t i = 0; i < (size_t) st.st_size; i++) {
		check_flip(t, fd, i, whole[i], (char) (whole[i] ^ 1));
		check_flip(t, fd, i, whole[i], '\0');
		check_flip(t, fd, i, whole[i], '\n' == whole[i] ? ' ' : '\n');
		check_flip(t, fd, i, whole[i], '9' == whole[i] ? '8' : '9');
	}
	T_INT(t, queue_file_verify(fd, "test", &err), PARSE_OK);
	fd_close(&fd);
}

/* A file that was cut off anywhere is incomplete, not damaged; one that goes on is damaged. */
TEST(queue_file_cut_at_every_byte)
{
	struct queue_recipient want[RCPTS];
	struct queue_content content;
	struct err err = { 0 };
	int fd = make_file(t, 150, 50, want, &content);
	struct stat st;

	T_NEED(t, fstat(fd, &st) == 0);
	T_NEED(t, ftruncate(fd, st.st_size + 1) == 0);
	T_INT(t, queue_file_verify(fd, "test", &err), PARSE_BAD);
	for (off_t size = st.st_size - 1; size >= 0; size--) {
		T_NEED(t, ftruncate(fd, size) == 0);
		if (size >= 22 || size == 0) {
			T_INT(t, read_all(fd, &err), PARSE_MORE);
			T_INT(t, queue_file_verify(fd, "test", &err), PARSE_MORE);
		}
	}
	fd_close(&fd);
}

static const struct minor_case {
	const char *name, *more;
	int64_t minor;
	enum parse want;
} minor_cases[] = {
	{ .name = "the first version", .more = "hops=1\n", .minor = 0, .want = PARSE_OK },
	{ .name = "this version", .more = "expanded=1\n", .minor = QUEUE_MINOR, .want = PARSE_OK },
	{ .name = "a later one", .more = "later=1\nhops=1\n", .minor = QUEUE_MINOR + 1, .want = PARSE_OK },
	{ .name = "of a later one, but not said so", .more = "later=1\n", .minor = QUEUE_MINOR, .want = PARSE_BAD },
	{ .name = "no record", .more = "later\n", .minor = QUEUE_MINOR + 1, .want = PARSE_BAD },
};

TEST(queue_file_minor)
{
	EACH_CASE(t, c, minor_cases) {
		CLEANUP(arena_free) struct arena *arena = arena_new("minor", 1 << 16);
		struct queue_envelope envelope;
		struct err err = { 0 };
		struct span text = span_of(arena_printf(
		    arena, "queue_id=A1\nsender=\nsubmit_uid=-1\narrival_us=1\n%s", c->more));

		T_INT(t, queue_envelope_parse(t_exact_span(t, text), c->minor, arena, &envelope, &err),
		    c->want);
	}
}

/* A body that streams leaves a hole for the preamble: not complete before the end. */
TEST(queue_file_unfinished)
{
	int fd = memory_file(t);
	struct queue_writer *w = queue_writer_new(dup(fd), "test");
	char *big = t_own(t, calloc(1, 500000));
	struct err err = { 0 };

	T_TRUE(t, queue_writer_body(w, span_make(big, 500000), &err));
	T_INT(t, queue_file_verify(fd, "test", &err), PARSE_MORE);
	queue_writer_free(&w);
	fd_close(&fd);
}

/* A full disk shows as an error of the writer. */
TEST(queue_file_full_disk)
{
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	struct queue_writer *w;
	struct queue_content content = { 0 };
	struct err err = { 0 };

	T_NEED(t, fd >= 0);
	w = queue_writer_new(fd, "full");
	T_FALSE(t, queue_writer_finish(w, SPAN("A: b\n"), &content, &sample, NULL, 0, &err));
	T_INT(t, err.class, ERR_TEMP);
	queue_writer_free(&w);
}
