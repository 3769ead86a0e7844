/* SPDX-License-Identifier: ISC */
#ifndef MAIN_CF_H
#define MAIN_CF_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * main.cf as Postfix reads it: name = value, leading blanks continue, lines whose first non-blank is
 * '#' are ignored even inside a continuation, the last definition wins. Errors name file and line.
 */
struct main_cf;

/*
 * dir       the configuration directory; main.cf in it must exist
 * returns   NULL with *err set ("/etc/carteiro/main.cf, line 7: missing '=' after attribute name: ...")
 * owns      the arena holds everything
 */
struct main_cf *main_cf_load(const char *dir, struct arena *arena, struct err *err) MUST_USE;

/* The same from text already read; file is for messages. dir is what $config_directory says. */
struct main_cf *main_cf_parse(struct span text, const char *file, const char *dir, struct arena *arena, struct err *err) MUST_USE;

/* The directory to use: -c, else MAIL_CONFIG, else /etc/carteiro, else /etc/postfix where only that exists. */
const char *main_cf_default_dir(void);

/* Set or override one parameter (-o name=value, and the read-only process_name and friends). */
void main_cf_set(struct main_cf *cf, const char *name, const char *value);

/* "name=value" or "{ name = value }" as in master.cf's -o. */
MUST_USE bool main_cf_set_text(struct main_cf *cf, const char *assignment, struct err *err);

/* The value as written, or NULL when main.cf and -o say nothing. */
const char *main_cf_get(const struct main_cf *cf, const char *name);

/* File line of a setting, 0 when there is none. */
int main_cf_line(const struct main_cf *cf, const char *name);

/* Walk over settings in alphabetical order: *iterator starts at 0. */
bool main_cf_next(const struct main_cf *cf, size_t *iterator, const char **name_out, const char **value_out);

/*
 * Expand $name, ${name}, $(name), ${name?text}, ${name:text}, ${name?{a}:{b}}, ${{x} == {y} ? {a} : {b}} with
 * the operators == != < <= >= > and their ...level forms, ${domain_to_ascii{arg}}, and $$.
 * A name that main.cf does not set has its default (param_default); an unknown name is empty.
 *
 * returns   the text in the arena; NULL with *err set for malformed references and endless recursion
 */
const char *main_cf_expand(struct main_cf *cf, const char *text, struct arena *arena, struct err *err) MUST_USE;

/* The effective value of a parameter, expanded: main.cf, -o, else the default. NULL with *err set. Unknown names give "". */
const char *main_cf_value(struct main_cf *cf, const char *name, struct arena *arena, struct err *err) MUST_USE;

/* compatibility_level is at least "major.minor.patch". */
bool main_cf_level_at_least(struct main_cf *cf, const char *level);

/*
 * Split a list value at commas and blanks, with { ... } kept as one item (braces removed).
 * returns   false at the end, or with *err set for an unbalanced brace
 */
bool main_cf_list_next(struct span *rest, struct span *item_out, struct err *err);

#endif
