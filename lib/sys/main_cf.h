/* SPDX-License-Identifier: ISC */
#ifndef MAIN_CF_H
#define MAIN_CF_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * main.cf as Postfix reads it: name = value, leading blanks continue, lines whose first non-blank
 * is '#' are ignored even inside a continuation, the last definition wins. Errors name file and
 * line.
 */
struct main_cf;

/*
 * dir       the configuration directory; main.cf in it must exist
 * returns   NULL with *err set ("/etc/carteiro/main.cf, line 7: missing '=' after attribute name:
 *           ...")
 * owns      the arena holds everything
 */
struct main_cf *main_cf_load(const char *dir, struct arena *arena, struct err *err) MUST_USE;

/* The same from text already read; file is for messages. dir is what $config_directory says. */
struct main_cf *main_cf_parse(struct span text, const char *file, const char *dir,
    struct arena *arena, struct err *err) MUST_USE;

/*
 * The directory to use: -c, else MAIL_CONFIG, else /etc/carteiro, else /etc/postfix where only
 * that exists.
 */
const char *main_cf_default_dir(void);

/* Set or override one parameter (-o name=value, and the read-only process_name and friends). */
void main_cf_set(struct main_cf *cf, const char *name, const char *value);

/* "name=value" or "{ name = value }" as in master.cf's -o. */
MUST_USE bool main_cf_set_text(struct main_cf *cf, const char *assignment, struct err *err);

/* The value as written, or NULL when main.cf and -o say nothing. */
const char *main_cf_get(const struct main_cf *cf, const char *name);

/* File line of a setting, 0 when there is none or it came from -o. */
int main_cf_line(const struct main_cf *cf, const char *name);

/* The file's name and its directory, as given to main_cf_load or main_cf_parse. */
const char *main_cf_file(const struct main_cf *cf);
const char *main_cf_dir(const struct main_cf *cf);

/*
 * Where a value comes from, for messages: "/etc/carteiro/main.cf, line 7", "option -o" or
 * "default value". In the arena.
 */
const char *main_cf_origin(
    const struct main_cf *cf, const char *name, struct arena *arena) MUST_USE;

/*
 * What is legal and yet rarely meant, one sentence each with file and line: a name that is set
 * twice, a "#comment" after a value, a first line that begins with a blank (it is left out, as
 * Postfix does). NULL at the end; *iterator starts at 0.
 */
const char *main_cf_warning_next(const struct main_cf *cf, size_t *iterator);

/* Walk over settings in alphabetical order: *iterator starts at 0. */
bool main_cf_next(
    const struct main_cf *cf, size_t *iterator, const char **name_out, const char **value_out);

/*
 * Expand $name, ${name}, $(name), ${name?text}, ${name:text}, ${name?{a}:{b}}, ${{x} == {y} ? {a}
 * : {b}} with the operators == != < <= >= > and their ...level forms, ${domain_to_ascii{arg}},
 * and $$. A name that main.cf does not set has its default (param_default); an unknown name is
 * empty. ? and : ask whether the name's text is empty as written, before expansion, as Postfix
 * does. A comparison without ? is "true" or empty.
 *
 * returns   the text in the arena; NULL with *err set for malformed references and endless
 *           recursion
 */
const char *main_cf_expand(
    struct main_cf *cf, const char *text, struct arena *arena, struct err *err) MUST_USE;

/*
 * The effective value of a parameter, expanded: main.cf, -o, else the default. NULL with *err
 * set. Unknown names give "".
 */
const char *main_cf_value(
    struct main_cf *cf, const char *name, struct arena *arena, struct err *err) MUST_USE;

/* compatibility_level is at least "major.minor.patch"; a malformed setting counts as 0. */
bool main_cf_level_at_least(struct main_cf *cf, const char *level);

/*
 * Split a list value at commas and blanks, with { ... } kept as one item (braces removed).
 * returns   false at the end (*err cleared), or with *err set for an unbalanced brace
 */
bool main_cf_list_next(struct span *rest, struct span *item_out, struct err *err);

#endif
