/* SPDX-License-Identifier: ISC */
/* Streams: lines of every kind, deadlines, minimum rate, gathered output, filters. */
#include "t.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/stream.h"

enum { MS = 1000 };

/* A stream and the bare other end. */
static struct stream *
make_stream(struct t *t, int *raw)
{
	int fds[2];
	struct stream *s;

	T_NEED(t, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	*raw = fds[1];
	s = stream_new(fds[0], "client");
	stream_set_deadline(s, clock_deadline(5 * CLOCK_SECOND_US));
	return s;
}

static void
write_raw(int fd, struct span bytes)
{
	if (write(fd, bytes.p, bytes.len) != (ssize_t) bytes.len)
		abort();
}

/* What the reader sees: each result as a letter, a line as its text in quotes ("~" CR LF, "-" LF). */
static void
read_all(struct stream *s, size_t max, struct str *seen)
{
	for (int i = 0; i < 20; i++) {
		struct span line;
		bool is_crlf;
		enum stream_result result = stream_read_line(s, max, &line, &is_crlf);

		(void) str_add_char(seen, "OETXL"[result]);
		if (result == STREAM_OK || result == STREAM_LONG || line.len > 0) {
			(void) str_add_char(seen, '\'');
			for (size_t at = 0; at < line.len; at++)
				(void) str_add_char(seen, line.p[at] == '\0' ? '0' : line.p[at]);
			(void) str_add_char(seen, '\'');
		}
		if (result == STREAM_OK)
			(void) str_add_char(seen, is_crlf ? '~' : '-');
		if (result != STREAM_OK && result != STREAM_LONG)
			return;
	}
}

static const struct line_case {
	const char *name;
	struct span in;
	const char *want;       /* with max 5 */
} line_cases[] = {
	{ "CR LF", SPAN_INIT("abc\r\nde\r\n"), "O'abc'~O'de'~E" },
	{ "LF", SPAN_INIT("abc\nde\r\n"), "O'abc'-O'de'~E" },
	{ "empty lines", SPAN_INIT("\r\n\n"), "O''~O''-E" },
	{ "CR inside", SPAN_INIT("a\rb\r\r\n"), "O'a\rb\r'~E" },
	{ "NUL", SPAN_INIT("a\0b\n"), "O'a0b'-E" },
	{ "end of input in a line", SPAN_INIT("a\nbc"), "O'a'-E'bc'" },
	{ "nothing", SPAN_INIT(""), "E" },
	{ "as long as allowed", SPAN_INIT("12345\r\n12345\n"), "O'12345'~O'12345'-E" },
	{ "one too long, CR LF", SPAN_INIT("123456\r\nab\r\n"), "L'12345'O'ab'~E" },
	{ "one too long, LF", SPAN_INIT("123456\nab\n"), "L'12345'O'ab'-E" },
	{ "CR as the sixth", SPAN_INIT("12345\r6\nab\n"), "L'12345'O'ab'-E" },
	{ "much too long", SPAN_INIT("1234567890123456789012345678901234567890\nab\n"), "L'12345'O'ab'-E" },
	{ "long, then the end", SPAN_INIT("12345678901"), "L'12345'E" },
	{ "two long ones", SPAN_INIT("12345678\n12345678\r\n"), "L'12345'L'12345'E" },
};

TEST(lines)
{
	EACH_CASE (t, c, line_cases) {
		struct str seen CLEANUP(str_fini);
		int raw;
		struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);

		str_init(&seen, 1000);
		write_raw(raw, c->in);
		fd_close(&raw);
		read_all(s, 5, &seen);
		T_SPAN(t, str_span(&seen), c->want);
	}
}

/* The same, one byte at a time. */
TEST(lines_in_pieces)
{
	EACH_CASE (t, c, line_cases) {
		struct str seen CLEANUP(str_fini);
		int raw;
		struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
		pid_t pid = fork();

		str_init(&seen, 1000);
		for (size_t i = 0; pid == 0 && i < c->in.len; i++) {
			write_raw(raw, span_make(c->in.p + i, 1));
			usleep(100);
		}
		if (pid == 0)
			_exit(0);
		fd_close(&raw);
		read_all(s, 5, &seen);
		T_SPAN(t, str_span(&seen), c->want);
		(void) waitpid(pid, NULL, 0);
	}
}

/* A line of megabytes passes in bounded memory. */
TEST(endless_line)
{
	int raw, status;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
	static char filling[100000];
	struct span line;
	pid_t pid = fork();

	memset(filling, 'x', sizeof(filling));
	if (pid == 0) {
		for (int i = 0; i < 100; i++)
			write_raw(raw, span_make(filling, sizeof(filling)));
		write_raw(raw, SPAN("\r\nQUIT\r\n"));
		_exit(0);
	}
	T_INT(t, stream_read_line(s, 1000000, &line, NULL), STREAM_LONG);
	T_INT(t, line.len, STREAM_BUFFER_BYTES - 2);
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_OK);
	T_SPAN(t, line, "QUIT");
	T_INT(t, stream_bytes_in(s), 100 * sizeof(filling) + 8);
	(void) waitpid(pid, &status, 0);
	T_INT(t, status, 0);
	fd_close(&raw);
}

TEST(peek_and_consume)
{
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);

	T_INT(t, stream_peek(s).len, 0);
	T_FALSE(t, stream_has_input(s));
	write_raw(raw, SPAN("hello"));
	T_TRUE(t, stream_has_input(s));
	T_INT(t, stream_fill(s), STREAM_OK);
	T_SPAN(t, stream_peek(s), "hello");
	stream_consume(s, 2);
	write_raw(raw, SPAN(" you"));
	T_INT(t, stream_fill(s), STREAM_OK);
	T_SPAN(t, stream_peek(s), "llo you");
	stream_consume(s, 1000);
	T_INT(t, stream_peek(s).len, 0);
	fd_close(&raw);
	T_TRUE(t, stream_has_input(s));
	T_INT(t, stream_fill(s), STREAM_EOF);
	T_INT(t, stream_fill(s), STREAM_EOF);
}

TEST(full_buffer)
{
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
	static char filling[STREAM_BUFFER_BYTES];
	enum stream_result result;

	write_raw(raw, span_make(filling, sizeof(filling)));
	while ((result = stream_fill(s)) == STREAM_OK)
		;
	T_INT(t, result, STREAM_LONG);
	T_INT(t, stream_peek(s).len, STREAM_BUFFER_BYTES);
	fd_close(&raw);
}

static int64_t
time_read(struct stream *s, int64_t after_us, enum stream_result *result_out)
{
	int64_t start_us = clock_now_us();
	struct span line;

	stream_set_deadline(s, start_us + after_us);
	*result_out = stream_read_line(s, 100, &line, NULL);
	return clock_now_us() - start_us;
}

TEST(deadlines)
{
	static const int64_t waits_us[] = { 1 * MS, 30 * MS, 60 * MS, 200 * MS, 20 * MS };
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);

	for (size_t i = 0; i < COUNT_OF(waits_us); i++) {
		enum stream_result result;
		int64_t took_us = time_read(s, waits_us[i], &result);

		T_INT(t, result, STREAM_TIMEOUT);
		T_TRUE(t, took_us >= waits_us[i] && took_us < waits_us[i] + 200 * MS);
	}
	stream_set_deadline(s, clock_now_us() - 1);
	T_INT(t, stream_fill(s), STREAM_TIMEOUT);
	stream_set_deadline(s, CLOCK_NEVER);
	write_raw(raw, SPAN("alive\n"));
	T_INT(t, stream_fill(s), STREAM_OK);
	fd_close(&raw);
}

/* A child that writes `count` single bytes, one each 10 ms. */
static pid_t
start_drip(int fd, int count)
{
	pid_t pid = fork();

	for (int i = 0; pid == 0 && i < count; i++) {
		if (send(fd, "x", 1, MSG_NOSIGNAL) != 1)
			break;
		usleep(10 * MS);
	}
	if (pid == 0)
		_exit(0);
	return pid;
}

TEST(deadline_against_drip)
{
	int raw;
	struct stream *s = make_stream(t, &raw);
	pid_t pid = start_drip(raw, 60);
	enum stream_result result;
	int64_t took_us = time_read(s, 200 * MS, &result);

	T_INT(t, result, STREAM_TIMEOUT);
	T_TRUE(t, took_us >= 200 * MS && took_us < 350 * MS);
	T_TRUE(t, stream_bytes_in(s) >= 5 && stream_bytes_in(s) < 30);
	stream_free(&s);
	fd_close(&raw);
	(void) waitpid(pid, NULL, 0);
}

/* 100 bytes a second: enough for one rate, too slow for the other. */
static const struct rate_case {
	const char *name;
	int64_t rate;
	bool lives;
} rate_cases[] = {
	{ "off", 0, false },
	{ "fast enough", 20, true },
	{ "too slow", 1000, false },
};

TEST(min_rate)
{
	EACH_CASE (t, c, rate_cases) {
		int raw;
		struct stream *s = make_stream(t, &raw);
		pid_t pid = start_drip(raw, 40);
		enum stream_result result;

		stream_set_deadline(s, clock_deadline(150 * MS));
		stream_set_min_rate(s, c->rate);
		while ((result = stream_fill(s)) == STREAM_OK && stream_bytes_in(s) < 35)
			;
		T_INT(t, result, c->lives ? STREAM_OK : STREAM_TIMEOUT);
		stream_free(&s);
		fd_close(&raw);
		(void) waitpid(pid, NULL, 0);
	}
}

/* However much earlier bytes earned, no more time is left than at the beginning. */
TEST(min_rate_keeps_budget)
{
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
	int64_t start_us = clock_now_us(), took_us;

	stream_set_deadline(s, start_us + 100 * MS);
	stream_set_min_rate(s, 1);
	write_raw(raw, SPAN("very many bytes"));
	T_INT(t, stream_fill(s), STREAM_OK);
	T_INT(t, stream_fill(s), STREAM_TIMEOUT);
	took_us = clock_now_us() - start_us;
	T_TRUE(t, took_us >= 100 * MS && took_us < 300 * MS);
	fd_close(&raw);
}

/* Replies to pipelined commands leave in one write, when input must be waited for. */
TEST(pipelined_replies)
{
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
	char bytes[100];
	struct span line;

	write_raw(raw, SPAN("a\r\nb\r\nc\r\n"));
	for (int i = 0; i < 3; i++) {
		T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_OK);
		stream_printf(s, "250 %.*s\r\n", SPAN_ARG(line));
		stream_write(s, SPAN("."));
		T_INT(t, recv(raw, bytes, sizeof(bytes), MSG_DONTWAIT), -1);
	}
	stream_set_deadline(s, clock_deadline(MS));
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_TIMEOUT);
	T_INT(t, recv(raw, bytes, sizeof(bytes), MSG_DONTWAIT), 24);
	T_BYTES(t, span_make(bytes, 24), SPAN("250 a\r\n.250 b\r\n.250 c\r\n."));
	T_INT(t, stream_bytes_out(s), 24);
	fd_close(&raw);
}

/* Small pieces and pieces larger than the buffer, against a slow reader: order and number hold. */
TEST(much_output)
{
	int raw, status;
	struct stream *s = make_stream(t, &raw);
	size_t len = 300000;
	char *big = t_own(t, malloc(len));
	uint64_t total = 0;
	pid_t pid = fork();

	for (size_t i = 0; i < len; i++)
		big[i] = (char) i;
	if (pid == 0) {
		unsigned char bytes[7000];
		ssize_t n;

		close(stream_fd(s));
		while ((n = read(raw, bytes, sizeof(bytes))) > 0)
			total += (uint64_t) n;
		_exit(total == 20 * (300000 + 10) ? 0 : 1);
	}
	for (int i = 0; i < 20; i++) {
		stream_write(s, SPAN("0123456789"));
		stream_write(s, span_make(big, len));
	}
	T_INT(t, stream_flush(s), STREAM_OK);
	T_INT(t, stream_bytes_out(s), 20 * (300000 + 10));
	stream_free(&s);
	fd_close(&raw);
	(void) waitpid(pid, &status, 0);
	T_INT(t, status, 0);
}

TEST(output_deadline)
{
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
	static char big[1 << 20];
	int64_t start_us = clock_now_us(), took_us;

	stream_set_deadline(s, start_us + 100 * MS);
	stream_write(s, span_make(big, sizeof(big)));
	took_us = clock_now_us() - start_us;
	T_INT(t, stream_flush(s), STREAM_TIMEOUT);
	T_TRUE(t, took_us >= 100 * MS && took_us < 300 * MS);
	stream_write(s, SPAN("dropped"));
	T_INT(t, stream_flush(s), STREAM_EOF);
	fd_close(&raw);
}

TEST(lost_connection)
{
	int raw;
	struct stream *s CLEANUP(stream_free) = make_stream(t, &raw);
	struct span line;

	write_raw(raw, SPAN("421 going\r\n"));
	fd_close(&raw);
	stream_write(s, SPAN("MAIL\r\n"));
	errno = 0;
	T_INT(t, stream_flush(s), STREAM_ERROR);
	T_INT(t, errno, EPIPE);
	T_INT(t, stream_flush(s), STREAM_EOF);
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_OK);
	T_SPAN(t, line, "421 going");
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_EOF);
	T_STR(t, stream_result_text(STREAM_EOF), "lost connection");
	T_STR(t, stream_result_text(STREAM_TIMEOUT), "timeout");
}

/* Descriptors without time limits, and sockets that do not block by mistake, are polled. */
TEST(pipes_and_nonblocking)
{
	int fds[2], raw;
	struct stream *pipe_in, *s;
	enum stream_result result;
	int64_t took_us;
	clock_t busy;

	T_NEED(t, pipe(fds) == 0);
	pipe_in = stream_new(fds[0], "pipe");
	took_us = time_read(pipe_in, 50 * MS, &result);
	T_INT(t, result, STREAM_TIMEOUT);
	T_TRUE(t, took_us >= 50 * MS && took_us < 250 * MS);
	write_raw(fds[1], SPAN("line\n"));
	(void) time_read(pipe_in, 50 * MS, &result);
	T_INT(t, result, STREAM_OK);
	stream_free(&pipe_in);
	close(fds[1]);

	s = make_stream(t, &raw);
	T_TRUE(t, fcntl(stream_fd(s), F_SETFL, O_NONBLOCK) == 0);
	busy = clock();
	took_us = time_read(s, 200 * MS, &result);
	busy = clock() - busy;
	T_INT(t, result, STREAM_TIMEOUT);
	T_TRUE(t, took_us >= 200 * MS && took_us < 400 * MS);
	T_TRUE(t, busy < CLOCKS_PER_SEC / 20);  /* it slept */
	write_raw(raw, SPAN("line\n"));
	(void) time_read(s, 50 * MS, &result);
	T_INT(t, result, STREAM_OK);
	stream_free(&s);
	fd_close(&raw);
}

TEST(pipe_output)
{
	int fds[2];
	struct stream *s;
	char bytes[100];

	T_NEED(t, pipe(fds) == 0);
	s = stream_new(fds[1], "pipe");
	stream_write(s, SPAN("through a pipe"));
	T_INT(t, stream_flush(s), STREAM_OK);
	T_INT(t, read(fds[0], bytes, sizeof(bytes)), 14);
	stream_free(&s);
	close(fds[0]);
}

/* A filter that turns every byte around by XOR, and may hold bytes back inside. */
struct turn {
	int fd;
	char held[100];
	size_t held_len;
	bool *was_closed;
};

static ssize_t
turn_read(void *ctx, void *buffer, size_t len)
{
	struct turn *turn = ctx;
	ssize_t n = (ssize_t) turn->held_len;

	if (turn->held_len == 0)
		n = read(turn->fd, turn->held, sizeof(turn->held));
	if (n <= 0)
		return n;
	/* Half of it now, the rest stays. */
	turn->held_len = (size_t) n;
	n = (n + 1) / 2;
	if ((size_t) n > len)
		n = (ssize_t) len;
	for (ssize_t i = 0; i < n; i++)
		((char *) buffer)[i] = (char) (turn->held[i] ^ 1);
	turn->held_len -= (size_t) n;
	memmove(turn->held, turn->held + n, turn->held_len);
	return n;
}

static ssize_t
turn_write(void *ctx, const void *bytes, size_t len)
{
	struct turn *turn = ctx;
	char c = (char) (*(const char *) bytes ^ 1);

	return len > 0 ? write(turn->fd, &c, 1) : 0;
}

static bool
turn_has_pending(void *ctx)
{
	return ((struct turn *) ctx)->held_len > 0;
}

static void
turn_close(void *ctx)
{
	*((struct turn *) ctx)->was_closed = true;
}

static const struct stream_filter turn_filter = { turn_read, turn_write, turn_has_pending, turn_close };

TEST(filter)
{
	int raw;
	struct stream *s = make_stream(t, &raw);
	bool was_closed = false;
	struct turn turn = { .fd = stream_fd(s), .was_closed = &was_closed };
	struct span line;
	char bytes[100];
	enum stream_result result;

	write_raw(raw, SPAN("STARTTLS\r\nRCPT injected\r\n"));
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_OK);
	T_INT(t, stream_set_filter(s, &turn_filter, &turn), 15);
	T_TRUE(t, stream_has_filter(s));
	T_INT(t, stream_peek(s).len, 0);
	write_raw(raw, SPAN("OG\x0b" "PTHU\x0b"));
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_OK);
	T_SPAN(t, line, "NF");
	T_TRUE(t, stream_has_input(s));
	T_INT(t, stream_read_line(s, 100, &line, NULL), STREAM_OK);
	T_SPAN(t, line, "QUIT");
	T_FALSE(t, stream_has_input(s));
	stream_write(s, SPAN("bye"));
	T_INT(t, stream_flush(s), STREAM_OK);
	T_INT(t, recv(raw, bytes, sizeof(bytes), MSG_DONTWAIT), 3);
	T_SPAN(t, span_make(bytes, 3), "cxd");
	T_INT(t, stream_bytes_in(s), 25 + 8);
	(void) time_read(s, 30 * MS, &result);
	T_INT(t, result, STREAM_TIMEOUT);
	stream_free(&s);
	T_TRUE(t, was_closed);
	fd_close(&raw);
}
