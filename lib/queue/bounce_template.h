/* SPDX-License-Identifier: ISC */
#ifndef BOUNCE_TEMPLATE_H
#define BOUNCE_TEMPLATE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/sys/main_cf.h"

/* The words of notifications: built in, or from bounce_template_file (bounce(5)). */
enum bounce_kind { BOUNCE_FAILURE, BOUNCE_DELAY, BOUNCE_SUCCESS, BOUNCE_VERIFY, BOUNCE_KINDS };

struct bounce_template {
	const char *charset;
	const char *from;               /* as written: "MAILER-DAEMON (Mail Delivery System)" */
	const char *subject;
	const char *postmaster_subject; /* NULL: this kind has no copies */
	const char *text;               /* with $parameters */
};

struct bounce_templates {
	struct bounce_template of[BOUNCE_KINDS];
};

/* "failure_template": what a kind is called in files. */
const char *bounce_template_name(enum bounce_kind kind);

/* The built-in ones. */
void bounce_templates_init(struct bounce_templates *templates);

/*
 * Put those of a file in their place.
 * returns   false with *err naming file and line; what was read before stands
 * owns      strings lie in the arena
 */
MUST_USE bool bounce_templates_parse(struct bounce_templates *templates, struct span text, const char *file,
    struct arena *arena, struct err *err);

/*
 * Expand $parameters. maximal_queue_lifetime and delay_warning_time can be written with _seconds,
 * _minutes, _hours, _days and _weeks behind, as whole numbers.
 */
const char *bounce_template_expand(struct main_cf *cf, const char *text, struct arena *arena, struct err *err) MUST_USE;

#endif
