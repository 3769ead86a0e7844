/* SPDX-License-Identifier: ISC */
/* Parameters of the local delivery agent. */
#include "local/local/local_conf.h"

static const struct param local_rows[] = {
	/* Mailboxes. */
	P_STR(struct local_conf, home_mailbox, .value = "",
	    .doc = "The mailbox below a user's home; a trailing / makes it a Maildir. Empty is "
		   "mail_spool_directory."),
	P_STR(struct local_conf, mail_spool_directory, .value = "/var/mail", .min_length = 1,
	    .doc = "The directory of system mailboxes; a trailing / makes them Maildirs."),
	P_LONG(struct local_conf, mailbox_size_limit, .value = "51200000",
	    .doc = "The largest mailbox or Maildir file in bytes; 0 is no limit."),
	P_STR(struct local_conf, mailbox_delivery_lock, .value = "fcntl, dotlock", .min_length = 1,
	    .doc = "How mailboxes are locked: flock, fcntl, dotlock."),
	P_BOOL(struct local_conf, sun_mailtool_compatibility, .value = "no",
	    .doc = "Lock mailboxes by a lock file alone, whatever mailbox_delivery_lock says."),
	P_RAW(struct local_conf, mailbox_command, .value = "",
	    .doc = "A command that takes a user's mail instead of the mailbox."),
	P_STR(struct local_conf, mailbox_command_maps, .value = "",
	    .doc = "Tables by user of such commands."),
	P_STR(struct local_conf, mailbox_transport, .value = "",
	    .doc = "A transport for all local users."),
	P_STR(struct local_conf, mailbox_transport_maps, .value = "",
	    .doc = "Tables by user of such transports."),
	P_BOOL(struct local_conf, require_home_directory, .value = "no",
	    .doc = "Keep mail back while the user's home does not exist."),
	P_BOOL(struct local_conf, biff, .value = "yes",
	    .doc = "Tell users at the terminal of new mail."),

	/* Unknown users. */
	P_STR(struct local_conf, fallback_transport, .value = "",
	    .doc = "A transport for names that are no users."),
	P_STR(struct local_conf, fallback_transport_maps, .value = "",
	    .doc = "Tables by name of such transports."),
	P_RAW(struct local_conf, luser_relay, .value = "",
	    .doc = "An address for mail to names that are no users."),

	/* Aliases and forwarding. */
	P_RAW(struct local_conf, forward_path,
	    .value = "$home/.forward${recipient_delimiter}${extension}, $home/.forward",
	    .doc = "Files in which users say where their mail goes."),
	P_STR(struct local_conf, allow_mail_to_commands, .value = "alias, forward",
	    .doc = "Where mail to a |command is allowed: alias, forward, include."),
	P_STR(struct local_conf, allow_mail_to_files, .value = "alias, forward",
	    .doc = "Where mail to a /file is allowed: alias, forward, include."),
	P_BOOL(struct local_conf, owner_request_special, .value = "yes",
	    .doc = "Do not take -request and owner- in names for extensions."),
	P_BOOL(struct local_conf, expand_owner_alias, .value = "no",
	    .doc = "Use what an owner- alias stands for as sender, not its name."),
	P_BOOL(struct local_conf, reset_owner_alias, .value = "no",
	    .doc = "Let an alias inside another one keep no owner of the outer one."),
	P_BOOL(struct local_conf, frozen_delivered_to, .value = "yes",
	    .doc = "Write the Delivered-To: address as it was before aliases were followed."),
	P_STR(struct local_conf, prepend_delivered_header, .value = "command, file, forward",
	    .doc = "When a Delivered-To: header field is written."),

	/* Results. */
	P_STR(struct local_conf, local_delivery_status_filter,
	    .value = "$default_delivery_status_filter",
	    .doc = "Tables that replace \"code text\" of a local delivery's result."),

	/* Commands. */
	P_TIME(struct local_conf, command_time_limit, .value = "1000s", .min = 1,
	    .doc = "How long a command may take."),
	P_STR(struct local_conf, local_command_shell, .value = "",
	    .doc = "A shell for commands, such as one with restrictions; empty runs simple "
		   "ones without."),
	P_RAW(struct local_conf, command_execution_directory, .value = "",
	    .doc = "The directory in which commands run."),
	P_STR(struct local_conf, command_expansion_filter,
	    .value = "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
	    .doc = "Characters that values in commands may have; others become \"_\"."),
	P_STR(struct local_conf, execution_directory_expansion_filter,
	    .value = "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
	    .doc = "Characters that values in command_execution_directory may have; others "
		   "become \"_\"."),
	P_STR(struct local_conf, forward_expansion_filter,
	    .value = "1234567890!@%-_=+:,./abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
	    .doc = "Characters that values in forward_path may have; others become \"_\"."),
};

const struct param_table local_params = {
	.owner = "local",
	.prefix = "",
	.rows = local_rows,
	.count = COUNT_OF(local_rows),
	.size = sizeof(struct local_conf),
};
