/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_SETTINGS_H
#define CLEANUP_SETTINGS_H

#include "lib/mail/header.h"
#include "lib/mail/rewrite.h"
#include "lib/queue/mail_proto.h"
#include "lib/queue/queue_dir.h"
#include "lib/queue/queue_id.h"
#include "lib/route/own_domains.h"
#include "lib/route/rewrite_conf.h"
#include "lib/sys/mail_conf.h"
#include "lib/table/maps.h"
#include "lib/table/match_list.h"
#include "lib/table/table_conf.h"
#include "qmgr/cleanup/cleanup_conf.h"

/* What canonical_maps and masquerade_domains may apply to: masks of the *_classes parameters. */
enum address_class_bit {
	CLASS_ENVELOPE_SENDER    = 1 << 0,
	CLASS_ENVELOPE_RECIPIENT = 1 << 1,
	CLASS_HEADER_SENDER      = 1 << 2,
	CLASS_HEADER_RECIPIENT   = 1 << 3,
};

enum { DROP_HEADERS_MAX = 100, MASQUERADES_MAX = 200 };

/* What a cleanup process has for its life: parameters, opened tables, the queue. */
struct cleanup {
	struct cleanup_conf conf;
	struct rewrite_conf rewrite;
	struct table_conf table;
	const struct mail_conf *mail;
	struct arena *arena;

	struct table_env env;
	struct maps *canonical, *sender_canonical, *recipient_canonical, *virtual_alias;
	struct maps *sender_bcc, *recipient_bcc;
	struct maps *header_checks, *mime_header_checks, *nested_header_checks, *body_checks;
	struct match_list *masquerade_exceptions;
	struct own_domains *own;

	unsigned canonical_classes, sender_canonical_classes, recipient_canonical_classes,
	    masquerade_classes;
	bool propagates_canonical, propagates_virtual;
	struct span masquerade[MASQUERADES_MAX];
	size_t masquerade_count;
	struct span drop_headers[DROP_HEADERS_MAX];
	size_t drop_header_count;
	struct rewrite_options local_form, remote_form;
	bool rewrites_remote;           /* remote_header_rewrite_domain is set */
	bool detects_utf8_sendmail, detects_utf8_smtpd, detects_utf8_verify, detects_utf8_bounce,
	    detects_utf8_forward;
	bool rejects_chars, strips_chars;
	bool reject_char[256], strip_char[256];

	struct queue *queue;
	struct queue_id_source ids;

	/* What only a running suite has; a test gives its own. */
	bool names_are_ordered; /* flushing a file is enough (queue_names_are_ordered) */
	bool (*commit)(void *ctx, int file_fd, int dir_fd, struct err *err);
	void (*notify)(void *ctx, const struct queued *queued);
	bool (*should_end)(void *ctx);
	void *ctx;
};

/*
 * Open tables and read lists. conf, rewrite, table, mail and arena are filled in; program may be NULL.
 * returns   false with *err: which parameter, what is wrong
 */
MUST_USE bool cleanup_settings_open(struct cleanup *c, struct main_cf *cf, struct program *program,
    struct err *err);
void cleanup_settings_close(struct cleanup *c);

/* A header field of this name is removed (message_drop_headers). */
bool cleanup_drops_header(const struct cleanup *c, struct span name);

#endif
