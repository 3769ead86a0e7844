/* SPDX-License-Identifier: ISC */
/*
 * Templates of notifications. A template file holds here-documents:
 *
 *   failure_template = <<EOF
 *   Charset: us-ascii
 *   Subject: Undelivered Mail Returned to Sender
 *
 *   text with $myhostname
 *   EOF
 *
 * A header that is left out keeps its built-in value.
 */
#include "lib/queue/bounce_template.h"

#include "lib/base/encode.h"
#include "lib/sys/param.h"

static const char *const kind_names[BOUNCE_KINDS] = {
	[BOUNCE_FAILURE] = "failure_template",
	[BOUNCE_DELAY] = "delay_template",
	[BOUNCE_SUCCESS] = "success_template",
	[BOUNCE_VERIFY] = "verify_template",
};

static const struct bounce_templates built_in = { {
	[BOUNCE_FAILURE] = {
		.charset = "us-ascii",
		.from = "MAILER-DAEMON (Mail Delivery System)",
		.subject = "Undelivered Mail Returned to Sender",
		.postmaster_subject = "Postmaster Copy: Undelivered Mail",
		.text =
		    "This is the mail system at host $myhostname.\n"
		    "\n"
		    "Your message could not be delivered to one or more of its recipients;\n"
		    "the reasons are below, and what you sent is attached.\n"
		    "\n"
		    "If you need help, write to postmaster and include this report; your\n"
		    "own text in the attached message may be left out.\n"
		    "\n"
		    "                   The mail system\n",
	},
	[BOUNCE_DELAY] = {
		.charset = "us-ascii",
		.from = "MAILER-DAEMON (Mail Delivery System)",
		.subject = "Delayed Mail (still being retried)",
		.postmaster_subject = "Postmaster Warning: Delayed Mail",
		.text =
		    "This is the mail system at host $myhostname.\n"
		    "\n"
		    "This is a warning only: you need not send your message again.\n"
		    "\n"
		    "Your message has not been delivered for $delay_warning_time_hours hour(s).\n"
		    "Delivery will be tried until the message is $maximal_queue_lifetime_days day(s) old.\n"
		    "\n"
		    "If you need help, write to postmaster and include this report; your\n"
		    "own text in the attached message may be left out.\n"
		    "\n"
		    "                   The mail system\n",
	},
	[BOUNCE_SUCCESS] = {
		.charset = "us-ascii",
		.from = "MAILER-DAEMON (Mail Delivery System)",
		.subject = "Successful Mail Delivery Report",
		.text =
		    "This is the mail system at host $myhostname.\n"
		    "\n"
		    "Your message was delivered to the destinations below. Where it was passed\n"
		    "on to a system that gives no such reports, you may hear no more of it.\n"
		    "\n"
		    "                   The mail system\n",
	},
	[BOUNCE_VERIFY] = {
		.charset = "us-ascii",
		.from = "MAILER-DAEMON (Mail Delivery System)",
		.subject = "Mail Delivery Status Report",
		.text =
		    "This is the mail system at host $myhostname.\n"
		    "\n"
		    "Here is the report about mail delivery that you asked for.\n"
		    "\n"
		    "                   The mail system\n",
	},
} };

const char *
bounce_template_name(enum bounce_kind kind)
{
	return kind_names[kind];
}

void
bounce_templates_init(struct bounce_templates *templates)
{
	*templates = built_in;
}

/* --- files --- */

struct reader {
	struct span rest;
	const char *file;
	int line;
};

static bool
next_line(struct reader *reader, struct span *line_out)
{
	if (reader->rest.len == 0 || !span_cut(&reader->rest, '\n', line_out))
		return false;
	reader->line++;
	if (line_out->len > 0 && line_out->p[line_out->len - 1] == '\r')
		line_out->len--;
	return true;
}

static bool
fail(const struct reader *reader, struct err *err, const char *what)
{
	return err_config(err, "%s, line %d: %s", reader->file, reader->line, what);
}

/* header = name ":" value */
static bool
take_header(struct bounce_template *template, struct span line, struct arena *arena)
{
	struct span value = line, name;
	char *text;

	if (!span_cut(&value, ':', &name) || value.p == NULL)
		return false;
	text = arena_cstr(arena, span_trim(value));
	name = span_trim(name);
	if (span_eq_str_ci(name, "Charset"))
		template->charset = text;
	else if (span_eq_str_ci(name, "From"))
		template->from = text;
	else if (span_eq_str_ci(name, "Subject"))
		template->subject = text;
	else if (span_eq_str_ci(name, "Postmaster-Subject"))
		template->postmaster_subject = text;
	else
		return false;
	return text[0] != '\0';
}

/* The here-document up to its end word, which stands alone on a line. */
static bool
take_document(struct reader *reader, struct span end, struct bounce_template *template, struct arena *arena,
    struct err *err)
{
	struct span line, text = { NULL, 0 };
	bool in_header = true;

	while (next_line(reader, &line)) {
		if (span_eq(line, end)) {
			if (text.p == NULL)
				return fail(reader, err, "a template needs an empty line and a text after its headers");
			template->text = arena_cstr(arena, span_make(text.p, (size_t) (line.p - text.p)));
			return true;
		}
		if (in_header && line.len == 0) {
			in_header = false;
			text = span_make(reader->rest.p, 0);
		} else if (in_header && !take_header(template, line, arena)) {
			return fail(reader, err, "expected Charset, From, Subject or Postmaster-Subject with a value");
		}
	}
	return fail(reader, err, "the end of the template is missing");
}

static bool
find_kind(struct span name, enum bounce_kind *kind_out)
{
	for (int kind = 0; kind < BOUNCE_KINDS; kind++) {
		if (span_eq_str(name, kind_names[kind])) {
			*kind_out = (enum bounce_kind) kind;
			return true;
		}
	}
	return false;
}

/* template = name "=" "<<" word */
static bool
take_template(struct reader *reader, struct span line, struct bounce_templates *templates, struct arena *arena,
    struct err *err)
{
	struct span value = line, name;
	struct bounce_template template;
	enum bounce_kind kind;

	if (!span_cut(&value, '=', &name) || !find_kind(span_trim(name), &kind))
		return fail(reader, err, "expected failure_template, delay_template, success_template or verify_template");
	value = span_trim(value);
	if (!span_starts_with(value, SPAN("<<")) || span_trim(span_from(value, 2)).len == 0)
		return fail(reader, err, "expected \"<<\" and a word");
	template = built_in.of[kind];
	if (!take_document(reader, span_trim(span_from(value, 2)), &template, arena, err))
		return false;
	templates->of[kind] = template;
	return true;
}

bool
bounce_templates_parse(struct bounce_templates *templates, struct span text, const char *file, struct arena *arena,
    struct err *err)
{
	struct reader reader = { .rest = text, .file = file };
	struct span line;

	while (next_line(&reader, &line)) {
		struct span trimmed = span_trim(line);

		if (trimmed.len == 0 || trimmed.p[0] == '#')
			continue;
		if (!take_template(&reader, line, templates, arena, err))
			return false;
	}
	return true;
}

/* --- expansion --- */

static const struct time_suffix {
	const char *suffix;
	int64_t seconds;
} time_suffixes[] = {
	{ "seconds", 1 }, { "minutes", 60 }, { "hours", 3600 }, { "days", 86400 }, { "weeks", 7 * 86400 },
};

static bool
set_times(struct main_cf *cf, const char *name, char unit, struct arena *arena, struct err *err)
{
	const char *value = main_cf_value(cf, name, arena, err);
	struct duration time;

	if (value == NULL || !param_parse_time(span_of(value), unit, &time, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(time_suffixes); i++)
		main_cf_set(cf, arena_printf(arena, "%s_%s", name, time_suffixes[i].suffix),
		    arena_printf(arena, "%lld", (long long) (time.us / 1000000 / time_suffixes[i].seconds)));
	return true;
}

const char *
bounce_template_expand(struct main_cf *cf, const char *text, struct arena *arena, struct err *err)
{
	if (!set_times(cf, "maximal_queue_lifetime", 'd', arena, err) || !set_times(cf, "delay_warning_time", 'h', arena, err))
		return NULL;
	return main_cf_expand(cf, text, arena, err);
}
