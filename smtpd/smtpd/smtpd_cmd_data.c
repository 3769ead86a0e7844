/* SPDX-License-Identifier: ISC */
/* DATA (RFC 5321 4.1.1.4). */
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "smtpd/smtpd/smtpd_content.h"
#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

enum { DATA_BLOCK = 64 * 1024 };

/*
 * Convert what is buffered, wait for more, until the final dot. returns false when the client has
 * gone
 */
static bool
data_receive(struct session *s, struct str *block)
{
	int64_t started_us = clock_now_us();
	enum data_end end = DATA_MORE;

	while (end == DATA_MORE) {
		struct span in = stream_peek(s->stream);
		size_t used = 0;

		str_clear(block);
		if (in.len > 0)
			end = data_convert(&s->mail.data, in, &used, block);
		content_put(s, str_span(block));
		stream_consume(s->stream, used);
		if (end == DATA_END)
			break;
		log_flush();
		content_set_deadline(s, started_us, s->mail.data.bytes);
		session_note_end(s, stream_fill(s->stream));
		if (s->end != SESSION_END_NONE)
			return false;
	}
	return true;
}

static bool
data_is_in_order(struct session *s, struct span args)
{
	if (s->mail.in_bdat)
		reply_send(s, "503 5.5.1 Error: DATA after BDAT");
	else if (!content_has_recipients(s))
		return false;
	else if (args.len > 0)
		reply_send(s, "501 5.5.4 Syntax: DATA");
	else
		return true;
	return false;
}

bool
smtpd_cmd_data(struct session *s, struct span args)
{
	struct str block;
	bool is_whole;

	if (!data_is_in_order(s, args) || !content_may_begin(s))
		return false;
	if (!content_begin(s)) {
		session_reset_mail(s);
		return false;
	}
	reply_send(s, "354 End data with <CR><LF>.<CR><LF>");
	s->where = "DATA content";
	str_init(&block, 2 * DATA_BLOCK);
	is_whole = data_receive(s, &block);
	str_fini(&block);
	if (is_whole)
		return content_end(s, "");
	if (s->end == SESSION_END_TIMEOUT)
		reply_send(s, "421 4.4.2 %s Error: timeout exceeded", s->smtpd->mail->myhostname);
	return false;
}
