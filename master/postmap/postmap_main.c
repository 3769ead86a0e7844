/* SPDX-License-Identifier: ISC */
/* The command line of postmap and postalias. */
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/array.h"
#include "lib/sys/mail_log.h"
#include "lib/table/index_write.h"
#include "lib/table/text_source.h"
#include "master/postmap/postmap_int.h"

enum { POSTMAP_ARENA_MAX = 1 << 28 };

/* Only one of -s -q -d. */
static void
set_mode(struct postmap *postmap, enum postmap_mode mode, const char *key)
{
	if (postmap->mode != POSTMAP_BUILD && postmap->mode != POSTMAP_INCREMENT)
		fatal("specify only one of -s -q or -d");
	postmap->mode = mode;
	postmap->key = key;
}

/* An option without meaning for the tables themselves: true when it was one of these. */
static bool
take_process_option(struct postmap *postmap, int option)
{
	switch (option) {
	case 'c':
		setenv("MAIL_CONFIG", optarg, 1);
		return true;
	case 'j':
		postmap->is_json = true;
		return true;
	case 'o':
		postmap->keeps_root = true;
		return true;
	case 'p':
		postmap->has_default_mode = true;
		return true;
	case 'v':
		postmap->verbose++;
		return true;
	}
	return false;
}

static bool
take_mode_option(struct postmap *postmap, int option)
{
	switch (option) {
	case 'd':
		set_mode(postmap, POSTMAP_DELETE, optarg);
		return true;
	case 'i':
		if (postmap->mode == POSTMAP_BUILD)
			postmap->mode = POSTMAP_INCREMENT;
		return true;
	case 'q':
		set_mode(postmap, POSTMAP_QUERY, optarg);
		return true;
	case 's':
		set_mode(postmap, POSTMAP_DUMP, NULL);
		return true;
	case 'b':
		postmap->parts |= POSTMAP_BODY;
		return true;
	case 'h':
		postmap->parts |= POSTMAP_HEADERS;
		return true;
	case 'm':
		postmap->parts |= POSTMAP_MIME;
		return true;
	}
	return false;
}

static bool
take_table_option(struct postmap *postmap, int option)
{
	switch (option) {
	case 'f':
		postmap->flags &= ~(unsigned) TABLE_FOLD;
		return true;
	case 'F':
		postmap->flags |= TABLE_FILE_VALUES;
		return true;
	case 'n':
		postmap->flags = (postmap->flags | TABLE_NO_NUL) & ~(unsigned) TABLE_NUL;
		return true;
	case 'N':
		postmap->flags = (postmap->flags | TABLE_NUL) & ~(unsigned) TABLE_NO_NUL;
		return true;
	case 'r':
		postmap->duplicates = POSTMAP_REPLACE;
		return true;
	case 'u':
		postmap->utf8 = -1;
		return true;
	case 'U':
		postmap->utf8 = 1;
		return true;
	case 'w':
		postmap->duplicates = POSTMAP_IGNORE;
		return true;
	}
	return false;
}

static void
parse_options(struct postmap *postmap, int argc, char **argv)
{
	int option;

	opterr = 0;
	while ((option = getopt(argc, argv, postmap->kind->options)) != -1) {
		if (option == '?')
			fprintf(
			    stderr, "%s: invalid option -- '%c'\n", postmap->kind->name, optopt);
		if (option == '?' ||
		    (!take_process_option(postmap, option) && !take_mode_option(postmap, option) &&
			!take_table_option(postmap, option)))
			fatal("usage: %s", postmap->kind->usage);
	}
	if (argv[optind] == NULL)
		fatal("usage: %s", postmap->kind->usage);
	if (postmap->parts != 0 &&
	    (postmap->mode != POSTMAP_QUERY || strcmp(postmap->key, "-") != 0))
		fatal("specify -b -h or -m only with \"-q -\"");
	if (postmap->parts == POSTMAP_MIME) {
		log_warn("ignoring -m option without -b or -h");
		postmap->parts = 0;
	}
}

/* Standard error from the first line on; the log once the configuration has said where that is. */
static void
load_configuration(struct postmap *postmap)
{
	struct log_setup setup;
	struct err err = { 0 };

	postmap->cf = main_cf_load(main_cf_default_dir(), postmap->arena, &err);
	if (postmap->cf == NULL ||
	    !mail_conf_load(postmap->cf, &postmap->mail, postmap->arena, &err) ||
	    !param_load(postmap->cf, &table_params, NULL, &postmap->conf, postmap->arena, &err))
		fatal("%s", err.text);
	setup = mail_log_setup(&postmap->mail, postmap->kind->name, postmap->arena);
	setup.to_stderr = true;
	setup.verbose = postmap->verbose;
	log_init(&setup);
	table_env_init(&postmap->env, &postmap->conf, postmap->cf, NULL);
	postmap->env.writing_kinds = index_writing_kinds;
	if (postmap->utf8 > 0 || (postmap->utf8 == 0 && postmap->mail.smtputf8_enable))
		postmap->flags |= TABLE_UTF8;
}

/* The keys of -d: one, or all of standard input. */
static bool
delete_keys(struct postmap *postmap, char *const *specs)
{
	ARRAY(struct span) keys = { 0 };
	bool is_found = false;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	if (strcmp(postmap->key, "-") != 0)
		*ARRAY_ADD(postmap->arena, &keys) = span_of(postmap->key);
	else
		while ((len = getline(&line, &room, stdin)) >= 0)
			*ARRAY_ADD(postmap->arena, &keys) = arena_dup(
			    postmap->arena, span_trim_set(span_make(line, (size_t) len), "\n"));
	free(line);
	for (; *specs != NULL; specs++)
		is_found = postmap_delete(postmap, *specs, keys.v, keys.count) || is_found;
	return is_found;
}

static bool
run(struct postmap *postmap, char *const *specs)
{
	switch (postmap->mode) {
	case POSTMAP_QUERY:
		if (postmap->parts != 0)
			return postmap_query_message(postmap, specs);
		return strcmp(postmap->key, "-") == 0 ? postmap_query_many(postmap, specs)
						      : postmap_query(postmap, specs);
	case POSTMAP_DUMP:
		return postmap_dump(postmap, specs);
	case POSTMAP_DELETE:
		return delete_keys(postmap, specs);
	case POSTMAP_BUILD:
	case POSTMAP_INCREMENT:
		for (; *specs != NULL; specs++)
			postmap_build(postmap, *specs);
	}
	return true;
}

int
postmap_main(const struct postmap_kind *kind, int argc, char **argv)
{
	struct postmap postmap = { .kind = kind, .flags = TABLE_FOLD };
	bool is_good;

	umask(022);
	log_init(&(struct log_setup){ .tag = kind->name, .host = "", .to_stderr = true });
	postmap.arena = arena_new("postmap", POSTMAP_ARENA_MAX);
	parse_options(&postmap, argc, argv);
	load_configuration(&postmap);
	is_good = run(&postmap, argv + optind);
	if (fflush(stdout) != 0)
		fatal_errno("write error on standard output");
	table_env_fini(&postmap.env);
	arena_free(&postmap.arena);
	return is_good ? 0 : 1;
}
