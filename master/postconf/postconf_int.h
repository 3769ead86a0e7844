/* SPDX-License-Identifier: ISC */
#ifndef POSTCONF_INT_H
#define POSTCONF_INT_H

#include "lib/base/array.h"
#include "lib/sys/main_cf.h"
#include "lib/sys/master_cf.h"
#include "lib/sys/param.h"

/* postconf(1): one run. Only for master/postconf. */

/* Where a name comes from: -C. */
enum name_class { NAME_BUILTIN = 1, NAME_SERVICE = 2, NAME_USER = 4, NAME_UNKNOWN = 8 };

/* What is shown or changed: main.cf, or with -M, -F, -P something of master.cf. */
enum target { TARGET_MAIN, TARGET_SERVICES, TARGET_FIELDS, TARGET_PARAMS };
enum action { ACTION_SHOW, ACTION_EDIT, ACTION_REMOVE, ACTION_COMMENT };         /* -e, -X, -# */

/* One service of master.cf, with its place in the file. */
struct service_line {
	struct span before;             /* comments and blank lines above it */
	struct span raw;                /* its physical lines */
	struct master_entry entry;
	const char *columns[7];         /* as written, in the file's order, without the command */
	bool is_changed;                /* print from columns and entry */
	bool is_removed;
	bool is_commented;
};

struct service_file {
	const char *path;
	ARRAY(struct service_line) lines;
	struct span after;              /* below the last service */
};

struct postconf {
	struct arena *arena;
	const char *dir;
	const char *main_path;
	/*
	 * with -o; what -d shows is that of an empty file; while a service is expanded, with its own -o
	 */
	struct main_cf *cf;
	/* empty: master.cf is read with it, whatever main.cf says */
	struct main_cf *plain;
	struct service_file services;
	ARRAY(const char *) override_texts;     /* -o, as given */
	ARRAY(const char *) overrides;  /* the names in them */
	/* names that some value refers to, or that are restriction classes */
	ARRAY(const char *) used;
	ARRAY(const char *) undefined;  /* names that a setting refers to, and that nothing gives a value */

	enum target target;
	enum action action;
	unsigned classes;               /* mask of enum name_class */
	bool defaults;                  /* -d */
	bool only_set;                  /* -n */
	bool value_only;                /* -h */
	bool name_only;                 /* -H */
	bool expand;                    /* -x */
	bool fold;                      /* -f */
	bool json;                      /* -j */
	bool quiet;                     /* -q */
	bool with_unset;                /* -PP */
};

/*
 * postconf_print.c: name and value in the form that the options ask for. The value is shown as it
 * is, or expanded with -x.
 */
void print_setting(struct postconf *p, const char *name, const char *value);

/* Texts that are expanded by their program only, for each use anew. */
bool print_is_raw(const char *name);

/* A service as one line, or with -f as several. name is "smtp/inet". */
void print_service(struct postconf *p, const struct service_line *line);

/* The command with its arguments, in master.cf's syntax. */
const char *format_command(struct postconf *p, const struct service_line *line);

/* The whole service in master.cf's syntax, without a line end. */
const char *format_service(struct postconf *p, const struct service_line *line);

/* postconf_names.c: the class of a name, with its default in *default_out (may be NULL). */
enum name_class name_classify(struct postconf *p, const char *name, const char **default_out);

/* All names of the wanted classes, sorted; ends with NULL. */
const char *const *name_list(struct postconf *p, unsigned classes);

/* NAME_time_limit of a pipe or spawn service, programs that this version does not have. */
bool name_is_time_limit(struct postconf *p, const char *name);

/* Find out which names are referred to; before name_classify. */
void name_collect_used(struct postconf *p);

/*
 * postconf.c: main.cf as it is after the options -o of the command line. Ends the program when it
 * cannot be read.
 */
struct main_cf *postconf_load_main(struct postconf *p);

/* postconf_main.c */
int main_show(struct postconf *p, const char *const *names);
int main_edit(struct postconf *p, const char *const *args);

/* postconf_warn.c: what is set and cannot be meant. */
void warn_main(struct postconf *p);
void warn_services(struct postconf *p);
void warn_unknown(struct postconf *p, const char *name);

/*
 * postconf_services.c: read master.cf; a missing one is empty. Ends the program when it cannot be
 * understood.
 */
void services_load(struct postconf *p);

/* Read one service from the text of a logical line; file is for messages. */
MUST_USE bool services_parse_line(struct postconf *p, const char *file, struct span text,
    struct service_line *line_out, struct err *err);

/* An assignment "name=value" of -o number *i of the entry; *i moves on. false at the end. */
bool services_next_override(const struct service_line *line, size_t *i, struct span *name_out,
    struct span *value_out, size_t *arg_out);

/* "service/type/rest" with '*' in any place. An absent type or rest matches all. */
struct selector {
	const char *text;
	struct span service, type, rest;
};
struct selector selector_parse(const char *text);
bool selector_matches(const struct selector *selector, const struct service_line *line);
bool selector_matches_rest(const struct selector *selector, const char *rest);

int services_show(struct postconf *p, const char *const *selectors);

/* postconf_services_edit.c */
int services_edit(struct postconf *p, const char *const *args);

/* The eight fields of -F. */
enum { FIELD_COUNT = 8 };
extern const char *const field_names[FIELD_COUNT];
const char *field_get(struct postconf *p, const struct service_line *line, size_t field);

/* postconf_facts.c: -T; and -b (expanded) or -t, of a file, or of the one in use when file is NULL. */
int facts_print_tls(const char *mode);
int facts_print_templates(struct postconf *p, const char *file, bool expand);

/* postconf_mdoc.c: the manual of all parameters, from its template. */
int mdoc_print(struct postconf *p, const char *template_path);

/* Keep other editors of this directory out until the end of the program. */
void edit_lock(struct postconf *p);

#endif
