/* SPDX-License-Identifier: ISC */
#ifndef MAIL_CONF_H
#define MAIL_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters that every program may need: who and where this system is, its directories and users,
 * its services' names, the log, common limits. The meaning of each is in its row (mail_conf.c).
 */
struct mail_conf {
	/* Identity. */
	const char *compatibility_level, *mail_name, *mail_version, *mail_release_date;
	const char *process_name, *process_id, *service_name, *multi_instance_name;
	const char *myhostname, *mydomain, *myorigin;
	const char *mydestination, *mynetworks, *mynetworks_style;
	const char *inet_interfaces, *inet_protocols, *proxy_interfaces, *relay_domains;
	const char *parent_domain_matches_subdomains, *recipient_delimiter;
	bool smtputf8_enable, requiretls_enable;
	const char *known_tcp_ports;

	/* Directories and users. */
	const char *config_directory, *queue_directory, *data_directory, *daemon_directory,
	    *command_directory;
	const char *alternate_config_directories;
	const char *mail_owner, *setgid_group, *net_owner, *auth_owner, *key_owner, *default_privs;
	const char *authorized_submit_users, *authorized_flush_users, *authorized_mailq_users;
	const char *import_environment, *export_environment;

	/* Processes. */
	bool sandbox;
	int max_use;
	struct duration max_idle, daemon_timeout, ipc_timeout, ipc_idle, trigger_timeout;
	const char *debugger_command;

	/* Services of master.cf. */
	const char *bounce_service_name, *defer_service_name, *trace_service_name,
	    *cleanup_service_name;
	const char *pickup_service_name, *queue_service_name, *showq_service_name;
	const char *flush_service_name, *proxymap_service_name,
	    *proxywrite_service_name;
	const char *postlog_service_name, *anvil_service_name, *dnsd_service_name,
	    *commit_service_name;

	/* Log. */
	const char *syslog_name, *syslog_facility;
	const char *maillog_file, *maillog_file_prefixes;
	const char *maillog_file_permissions, *maillog_file_rotate_suffix, *maillog_file_compressor;
	int delay_logging_resolution_limit;
	const char *info_log_address_format;

	/* Queue. */
	const char *queue_sync, *hash_queue_names;
	int hash_queue_depth;
	bool enable_long_queue_ids, soft_bounce;
	const char *double_bounce_sender, *notify_classes, *empty_address_recipient,
	    *header_from_format;
	const char *bounce_notice_recipient, *double_bounce_notice_recipient,
	    *delay_notice_recipient, *error_notice_recipient;
	const char *content_filter, *receive_override_options;
	const char *default_verp_delimiters, *verp_delimiter_filter;
	bool disable_verp_bounces;

	/* Limits and locks. */
	int64_t message_size_limit;
	int line_length_limit, header_size_limit, mime_nesting_limit, mime_boundary_length_limit;
	int duplicate_filter_limit, deliver_lock_attempts;
	bool strict_mailbox_ownership;
	struct duration deliver_lock_delay, stale_lock_time;

	/* Tables and DNS. */
	const char *default_database_type, *alias_database;
	const char *dns_trust, *default_delivery_status_filter;
};

extern const struct param_table mail_params;

/* Fill from cf; a value that no program could use is an error. Strings live in the arena. */
MUST_USE bool mail_conf_load(
    struct main_cf *cf, struct mail_conf *conf, struct arena *arena, struct err *err);

#endif
