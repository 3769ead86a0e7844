/* SPDX-License-Identifier: ISC */
#ifndef STREAM_H
#define STREAM_H

#include <sys/types.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * A buffered two-way byte stream over a connected socket, for sequential code: calls block until
 * they are done or the absolute deadline has passed, however slowly bytes drip in. Output is kept
 * until stream_flush or until input must be waited for with stream_fill (which flushes first), so
 * that replies to pipelined commands leave in one write.
 */
struct stream;

enum stream_result {
	STREAM_OK,
	STREAM_EOF,             /* the peer closed, or an earlier call failed for good */
	STREAM_TIMEOUT,
	STREAM_ERROR,           /* errno tells */
	STREAM_LONG,            /* the line is longer than allowed: its first bytes are given, the rest is dropped by the next call */
};

/*
 * A filter between buffer and socket (TLS): the same contracts as read(2) and write(2) on the
 * blocking socket, with EINTR; EAGAIN means that the socket's time is up.
 */
struct stream_filter {
	ssize_t (*read)(void *ctx, void *buffer, size_t len);
	ssize_t (*write)(void *ctx, const void *bytes, size_t len);
	bool (*has_pending)(void *ctx);         /* decrypted bytes wait inside the filter */
	void (*close)(void *ctx);               /* end politely and free ctx */
};

/*
 * Takes over fd, a blocking socket; pipes and terminals work too, with poll(2). name is for messages
 * and is copied. Until stream_set_deadline there is no deadline.
 */
struct stream *stream_new(int fd, const char *name) MUST_USE;

/* Flushes nothing; closes the filter and the descriptor. *stream becomes NULL. */
void stream_free(struct stream **stream);

/* The descriptor, for getpeername(2) and poll(2). */
int stream_fd(const struct stream *s);
const char *stream_name(const struct stream *s);

/*
 * The one deadline for everything that follows, a clock_now_us value or CLOCK_NEVER. After an input
 * timeout the stream is still good: with a new deadline it can say so to the peer, or read on.
 */
void stream_set_deadline(struct stream *s, int64_t deadline_us);

/*
 * The deadline moves with the bytes, in either direction: each bytes_per_s of them add one second,
 * but never is more left than there was at this call (or at the last stream_set_deadline since).
 * So a peer that is slower than this rate uses the time up, and one that is faster never does.
 * 0 turns that off. (smtpd_min_data_rate)
 */
void stream_set_min_rate(struct stream *s, int64_t bytes_per_s);

/*
 * Put a filter in place; flush before. The stream owns ctx from now on. Input that was buffered
 * before is discarded, as RFC 3207 demands; the number of bytes is returned.
 */
size_t stream_set_filter(struct stream *s, const struct stream_filter *filter, void *ctx);
bool stream_has_filter(const struct stream *s);

/*
 * Do something that reads and writes the socket itself, before a filter is put in place (a handshake),
 * under the deadline. Output that waits should be flushed first.
 * step      returns 0 when done; -1 with errno, as read(2) does: EAGAIN and EINTR are tried again
 * returns   STREAM_OK; STREAM_TIMEOUT; STREAM_ERROR with errno
 */
enum stream_result stream_run(struct stream *s, int (*step)(void *ctx), void *ctx) MUST_USE;

/* What is in the input buffer now, without a system call. Valid until the next call that reads. */
struct span stream_peek(const struct stream *s);
void stream_consume(struct stream *s, size_t count);

/*
 * Wait for more input (flushing output first); at least one more byte is in the buffer on STREAM_OK.
 * The buffer holds STREAM_BUFFER_BYTES; when it is full, STREAM_LONG.
 */
enum { STREAM_BUFFER_BYTES = 64 << 10 };
enum stream_result stream_fill(struct stream *s) MUST_USE;

/* The peer sent something that has not been read yet, or closed (asks the socket without waiting when the buffer is empty). */
bool stream_has_input(struct stream *s);

/*
 * Read one line of at most max bytes (without its end); max is below STREAM_BUFFER_BYTES - 1.
 * line_out  without its end; any bytes, NUL too; valid until the next call that reads.
 *           STREAM_LONG: its first max bytes. STREAM_EOF: what came without a line end
 * crlf_out  the line ended in CR LF (else in LF alone); may be NULL
 */
enum stream_result stream_read_line(struct stream *s, size_t max, struct span *line_out, bool *crlf_out) MUST_USE;

/*
 * Append to the output; sent when STREAM_BUFFER_BYTES have gathered (a longer piece goes from where
 * it lies). A failure shows at the next stream_flush or stream_fill, and ends the output for good;
 * input that had arrived can still be read.
 */
void stream_write(struct stream *s, struct span bytes);
void stream_printf(struct stream *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum stream_result stream_flush(struct stream *s) MUST_USE;

/* Bytes read from and written to the peer so far (after decryption). */
uint64_t stream_bytes_in(const struct stream *s);
uint64_t stream_bytes_out(const struct stream *s);

/* "timeout", "lost connection", "line too long": what to write into the log. */
const char *stream_result_text(enum stream_result result);

#endif
