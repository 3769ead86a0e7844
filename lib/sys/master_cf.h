/* SPDX-License-Identifier: ISC */
#ifndef MASTER_CF_H
#define MASTER_CF_H

#include "lib/sys/main_cf.h"

/*
 * master.cf as Postfix reads it: eight columns, '-' for the default, continuation lines, { }
 * around arguments.
 */

enum master_type { MASTER_INET, MASTER_UNIX, MASTER_UNIX_DGRAM, MASTER_FIFO, MASTER_PASS };

struct master_entry {
	const char *name;               /* "smtp", "127.0.0.1:2525", "private service name" */
	enum master_type type;
	bool is_private;                /* inet services never are */
	bool is_unprivileged;           /* column unpriv: y runs as mail_owner */
	bool is_chrooted;
	int64_t wakeup_s;               /* 0: none */
	bool wakeup_only_if_used;       /* "60?" */
	int max_processes;              /* 0: no limit */
	const char *command;            /* program name: "smtpd" */
	/* after the program, ends with NULL; braces removed, text not expanded */
	const char *const *args;
	size_t arg_count;
	int line;                       /* where it stands */
	struct span text;               /* the columns as written, for postconf -M */
};

struct master_cf {
	struct master_entry *entries;
	size_t count;
	const char *file;
};

const char *master_type_name(enum master_type type);
MUST_USE bool master_type_parse(struct span text, enum master_type *type_out);

/*
 * Read DIR/master.cf. default_process_limit comes from main.cf; chroot's default follows
 * compatibility_level. A name and type that come twice: the last wins, at the first one's place,
 * and *err is not touched.
 * returns   NULL with *err set: "file, line n: field "private": bad value: "z": expected y, n or -"
 */
struct master_cf *master_cf_load(
    struct main_cf *cf, const char *dir, struct arena *arena, struct err *err) MUST_USE;
struct master_cf *master_cf_parse(struct main_cf *cf, struct span text, const char *file,
    struct arena *arena, struct err *err) MUST_USE;

/* The entry of that name and type, or NULL. */
const struct master_entry *master_cf_find(
    const struct master_cf *mcf, const char *name, enum master_type type);

/*
 * True when the program is a delivery agent: its service name makes
 * NAME_destination_concurrency_limit and so on.
 */
bool master_entry_is_transport(const struct master_entry *entry);

#endif
