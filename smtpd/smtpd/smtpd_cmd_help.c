/* SPDX-License-Identifier: ISC */
/* HELP: the commands there are, as Postfix lists them. */
#include <stdlib.h>

#include "smtpd/smtpd/smtpd_reply.h"
#include "smtpd/smtpd/smtpd_session.h"

static int
help_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

bool
smtpd_cmd_help(struct session *s, struct span args)
{
	const char *names[SMTPD_CMD_UNKNOWN];
	size_t count = 0;
	struct str words;

	(void) args;
	for (size_t i = 0; i < SMTPD_CMD_UNKNOWN; i++)
		if (i != SMTPD_CMD_AUTH)
			names[count++] = smtpd_cmds[i].name;
	qsort(names, count, sizeof(names[0]), help_compare);
	str_init(&words, 500);
	for (size_t i = 0; i < count; i++)
		str_addf(&words, " %s", names[i]);
	reply_send(s, "214 2.0.0 Commands:%s", str_cstr(&words));
	str_fini(&words);
	return true;
}
