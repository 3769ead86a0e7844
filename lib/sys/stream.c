/* SPDX-License-Identifier: ISC */
/*
 * Buffered streams for sequential code. Invariants: input bytes [in_start, in_end) wait to be
 * consumed; the first `scanned` of them hold no line feed; after an output failure the output stays
 * empty. The ordinary round trip is one read(2) and one send(2); how the deadline is held without
 * polling is in sock_wait.h. Deliberately without knowledge of lines' meaning and of TLS.
 */
#include "lib/sys/stream.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/sock_wait.h"

enum { OUT_MAX = 4 * STREAM_BUFFER_BYTES };

struct stream {
	struct sock_wait wait;
	int fd;
	char *name;
	bool is_socket;                 /* until send(2) says otherwise */
	const struct stream_filter *filter;
	void *filter_ctx;

	int64_t deadline_us;
	int64_t min_rate;               /* bytes per second; 0: off */
	int64_t budget_us;              /* with min_rate: the most that may be left */

	char *in;                       /* STREAM_BUFFER_BYTES, made at the first read */
	size_t in_start, in_end;
	size_t scanned;
	bool drops_line;                /* the rest of a long line comes first */
	bool in_ended;

	struct str out;
	enum stream_result out_failure; /* STREAM_OK: none */
	int out_errno;
	bool is_failure_told;

	uint64_t bytes_in, bytes_out;
};

struct stream *
stream_new(int fd, const char *name)
{
	struct stream *s = xcalloc(1, sizeof(*s));

	s->fd = fd;
	s->name = xstrdup(name);
	s->is_socket = true;
	s->deadline_us = CLOCK_NEVER;
	str_init(&s->out, OUT_MAX);
	sock_wait_init(&s->wait, fd);
	return s;
}

static void
close_filter(struct stream *s)
{
	if (s->filter != NULL)
		s->filter->close(s->filter_ctx);
	s->filter = NULL;
}

void
stream_free(struct stream **stream)
{
	struct stream *s = *stream;

	*stream = NULL;
	if (s == NULL)
		return;
	close_filter(s);
	fd_close(&s->fd);
	str_fini(&s->out);
	free(s->in);
	free(s->name);
	free(s);
}

int
stream_fd(const struct stream *s)
{
	return s->fd;
}

const char *
stream_name(const struct stream *s)
{
	return s->name;
}

uint64_t
stream_bytes_in(const struct stream *s)
{
	return s->bytes_in;
}

uint64_t
stream_bytes_out(const struct stream *s)
{
	return s->bytes_out;
}

/* Time. */

/* What is left now is the most that may ever be left. */
static void
note_budget(struct stream *s)
{
	s->budget_us = s->deadline_us == CLOCK_NEVER ? CLOCK_NEVER
	                                             : s->deadline_us - clock_now_us();
}

void
stream_set_deadline(struct stream *s, int64_t deadline_us)
{
	s->deadline_us = deadline_us;
	if (s->min_rate > 0)
		note_budget(s);
}

void
stream_set_min_rate(struct stream *s, int64_t bytes_per_s)
{
	s->min_rate = bytes_per_s > 0 ? bytes_per_s : 0;
	if (s->min_rate > 0)
		note_budget(s);
}

/* Bytes moved: they earn time. */
static void
earn_time(struct stream *s, size_t bytes)
{
	int64_t latest_us;

	if (s->min_rate == 0 || s->deadline_us == CLOCK_NEVER)
		return;
	latest_us = clock_now_us() + s->budget_us;
	s->deadline_us += (int64_t) bytes * CLOCK_SECOND_US / s->min_rate;
	if (s->deadline_us > latest_us)
		s->deadline_us = latest_us;
}

/* The call that failed with errno is to be made again; false: it is over, errno tells. */
static bool
may_retry(struct stream *s, enum sock_side side)
{
	if (errno == EINTR)
		return sock_wait_arm(&s->wait, side, s->deadline_us);
	return errno == EAGAIN && sock_wait_rearm(&s->wait, side, s->deadline_us);
}

/* A filter may read and write in either of its calls. */
static bool
arm(struct stream *s, enum sock_side side)
{
	if (s->filter != NULL && !s->wait.polls &&
	    !sock_wait_arm(&s->wait, side == SOCK_RECV ? SOCK_SEND : SOCK_RECV, s->deadline_us))
		return false;
	return sock_wait_arm(&s->wait, side, s->deadline_us);
}

static enum stream_result
result_of_errno(void)
{
	return errno == ETIMEDOUT ? STREAM_TIMEOUT : STREAM_ERROR;
}

enum stream_result
stream_run(struct stream *s, int (*step)(void *ctx), void *ctx)
{
	for (;;) {
		if (!sock_wait_arm(&s->wait, SOCK_SEND, s->deadline_us) ||
		    !sock_wait_arm(&s->wait, SOCK_RECV, s->deadline_us))
			return result_of_errno();
		if (step(ctx) == 0)
			return STREAM_OK;
		if (!may_retry(s, SOCK_RECV))
			return result_of_errno();
	}
}

/* Output. */

/* One piece of both spans, without a filter. */
static ssize_t
send_once(struct stream *s, struct span first, struct span second, int flags)
{
	struct iovec iov[2] = {
		{ (void *) (uintptr_t) first.p, first.len },
		{ (void *) (uintptr_t) second.p, second.len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n = -1;

	if (s->is_socket)
		n = sendmsg(s->fd, &msg, flags | MSG_NOSIGNAL);
	if (n < 0 && s->is_socket && errno == ENOTSOCK)
		s->is_socket = false;
	if (s->is_socket)
		return n;
	return first.len > 0 ? write(s->fd, first.p, first.len)
	                     : write(s->fd, second.p, second.len);
}

/* One attempt to write: without waiting as long as that has always been enough. */
static ssize_t
write_once(struct stream *s, struct span first, struct span second)
{
	bool waits = s->filter != NULL || !s->is_socket || sock_wait_is_armed(&s->wait, SOCK_SEND);

	if (waits && !arm(s, SOCK_SEND))
		return -1;
	if (s->filter != NULL)
		return first.len > 0 ? s->filter->write(s->filter_ctx, first.p, first.len)
		                     : s->filter->write(s->filter_ctx, second.p, second.len);
	return send_once(s, first, second, waits ? 0 : MSG_DONTWAIT);
}

/* Write all of both, by the deadline. returns false with errno. */
static bool
write_all(struct stream *s, struct span first, struct span second)
{
	while (first.len + second.len > 0) {
		bool was_armed = sock_wait_is_armed(&s->wait, SOCK_SEND);
		ssize_t n = write_once(s, first, second);
		size_t count = n > 0 ? (size_t) n : 0;

		if (n < 0 && errno == EAGAIN && !was_armed) {
			if (!sock_wait_arm(&s->wait, SOCK_SEND, s->deadline_us))
				return false;
		} else if (n < 0 && !may_retry(s, SOCK_SEND))
			return false;
		s->bytes_out += count;
		earn_time(s, count);
		second = span_from(second, count > first.len ? count - first.len : 0);
		first = span_from(first, count);
	}
	return true;
}

/* Send the buffer and a piece that lies elsewhere. A failure is kept for who asks. */
static void
send_with(struct stream *s, struct span piece)
{
	if (s->out_failure == STREAM_OK && !write_all(s, str_span(&s->out), piece)) {
		s->out_failure = result_of_errno();
		s->out_errno = errno;
	}
	str_clear(&s->out);
}

void
stream_write(struct stream *s, struct span bytes)
{
	if (s->out_failure != STREAM_OK)
		return;
	if (s->out.len + bytes.len < STREAM_BUFFER_BYTES)
		(void) str_add(&s->out, bytes);
	else
		send_with(s, bytes);
}

void
stream_printf(struct stream *s, const char *fmt, ...)
{
	va_list ap;

	if (s->out_failure != STREAM_OK)
		return;
	va_start(ap, fmt);
	if (!str_vaddf(&s->out, fmt, ap)) {
		s->out_failure = STREAM_ERROR;
		s->out_errno = EMSGSIZE;
	}
	va_end(ap);
	if (s->out.len >= STREAM_BUFFER_BYTES)
		send_with(s, (struct span){ 0 });
}

enum stream_result
stream_flush(struct stream *s)
{
	if (s->out.len > 0)
		send_with(s, (struct span){ 0 });
	if (s->out_failure == STREAM_OK)
		return STREAM_OK;
	if (s->is_failure_told)
		return STREAM_EOF;
	s->is_failure_told = true;
	errno = s->out_errno;
	return s->out_failure;
}

/* Input. */

struct span
stream_peek(const struct stream *s)
{
	return span_make(s->in != NULL ? s->in + s->in_start : NULL, s->in_end - s->in_start);
}

void
stream_consume(struct stream *s, size_t count)
{
	size_t have = s->in_end - s->in_start;

	if (count > have)
		count = have;
	s->in_start += count;
	s->scanned = s->scanned > count ? s->scanned - count : 0;
}

size_t
stream_set_filter(struct stream *s, const struct stream_filter *filter, void *ctx)
{
	size_t discarded = s->in_end - s->in_start;

	close_filter(s);
	s->filter = filter;
	s->filter_ctx = ctx;
	s->in_start = s->in_end = s->scanned = 0;
	s->drops_line = false;
	return discarded;
}

bool
stream_has_filter(const struct stream *s)
{
	return s->filter != NULL;
}

/* Bytes to the front of the buffer, so that all the room is behind them. */
static void
make_room(struct stream *s)
{
	size_t have = s->in_end - s->in_start;

	if (s->in == NULL)
		s->in = xmalloc(STREAM_BUFFER_BYTES);
	if (s->in_start > 0 && have > 0)
		memmove(s->in, s->in + s->in_start, have);
	s->in_start = 0;
	s->in_end = have;
}

/* One read that waits until the deadline. returns as read(2), with ETIMEDOUT. */
static ssize_t
read_more(struct stream *s)
{
	char *to = s->in + s->in_end;
	size_t room = STREAM_BUFFER_BYTES - s->in_end;
	bool has_pending = s->filter != NULL && s->filter->has_pending(s->filter_ctx);
	ssize_t n;

	if (!has_pending && !arm(s, SOCK_RECV))
		return -1;
	do {
		if (s->filter != NULL)
			n = s->filter->read(s->filter_ctx, to, room);
		else
			n = read(s->fd, to, room);
	} while (n < 0 && may_retry(s, SOCK_RECV));
	return n;
}

enum stream_result
stream_fill(struct stream *s)
{
	/* After a failure that was told, what the peer said before it went can still be read. */
	enum stream_result flushed = s->is_failure_told ? STREAM_OK : stream_flush(s);
	ssize_t n;

	if (flushed != STREAM_OK)
		return flushed;
	if (s->in_ended)
		return STREAM_EOF;
	make_room(s);
	if (s->in_end == STREAM_BUFFER_BYTES)
		return STREAM_LONG;
	n = read_more(s);
	if (n > 0) {
		s->in_end += (size_t) n;
		s->bytes_in += (uint64_t) n;
		earn_time(s, (size_t) n);
		return STREAM_OK;
	}
	if (n < 0 && errno == ETIMEDOUT)
		return STREAM_TIMEOUT;
	s->in_ended = true;
	return n == 0 ? STREAM_EOF : STREAM_ERROR;
}

bool
stream_has_input(struct stream *s)
{
	if (s->in_end > s->in_start || s->in_ended)
		return true;
	if (s->filter != NULL && s->filter->has_pending(s->filter_ctx))
		return true;
	return sock_wait_has_input(&s->wait);
}

/* Index of the next line feed in the buffer, or the number of bytes there. */
static size_t
find_line_end(struct stream *s)
{
	struct span have = stream_peek(s);
	struct span fresh = span_from(have, s->scanned);
	const char *lf = fresh.len > 0 ? memchr(fresh.p, '\n', fresh.len) : NULL;

	s->scanned = lf != NULL ? (size_t) (lf - have.p) : have.len;
	return s->scanned;
}

/* Drop input up to the end of the line, whose first bytes were given before. */
static enum stream_result
drop_line(struct stream *s)
{
	while (s->drops_line) {
		size_t have = s->in_end - s->in_start;
		size_t end = find_line_end(s);

		if (end < have) {
			stream_consume(s, end + 1);
			s->drops_line = false;
		} else {
			enum stream_result result;

			stream_consume(s, have);
			result = stream_fill(s);
			if (result != STREAM_OK)
				return result;
		}
	}
	return STREAM_OK;
}

/* The line of `len` bytes before its line feed lies in the buffer. */
static enum stream_result
take_line(struct stream *s, size_t len, size_t max, struct span *line_out, bool *crlf_out)
{
	const char *start = s->in + s->in_start;
	bool has_cr = len > 0 && start[len - 1] == '\r';

	*line_out = span_make(start, len - has_cr);
	if (crlf_out != NULL)
		*crlf_out = has_cr;
	stream_consume(s, len + 1);
	if (line_out->len <= max)
		return STREAM_OK;
	line_out->len = max;
	return STREAM_LONG;
}

/* More than a line may have is in the buffer, without an end. */
static enum stream_result
take_long(struct stream *s, size_t max, struct span *line_out)
{
	*line_out = span_make(s->in + s->in_start, max);
	stream_consume(s, max);
	s->drops_line = true;
	return STREAM_LONG;
}

enum stream_result
stream_read_line(struct stream *s, size_t max, struct span *line_out, bool *crlf_out)
{
	enum stream_result result = drop_line(s);

	if (max > STREAM_BUFFER_BYTES - 2)
		max = STREAM_BUFFER_BYTES - 2;
	if (crlf_out != NULL)
		*crlf_out = false;
	*line_out = (struct span){ 0 };
	while (result == STREAM_OK) {
		size_t end = find_line_end(s);
		size_t have = s->in_end - s->in_start;

		if (end < have)
			return take_line(s, end, max, line_out, crlf_out);
		/* A CR may be the start of the line's end. */
		if (have >= max + 2)
			return take_long(s, max, line_out);
		result = stream_fill(s);
	}
	if (result == STREAM_EOF)
		*line_out = stream_peek(s);
	return result;
}

const char *
stream_result_text(enum stream_result result)
{
	switch (result) {
	case STREAM_OK:
		return "no error";
	case STREAM_EOF:
	case STREAM_ERROR:
		return "lost connection";
	case STREAM_TIMEOUT:
		return "timeout";
	case STREAM_LONG:
		return "line too long";
	}
	return "lost connection";
}
