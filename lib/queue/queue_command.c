/* SPDX-License-Identifier: ISC */
/* Start of the commands that deal with the queue. A set-gid command takes only configuration that the administrator named. */
#include "lib/queue/queue_command.h"

#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "lib/sys/mail_log.h"

enum { COMMAND_ARENA_BYTES = 64 << 20 };

/* A directory of the caller's choice gives a privileged command only what alternate_config_directories lists. */
static bool
may_use_directory(struct queue_command *command, const char *directory, struct err *err)
{
	struct main_cf *cf = main_cf_load(main_cf_default_dir(), command->arena, err);
	const char *allowed;
	struct span rest, word;

	if (cf == NULL)
		return false;
	allowed = main_cf_value(cf, "alternate_config_directories", command->arena, err);
	rest = span_of(allowed);
	while (span_token(&rest, ", \t\r\n", &word))
		if (span_eq_str(word, directory))
			return true;
	return err_config(err, "configuration directory %s is not in alternate_config_directories", directory);
}

static const char *
choose_directory(struct queue_command *command, const char *asked)
{
	const char *directory = asked;
	struct err err = { 0 };

	if (getauxval(AT_SECURE) == 0 || getuid() == 0)
		return directory != NULL ? directory : main_cf_default_dir();
	if (directory == NULL)
		directory = getenv("MAIL_CONFIG");
	(void) unsetenv("MAIL_CONFIG");
	if (directory == NULL || strcmp(directory, main_cf_default_dir()) == 0)
		return main_cf_default_dir();
	if (!may_use_directory(command, directory, &err))
		fatal("%s", err.text);
	return directory;
}

void
queue_command_name(const char *name)
{
	log_init(&(struct log_setup){ .tag = name, .host = "", .to_stderr = true, .is_stderr_only = true });
}

void
queue_command_init(struct queue_command *command, const char *name, const char *directory, int verbose)
{
	struct err err = { 0 };
	struct log_setup setup;

	tzset();
	*command = (struct queue_command){ .name = name, .arena = arena_new(name, COMMAND_ARENA_BYTES) };
	directory = choose_directory(command, directory);
	command->cf = main_cf_load(directory, command->arena, &err);
	if (command->cf == NULL || !mail_conf_load(command->cf, &command->mail, command->arena, &err))
		fatal("%s", err.text);
	setup = mail_log_setup(&command->mail, name, command->arena);
	setup.to_stderr = true;
	setup.verbose = verbose;
	log_init(&setup);
}

void
queue_command_open_queue(struct queue_command *command)
{
	struct err err = { 0 };

	command->queue = queue_open(command->mail.queue_directory, command->mail.hash_queue_names,
	    command->mail.hash_queue_depth, &err);
	if (command->queue == NULL)
		fatal("%s", err.text);
}
