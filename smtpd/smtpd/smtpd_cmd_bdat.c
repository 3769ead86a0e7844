/* SPDX-License-Identifier: ISC */
/*
 * BDAT (RFC 3030). The bytes of a chunk follow its command whatever the reply will be, so they are
 * always read. After a failed chunk the transaction is gone; only the knowledge that chunks may
 * still come remains, until LAST, RSET or a new greeting.
 */
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_content.h"
#include "smtpd/smtpd/smtpd_log.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { BDAT_BLOCK = 64 * 1024 };

struct bdat {
	int64_t size;
	bool is_last;
};

static bool
bdat_parse(struct span args, struct bdat *chunk_out)
{
	struct smtp_fault fault; /* 501: a client that may have sent bytes behind it gets 521 */
	uint64_t size;

	if (!smtp_bdat_parse(args, &size, &chunk_out->is_last, &fault))
		return false;
	chunk_out->size = (int64_t) size;
	return true;
}

/*
 * The next block of the chunk, at most left bytes. returns an empty span when the client has gone
 */
static struct span
bdat_next(struct session *s, int64_t started_us, int64_t received, int64_t left)
{
	if (span_is_empty(stream_peek(s->stream))) {
		log_flush();
		content_set_deadline(s, started_us, received);
		session_note_end(s, stream_fill(s->stream));
		if (s->end != SESSION_END_NONE)
			return span_make(NULL, 0);
	}
	return span_slice(
	    stream_peek(s->stream), 0, left < BDAT_BLOCK ? (size_t) left : BDAT_BLOCK);
}

/* Read the whole chunk; keeps: it goes to cleanup. returns false when the client has gone */
static bool
bdat_receive(struct session *s, const struct bdat *chunk, bool keeps)
{
	int64_t started_us = clock_now_us(), left = chunk->size;
	struct str block;

	str_init(&block, 2 * BDAT_BLOCK);
	while (left > 0) {
		struct span in = bdat_next(s, started_us, chunk->size - left, left);

		if (in.len == 0)
			break;
		left -= (int64_t) in.len;
		str_clear(&block);
		if (keeps) {
			data_convert_chunk(&s->mail.data, in, chunk->is_last && left == 0, &block);
			content_put(s, str_span(&block));
		}
		stream_consume(s->stream, in.len);
	}
	str_fini(&block);
	return left == 0;
}

/* This transaction failed; chunks may follow. */
static bool
bdat_fail(struct session *s, const struct bdat *chunk)
{
	session_reset_mail(s);
	s->mail.in_bdat = s->mail.bdat_failed = !chunk->is_last;
	return false;
}

/* Larger than any message may be: read and dropped if that is soon done. */
static bool
bdat_is_small(struct session *s, const struct bdat *chunk)
{
	int64_t limit = s->smtpd->mail->message_size_limit;

	return limit <= 0 || chunk->size <= limit - s->mail.data.bytes;
}

/* Reply first, then read what the client sends anyway. */
static bool
bdat_refuse_chunk(struct session *s, const struct bdat *chunk)
{
	int64_t limit = s->smtpd->mail->message_size_limit;

	log_warn("%.*s: BDAT request from %.*s exceeds message size limit",
	    SPAN_ARG(session_log_id(s)), SPAN_ARG(s->client.id));
	if (limit > 0 && chunk->size > limit) {
		reply_send(s, "521 5.3.4 Chunk exceeds message size limit");
		return bdat_fail(s, chunk);
	}
	reply_send(s, "552 5.3.4 Chunk exceeds message size limit");
	bdat_receive(s, chunk, false);
	return bdat_fail(s, chunk);
}

/* The first chunk opens the message, as DATA does. */
static bool
bdat_open(struct session *s)
{
	if (!content_has_recipients(s) || !content_may_begin(s) || !content_begin(s))
		return false;
	s->mail.in_bdat = true;
	return true;
}

static bool
bdat_take(struct session *s, const struct bdat *chunk)
{
	char note[40];

	if (!bdat_receive(s, chunk, true)) {
		if (s->end == SESSION_END_TIMEOUT)
			reply_send(
			    s, "421 4.4.2 %s Error: timeout exceeded", s->smtpd->mail->myhostname);
		return false;
	}
	if (content_state(s) != CONTENT_GOOD) {
		content_refuse(s);
		return bdat_fail(s, chunk);
	}
	if (!chunk->is_last) {
		reply_send(s, "250 2.0.0 Ok: %lld bytes", (long long) chunk->size);
		return true;
	}
	snprintf(note, sizeof(note), "%lld bytes ", (long long) data_total(&s->mail.data));
	return content_end(s, note);
}

bool
smtpd_cmd_bdat(struct session *s, struct span args)
{
	struct bdat chunk;

	if ((s->ehlo_discard & EHLO_CHUNKING) != 0) {
		reply_send(s, "521 5.5.1 Error: command not implemented");
		return false;
	}
	if (!bdat_parse(args, &chunk)) {
		log_warn("%.*s: malformed BDAT command syntax from %.*s: BDAT%s%.*s",
		    SPAN_ARG(session_log_id(s)), SPAN_ARG(s->client.id), args.len > 0 ? " " : "",
		    SPAN_ARG(span_slice(args, 0, 100)));
		reply_send(s, "521 5.5.4 Syntax: BDAT count [LAST]");
		session_reset_mail(s);
		return false;
	}
	if (s->mail.bdat_failed) {
		if (!bdat_receive(s, &chunk, false))
			return false;
		reply_send(s, "551 5.0.0 Discarded %lld bytes after earlier error",
		    (long long) chunk.size);
		return bdat_fail(s, &chunk);
	}
	if (chunk.size == 0 && !chunk.is_last) {
		log_warn("%.*s: null BDAT request from %.*s", SPAN_ARG(session_log_id(s)),
		    SPAN_ARG(s->client.id));
		reply_send(s, "551 5.7.1 Null BDAT request");
		return bdat_fail(s, &chunk);
	}
	if (!bdat_is_small(s, &chunk))
		return bdat_refuse_chunk(s, &chunk);
	if (!s->mail.in_bdat && !bdat_open(s)) {
		bdat_receive(s, &chunk, false);
		return bdat_fail(s, &chunk);
	}
	return bdat_take(s, &chunk);
}
