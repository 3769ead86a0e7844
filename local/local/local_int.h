/* SPDX-License-Identifier: ISC */
#ifndef LOCAL_INT_H
#define LOCAL_INT_H

/* What the files local_*.c share; nobody else includes this. */

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/mail/addr.h"
#include "lib/queue/agent.h"
#include "lib/queue/mail_client.h"
#include "lib/route/rewrite_conf.h"
#include "lib/route/route.h"
#include "lib/sys/file.h"
#include "lib/table/maps.h"
#include "lib/table/table_conf.h"
#include "local/local/local_conf.h"
#include "local/local/local_macro.h"
#include "local/worker.h"

enum { LOCAL_LEVEL_MAX = 100, LOCAL_VALUE_MAX = 256 << 10 };

/* Where a destination was written down, or what is done with it: the words of some parameters. */
enum local_mask {
	LOCAL_ALIAS = 1,
	LOCAL_FORWARD = 2,
	LOCAL_INCLUDE = 4, /* allow_mail_to_..., propagate_... */
	LOCAL_TO_COMMAND = 1,
	LOCAL_TO_FILE = 2,
	LOCAL_TO_FORWARD = 4, /* prepend_delivered_header */
};

/* An account. */
struct local_user {
	struct priv_user ids;
	const char *name, *home, *shell;
};

/* One table of alias_maps. */
struct local_alias_table {
	struct table *table;
	uid_t owner; /* of its file; 0 for tables that are no files */
};

struct local {
	struct local_conf conf;
	struct rewrite_conf rewrite;
	struct table_conf table;
	struct table_env env;
	struct program *program;
	ARRAY(struct local_alias_table) aliases;
	struct maps *transports, *commands, *fallbacks, *status_filter;
	struct route *route;
	struct worker_pool *workers;
	struct mail_client cleanup;
	struct priv_user default_privs;
	unsigned lock_styles;
	unsigned commands_from, files_from, propagates; /* masks of local_mask */
	unsigned delivered_to;
};

/* Mail that goes on under another sender or Delivered-To is one new message each. */
struct local_forward {
	struct span sender, delivered;
	bool keeps_dsn;
	ARRAY(struct mail_rcpt) recipients;
};

/* One recipient of a request, with all that it turns out to stand for. */
struct local_job {
	struct local *local;
	struct agent_request *request;
	size_t index;
	struct arena *arena;
	struct map *seen; /* what was done already */
	const struct map *delivered_to;
	ARRAY(struct local_forward) forwards;
	struct span expanded; /* what success is called when others stand for the recipient; empty: nobody */
	unsigned parts;       /* results so far */
	struct agent_result worst;
};

/*
 * Where delivery stands; passed down by copy, so that no branch of an expansion changes another.
 */
struct local_at {
	int level;
	struct span address;     /* of the recipient now */
	struct span local, user; /* folded; without and with its extension: local is "user+ext" */
	struct span extension;   /* without its delimiter; p NULL: none */
	char delimiter;
	struct span domain;
	struct span unmatched;     /* extension that goes on to the next address; p NULL: none */
	int64_t dsn_notify;        /* what the sender wants to hear of the recipient now */
	struct span sender, owner; /* owner p NULL: no owner alias, no .forward */
	bool has_new_sender;
	struct span delivered;           /* Delivered-To */
	struct span from;                /* the name that was expanded last; p NULL: none */
	unsigned source;                 /* LOCAL_ALIAS ...; 0: the recipient itself */
	const struct local_user *rights; /* NULL: default_privs */
	bool is_direct;                  /* "\user" */
	bool is_lusers;                  /* luser_relay stands in already */
};

/*
 * local_recipient.c. local_read_delivered_to: the addresses in Delivered-To: lines, folded, as keys;
 * once for a request, since a stranger's header may be long. The caller frees it.
 */
struct map *local_read_delivered_to(const struct deliver *deliver) MUST_USE;
void local_deliver_job(struct local_job *job);
void local_deliver_recipient(struct local_job *job, struct local_at at);
void local_deliver_unknown(struct local_job *job, struct local_at at);

/* Names stand for others beyond all reason: bounced. */
bool local_is_too_deep(struct local_job *job, const struct local_at *at, struct span name);

/* An address out of an expansion: ours, or to be sent on. */
void local_deliver_address(
    struct local_job *job, struct local_at at, struct span address, bool is_direct);

/* Not done before? what is a word, and value what it is done to. */
bool local_is_first(struct local_job *job, const char *what, struct span value);

/* Results. The text is copied; a class other than ERR_NONE in err decides the status. */
void local_sent(struct local_job *job, const struct local_at *at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void local_failed(struct local_job *job, const struct local_at *at, const struct err *err);
void local_failed_as(struct local_job *job, const struct local_at *at, const struct err *err,
    struct span diagnostic);
void local_refused(struct local_job *job, const struct local_at *at, enum err_class class,
    const char *dsn, const char *fmt, ...) PRINTF_LIKE(5, 6);

/*
 * The recipient stands for others: success is "expanded", or "delivered" when they belong to a list
 * with an owner, who hears of the rest (RFC 3461 5.2.7). Who asked for a report of success has it
 * by this, and gets none for the others.
 */
void local_note_expansion(struct local_job *job, struct local_at *at);

/* Another agent's result, which has its line already. */
void local_adopted(
    struct local_job *job, const struct local_at *at, const struct agent_result *result);

/* LOOKUP_FOUND with *user_out in the arena. */
enum lookup local_find_user(
    struct local_job *job, struct span name, const struct local_user **user_out, struct err *err);
const struct local_user *local_user_of(struct arena *arena, uid_t uid);

/* Values of $user and friends; ends with name NULL; in the arena. */
const struct local_macro *local_macros(
    struct local_job *job, const struct local_at *at, const struct local_user *user);

/*
 * local_expand.c: a list as an alias has it, or a file of such lists. returns how many
 * destinations there were.
 */
size_t local_expand_list(struct local_job *job, const struct local_at *at, struct span text);
size_t local_expand_lines(struct local_job *job, const struct local_at *at, struct span text);

/* local_alias.c, local_forward.c, local_include.c. true: the mail has been taken care of. */
bool local_open_aliases(struct local *local, struct err *err);
bool local_deliver_alias(struct local_job *job, struct local_at at, struct span name);
bool local_deliver_forward(
    struct local_job *job, struct local_at at, const struct local_user *user);
void local_deliver_include(struct local_job *job, struct local_at at, struct span path);

/* local_requeue.c: note an address to send on; send all that was noted, unless the recipient waits. */
void local_requeue(struct local_job *job, const struct local_at *at);
void local_requeue_finish(struct local_job *job);

/* local_pass.c: "transport:nexthop" takes this recipient. */
void local_pass(struct local_job *job, const struct local_at *at, const char *destination);

/* local_mailbox.c. local_deliver_mailbox: false when there is no such user. */
bool local_deliver_mailbox(struct local_job *job, struct local_at at);
void local_deliver_file(struct local_job *job, const struct local_at *at, struct span path);

/* Lines on top: mask tells whether Delivered-To is wanted (0: always). */
void local_add_prefix(const struct local_job *job, const struct local_at *at, bool from_line,
    unsigned mask, struct str *out);

/* local_command.c */
void local_deliver_command(struct local_job *job, const struct local_at *at,
    const struct local_user *user, struct span command);

#endif
