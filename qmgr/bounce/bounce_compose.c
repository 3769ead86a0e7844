/* SPDX-License-Identifier: ISC */
/* The text of a notification: notice for people, fields for programs, the place of the original. */
#include "qmgr/bounce/bounce_int.h"

#include <time.h>

#include "lib/mail/addr.h"
#include "lib/mail/dsn_report.h"
#include "lib/sys/clock.h"

enum { REFERENCES_MAX = 4000 };

static int
zone_minutes(int64_t seconds)
{
	time_t when = (time_t) seconds;
	struct tm tm;

	return localtime_r(&when, &tm) != NULL ? (int) (tm.tm_gmtoff / 60) : 0;
}

static struct span
external(struct arena *arena, struct span internal)
{
	return addr_external(arena, addr_from_internal(internal));
}

/* "MAILER-DAEMON (Mail Delivery System)" in the form that header_from_format asks for; others as they are. */
static struct span
from_field(const struct notice *notice, const char *from)
{
	const struct mail_conf *mail = notice->bounce->program->mail;
	struct span rest = span_of(from), address;
	bool is_obsolete = strcmp(mail->header_from_format, "obsolete") == 0;

	if (strchr(from, '@') != NULL || strchr(from, '(') == NULL)
		return rest;
	span_cut(&rest, '(', &address);
	address = span_trim(address);
	if (rest.len > 0 && rest.p[rest.len - 1] == ')')
		rest.len--;
	if (is_obsolete)
		return span_of(arena_printf(notice->arena, "%.*s@%s (%.*s)", SPAN_ARG(address), mail->myorigin, SPAN_ARG(rest)));
	return span_of(arena_printf(notice->arena, "%.*s <%.*s@%s>", SPAN_ARG(rest), SPAN_ARG(address), mail->myorigin));
}

static enum dsn_action
action_of(const struct notice *notice, const struct bounce_rcpt *rcpt)
{
	enum dsn_action action;

	if (notice->kind == BOUNCE_FAILURE)
		return DSN_FAILED;
	if (notice->kind == BOUNCE_DELAY)
		return DSN_DELAYED;
	return dsn_action_parse(rcpt->action, &action) ? action : DSN_RELAYED;
}

/* When a delayed message will be given up; 0 when that cannot be said. */
static int64_t
retry_end(const struct notice *notice)
{
	struct main_cf *cf = notice->bounce->program->cf;
	const char *text = main_cf_value(cf, "maximal_queue_lifetime", notice->arena, NULL);
	struct duration lifetime;

	if (text == NULL || !param_parse_time(span_of(text), 'd', &lifetime, NULL))
		return 0;
	return (notice->envelope.arrival_us + lifetime.us) / CLOCK_SECOND_US;
}

static struct dsn_report_rcpt
report_rcpt(const struct notice *notice, const struct bounce_rcpt *rcpt)
{
	return (struct dsn_report_rcpt){
		.address = external(notice->arena, rcpt->address),
		.orcpt = rcpt->dsn_orcpt,
		.original = rcpt->original.len > 0 ? external(notice->arena, rcpt->original) : rcpt->original,
		.action = action_of(notice, rcpt),
		.code = rcpt->dsn,
		.text = rcpt->text,
		.remote_mta = rcpt->remote_mta,
		.diagnostic = rcpt->diagnostic,
		.will_retry_until = notice->kind == BOUNCE_DELAY ? retry_end(notice) : 0,
	};
}

/* In-Reply-To and References, so that mail readers show the report with the message. */
static void
add_threading(struct notice *notice, struct str *out)
{
	struct span id = span_trim(notice->envelope.message_id);

	if (!notice->bounce->conf.enable_threaded_bounces || id.len == 0 || id.len > REFERENCES_MAX ||
	    !span_is_printable(id))
		return;
	str_addf(out, "References: %.*s\nIn-Reply-To: %.*s\n", SPAN_ARG(id), SPAN_ARG(id));
}

static struct dsn_report
make_report(const struct notice *notice, const struct notice_mail *mail, struct span next_id)
{
	const struct mail_conf *conf = notice->bounce->program->mail;
	const struct bounce_template *template = &notice->bounce->templates.of[notice->kind];
	int64_t now_s = clock_wall_us() / CLOCK_SECOND_US;
	bool is_8bit = notice->content.has_8bit_header || (notice->content.has_8bit_body && !mail->headers_only);

	return (struct dsn_report){
		.from = from_field(notice, template->from),
		.to = external(notice->arena, mail->to),
		.subject = span_of(mail->subject),
		.boundary = span_of(arena_printf(notice->arena, "%.*s.%lld/%s", SPAN_ARG(next_id), (long long) now_s, conf->myhostname)),
		.charset = span_of(template->charset),
		.seconds = now_s,
		.zone_minutes = zone_minutes(now_s),
		.is_generated = mail->is_for_postmaster,
		.is_utf8 = notice->envelope.smtputf8,
		.is_8bit = is_8bit || notice->envelope.smtputf8,
		.reporting_mta = span_of(conf->myhostname),
		.queue_id = notice->queue_id,
		.sender = external(notice->arena, notice->envelope.sender),
		.envid = notice->envelope.dsn_envid,
		.arrival_seconds = notice->envelope.arrival_us / CLOCK_SECOND_US,
	};
}

bool
bounce_compose(struct notice *notice, const struct notice_mail *mail, struct span next_id, struct str *head,
    struct str *tail, struct err *err)
{
	const struct bounce_template *template = &notice->bounce->templates.of[notice->kind];
	const char *text = bounce_template_expand(notice->bounce->program->cf, template->text, notice->arena, err);
	struct dsn_report report = make_report(notice, mail, next_id);
	bool is_undelivered = notice->kind == BOUNCE_FAILURE || notice->kind == BOUNCE_DELAY;

	if (text == NULL)
		return false;
	add_threading(notice, head);
	dsn_report_begin(head, &report);
	if (!mail->is_for_postmaster)
		dsn_report_text(head, span_of(text));
	for (size_t i = 0; i < notice->rcpts.count; i++) {
		struct dsn_report_rcpt rcpt = report_rcpt(notice, &notice->rcpts.v[i]);

		dsn_report_notice_rcpt(head, &rcpt);
	}
	dsn_report_status(head, &report);
	for (size_t i = 0; i < notice->rcpts.count; i++) {
		struct dsn_report_rcpt rcpt = report_rcpt(notice, &notice->rcpts.v[i]);

		dsn_report_status_rcpt(head, &report, &rcpt);
	}
	dsn_report_original(head, &report, is_undelivered ? "Undelivered Message" : "Message", mail->headers_only);
	str_addf(head, "Return-Path: <%.*s>\n", SPAN_ARG(report.sender));
	dsn_report_end(tail, &report);
	if (head->overflowed || tail->overflowed)
		return err_temp(err, "notification too long");
	return true;
}
