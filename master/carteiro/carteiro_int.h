/* SPDX-License-Identifier: ISC */
#ifndef CARTEIRO_INT_H
#define CARTEIRO_INT_H

/* What the files carteiro_*.c share; nobody else includes this. */

#include "lib/base/arena.h"
#include "lib/sys/mail_conf.h"
#include "lib/sys/master_cf.h"

struct command {
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	const char *config_directory;
	int verbose;                    /* number of -v */
	const char *const *args;        /* after the sub-command; ends with NULL */
};

/* carteiro_layout.c: directories and their owners. false when something could not be mended (it has been logged). */
bool layout_check(struct command *command, bool mend_owners);
bool layout_check_commands(struct command *command, bool mend);

/* carteiro_control.c: the running system. All return the exit status. */
int control_start(struct command *command);
int control_start_foreground(struct command *command);
int control_stop(struct command *command);
int control_abort(struct command *command);
int control_reload(struct command *command);
int control_flush(struct command *command);
int control_check(struct command *command);
int control_status(struct command *command);
int control_set_permissions(struct command *command);
int control_logrotate(struct command *command);
int control_upgrade_configuration(struct command *command);
int control_run_user(struct command *command);

/* Tell a running master to reload; false when none runs. */
bool control_signal_reload(struct command *command);

/* Run a program, found as execvp(3) does, and wait: its exit status. */
int control_run_program(const char *path, const char *const *args);

/* carteiro_upgrade.c */
void upgrade_report(struct command *command, const struct master_cf *services);

/*
 * carteiro_params.c: values of main.cf, and of each service's -o, that a program of the suite would not
 * take: each is logged with its place. services may be NULL. false when there is one.
 */
bool params_check(struct command *command, const struct master_cf *services);

/* carteiro_topology.c: manifests as a table, as a graph (-g), and the running processes (-r). */
int topology_print(struct command *command);

#endif
