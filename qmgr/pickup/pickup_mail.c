/* SPDX-License-Identifier: ISC */
/*
 * From a maildrop file to cleanup. The file is read to its end before a word is said to cleanup, so
 * that one that is cut off or forged never becomes half a message. The submitter decides about
 * addresses and options only; who he is and when he came the file's owner and time tell.
 */
#include "qmgr/pickup/pickup_mail.h"

#include "lib/mail/addr.h"
#include "lib/queue/maildrop.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"

#include <time.h>
#include <unistd.h>

enum {
	ARENA_BYTES = 32 * 1024 * 1024,
	RCPTS_PER_FRAME = 400,
	NOTICE_MAX = 64 * 1024
};

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
trace_of(const struct mail_client *cleanup, int64_t uid, struct arena *arena)
{
	time_t seconds = (time_t) (clock_wall_us() / CLOCK_SECOND_US);
	char date[80] = "";
	struct tm tm;

	if (localtime_r(&seconds, &tm) != NULL)
		strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S %z (%Z)", &tm);
	return span_of(arena_printf(arena, "Received: by %s (%s, from userid %lld)\n\tid %s; %s\n",
	    cleanup->mail->myhostname, cleanup->mail->mail_name, (long long) uid, cleanup->next_id, date));
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
send_begin(struct mail_client *cleanup, const struct maildrop *mail, const char *id, int64_t uid,
    int64_t arrival_us, struct arena *arena, struct err *err)
{
	struct mail_rcpt list[RCPTS_PER_FRAME];
	struct mail_begin begin = {
		.flags = flags_of(mail, cleanup->mail),
		.sender = mail->sender,
		.arrival_us = arrival_us,
		.size_limit = cleanup->mail->message_size_limit,
		.encoding = mail->encoding,
		.rewrite_context = mail->is_gateway ? SPAN("remote") : SPAN("local"),
		.full_name = mail->full_name,
		.dsn_envid = mail->dsn_envid,
		.dsn_ret = mail->dsn_ret,
		.verp = mail->verp,
		.content_filter = span_of(cleanup->mail->content_filter),
		.trace = trace_of(cleanup, uid, arena),
		.submit_uid = uid,
		.origin = span_of(arena_printf(arena, "maildrop %s", id)),
	};

	begin.recipients = (struct msg_list){ list, rcpts_of(mail, 0, list) };
	if (!mail_client_begin(cleanup, &begin, err))
		return false;
	for (size_t at = RCPTS_PER_FRAME; at < mail->recipients.count; at += RCPTS_PER_FRAME) {
		struct mail_rcpts more = { .recipients = { list, rcpts_of(mail, at, list) } };

		if (!mail_client_rcpts(cleanup, &more, err))
			return false;
	}
	return true;
}

/* The content, chunk by chunk; the file was found to be well-formed before. */
static bool
send_content(struct mail_client *cleanup, int fd, const char *id, struct arena *arena, struct err *err)
{
	struct maildrop_reader *reader = maildrop_reader_new(fd, id);
	struct maildrop again;
	struct span bytes;
	enum parse result = maildrop_reader_envelope(reader, arena, &again, err);
	bool ok = result == PARSE_OK;

	while (ok && (result = maildrop_reader_content(reader, &bytes, err)) == PARSE_OK)
		ok = mail_client_bytes(cleanup, bytes, err);
	maildrop_reader_free(&reader);
	return ok && result == PARSE_MORE;
}

/* --- a message that is refused --- */

/* The notice for its sender, with the header and body of what he sent behind it. */
static struct span
notice_of(struct mail_client *cleanup, const struct maildrop *mail, const struct mail_done *why,
    struct arena *arena)
{
	struct str out CLEANUP(str_fini);

	str_init(&out, NOTICE_MAX);
	str_addf(&out,
	    "From: Mail Delivery System <MAILER-DAEMON>\nSubject: Undelivered Mail Returned to Sender\n");
	str_addf(
	    &out, "To: %.*s\n", SPAN_ARG(addr_external(arena, addr_from_internal(mail->sender))));
	str_addf(&out, "Auto-Submitted: auto-replied\nMIME-Version: 1.0\n");
	str_addf(&out, "Content-Type: multipart/mixed; boundary=\"%s/%s\"\n\n", cleanup->next_id,
	    cleanup->mail->myhostname);
	str_addf(&out, "--%s/%s\n\nThis is the mail system at host %s.\n\n", cleanup->next_id,
	    cleanup->mail->myhostname, cleanup->mail->myhostname);
	str_addf(&out, "The message below was not accepted for delivery:\n\n    %.*s %.*s\n\n",
	    SPAN_ARG(why->dsn), SPAN_ARG(why->text));
	str_addf(&out, "--%s/%s\nContent-Type: message/rfc822\n\n", cleanup->next_id,
	    cleanup->mail->myhostname);
	return arena_dup(arena, str_span(&out));
}

/*
 * Tell the sender. He learns it from the log alone when that fails too, or when he has no address.
 */
static bool
send_notice(struct mail_client *cleanup, int fd, const char *id, const struct maildrop *mail,
    const struct mail_done *why, struct arena *arena, struct err *err)
{
	struct mail_rcpt rcpt = { .address = mail->sender };
	struct mail_begin begin = { .flags = MAIL_BOUNCE,
		.rewrite_context = SPAN("local"),
		.submit_uid = -1,
		.recipients = { &rcpt, 1 } };
	const char *next_id = mail_client_next_id(cleanup, err), *boundary;
	struct mail_done done;

	if (next_id == NULL)
		return false;
	boundary = arena_printf(
	    arena, "\n--%s/%s--\n", next_id, cleanup->mail->myhostname);
	if (!mail_client_begin(cleanup, &begin, err) ||
	    !mail_client_bytes(cleanup, notice_of(cleanup, mail, why, arena), err) ||
	    lseek(fd, 0, SEEK_SET) != 0 || !send_content(cleanup, fd, id, arena, err) ||
	    !mail_client_bytes(cleanup, span_of(boundary), err) ||
	    !mail_client_end(cleanup, NULL, arena, &done, err))
		return false;
	if (done.status != MAIL_ACCEPTED)
		log_warn("%s: sender could not be told: %.*s", id, SPAN_ARG(done.text));
	return true;
}

static enum pickup_result
refused(struct mail_client *cleanup, int fd, const char *id, const struct maildrop *mail,
    const struct mail_done *why, struct arena *arena, struct err *err)
{
	log_warn(
	    "maildrop/%s: message refused: %.*s %.*s", id, SPAN_ARG(why->dsn), SPAN_ARG(why->text));
	if (mail->sender.len == 0)
		return PICKUP_REFUSED;
	return send_notice(cleanup, fd, id, mail, why, arena, err) ? PICKUP_REFUSED : PICKUP_BROKEN;
}

static enum pickup_result
hand_over(struct mail_client *cleanup, int fd, const char *id, int64_t uid, int64_t arrival_us,
    const struct maildrop *mail, struct arena *arena, struct err *err)
{
	struct mail_done done;

	log_info("%s: uid=%lld from=<%s>", cleanup->next_id, (long long) uid,
	    arena_cstr(arena, addr_external(arena, addr_from_internal(mail->sender))));
	log_flush();
	if (lseek(fd, 0, SEEK_SET) != 0 ||
	    !send_begin(cleanup, mail, id, uid, arrival_us, arena, err) ||
	    !send_content(cleanup, fd, id, arena, err) ||
	    !mail_client_end(cleanup, NULL, arena, &done, err))
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
	return refused(cleanup, fd, id, mail, &done, arena, err);
}

enum pickup_result
pickup_mail(struct mail_client *cleanup, int fd, const char *id, int64_t uid, int64_t arrival_us,
    struct err *err)
{
	struct arena *arena = arena_new("submitted message", ARENA_BYTES);
	enum pickup_result result;
	struct maildrop mail;

	if (validate(fd, id, arena, &mail, err) != PARSE_OK)
		result = err->class == ERR_TEMP ? PICKUP_LATER : PICKUP_CORRUPT;
	else
		result = hand_over(cleanup, fd, id, uid, arrival_us, &mail, arena, err);
	arena_free(&arena);
	return result;
}
