/* SPDX-License-Identifier: ISC */
/*
 * What the manifests say, as a table or a graph; and with -r what each running process really has,
 * read from /proc, in the same columns, so that the two can be held side by side.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/manifest.h"
#include "lib/sys/priv.h"
#include "master/carteiro/carteiro_int.h"

enum { STATUS_MAX = 64 << 10, LINK_MAX_BYTES = 4096 };

/* A manifest's user by the configuration's name. */
static const char *
user_of(const struct command *command, const struct manifest *manifest)
{
	switch (manifest->user) {
	case RUN_AS_ROOT: return "root";
	case RUN_AS_MAIL: return command->mail.mail_owner;
	case RUN_AS_NET: return command->mail.net_owner;
	case RUN_AS_AUTH: return command->mail.auth_owner;
	case RUN_AS_KEY: return command->mail.key_owner;
	}
	return "?";
}

static const char *
root_of(const struct manifest *manifest)
{
	switch (manifest->root) {
	case ROOT_HOST: return "host";
	case ROOT_QUEUE: return "queue";
	case ROOT_EMPTY: return "empty";
	}
	return "?";
}

/* The manifest's sandbox in one word: filter and Landlock, or none. */
static const char *
sandbox_of(const struct command *command, const struct manifest *manifest)
{
	return !command->mail.sandbox || (manifest->sandbox & SANDBOX_NONE) ? "none" : "filter";
}

/* The table of manifests. */
static int
print_table(struct command *command)
{
	printf("%-12s %-14s %-6s %-7s %-18s %s\n", "program", "user", "root", "sandbox", "capabilities", "calls");
	for (size_t i = 0; manifest_registry[i] != NULL; i++) {
		const struct manifest *m = manifest_registry[i];

		printf("%-12s %-14s %-6s %-7s %-18llx", m->program, user_of(command, m), root_of(m),
		    sandbox_of(command, m), (unsigned long long) (m == &master_manifest ? ~0ULL >> 23 : m->caps));
		for (size_t j = 0; m->calls != NULL && m->calls[j] != NULL; j++)
			printf(" %s", m->calls[j]);
		printf("\n");
	}
	return 0;
}

/* The same as a graph for Graphviz. */
static int
print_graph(void)
{
	printf("digraph carteiro {\n  rankdir=LR;\n  node [shape=box];\n");
	for (size_t i = 0; manifest_registry[i] != NULL; i++) {
		const struct manifest *m = manifest_registry[i];

		printf("  \"%s\";\n", m->program);
		for (size_t j = 0; manifest_registry[j] != NULL; j++)
			if (manifest_may_call(m, manifest_registry[j]))
				printf("  \"%s\" -> \"%s\";\n", m->program, manifest_registry[j]->program);
	}
	printf("}\n");
	return 0;
}

/* The value of one line of /proc/PID/status, or the empty span. */
static struct span
status_value(struct span status, const char *name)
{
	for (struct span line; span_cut(&status, '\n', &line);) {
		struct span key;

		if (span_cut(&line, ':', &key) && span_eq_str(key, name))
			return span_trim(line);
	}
	return span_make("", 0);
}

/* Where a process's root directory is. */
static const char *
real_root(struct command *command, const char *dir)
{
	char target[LINK_MAX_BYTES];
	ssize_t len = readlink(path_under(command->arena, dir, "root"), target, sizeof(target) - 1);
	size_t queue_len = strlen(command->mail.queue_directory);

	if (len < 0)
		return "?";
	target[len] = '\0';
	if (strcmp(target, "/") == 0)
		return "host";
	if (strncmp(target, command->mail.queue_directory, queue_len) != 0)
		return "other";
	return target[queue_len] == '\0' ? "queue" : "empty";
}

/* Descriptors that a process has open. */
static int
count_descriptors(const char *dir)
{
	DIR *list = opendir(dir);
	int count = 0;

	if (list == NULL)
		return -1;
	for (struct dirent *entry; (entry = readdir(list)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(list);
	return count;
}

/* One running process, if it is a child of our master or master itself. */
static void
print_process(struct command *command, const char *number, uint64_t master)
{
	const char *dir = arena_printf(command->arena, "/proc/%s", number);
	struct span status, name, uids, uid_text;
	struct err err = { 0 };
	struct passwd *pw;
	uint64_t parent, uid;

	if (!file_read(AT_FDCWD, path_under(command->arena, dir, "status"), STATUS_MAX, command->arena, &status, &err)
	    || !span_to_u64(status_value(status, "PPid"), INT32_MAX, &parent)
	    || (parent != master && !span_eq_str(span_of(number), arena_printf(command->arena, "%llu",
	    (unsigned long long) master))))
		return;
	name = status_value(status, "Name");
	uids = status_value(status, "Uid");
	if (!span_token(&uids, "\t ", &uid_text) || !span_to_u64(uid_text, UINT32_MAX, &uid))
		return;
	pw = getpwuid((uid_t) uid);
	printf("%-12.*s %-8s %-14s %-6s %-7s %-18.*s %d\n", SPAN_ARG(name), number, pw ? pw->pw_name : "?",
	    real_root(command, dir), span_eq_str(status_value(status, "Seccomp"), "2") ? "filter" : "none",
	    SPAN_ARG(status_value(status, "CapEff")), count_descriptors(path_under(command->arena, dir, "fd")));
}

/* The number in pid/master.pid. */
static uint64_t
master_number(struct command *command)
{
	struct span text;
	struct err err = { 0 };
	uint64_t pid;

	if (!file_read(AT_FDCWD, path_under(command->arena, command->mail.queue_directory, "pid/master.pid"), 64,
	    command->arena, &text, &err) || !span_to_u64(span_trim(text), INT32_MAX, &pid))
		fatal("the mail system is not running");
	return pid;
}

/* The table of processes. */
static int
print_running(struct command *command)
{
	uint64_t master = master_number(command);
	DIR *list = opendir("/proc");

	if (list == NULL)
		fatal_errno("open /proc");
	printf("%-12s %-8s %-14s %-6s %-7s %-18s %s\n", "program", "pid", "user", "root", "sandbox", "capabilities",
	    "descriptors");
	for (struct dirent *entry; (entry = readdir(list)) != NULL;)
		if (ascii_is_digit(entry->d_name[0]))
			print_process(command, entry->d_name, master);
	closedir(list);
	return 0;
}

int
topology_print(struct command *command)
{
	const char *how = command->args[0];

	if (how == NULL)
		return print_table(command);
	if (strcmp(how, "-g") == 0)
		return print_graph();
	if (strcmp(how, "-r") == 0)
		return print_running(command);
	fatal("topology: unknown option %s; expected -g (graph) or -r (running processes)", how);
}
