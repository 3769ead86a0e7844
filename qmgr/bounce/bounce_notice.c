/* SPDX-License-Identifier: ISC */
/*
 * Who is told what. A failure goes to the sender; one of a message without sender to the postmaster
 * if notify_classes has 2bounce; one of such a notice to nobody. What cannot be sent stays on record
 * and is tried again.
 */
#include "qmgr/bounce/bounce_int.h"

#include "lib/mail/verp.h"
#include "lib/queue/delivery_log.h"
#include "lib/queue/notify_class.h"
#include "lib/sys/log.h"

enum { ADDRESS_TEXT_MAX = 4000 };

static const struct kind_row {
	const char *word;               /* in requests */
	enum bounce_kind kind;
	const char *log;
	const char *title;              /* in the log */
	bool keeps_log;
} kind_rows[] = {
	{ "failure", BOUNCE_FAILURE, "bounce", "non-delivery", false },
	{ "expired", BOUNCE_FAILURE, "defer", "non-delivery", false },
	{ "delay", BOUNCE_DELAY, "defer", "delay", true },
	{ "success", BOUNCE_SUCCESS, "trace", "delivery status", false },
	{ "verify", BOUNCE_VERIFY, "trace", "delivery status", false },
};

static const struct kind_row *
find_kind(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(kind_rows); i++)
		if (span_eq_str(word, kind_rows[i].word))
			return &kind_rows[i];
	return NULL;
}

static bool
has_class(const struct notice *notice, enum notify_class class)
{
	return (notify_classes_read(notice->bounce->program->mail->notify_classes) & class) != 0;
}

/* "name" of a parameter with our domain, when it has none. */
static struct span
own_address(const struct notice *notice, const char *name)
{
	if (strchr(name, '@') != NULL)
		return span_of(name);
	return span_of(arena_printf(notice->arena, "%s@%s", name, notice->bounce->program->mail->myorigin));
}

/* The sender of notices to the postmaster. */
static struct span
double_bounce_address(const struct notice *notice)
{
	const struct mail_conf *mail = notice->bounce->program->mail;

	return span_of(arena_printf(notice->arena, "%s@%s", mail->double_bounce_sender, mail->myhostname));
}

/* Send and log. to_whom: "sender" or "postmaster". */
static bool
send_one(struct notice *notice, const struct kind_row *row, const struct notice_mail *mail, struct err *err)
{
	const char *to_whom = mail->is_for_postmaster ? "postmaster" : "sender";
	CLEANUP(str_fini) struct str address = { .max = ADDRESS_TEXT_MAX };
	struct span id;

	if (bounce_send(notice, mail, &id, err)) {
		log_info("%.*s: %s %s notification: %.*s", SPAN_ARG(notice->queue_id), to_whom, row->title, SPAN_ARG(id));
		return true;
	}
	(void) delivery_log_add_address(&address, notice->bounce->program->mail, mail->to);
	log_info("%.*s: %s notification failed to <%s>: %s", SPAN_ARG(notice->queue_id), to_whom, str_cstr(&address),
	    err->text);
	return false;
}

static bool
wants_headers_only(const struct notice *notice)
{
	return notice->kind != BOUNCE_FAILURE || span_eq_str_ci(notice->envelope.dsn_ret, "HDRS") ||
	       (notice->envelope.requiretls && notice->bounce->conf.requiretls_redact_dsn) ||
	       notice->content.header_bytes + notice->content.body_bytes > notice->bounce->conf.bounce_size_limit;
}

static bool
tell_address(struct notice *notice, const struct kind_row *row, struct span to, struct err *err)
{
	const struct bounce_template *template = &notice->bounce->templates.of[notice->kind];
	const struct notice_mail mail = {
		.to = to,
		.subject = template->subject,
		.headers_only = wants_headers_only(notice),
	};

	return send_one(notice, row, &mail, err);
}

/* With a return path per recipient there is a notification for each. */
static bool
tell_each(struct notice *notice, const struct kind_row *row, struct err *err)
{
	bool all_told = true;

	for (size_t i = 0; i < notice->rcpts.count; i++) {
		struct notice one = *notice;

		one.rcpts.v = &notice->rcpts.v[i];
		one.rcpts.count = one.rcpts.room = 1;
		all_told = tell_address(&one, row, verp_sender(notice->envelope.sender, one.rcpts.v->address,
		    notice->envelope.verp, notice->arena), err) && all_told;
	}
	return all_told;
}

static bool
tell_sender(struct notice *notice, const struct kind_row *row, struct err *err)
{
	if (notice->envelope.verp.len > 0 && !notice->bounce->program->mail->disable_verp_bounces)
		return tell_each(notice, row, err);
	return tell_address(notice, row, notice->envelope.sender, err);
}

static bool
tell_postmaster(struct notice *notice, const struct kind_row *row, const char *recipient, bool headers_only, struct err *err)
{
	const struct notice_mail mail = {
		.sender = double_bounce_address(notice),
		.to = own_address(notice, recipient),
		.subject = notice->bounce->templates.of[notice->kind].postmaster_subject,
		.headers_only = headers_only,
		.is_for_postmaster = true,
	};

	return send_one(notice, row, &mail, err);
}

/* A notice to the postmaster that fails must not make another. */
static bool
is_double_bounce(const struct notice *notice)
{
	return span_eq_ci(notice->envelope.sender, double_bounce_address(notice));
}

/* Copies are a courtesy: a failure does not hold up the message. */
static void
send_copies(struct notice *notice, const struct kind_row *row)
{
	const struct mail_conf *mail = notice->bounce->program->mail;
	struct err err = { 0 };

	if (notice->kind == BOUNCE_FAILURE && has_class(notice, NOTIFY_BOUNCE) &&
	    !tell_postmaster(notice, row, mail->bounce_notice_recipient, true, &err))
		log_warn_err("copy to the postmaster", &err);
	if (notice->kind == BOUNCE_DELAY && has_class(notice, NOTIFY_DELAY) &&
	    !tell_postmaster(notice, row, mail->delay_notice_recipient, true, &err))
		log_warn_err("copy to the postmaster", &err);
}

static bool
tell_all(struct notice *notice, const struct kind_row *row, struct err *err)
{
	const struct mail_conf *mail = notice->bounce->program->mail;

	if (is_double_bounce(notice)) {
		log_warn("%.*s: undeliverable postmaster notification discarded", SPAN_ARG(notice->queue_id));
		return true;
	}
	if (notice->envelope.sender.len == 0) {
		if (notice->kind != BOUNCE_FAILURE || !has_class(notice, NOTIFY_DOUBLEBOUNCE))
			return true;
		return tell_postmaster(notice, row, mail->double_bounce_notice_recipient, wants_headers_only(notice), err);
	}
	if (!tell_sender(notice, row, err))
		return false;
	send_copies(notice, row);
	return true;
}

static bool
read_envelope(struct notice *notice, struct err *err)
{
	CLEANUP(str_fini) struct str name = { .max = ADDRESS_TEXT_MAX };

	str_add(&name, notice->queue_id);
	if (notice->fd < 0)
		return err_temp(err, "%s: no queue file was passed", str_cstr(&name));
	switch (queue_file_read(notice->fd, str_cstr(&name), notice->arena, &notice->envelope, &notice->content, err)) {
	case PARSE_OK:
		return true;
	case PARSE_MORE:
		return err_temp(err, "%s: queue file is not complete", str_cstr(&name));
	case PARSE_BAD:
		return false;
	}
	return false;
}

bool
bounce_make_notice(struct bounce *bounce, const struct bounce_notify *request, struct arena *arena, struct err *err)
{
	const struct kind_row *row = find_kind(request->kind);
	struct notice notice = { .bounce = bounce, .arena = arena, .queue_id = request->queue_id, .fd = request->fd };

	if (row == NULL)
		return err_temp(err, "unknown kind of notification \"%.*s\"", SPAN_ARG(request->kind));
	notice.kind = row->kind;
	notice.log = row->log;
	if (!read_envelope(&notice, err) || !bounce_read_log(bounce, &notice, err))
		return false;
	if (notice.rcpts.count > 0 && !tell_all(&notice, row, err))
		return false;
	return row->keeps_log || bounce_remove_log(bounce, row->log, notice.queue_id, err);
}
