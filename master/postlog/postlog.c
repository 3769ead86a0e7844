/* SPDX-License-Identifier: ISC */
/*
 * postlog(1): write into the mail log what shell scripts have to say. One line per argument list, or
 * per line of standard input. It is installed set-gid so that anybody can reach postlogd's socket;
 * a foreign configuration directory is therefore taken only from root or where main.cf allows it.
 */
#include <getopt.h>
#include <time.h>
#include <unistd.h>

#include "lib/queue/queue_command.h"
#include "lib/sys/mail_log.h"

enum { LINE_MAX_BYTES = 4096 };

static const struct priority {
	const char *name;
	enum log_level level;
} priorities[] = {
	{ "info", LOG_LEVEL_INFO },
	{ "warn", LOG_LEVEL_WARN },
	{ "warning", LOG_LEVEL_WARN },
	{ "error", LOG_LEVEL_ERROR },
	{ "fatal", LOG_LEVEL_FATAL },
	{ "panic", LOG_LEVEL_PANIC },
};

/* A priority by its name. */
static enum log_level
parse_priority(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(priorities); i++)
		if (strcasecmp(priorities[i].name, name) == 0)
			return priorities[i].level;
	fatal("bad priority: \"%s\": expected info, warn, error, fatal or panic", name);
}

/* The arguments as one line. */
static void
log_arguments(enum log_level level, char **args)
{
	CLEANUP(str_fini) struct str line;

	str_init(&line, LINE_MAX_BYTES);
	for (; *args != NULL; args++) {
		if (line.len > 0)
			str_add_char(&line, ' ');
		str_add_str(&line, *args);
	}
	log_text(level, str_cstr(&line));
}

/* Standard input, line by line; a longer line is cut into pieces. */
static void
log_input(enum log_level level)
{
	char line[LINE_MAX_BYTES];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		log_text(level, line);
	}
	if (ferror(stdin))
		fatal_errno("read standard input");
}

int
main(int argc, char **argv)
{
	struct queue_command command = { 0 };
	const char *directory = NULL, *tag = NULL;
	enum log_level level = LOG_LEVEL_INFO;
	struct log_setup setup;
	int c, verbose = 0;

	tzset();
	while ((c = getopt(argc, argv, "c:ip:t:v")) != -1) {
		switch (c) {
		case 'c': directory = optarg; break;
		case 'i': break;        /* the process number always stands in the line */
		case 'p': level = parse_priority(optarg); break;
		case 't': tag = optarg; break;
		case 'v': verbose++; break;
		default:
			fatal("usage: postlog [-c config_dir] [-i] [-p priority] [-t tag] [-v] [text]");
		}
	}
	queue_command_init(&command, "postlog", directory, verbose);
	setup = mail_log_setup(&command.mail, "postlog", command.arena);
	if (tag != NULL)
		setup.tag = tag;
	setup.to_stderr = isatty(STDERR_FILENO) != 0;
	setup.verbose = verbose;
	log_init(&setup);
	if (argv[optind] != NULL)
		log_arguments(level, argv + optind);
	else
		log_input(level);
	log_flush();
	return 0;
}
