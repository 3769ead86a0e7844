/* SPDX-License-Identifier: ISC */
/*
 * How a daemon learns what it is to be. master starts it as
 *
 *     program -n name -t type -s listening-sockets -l process-limit -i slot [-v] [-o name=value] ... [arguments of master.cf]
 *
 * with MAIL_CONFIG in the environment. Reload comes here again with the same overrides.
 */
#include <getopt.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/sys/log.h"
#include "lib/sys/service_int.h"

enum { PROGRAM_ARENA_BYTES = 64 << 20, LIMIT_MAX = 1000000 };

/* A number from master's own options. */
static int
number_option(const char *text, int max)
{
	uint64_t value;

	if (!span_to_u64(span_of(text), (uint64_t) max, &value))
		fatal("option value \"%s\": expected a number of at most %d; daemons are started by master", text, max);
	return (int) value;
}

/* Read the command line. */
void
service_parse_args(struct program *program, int argc, char **argv)
{
	struct service_private *private = program->private;
	ARRAY(const char *) overrides = { 0 };
	int c;

	opterr = 0;
	while ((c = getopt(argc, argv, "+n:t:s:l:i:o:vD")) != -1) {
		switch (c) {
		case 'n': program->service_name = optarg; break;
		case 't': private->type = optarg; break;
		case 's': private->listen_count = number_option(optarg, SERVICE_LISTEN_MAX); break;
		case 'l': program->process_limit = number_option(optarg, LIMIT_MAX); break;
		case 'i': program->process_slot = (unsigned) number_option(optarg, 4095); break;
		case 'o': *ARRAY_ADD(program->arena, &overrides) = optarg; break;
		case 'v': private->verbose++; break;
		case 'D': private->wants_debugger = true; break;
		default: fatal("unknown option -%c in the arguments of master.cf", optopt);
		}
	}
	if (program->service_name == NULL || private->type == NULL)
		fatal("this program is started by master; run \"carteiro start\"");
	*ARRAY_ADD(program->arena, &overrides) = NULL;
	private->overrides = overrides.v;
	program->args = (const char *const *) argv + optind;
}

/* Read-only names that $name may use. */
static void
set_own_names(struct program *program)
{
	char pid[24];

	snprintf(pid, sizeof(pid), "%ld", (long) getpid());
	main_cf_set(program->cf, "process_id", pid);
	main_cf_set(program->cf, "process_name", program->service->manifest->program);
	main_cf_set(program->cf, "service_name", program->service_name);
}

/* Fill the structures of the daemon's own tables. */
static bool
load_own_params(struct program *program, struct err *err)
{
	const struct service_params *params = program->service->params;

	for (; params != NULL && params->table != NULL; params++) {
		const char *prefix = params->prefix;

		if (prefix != NULL && strcmp(prefix, "$") == 0)
			prefix = arena_printf(program->arena, "%s_", program->service_name);
		if (!param_load(program->cf, params->table, prefix, (char *) program->state + params->offset,
		    program->arena, err))
			return false;
	}
	return true;
}

/* The file, and what master.cf and this process say in its place. */
static bool
load_main_cf(struct program *program, struct err *err)
{
	program->cf = main_cf_load(program->config_directory, program->arena, err);
	if (program->cf == NULL)
		return false;
	for (const char *const *o = program->private->overrides; *o != NULL; o++)
		if (!main_cf_set_text(program->cf, *o, err))
			return err_prefix(err, "-o %s", *o);
	set_own_names(program);
	return true;
}

/*
 * Before the first configuration is read, a daemon does not know where its log goes, and nobody reads
 * its standard error: what is wrong is told to postlogd where it listens (master has made the queue
 * the working directory), else to syslog.
 */
static void
open_first_log(const struct program *program)
{
	static const char socket_path[] = "public/postlog";
	char host[65] = "localhost";

	(void) gethostname(host, sizeof(host) - 1);
	host[strcspn(host, ".")] = '\0';
	log_init(&(struct log_setup){
	    .tag = arena_printf(program->arena, "postfix/%s", program->service->manifest->program),
	    .host = host,
	    .facility = LOG_MAIL,
	    .socket_path = access(socket_path, W_OK) == 0 ? socket_path : NULL,
	});
}

void
service_load_conf(struct program *program)
{
	struct mail_conf *mail = ARENA_NEW(program->arena, struct mail_conf);
	struct err err = { 0 };

	if (!load_main_cf(program, &err) || !mail_conf_load(program->cf, mail, program->arena, &err)) {
		if (program->mail == NULL)
			open_first_log(program);
		fatal("%s", err.text);
	}
	program->mail = mail;
}

void
service_load_params(struct program *program)
{
	struct err err = { 0 };

	if (!load_own_params(program, &err))
		fatal("%s", err.text);
}
