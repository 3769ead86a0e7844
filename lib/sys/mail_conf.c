/* SPDX-License-Identifier: ISC */
/* The parameters that every program may need, and the three defaults that are computed. */
#include "lib/sys/mail_conf.h"

#include "config.h"
#include "lib/sys/mail_net.h"

#include <unistd.h>

/* gethostname(2), with a domain behind it when it has none. */
static const char *
compute_myhostname(struct main_cf *cf, struct arena *arena)
{
	char host[256] = "";
	const char *domain = main_cf_get(cf, "mydomain");

	if (gethostname(host, sizeof(host) - 1) < 0 || host[0] == '\0')
		return "localhost.localdomain";
	if (strchr(host, '.') != NULL)
		return arena_strdup(arena, host);
	return arena_printf(arena, "%s.%s", host, domain != NULL ? domain : "localdomain");
}

/* What stands behind the first dot of myhostname. */
static const char *
compute_mydomain(struct main_cf *cf, struct arena *arena)
{
	struct err err = { 0 };
	const char *set = main_cf_get(cf, "myhostname");
	const char *host = set != NULL && strstr(set, "mydomain") == NULL
	    ? main_cf_value(cf, "myhostname", arena, &err)
	    : compute_myhostname(cf, arena);
	const char *dot = host == NULL ? NULL : strchr(host, '.');

	return dot == NULL || dot[1] == '\0' ? "localdomain" : arena_strdup(arena, dot + 1);
}

/* The networks of this host's interfaces, by mynetworks_style. */
static const char *
compute_mynetworks(struct main_cf *cf, struct arena *arena)
{
	struct err err = { 0 };
	const char *style = main_cf_value(cf, "mynetworks_style", arena, &err);
	const char *interfaces = main_cf_value(cf, "inet_interfaces", arena, &err);
	const char *protocols = main_cf_value(cf, "inet_protocols", arena, &err);

	if (style == NULL || interfaces == NULL || protocols == NULL)
		return "127.0.0.1/32";
	return mail_net_of_style(style, interfaces, protocols, arena);
}

static const struct param mail_rows[] = {
	/* Identity. */
	P_STR(struct mail_conf, compatibility_level, .value = "0",
	    .doc = "The version of Postfix whose defaults this configuration was written for; "
	           "older defaults stay below it."),
	P_STR(struct mail_conf, mail_name, .value = "Postfix",
	    .doc = "The name of the mail system in greetings, Received: header fields and "
	           "reports."),
	P_STR(struct mail_conf, mail_version, .value = PACKAGE_VERSION,
	    .doc = "The version of this software; cannot be set."),
	P_STR(struct mail_conf, mail_release_date, .value = "20261120",
	    .doc = "The day on which this version was made; cannot be set."),
	P_STR(struct mail_conf, process_name, .value = "",
	    .doc = "The name of the running program; cannot be set."),
	P_STR(struct mail_conf, process_id, .value = "",
	    .doc = "The process ID of the running program; cannot be set."),
	P_STR(struct mail_conf, service_name, .value = "",
	    .doc = "The name in master.cf of the running service; cannot be set."),
	P_STR(struct mail_conf, multi_instance_name, .value = "",
	    .doc = "The name of this instance, when several run on one host; it takes the "
	           "place of \"postfix\" in the log."),
	P_STR(struct mail_conf, myhostname, .value = "",
	    .compute = compute_myhostname, .may_name_file = true, .min_length = 1,
	    .doc = "The full name of this host, by default what the system says; a value that "
	           "begins with / names a file whose first line is used."),
	P_STR(struct mail_conf, mydomain, .value = "", .compute = compute_mydomain, .min_length = 1,
	    .doc = "The domain of this host, by default myhostname without its first label."),
	P_STR(struct mail_conf, myorigin, .value = "$myhostname",
	    .may_name_file = true, .min_length = 1,
	    .doc = "The domain added to addresses that have none; a value that begins with / "
	           "names a file whose first line is used."),
	P_STR(struct mail_conf, mydestination,
	    .value = "$myhostname, localhost.$mydomain, localhost",
	    .doc = "The domains that are delivered on this host to its users and aliases."),
	P_STR(struct mail_conf, mynetworks, .value = "", .compute = compute_mynetworks,
	    .doc = "The clients that may relay mail through this host, as networks; by default "
	           "from mynetworks_style."),
	P_STR(struct mail_conf, mynetworks_style, .value = "host",
	    .since_level = "2", .old_value = "subnet",
	    .doc = "How mynetworks is computed: host, subnet or class."),
	P_STR(struct mail_conf, inet_interfaces, .value = "all", .min_length = 1,
	    .doc = "The addresses on which mail is received: all, loopback-only, or a list of "
	           "names and addresses."),
	P_STR(struct mail_conf, inet_protocols, .value = "all", .min_length = 1,
	    .doc = "The network protocols in use: all, ipv4, ipv6 or both names."),
	P_STR(struct mail_conf, proxy_interfaces, .value = "",
	    .doc = "Addresses by which this host is reached through a proxy or address "
	           "translation."),
	P_STR(struct mail_conf, relay_domains, .value = "",
	    .since_level = "2", .old_value = "$mydestination",
	    .doc = "Domains for which mail is accepted from anybody and passed on."),
	P_STR(struct mail_conf, parent_domain_matches_subdomains,
	    .value = "debug_peer_list,fast_flush_domains,mynetworks,permit_mx_backup_ne"
	             "tworks,qmqpd_authorized_clients,relay_domains,smtpd_access_maps",
	    .doc = "Parameters in which a domain also means its subdomains, without a leading "
	           "dot."),
	P_STR(struct mail_conf, recipient_delimiter, .value = "",
	    .doc = "The characters that may separate a user name from its extension, as in "
	           "user+extension."),
	P_BOOL(struct mail_conf, smtputf8_enable, .value = "yes",
	    .since_level = "1", .old_value = "no",
	    .doc = "Accept and pass on addresses with characters outside ASCII (SMTPUTF8)."),
	P_BOOL(struct mail_conf, requiretls_enable, .value = "yes",
	    .doc = "Offer REQUIRETLS inside TLS, and let a sender demand TLS all the way "
	           "(RFC 8689)."),
	P_STR(struct mail_conf, known_tcp_ports,
	    .value = "lmtp=24, smtp=25, smtps=submissions=465, submission=587",
	    .doc = "Names of TCP ports that are known without asking the system."),

	/* Directories and users. */
	P_STR(struct mail_conf, config_directory, .value = CONFIG_DIRECTORY, .min_length = 1,
	    .doc = "Where main.cf and master.cf lie; set by option -c or MAIL_CONFIG, not in "
	           "main.cf."),
	P_STR(struct mail_conf, queue_directory, .value = QUEUE_DIRECTORY, .min_length = 1,
	    .doc = "The queue, and the sockets of the suite."),
	P_STR(struct mail_conf, data_directory, .value = DATA_DIRECTORY, .min_length = 1,
	    .doc = "Files that daemons write for themselves: caches and keys."),
	P_STR(struct mail_conf, daemon_directory, .value = DAEMON_DIRECTORY, .min_length = 1,
	    .doc = "The programs that master starts."),
	P_STR(struct mail_conf, command_directory, .value = COMMAND_DIRECTORY, .min_length = 1,
	    .doc = "The commands for administrators."),
	P_STR(struct mail_conf, alternate_config_directories, .value = "",
	    .doc = "Other configuration directories that users may name to set-gid commands."),
	P_STR(struct mail_conf, mail_owner, .value = "carteiro", .min_length = 1,
	    .doc = "The user who owns the queue and as whom the daemons behind the network run."),
	P_STR(struct mail_conf, setgid_group, .value = "carteiro-drop", .min_length = 1,
	    .doc = "The group of the set-gid commands that submit mail and show the queue."),
	P_STR(struct mail_conf, net_owner, .value = "carteiro-net", .min_length = 1,
	    .doc = "The user as whom daemons run that parse what strangers send; owns nothing."),
	P_STR(struct mail_conf, auth_owner, .value = "carteiro-auth", .min_length = 1,
	    .doc = "The user as whom passwords are checked."),
	P_STR(struct mail_conf, key_owner, .value = "carteiro-key", .min_length = 1,
	    .doc = "The user who holds the private keys."),
	P_STR(struct mail_conf, default_privs, .value = "nobody", .min_length = 1,
	    .doc = "The user as whom commands and files of root's aliases are run and written."),
	P_STR(struct mail_conf, authorized_submit_users, .value = "static:anyone",
	    .doc = "Users who may submit mail with sendmail."),
	P_STR(struct mail_conf, authorized_flush_users, .value = "static:anyone",
	    .doc = "Users who may have the queue delivered at once."),
	P_STR(struct mail_conf, authorized_mailq_users, .value = "static:anyone",
	    .doc = "Users who may see the queue."),
	P_STR(struct mail_conf, import_environment,
	    .value = "MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ XAUTHORITY DISPLAY LANG=C "
	             "POSTLOG_SERVICE POSTLOG_HOSTNAME",
	    .doc = "Environment variables that are kept, or set by NAME=VALUE, at start; all "
	           "others are dropped."),
	P_STR(struct mail_conf, export_environment, .value = "TZ MAIL_CONFIG LANG",
	    .doc = "Environment variables that commands outside the suite are given."),

	/* Processes. */
	P_BOOL(struct mail_conf, sandbox, .value = "yes",
	    .doc = "Confine every daemon by system call filter and file access rules, where "
	           "the kernel has them."),
	P_INT(struct mail_conf, max_use, .value = "100", .min = 1,
	    .doc = "How many clients one process serves before it is replaced."),
	P_TIME(struct mail_conf, max_idle, .value = "100s", .min = 1,
	    .doc = "How long a process waits for its next client before it ends."),
	P_TIME(struct mail_conf, daemon_timeout, .value = "18000s", .min = 1,
	    .doc = "How long a daemon may work on one request before it is ended by its watchdog."),
	P_TIME(struct mail_conf, ipc_timeout, .value = "3600s", .min = 1,
	    .doc = "How long a process waits for another process of the suite."),
	P_TIME(struct mail_conf, ipc_idle, .value = "5s", .min = 1,
	    .doc = "How long an unused connection between two processes is kept."),
	P_STR(struct mail_conf, debugger_command, .value = "",
	    .doc = "A shell command that is run beside each daemon started with option -D, before it "
	           "gives up its privileges; $process_name and $process_id say which."),
	P_TIME(struct mail_conf, trigger_timeout, .value = "10s", .min = 1,
	    .doc = "How long waking up a service may take."),

	/* Services of master.cf. */
	P_STR(struct mail_conf, bounce_service_name, .value = "bounce", .min_length = 1,
	    .doc = "The service that records failed deliveries and reports them."),
	P_STR(struct mail_conf, defer_service_name, .value = "defer", .min_length = 1,
	    .doc = "The service that records postponed deliveries."),
	P_STR(struct mail_conf, trace_service_name, .value = "trace", .min_length = 1,
	    .doc = "The service that reports successful deliveries."),
	P_STR(struct mail_conf, cleanup_service_name, .value = "cleanup", .min_length = 1,
	    .doc = "The service that makes queue files."),
	P_STR(struct mail_conf, pickup_service_name, .value = "pickup", .min_length = 1,
	    .doc = "The service that takes in local mail."),
	P_STR(struct mail_conf, queue_service_name, .value = "qmgr", .min_length = 1,
	    .doc = "The queue manager's service."),
	P_STR(struct mail_conf, showq_service_name, .value = "showq", .min_length = 1,
	    .doc = "The service that lists the queue."),
	P_STR(struct mail_conf, flush_service_name, .value = "flush", .min_length = 1,
	    .doc = "The service that knows deferred mail by destination."),
	P_STR(struct mail_conf, proxymap_service_name, .value = "proxymap", .min_length = 1,
	    .doc = "The service that looks up tables for others."),
	P_STR(struct mail_conf, proxywrite_service_name, .value = "proxywrite", .min_length = 1,
	    .doc = "The service that writes tables for others."),
	P_STR(struct mail_conf, postlog_service_name, .value = "postlog", .min_length = 1,
	    .doc = "The service that writes maillog_file."),
	P_STR(struct mail_conf, anvil_service_name, .value = "anvil", .min_length = 1,
	    .doc = "The service that counts clients and their requests."),
	P_STR(struct mail_conf, dnsd_service_name, .value = "dnsd", .min_length = 1,
	    .doc = "The service that asks the DNS."),
	P_STR(struct mail_conf, commit_service_name, .value = "commit", .min_length = 1,
	    .doc = "The service that makes files durable for all (queue_sync = batch)."),

	/* Log. */
	P_STR(struct mail_conf, syslog_name,
	    .value = "${multi_instance_name?{$multi_instance_name}:{postfix}}",
	    .min_length = 1,
	    .doc = "The word before the program's name in the log, as in postfix/smtpd."),
	P_STR(struct mail_conf, syslog_facility, .value = "mail", .min_length = 1,
	    .doc = "The syslog facility of log lines."),
	P_STR(struct mail_conf, maillog_file, .value = "",
	    .doc = "A file that takes the log instead of syslog; /dev/stdout for the output of "
	           "\"carteiro start-fg\"."),
	P_STR(struct mail_conf, maillog_file_prefixes, .value = "/var, /dev/stdout",
	    .doc = "What maillog_file must begin with."),
	P_STR(struct mail_conf, maillog_file_permissions, .value = "0600", .min_length = 1,
	    .doc = "The mode of a new maillog_file: 0600, 0640 or 0644."),
	P_STR(struct mail_conf, maillog_file_rotate_suffix, .value = "%Y%m%d-%H%M%S", .min_length = 1,
	    .doc = "What \"carteiro logrotate\" adds to the name of the old maillog_file, as in "
	           "strftime(3)."),
	P_STR(struct mail_conf, maillog_file_compressor, .value = "gzip",
	    .doc = "The program with which \"carteiro logrotate\" compresses it; empty: none."),
	P_INT(struct mail_conf, delay_logging_resolution_limit, .value = "2", .max = 6,
	    .doc = "Digits after the decimal point in logged delays."),
	P_STR(struct mail_conf, info_log_address_format, .value = "external", .min_length = 1,
	    .doc = "The form of mail addresses in the log: external (as in SMTP, with quotes where "
	           "they are needed) or internal (without)."),

	/* Queue. */
	P_STR(struct mail_conf, queue_sync, .value = "file", .min_length = 1,
	    .doc = "How queue files are made durable: file (each writer flushes its own) or batch "
	           "(the service commit flushes what many have written)."),
	P_STR(struct mail_conf, hash_queue_names, .value = "deferred, defer",
	    .doc = "Queue directories that have subdirectories by the first characters of "
	           "queue IDs."),
	P_INT(struct mail_conf, hash_queue_depth, .value = "1", .min = 1, .max = 8,
	    .doc = "Levels of these subdirectories."),
	P_BOOL(struct mail_conf, enable_long_queue_ids, .value = "no",
	    .doc = "Use queue IDs that never repeat."),
	P_BOOL(struct mail_conf, soft_bounce, .value = "no",
	    .doc = "For tests: refuse and return nothing for good, every permanent failure "
	           "becomes a temporary one."),
	P_STR(struct mail_conf, double_bounce_sender, .value = "double-bounce", .min_length = 1,
	    .doc = "The sender of mail that must not cause further reports."),
	P_STR(struct mail_conf, notify_classes, .value = "resource, software",
	    .doc = "Kinds of trouble that the postmaster is told of."),
	P_STR(struct mail_conf, empty_address_recipient, .value = "MAILER-DAEMON", .min_length = 1,
	    .doc = "Who receives mail that is addressed to the null address."),
	P_STR(struct mail_conf, header_from_format, .value = "standard",
	    .doc = "The form of From: header fields that are made here: standard or obsolete."),
	P_STR(struct mail_conf, bounce_notice_recipient, .value = "postmaster", .min_length = 1,
	    .doc = "Who is sent copies of returned mail."),
	P_STR(struct mail_conf, default_verp_delimiters, .value = "+=", .min_length = 2,
	    .doc = "The two characters around the recipient in return paths of mail with XVERP, where "
	           "the sender names none."),
	P_STR(struct mail_conf, verp_delimiter_filter, .value = "-=+", .min_length = 1,
	    .doc = "Characters that senders may choose for it."),
	P_BOOL(struct mail_conf, disable_verp_bounces, .value = "no",
	    .doc = "Return mail with XVERP in one notification for all recipients."),
	P_STR_AS(struct mail_conf, double_bounce_notice_recipient, "2bounce_notice_recipient",
	    .value = "postmaster",
	    .min_length = 1,
	    .doc = "Who is sent mail that could be neither delivered nor returned."),
	P_STR(struct mail_conf, error_notice_recipient, .value = "postmaster", .min_length = 1,
	    .doc = "Who gets what was said in SMTP sessions that went wrong in a way that "
	           "notify_classes names: policy, protocol, resource, software, data for tables "
	           "that gave no answer, and bounce for unknown addresses."),
	P_STR(struct mail_conf, delay_notice_recipient, .value = "postmaster", .min_length = 1,
	    .doc = "Who is told of delayed mail."),
	P_STR(struct mail_conf, content_filter, .value = "",
	    .doc = "The transport and next hop of a filter through which all mail goes after "
	           "it was queued."),
	P_STR(struct mail_conf, receive_override_options, .value = "",
	    .doc = "Steps of receiving that are left out: no_unknown_recipient_checks, "
	           "no_address_mappings, no_header_body_checks, no_milters."),

	/* Limits and locks. */
	P_LONG(struct mail_conf, message_size_limit, .value = "10240000",
	    .doc = "The largest message in bytes; 0 is no limit."),
	P_INT(struct mail_conf, line_length_limit, .value = "2048", .min = 512, .max = 1 << 20,
	    .doc = "The longest piece of a line that is handled as one; longer lines are "
	           "handled in pieces."),
	P_INT(struct mail_conf, header_size_limit, .value = "102400", .min = 1,
	    .doc = "The largest header field in bytes; the rest of a larger one is dropped."),
	P_INT(struct mail_conf, mime_nesting_limit, .value = "100", .min = 1,
	    .doc = "How deeply MIME parts may be nested."),
	P_INT(struct mail_conf, mime_boundary_length_limit, .value = "2048", .min = 1,
	    .doc = "How much of a MIME boundary is looked at."),
	P_INT(struct mail_conf, duplicate_filter_limit, .value = "1000", .min = 1,
	    .doc = "How many recipients are remembered to leave out repeated ones: by cleanup in "
	           "an envelope, by local in what an alias stands for."),
	P_BOOL(struct mail_conf, strict_mailbox_ownership, .value = "yes",
	    .doc = "Keep mail back whose mailbox belongs to somebody else: local and virtual."),
	P_INT(struct mail_conf, deliver_lock_attempts, .value = "20", .min = 1,
	    .doc = "How often a lock on a mailbox is tried."),
	P_TIME(struct mail_conf, deliver_lock_delay, .value = "1s", .min = 1,
	    .doc = "The pause between attempts to lock a mailbox."),
	P_TIME(struct mail_conf, stale_lock_time, .value = "500s", .min = 1,
	    .doc = "The age from which a lock file is taken for a forgotten one."),

	/* Tables and DNS. */
	P_STR(struct mail_conf, default_database_type, .value = "hash", .min_length = 1,
	    .doc = "The kind of table that postmap and postalias make when none is named."),
	P_STR(struct mail_conf, alias_database, .value = "$default_database_type:/etc/aliases",
	    .doc = "The alias tables that newaliases makes anew."),
	P_STR(struct mail_conf, dns_trust, .value = "ad", .min_length = 1,
	    .doc = "Who validates DNSSEC: ad (the name server in resolv.conf) or validate "
	           "(dnsd itself)."),
	P_STR(struct mail_conf, default_delivery_status_filter, .value = "",
	    .doc = "Tables that change the status code and text of deliveries."),
};

const struct param_table mail_params = {
	.owner = "all",
	.prefix = "",
	.rows = mail_rows,
	.count = COUNT_OF(mail_rows),
	.size = sizeof(struct mail_conf),
};

/* A word out of a few. */
static bool
mail_conf_check_word(struct main_cf *cf, const char *name, const char *value,
    const char *const *words, const char *expected, struct arena *arena, struct err *err)
{
	for (; *words != NULL; words++)
		if (strcmp(*words, value) == 0)
			return true;
	return err_config(err, "%s: %s = %.100s: expected %s", main_cf_origin(cf, name, arena),
	    name, value, expected);
}

/* Each word of inet_protocols is one; none would mean that no mail is received. */
static bool
mail_conf_check_protocols(struct main_cf *cf, const char *value, struct arena *arena, struct err *err)
{
	struct span rest = span_of(value), word;

	while (span_token(&rest, ", \t\r\n", &word))
		if (!span_eq_str_ci(word, "all") && !span_eq_str_ci(word, "ipv4") && !span_eq_str_ci(word, "ipv6"))
			return err_config(err, "%s: inet_protocols = %.100s: expected all, ipv4 or ipv6",
			    main_cf_origin(cf, "inet_protocols", arena), value);
	return true;
}

bool
mail_conf_load(struct main_cf *cf, struct mail_conf *conf, struct arena *arena, struct err *err)
{
	static const char *const trust_words[] = { "ad", "validate", NULL };
	static const char *const sync_words[] = { "file", "batch", NULL };

	if (!param_load(cf, &mail_params, NULL, conf, arena, err))
		return false;
	return mail_conf_check_word(cf, "queue_sync", conf->queue_sync, sync_words, "file or batch",
		   arena, err) &&
	    mail_conf_check_word(
		cf, "dns_trust", conf->dns_trust, trust_words, "ad or validate", arena, err) &&
	    mail_conf_check_protocols(cf, conf->inet_protocols, arena, err);
}
