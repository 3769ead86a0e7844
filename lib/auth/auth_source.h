/* SPDX-License-Identifier: ISC */
#ifndef AUTH_SOURCE_H
#define AUTH_SOURCE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/result.h"

/*
 * Where accounts stand. A list of sources is a parameter's text, parted by blanks or commas; each item is
 * "type:argument" or "{ type:argument, option = value, ... }":
 *
 *     passwd-file:PATH   a file in Dovecot's form (passwd_file.h)
 *     static:            everybody, with the fields that the options give
 *
 * Options: scheme (of passwords without "{SCHEME}"; CRYPT), username_format (the key, of Dovecot's
 * variables; %u), default_fields and override_fields ("uid=vmail home=/srv/%d/%n", before and behind
 * what the source says), deny = yes (a user who stands there may not log in).
 */
struct auth_source_kind;

struct auth_source {
	const struct auth_source_kind *kind;
	const char *argument;
	const char *scheme, *username_format, *default_fields, *override_fields;
	bool denies;
	void *state;                    /* of the kind */
};

struct auth_sources {
	struct auth_source *v;
	size_t count;
};

/* An account as a source has it. Spans live as long as the arena or the source. */
struct auth_account {
	struct span user;               /* the key that was found */
	struct span password;           /* stored form; empty: none, so nobody can log in */
	struct span uid, gid, home;     /* as text, variables not expanded */
	struct span extra;              /* "name=value ..." */
};

/* One type of source; a constant in its auth_source_TYPE.c. */
struct auth_source_kind {
	const char *name;

	/* Read or connect, with the privileges of before_drop. false with *err (CONFIG). */
	bool (*open)(struct auth_source *source, struct arena *arena, struct err *err);
	void (*close)(struct auth_source *source);

	/* LOOKUP_TEMP and LOOKUP_CONFIG with *err. */
	enum lookup (*find)(struct auth_source *source, struct span key, struct arena *arena,
	    struct auth_account *account_out, struct err *err);

	/* The file was replaced or changed; NULL: that cannot be. */
	bool (*has_changed)(const struct auth_source *source);

	/* Account number i in the source's order, false behind the last; NULL: it cannot list. */
	bool (*list)(struct auth_source *source, size_t i, struct auth_account *account_out);
};

extern const struct auth_source_kind auth_source_passwd_file, auth_source_static;

/*
 * Open every source of a list.
 *
 * param     the parameter's name, for messages
 * returns   false with *err (CONFIG): which item, what is wrong
 * owns      the arena takes everything but what auth_sources_close gives back
 */
MUST_USE bool auth_sources_open(const char *list, const char *param, struct arena *arena,
    struct auth_sources *sources_out, struct err *err);
void auth_sources_close(struct auth_sources *sources);
bool auth_sources_have_changed(const struct auth_sources *sources);

/*
 * Ask one source for a user by its username_format. The account's uid, gid, home and extra fields
 * are those of the source with default_fields and override_fields put in.
 */
enum lookup auth_source_find(struct auth_source *source, struct span user, struct arena *arena,
    struct auth_account *account_out, struct err *err);

/* The value of an extra field, or false. A field without "=" has the value "". */
bool auth_account_field(const struct auth_account *account, const char *name,
    struct span *value_out);

#endif
