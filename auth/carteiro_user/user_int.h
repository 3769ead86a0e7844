/* SPDX-License-Identifier: ISC */
#ifndef USER_INT_H
#define USER_INT_H

#include "lib/auth/auth_conf.h"
#include "lib/auth/auth_source.h"
#include "lib/auth/passwd_file.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "lib/sys/mail_conf.h"

/* What the files of `carteiro user` share. */
struct user_command {
	struct arena *arena;
	struct main_cf *cf;
	struct mail_conf mail;
	struct auth_conf auth;
	const char *path;               /* of the file of accounts */

	/* Options. */
	const char *scheme;             /* -s; NULL: ARGON2ID */
	const char *stored;             /* -e: a stored password; NULL: ask for one */
	bool no_password;               /* -n */
	bool with_scram;                /* -k */
	const char *app_name;           /* -a */
	const char *until;              /* -u */
	bool removes;                   /* -d */
	const char *uid, *gid, *home, *fields;  /* -U -G -H -x; NULL: not given */
	bool is_long;                   /* -l */
};

/*
 * Read the file, let change make a new line of the old one of a user, and put that in its place, with the
 * file locked against others of this program. A file that is not there is made.
 *
 * change    old is empty when there is no such user; an empty *line takes the user out; false with *err
 *           changes nothing
 */
MUST_USE bool user_file_edit(struct user_command *command, struct span user,
    bool (*change)(struct user_command *command, struct span user, struct span old, struct str *line,
	struct err *err),
    struct err *err);

/* The file's entries, in the arena. */
MUST_USE bool user_file_read(struct user_command *command, struct passwd_file **file_out,
    struct err *err);

/*
 * A password: asked for on the terminal without echo (twice when it is a new one), or the first line of
 * standard input where that is none. false with *err: none was given, they differ, it is too long.
 */
MUST_USE bool user_ask_password(const char *prompt, bool is_new, struct str *password, struct err *err);

/* A password that nobody has to think of: 24 letters and digits in groups, from the system's random numbers. */
MUST_USE bool user_make_password(struct str *password, struct err *err);

#endif
