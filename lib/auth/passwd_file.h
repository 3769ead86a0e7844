/* SPDX-License-Identifier: ISC */
#ifndef PASSWD_FILE_H
#define PASSWD_FILE_H

#include "lib/base/arena.h"
#include "lib/base/str.h"

/*
 * Accounts in a file of Dovecot's form (which passwd(5) and shadow files have too), a line each:
 *
 *     user:{SCHEME}password:uid:gid:gecos:home:shell:extra fields
 *
 * Fields at the end may be missing. Extra fields are "name=value" or "name", parted by blanks; those
 * that begin with "userdb_" are facts of the user, the others belong to the password. Empty lines
 * and lines that begin with '#' or ':' hold nothing. Memory only.
 */
struct passwd_entry {
	struct span user, password, uid, gid, home, extra;      /* as they stand in the file */
	struct span whole;                                      /* the line */
	size_t line;                                            /* the first is 1 */
};

struct passwd_file;

enum { PASSWD_LINE_MAX = 16384 };

/*
 * Read a whole file.
 *
 * complain   called for each line that is left out: without a user, too long, with a NUL, or of a
 *            user who stood in an earlier line; may be NULL
 * owns       the text must outlive the result; the arena takes the entries
 */
struct passwd_file *passwd_file_new(struct span text, struct arena *arena,
    void (*complain)(void *ctx, size_t line, const char *what), void *ctx) MUST_USE;
void passwd_file_free(struct passwd_file **file);

/* The entry of exactly this user, or NULL. */
const struct passwd_entry *passwd_file_find(const struct passwd_file *file, struct span user);

/* Entries in the file's order: 0 .. passwd_file_count - 1. */
size_t passwd_file_count(const struct passwd_file *file);
const struct passwd_entry *passwd_file_at(const struct passwd_file *file, size_t i);

/* Take the next extra field from *rest; a name alone has the value "". false: there is no more. */
bool passwd_extra_next(struct span *rest, struct span *name_out, struct span *value_out);

/*
 * Copy a file's text to out with one user's line changed: replaced by line, or put behind the last
 * line when there is none; line empty: taken out. Everything else stays as it is, byte for byte.
 *
 * line      without LF, of the user
 * returns   false when out is full
 */
MUST_USE bool passwd_text_edit(struct span text, struct span user, struct span line,
    struct str *out);

/* The fields of a line by number. */
enum passwd_field { PASSWD_USER, PASSWD_PASSWORD, PASSWD_UID, PASSWD_GID, PASSWD_GECOS, PASSWD_HOME, PASSWD_SHELL,
	PASSWD_EXTRA };

/* Copy a line with one field changed; missing ones before it are made, empty. false: out is full. */
MUST_USE bool passwd_line_set(struct span line, enum passwd_field field, struct span value, struct str *out);

/*
 * Copy extra fields with one changed, in its place or behind the others; value.p NULL: taken out. false: out
 * is full.
 */
MUST_USE bool passwd_extra_set(struct span extra, struct span name, struct span value, struct str *out);

/* May this stand as a field: no ':', no control bytes, and as a user not empty, without '#' first. */
bool passwd_field_is_good(struct span field);
bool passwd_user_is_good(struct span user);

#endif
