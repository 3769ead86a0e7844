/* SPDX-License-Identifier: ISC */
/* carteiro logrotate: the log file gets a name with the time in it, a new one is begun, the old one is compressed. */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "master/carteiro/carteiro_int.h"

enum { SUFFIX_MAX = 256, FINISH_US = 1000000 };

/* By this name the compiler does not ask for a literal: the format is the administrator's. */
static size_t (*const format_time)(char *to, size_t room, const char *format, const struct tm *parts) = strftime;

/* The name under which the file is put away. */
static const char *
rotated_name(struct command *command)
{
	const char *format = command->mail.maillog_file_rotate_suffix;
	time_t now = time(NULL);
	char suffix[SUFFIX_MAX];
	struct tm parts;

	if (localtime_r(&now, &parts) == NULL || format_time(suffix, sizeof(suffix), format, &parts) == 0)
		fatal("maillog_file_rotate_suffix = %s: expected a format of strftime(3)", format);
	if (strchr(suffix, '/') != NULL)
		fatal("maillog_file_rotate_suffix = %s: must not name another directory", format);
	return arena_printf(command->arena, "%s.%s", command->mail.maillog_file, suffix);
}

/* Put it away; never over another file. */
static void
rename_file(const char *from, const char *to)
{
	if (link(from, to) < 0)
		fatal_errno("rename %s to %s", from, to);
	if (unlink(from) < 0)
		fatal_errno("remove %s", from);
}

/* Rotate. Lines of the old generation may still arrive for a moment. */
int
control_logrotate(struct command *command)
{
	const char *file = command->mail.maillog_file, *compressor = command->mail.maillog_file_compressor, *old;
	const char *args[] = { compressor, NULL, NULL };

	if (file[0] == '\0')
		fatal("maillog_file is empty: the log goes to syslog");
	if (strncmp(file, "/dev/", 5) == 0)
		fatal("maillog_file = %s: a device is not rotated", file);
	old = rotated_name(command);
	rename_file(file, old);
	if (control_signal_reload(command))
		usleep(FINISH_US);
	if (compressor[0] == '\0')
		return 0;
	args[1] = old;
	if (control_run_program(compressor, args) != 0)
		fatal("%s %s failed", compressor, old);
	return 0;
}
