/* SPDX-License-Identifier: ISC */
/*
 * postconf(1): show and change the configuration. This file reads the command line and decides what
 * is done; the other files of this folder do it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/sys/log.h"
#include "lib/table/table.h"
#include "master/postconf/postconf_int.h"

enum { ARENA_BYTES = 256 << 20, OPTION_MDOC = 1000 };

NORETURN static void
usage(void)
{
	(void) fputs(
	    "usage: postconf [-dfhHjnqvx] [-c dir] [-C class,...] [-o name=value] [name ...]\n"
	    "       postconf [-e] [-c dir] name=value ...\n"
	    "       postconf -X | -# [-c dir] name ...\n"
	    "       postconf -M [-fjx] [service[/type] ...]\n"
	    "       postconf -F [-fhHjx] [service[/type[/field]] ...]\n"
	    "       postconf -P | -PP [-fhHjx] [service[/type[/parameter]] ...]\n"
	    "       postconf -M | -F | -P -e name=value ...\n"
	    "       postconf -M | -P -X name ...\n"
	    "       postconf -M -# name ...\n"
	    "       postconf -l | -m | -a | -A\n"
	    "       postconf -b | -t [template_file]\n"
	    "       postconf -T compile-version | run-version | public-key-algorithms\n",
	    stderr);
	exit(1);
}

/* -C: a list of classes. */
static unsigned
parse_classes(const char *list)
{
	static const struct {
		const char *name;
		unsigned mask;
	} classes[] = {
		{ "builtin", NAME_BUILTIN }, { "service", NAME_SERVICE }, { "user", NAME_USER },
		{ "all", NAME_BUILTIN | NAME_SERVICE | NAME_USER },
	};
	struct span rest = span_of(list), word;
	unsigned mask = 0;

	while (span_token(&rest, ", \t", &word)) {
		size_t i = 0;

		while (i < COUNT_OF(classes) && !span_eq_str(word, classes[i].name))
			i++;
		if (i == COUNT_OF(classes))
			fatal("unknown class \"%.*s\": expected builtin, service, user or all",
			    SPAN_ARG(word));
		mask |= classes[i].mask;
	}
	return mask;
}

/* What needs no configuration. */
static int
print_lines(const char *const *lines)
{
	for (; *lines != NULL; lines++)
		(void) puts(*lines);
	return 0;
}

static const char *const lock_methods[] = { "flock", "fcntl", "dotlock", NULL };
static const char *const sasl_types[] = { NULL };

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The kinds of lookup tables, sorted. */
static const char *const *
list_table_kinds(struct arena *arena)
{
	ARRAY(const char *) names = { 0 };

	for (const struct table_kind *const *kind = table_registry; *kind != NULL; kind++)
		*ARRAY_ADD(arena, &names) = (*kind)->name;
	qsort(names.v, names.count, sizeof(names.v[0]), compare_names);
	*ARRAY_ADD(arena, &names) = NULL;
	return names.v;
}

static void
set_action(struct postconf *p, enum action action)
{
	if (p->action != ACTION_SHOW && p->action != action)
		fatal("specify one of -e, -X and -#");
	p->action = action;
}

static void
set_target(struct postconf *p, enum target target)
{
	if (p->target != TARGET_MAIN && p->target != target)
		fatal("specify one of -M, -F and -P");
	p->target = target;
}

struct command_line {
	const char *tls_mode;                   /* -T */
	int templates;                          /* 'b', 't' or 0 */
	const char *mdoc;                       /* template */
	const char *const *list;                /* -l, -m, -a, -A */
	int verbose;
};

/* Options that ask for a form of output; false for others. */
static bool
parse_form(struct postconf *p, int c)
{
	switch (c) {
	case 'd': p->defaults = true; return true;
	case 'f': p->fold = true; return true;
	case 'h': p->value_only = true; return true;
	case 'H': p->name_only = true; return true;
	case 'j': p->json = true; return true;
	case 'n': p->only_set = true; return true;
	case 'p': return true;          /* main.cf's parameters: what is shown anyway */
	case 'q': p->quiet = true; return true;
	case 'x': p->expand = true; return true;
	default: return false;
	}
}

static void
parse_option(struct postconf *p, struct command_line *line, int c)
{
	switch (c) {
	case 'a': case 'A': line->list = sasl_types; break;
	case 'b': case 't': line->templates = c; break;
	case 'c': p->dir = optarg; break;
	case 'C': p->classes = parse_classes(optarg); break;
	case 'e': set_action(p, ACTION_EDIT); break;
	case 'F': set_target(p, TARGET_FIELDS); break;
	case 'l': line->list = lock_methods; break;
	case 'm': line->list = list_table_kinds(p->arena); break;
	case 'M': set_target(p, TARGET_SERVICES); break;
	case 'o': *ARRAY_ADD(p->arena, &p->override_texts) = optarg; break;
	case 'P':
		p->with_unset = p->target == TARGET_PARAMS;
		set_target(p, TARGET_PARAMS);
		break;
	case 'T': line->tls_mode = optarg; break;
	case 'v': line->verbose++; break;
	case 'X': set_action(p, ACTION_REMOVE); break;
	case '#': set_action(p, ACTION_COMMENT); break;
	case OPTION_MDOC: line->mdoc = optarg; break;
	default: usage();
	}
}

/* Which options exclude each other; an argument with '=' means -e. */
static void
check_command_line(struct postconf *p, const char *const *args)
{
	bool has_assignment = false;

	for (const char *const *arg = args; *arg != NULL; arg++)
		has_assignment |= strchr(*arg, '=') != NULL;
	if (p->action == ACTION_SHOW && has_assignment && !p->defaults && !p->only_set)
		p->action = ACTION_EDIT;
	if (p->action != ACTION_SHOW && (p->defaults || p->only_set || p->expand || p->json))
		fatal("options -d, -j, -n and -x show; they cannot be used to edit");
	if (p->action != ACTION_SHOW && *args == NULL)
		fatal("what shall be changed? Give at least one argument");
	if (p->defaults && (p->only_set || p->target != TARGET_MAIN))
		fatal("specify one of -d, -n, -M, -F and -P");
	if (p->value_only && p->name_only)
		fatal("specify one of -h and -H");
	if (p->target == TARGET_SERVICES && (p->value_only || p->name_only))
		fatal("with option -M, do not specify -h or -H");
}

/* What a running program knows of itself, and -o. */
static void
apply_overrides(struct postconf *p, struct main_cf *cf)
{
	struct err err = { 0 };

	main_cf_set(cf, "process_name", "postconf");
	main_cf_set(cf, "process_id", arena_printf(p->arena, "%ld", (long) getpid()));
	for (size_t i = 0; i < p->override_texts.count; i++)
		if (!main_cf_set_text(cf, p->override_texts.v[i], &err))
			fatal("%s", err.text);
}

/* main.cf, or nothing for -d and for a file that will be made; with -o. */
static void
load_main(struct postconf *p, const struct command_line *line)
{
	struct err err = { 0 };

	p->main_path = arena_printf(p->arena, "%s/main.cf", p->dir);
	if (!p->defaults && line->mdoc == NULL)
		p->cf = main_cf_load(p->dir, p->arena, &err);
	if (p->defaults || line->mdoc != NULL ||
	    (p->cf == NULL && p->action == ACTION_EDIT && err.errnum == ENOENT))
		p->cf = main_cf_parse((struct span){ 0 }, p->main_path, p->dir, p->arena, &err);
	p->plain = main_cf_parse((struct span){ 0 }, p->main_path, p->dir, p->arena, &err);
	if (p->cf == NULL || p->plain == NULL)
		fatal("%s", err.text);
	apply_overrides(p, p->cf);
	for (size_t i = 0; i < p->override_texts.count; i++) {
		struct span rest = span_trim_set(span_of(p->override_texts.v[i]), " \t{}");

		*ARRAY_ADD(p->arena, &p->overrides) = arena_cstr(
		    p->arena, span_slice(rest, 0, span_find_any(rest, "= \t")));
	}
}

struct main_cf *
postconf_load_main(struct postconf *p)
{
	struct err err = { 0 };
	struct main_cf *cf = main_cf_load(p->dir, p->arena, &err);

	if (cf == NULL)
		fatal("%s", err.text);
	apply_overrides(p, cf);
	return cf;
}

void
edit_lock(struct postconf *p)
{
	int fd = open(p->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Kept open until the end. */
	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		fatal_errno("lock directory %s", p->dir);
}

static int
run(struct postconf *p, const struct command_line *line, const char *const *args)
{
	if (p->action != ACTION_SHOW)
		edit_lock(p);
	load_main(p, line);
	if (line->mdoc != NULL)
		return mdoc_print(p, line->mdoc);
	if (line->templates != 0)
		return facts_print_templates(p, args[0], line->templates == 'b');
	services_load(p);
	name_collect_used(p);
	if (p->target == TARGET_MAIN)
		return p->action == ACTION_SHOW ? main_show(p, args) : main_edit(p, args);
	return p->action == ACTION_SHOW ? services_show(p, args) : services_edit(p, args);
}

int
main(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "mdoc", required_argument, NULL, OPTION_MDOC },
		{ NULL, 0, NULL, 0 },
	};
	struct postconf p = { .classes = NAME_BUILTIN | NAME_SERVICE | NAME_USER };
	struct command_line line = { 0 };
	int c;

	log_init(
	    &(struct log_setup){ .tag = "postconf", .to_stderr = true, .is_stderr_only = true });
	p.arena = arena_new("postconf", ARENA_BYTES);
	p.dir = main_cf_default_dir();
	while ((c = getopt_long(argc, argv, "aAbc:C:deFfhHjlmMno:pPqtT:vxX#", long_options, NULL)) != -1)
		if (!parse_form(&p, c))
			parse_option(&p, &line, c);
	check_command_line(&p, (const char *const *) argv + optind);

	int status = line.list != NULL ? print_lines(line.list)
	    : line.tls_mode != NULL    ? facts_print_tls(line.tls_mode)
	                               : run(&p, &line, (const char *const *) argv + optind);
	if (fflush(stdout) != 0 || ferror(stdout))
		fatal_errno("write standard output");
	arena_free(&p.arena);
	return status;
}
