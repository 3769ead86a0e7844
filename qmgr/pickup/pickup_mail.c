/* SPDX-License-Identifier: ISC */
/*
 * From a maildrop file to cleanup. The file is read to its end before a word is said to cleanup, so
 * that one that is cut off or forged never becomes half a message. The submitter decides about
 * addresses and options only; who he is and when he came the file's owner and time tell.
 */
#include "qmgr/pickup/pickup_mail.h"

#include "lib/mail/addr.h"
#include "lib/queue/mail_proto.h"
#include "lib/queue/maildrop.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

#include <time.h>
#include <unistd.h>

enum {
	ARENA_BYTES = 32 * 1024 * 1024,
	RCPTS_PER_FRAME = 400,
	BACKLOG_BYTES = 256 * 1024,
	NOTICE_MAX = 64 * 1024
};

static int64_t
deadline(const struct pickup_link *link)
{
	return clock_deadline(link->timeout_us);
}

bool
pickup_link_open(
    struct pickup_link *link, struct peer *peer, const struct mail_conf *mail, struct err *err)
{
	struct arena *arena = arena_new("pickup", 4096);
	struct mail_ready ready;
	bool ok;

	*link = (struct pickup_link){
		.peer = peer, .timeout_us = mail->ipc_timeout.us, .mail = mail
	};
	ok = peer_expect(peer, &mail_ready_desc, &ready, arena, deadline(link), err);
	if (ok)
		snprintf(link->next_id, sizeof(link->next_id), "%.*s", SPAN_ARG(ready.queue_id));
	arena_free(&arena);
	return ok;
}

/* The whole file is well-formed. */
static enum parse
validate(int fd, const char *id, struct arena *arena, struct maildrop *mail, struct err *err)
{
	struct maildrop_reader *reader = maildrop_reader_new(fd, id);
	enum parse result = maildrop_reader_envelope(reader, arena, mail, err);
	struct span bytes;

	if (result == PARSE_OK)
		while ((result = maildrop_reader_content(reader, &bytes, err)) == PARSE_OK)
			;
	else
		result = PARSE_BAD;
	maildrop_reader_free(&reader);
	return result == PARSE_MORE ? PARSE_OK : PARSE_BAD;
}

static bool
list_has(const char *list, const char *want)
{
	struct span rest = span_of(list), word;

	while (span_token(&rest, ", \t\r\n", &word))
		if (span_eq_str_ci(word, want))
			return true;
	return false;
}

static int64_t
flags_of(const struct maildrop *mail, const struct mail_conf *conf)
{
	int64_t flags = 0;

	if (!list_has(conf->receive_override_options, "no_header_body_checks"))
		flags |= MAIL_CHECKS;
	if (!list_has(conf->receive_override_options, "no_address_mappings"))
		flags |= MAIL_MAPPINGS;
	if (list_has(conf->receive_override_options, "no_milters"))
		flags |= MAIL_NO_MILTERS;
	if (mail->extract)
		flags |= MAIL_EXTRACT;
	if (mail->smtputf8)
		flags |= MAIL_SMTPUTF8;
	if (mail->requiretls)
		flags |= MAIL_REQUIRETLS;
	if (mail->report.len > 0)
		flags |= MAIL_REPORT;
	if (span_eq_str(mail->report, "verify"))
		flags |= MAIL_VERIFY;
	return flags;
}

/* "Received: by host (Postfix, from userid 1000) id QID; date" */
static struct span
trace_of(const struct pickup_link *link, int64_t uid, struct arena *arena)
{
	time_t seconds = (time_t) (clock_wall_us() / CLOCK_SECOND_US);
	char date[80] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z (%Z)", &tm);
	return span_of(arena_printf(arena, "Received: by %s (%s, from userid %lld)\n\tid %s; %s\n",
	    link->mail->myhostname, link->mail->mail_name, (long long) uid, link->next_id, date));
}

/* The recipients of one frame. */
static size_t
rcpts_of(const struct maildrop *mail, size_t from, struct mail_rcpt list[RCPTS_PER_FRAME])
{
	size_t count = 0;

	for (; count < RCPTS_PER_FRAME && from + count < mail->recipients.count; count++) {
		const struct maildrop_rcpt *rcpt = &mail->recipients.v[from + count];

		list[count] = (struct mail_rcpt){ .address = rcpt->address,
			.dsn_orcpt = rcpt->dsn_orcpt,
			.dsn_notify = rcpt->dsn_notify != 0 ? rcpt->dsn_notify : mail->dsn_notify };
	}
	return count;
}

static bool
send_begin(struct pickup_link *link, const struct maildrop *mail, const char *id, int64_t uid,
    int64_t arrival_us, struct arena *arena, struct err *err)
{
	struct mail_rcpt list[RCPTS_PER_FRAME];
	struct mail_begin begin = {
		.flags = flags_of(mail, link->mail),
		.sender = mail->sender,
		.arrival_us = arrival_us,
		.size_limit = link->mail->message_size_limit,
		.encoding = mail->encoding,
		.rewrite_context = mail->is_gateway ? SPAN("remote") : SPAN("local"),
		.full_name = mail->full_name,
		.dsn_envid = mail->dsn_envid,
		.dsn_ret = mail->dsn_ret,
		.verp = mail->verp,
		.content_filter = span_of(link->mail->content_filter),
		.trace = trace_of(link, uid, arena),
		.submit_uid = uid,
		.origin = span_of(arena_printf(arena, "maildrop %s", id)),
	};

	begin.recipients = (struct msg_list){ list, rcpts_of(mail, 0, list) };
	if (!peer_send(link->peer, &mail_begin_desc, &begin, err))
		return false;
	for (size_t at = RCPTS_PER_FRAME; at < mail->recipients.count; at += RCPTS_PER_FRAME) {
		struct mail_rcpts more = { .recipients = { list, rcpts_of(mail, at, list) } };

		if (!peer_send(link->peer, &mail_rcpts_desc, &more, err))
			return false;
	}
	return true;
}

static bool
send_bytes(struct pickup_link *link, struct span bytes, struct err *err)
{
	if (!peer_send_data(link->peer, bytes, err))
		return false;
	return peer_backlog(link->peer) < BACKLOG_BYTES ||
	    peer_flush(link->peer, deadline(link), err);
}

/* The content, chunk by chunk; the file was found to be well-formed before. */
static bool
send_content(struct pickup_link *link, int fd, const char *id, struct arena *arena, struct err *err)
{
	struct maildrop_reader *reader = maildrop_reader_new(fd, id);
	struct maildrop again;
	struct span bytes;
	enum parse result = maildrop_reader_envelope(reader, arena, &again, err);
	bool ok = result == PARSE_OK;

	while (ok && (result = maildrop_reader_content(reader, &bytes, err)) == PARSE_OK)
		ok = send_bytes(link, bytes, err);
	maildrop_reader_free(&reader);
	return ok && result == PARSE_MORE;
}

static bool
send_end(struct pickup_link *link, struct mail_done *done, struct arena *arena, struct err *err)
{
	static const struct mail_none none;

	if (!peer_call(link->peer, &mail_end_desc, &none, &mail_done_desc, done, arena,
		deadline(link), err))
		return false;
	done->text = arena_dup(arena, done->text);
	done->dsn = arena_dup(arena, done->dsn);
	snprintf(link->next_id, sizeof(link->next_id), "%.*s", SPAN_ARG(done->next_queue_id));
	return true;
}

/* --- a message that is refused --- */

/* The notice for its sender, with the header and body of what he sent behind it. */
static struct span
notice_of(struct pickup_link *link, const struct maildrop *mail, const struct mail_done *why,
    struct arena *arena)
{
	struct str out CLEANUP(str_fini);

	str_init(&out, NOTICE_MAX);
	str_addf(&out,
	    "From: Mail Delivery System <MAILER-DAEMON>\nSubject: Undelivered Mail Returned to Sender\n");
	str_addf(
	    &out, "To: %.*s\n", SPAN_ARG(addr_external(arena, addr_from_internal(mail->sender))));
	str_addf(&out, "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n");
	str_addf(&out, "Content-Type: multipart/mixed; boundary=\"%s/%s\"\n\n", link->next_id,
	    link->mail->myhostname);
	str_addf(&out, "--%s/%s\n\nThis is the mail system at host %s.\n\n", link->next_id,
	    link->mail->myhostname, link->mail->myhostname);
	str_addf(&out, "The message below was not accepted for delivery:\n\n    %.*s %.*s\n\n",
	    SPAN_ARG(why->dsn), SPAN_ARG(why->text));
	str_addf(&out, "--%s/%s\nContent-Type: message/rfc822\n\n", link->next_id,
	    link->mail->myhostname);
	return arena_dup(arena, str_span(&out));
}

/*
 * Tell the sender. He learns it from the log alone when that fails too, or when he has no address.
 */
static bool
send_notice(struct pickup_link *link, int fd, const char *id, const struct maildrop *mail,
    const struct mail_done *why, struct arena *arena, struct err *err)
{
	struct mail_rcpt rcpt = { .address = mail->sender };
	struct mail_begin begin = { .flags = MAIL_BOUNCE,
		.rewrite_context = SPAN("local"),
		.submit_uid = -1,
		.recipients = { &rcpt, 1 } };
	const char *boundary = arena_printf(
	    arena, "\n--%s/%s--\n", link->next_id, link->mail->myhostname);
	struct mail_done done;

	if (!peer_send(link->peer, &mail_begin_desc, &begin, err) ||
	    !send_bytes(link, notice_of(link, mail, why, arena), err) ||
	    lseek(fd, 0, SEEK_SET) != 0 || !send_content(link, fd, id, arena, err) ||
	    !send_bytes(link, span_of(boundary), err) || !send_end(link, &done, arena, err))
		return false;
	if (done.status != MAIL_ACCEPTED)
		log_warn("%s: sender could not be told: %.*s", id, SPAN_ARG(done.text));
	return true;
}

static enum pickup_result
refused(struct pickup_link *link, int fd, const char *id, const struct maildrop *mail,
    const struct mail_done *why, struct arena *arena, struct err *err)
{
	log_warn(
	    "maildrop/%s: message refused: %.*s %.*s", id, SPAN_ARG(why->dsn), SPAN_ARG(why->text));
	if (mail->sender.len == 0)
		return PICKUP_REFUSED;
	return send_notice(link, fd, id, mail, why, arena, err) ? PICKUP_REFUSED : PICKUP_BROKEN;
}

static enum pickup_result
hand_over(struct pickup_link *link, int fd, const char *id, int64_t uid, int64_t arrival_us,
    const struct maildrop *mail, struct arena *arena, struct err *err)
{
	struct mail_done done;

	log_info("%s: uid=%lld from=<%s>", link->next_id, (long long) uid,
	    arena_cstr(arena, addr_external(arena, addr_from_internal(mail->sender))));
	log_flush();
	if (lseek(fd, 0, SEEK_SET) != 0 ||
	    !send_begin(link, mail, id, uid, arrival_us, arena, err) ||
	    !send_content(link, fd, id, arena, err) || !send_end(link, &done, arena, err))
		return PICKUP_BROKEN;
	switch ((enum mail_status) done.status) {
	case MAIL_ACCEPTED:
	case MAIL_DISCARDED:
		return PICKUP_DONE;
	case MAIL_TEMP:
		log_warn("maildrop/%s: not taken now: %.*s %.*s", id, SPAN_ARG(done.dsn),
		    SPAN_ARG(done.text));
		return PICKUP_LATER;
	case MAIL_PERM:
		break;
	}
	return refused(link, fd, id, mail, &done, arena, err);
}

enum pickup_result
pickup_mail(struct pickup_link *link, int fd, const char *id, int64_t uid, int64_t arrival_us,
    struct err *err)
{
	struct arena *arena = arena_new("submitted message", ARENA_BYTES);
	enum pickup_result result;
	struct maildrop mail;

	if (validate(fd, id, arena, &mail, err) != PARSE_OK)
		result = err->class == ERR_TEMP ? PICKUP_LATER : PICKUP_CORRUPT;
	else
		result = hand_over(link, fd, id, uid, arrival_us, &mail, arena, err);
	arena_free(&arena);
	return result;
}
