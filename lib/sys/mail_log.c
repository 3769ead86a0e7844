/* SPDX-License-Identifier: ISC */
/* From configuration to a log. */
#include <stddef.h>
#define SYSLOG_NAMES
#include <syslog.h>

#include "lib/sys/mail_log.h"

/* A facility's number by its name; an unknown name means mail. */
static int
facility_number(const char *name)
{
	for (const CODE *code = facilitynames; code->c_name != NULL; code++)
		if (strcasecmp(code->c_name, name) == 0)
			return code->c_val;
	return LOG_MAIL;
}

/* Make the setup. */
struct log_setup
mail_log_setup(const struct mail_conf *mail, const char *program, struct arena *arena)
{
	struct span host = span_of(mail->myhostname);
	struct log_setup setup = {
		.tag = arena_printf(arena, "%s/%s", mail->syslog_name, program),
		.host = arena_cstr(arena, span_slice(host, 0, span_find(host, '.'))),
		.facility = facility_number(mail->syslog_facility),
	};

	if (*mail->maillog_file == '\0')
		return setup;
	setup.file_path = mail->maillog_file;
	setup.socket_path = arena_printf(arena, "%s/public/%s", mail->queue_directory, mail->postlog_service_name);
	return setup;
}
