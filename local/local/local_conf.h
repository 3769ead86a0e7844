/* SPDX-License-Identifier: ISC */
#ifndef LOCAL_CONF_H
#define LOCAL_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the local delivery agent.
 * Names in main.cf: without prefix. What each means is in its row (local_conf.c).
 */
struct local_conf {
	/* Mailboxes. */
	const char *home_mailbox;
	const char *mail_spool_directory;
	int64_t mailbox_size_limit;
	const char *mailbox_delivery_lock;
	bool sun_mailtool_compatibility;
	const char *mailbox_command;
	const char *mailbox_command_maps;
	const char *mailbox_transport;
	const char *mailbox_transport_maps;
	bool require_home_directory;
	bool biff;
	/* Unknown users. */
	const char *fallback_transport;
	const char *fallback_transport_maps;
	const char *luser_relay;
	/* Aliases and forwarding. */
	const char *forward_path;
	const char *allow_mail_to_commands;
	const char *allow_mail_to_files;
	bool owner_request_special;
	bool expand_owner_alias;
	bool reset_owner_alias;
	bool frozen_delivered_to;
	const char *prepend_delivered_header;
	/* Results. */
	const char *local_delivery_status_filter;
	/* Commands. */
	struct duration command_time_limit;
	const char *local_command_shell;
	const char *command_execution_directory;
	const char *command_expansion_filter;
	const char *execution_directory_expansion_filter;
	const char *forward_expansion_filter;
};

extern const struct param_table local_params;

#endif
