/* SPDX-License-Identifier: ISC */
/*
 * carteiro(8), also installed as postfix: the administrator's command. This file reads the command
 * line; each sub-command is one row.
 */
#include <getopt.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/mail_log.h"
#include "master/carteiro/carteiro_int.h"

enum { ARENA_BYTES = 16 << 20 };

static const struct subcommand {
	const char *name;
	int (*run)(struct command *command);
	const char *doc;
} subcommands[] = {
	{ "start", control_start, "start the mail system in the background" },
	{ "start-fg", control_start_foreground, "start it in the foreground (containers; process 1)" },
	{ "stop", control_stop, "stop it; processes may finish what they do" },
	{ "abort", control_abort, "stop it at once" },
	{ "reload", control_reload, "read the configuration anew without dropping connections" },
	{ "flush", control_flush, "try to deliver everything that was deferred" },
	{ "check", control_check, "create missing directories; report wrong owners, modes and settings" },
	{ "status", control_status, "tell whether it is running" },
	{ "set-permissions", control_set_permissions, "mend owners and modes" },
	{ "logrotate", control_logrotate, "put maillog_file away under a name with the time in it, and compress it" },
	{ "upgrade-configuration", control_upgrade_configuration, "add services to master.cf that this version needs" },
	{ "user", control_run_user, "make, list, change and remove accounts" },
	{ "topology", topology_print, "list the daemons: user, root, sandbox, who calls whom (-g graph, -r running)" },
};

/* The list of sub-commands, on standard error. */
NORETURN static void
usage(const char *name)
{
	fprintf(stderr, "usage: %s [-c config_dir] [-v] command\n", name);
	for (size_t i = 0; i < COUNT_OF(subcommands); i++)
		fprintf(stderr, "  %-22s %s\n", subcommands[i].name, subcommands[i].doc);
	exit(1);
}

/* Find a sub-command. */
static const struct subcommand *
find_subcommand(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(subcommands); i++)
		if (strcmp(subcommands[i].name, name) == 0)
			return &subcommands[i];
	return NULL;
}

/* Configuration and log. */
static void
load(struct command *command)
{
	struct err err = { 0 };
	struct log_setup setup;

	command->cf = main_cf_load(command->config_directory, command->arena, &err);
	if (command->cf == NULL || !mail_conf_load(command->cf, &command->mail, command->arena, &err))
		fatal("%s", err.text);
	setup = mail_log_setup(&command->mail, "postfix-script", command->arena);
	setup.to_stderr = true;
	setup.verbose = command->verbose;
	log_init(&setup);
}

int
main(int argc, char **argv)
{
	struct command command = { .arena = arena_new("carteiro", ARENA_BYTES) };
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const struct subcommand *subcommand;
	int c;

	umask(022);
	tzset();
	while ((c = getopt(argc, argv, "+c:Dv")) != -1) {
		switch (c) {
		case 'c': setenv("MAIL_CONFIG", optarg, 1); break;
		case 'D': break;        /* debugging by the debugger that started us */
		case 'v': command.verbose++; break;
		default: usage(name);
		}
	}
	if (argv[optind] == NULL)
		usage(name);
	subcommand = find_subcommand(argv[optind]);
	if (subcommand == NULL) {
		fprintf(stderr, "%s: unknown command: \"%s\"\n", name, argv[optind]);
		usage(name);
	}
	command.config_directory = main_cf_default_dir();
	command.args = (const char *const *) argv + optind + 1;
	load(&command);
	return subcommand->run(&command);
}
