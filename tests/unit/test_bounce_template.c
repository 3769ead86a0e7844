/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include "lib/queue/bounce_template.h"

static const struct template_case {
	const char *name, *in;
	const char *subject, *charset, *text;   /* of the failure template; NULL: built in */
	const char *error;                      /* NULL: it is accepted */
} template_cases[] = {
	{ .name = "empty", .in = "# nothing\n\n" },
	{
		.name = "all headers",
		.in = "failure_template = <<EOF\nCharset: utf-8\nFrom: Post <post@x.example>\nSubject: Oh no\n"
		      "Postmaster-Subject: Copy\n\none\ntwo\nEOF\n",
		.subject = "Oh no", .charset = "utf-8", .text = "one\ntwo\n",
	},
	{
		.name = "some headers",
		.in = "failure_template=<<X\nSubject: Oh no\n\n\nEOF\nX\n\n# end\n",
		.subject = "Oh no", .text = "\nEOF\n",
	},
	{ .name = "CR LF", .in = "failure_template = <<EOF\r\nSubject: A\r\n\r\nt\r\nEOF\r\n", .subject = "A", .text = "t\r\n" },
	{ .name = "unknown name", .in = "fail_template = <<EOF\n\nEOF\n", .error = "t, line 1: " },
	{ .name = "no document", .in = "\nfailure_template = text\n", .error = "t, line 2: " },
	{ .name = "no end", .in = "failure_template = <<EOF\n\ntext\n", .error = "t, line 3: " },
	{ .name = "no text", .in = "failure_template = <<EOF\nSubject: x\nEOF\n", .error = "t, line 3: " },
	{ .name = "unknown header", .in = "failure_template = <<EOF\nX-Y: z\n\nEOF\n", .error = "t, line 2: " },
	{ .name = "empty header", .in = "failure_template = <<EOF\nSubject:\n\nEOF\n", .error = "t, line 2: " },
};

TEST(template_files)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 100000);

	EACH_CASE(t, c, template_cases) {
		struct bounce_templates got, plain;
		struct err err = { 0 };

		bounce_templates_init(&plain);
		bounce_templates_init(&got);
		T_INT(t, bounce_templates_parse(&got, t_exact(t, c->in), "t", arena, &err), c->error == NULL);
		T_TRUE(t, c->error == NULL || strncmp(err.text, c->error, strlen(c->error)) == 0);
		T_STR(t, got.of[BOUNCE_FAILURE].subject, c->subject ? c->subject : plain.of[BOUNCE_FAILURE].subject);
		T_STR(t, got.of[BOUNCE_FAILURE].charset, c->charset ? c->charset : "us-ascii");
		T_STR(t, got.of[BOUNCE_FAILURE].text, c->text ? c->text : plain.of[BOUNCE_FAILURE].text);
		T_STR(t, got.of[BOUNCE_DELAY].subject, "Delayed Mail (still being retried)");
	}
}

static const struct expand_case {
	const char *name, *in, *want;
} expand_cases[] = {
	{ .name = "parameter",   .in = "at $myhostname.", .want = "at mx.example." },
	{ .name = "hours",       .in = "${delay_warning_time_hours}h", .want = "4h" },
	{ .name = "minutes",     .in = "$delay_warning_time_minutes", .want = "240" },
	{ .name = "days",        .in = "$maximal_queue_lifetime_days", .want = "5" },
	{ .name = "weeks round down", .in = "$maximal_queue_lifetime_weeks", .want = "0" },
	{ .name = "dollar",      .in = "$$5", .want = "$5" },
};

TEST(template_expansion)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("test", 1000000);
	struct err err = { 0 };
	struct main_cf *cf = main_cf_parse(SPAN("myhostname = mx.example\ndelay_warning_time = 4\n"), "main.cf", "/etc/x", arena, &err);

	T_NEED(t, cf != NULL);
	EACH_CASE(t, c, expand_cases)
		T_STR(t, bounce_template_expand(cf, c->in, arena, &err), c->want);
}
