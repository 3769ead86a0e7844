/* SPDX-License-Identifier: ISC */
/* Parameters of accounts and authentication. */
#include "lib/auth/auth_conf.h"

static const struct param auth_rows[] = {
	/* Sources. */
	P_STR(struct auth_conf, passdbs, .value = "passwd-file:$config_directory/users",
	    .doc = "Where passwords are looked up, in this order until one fits."),
	P_STR(struct auth_conf, master_passdbs, .value = "",
	    .doc = "Where the passwords of master users are looked up, who may log in as anybody."),

	/* Names. */
	P_RAW(struct auth_conf, username_format, .value = "%{user | lower}",
	    .doc = "The name that sources are asked for, made of the one that the client gave."),
	P_RAW(struct auth_conf, username_chars,
	    .value = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@",
	    .doc = "The bytes that a user's name may have; empty: any but control bytes."),
	P_STR(struct auth_conf, default_domain, .value = "",
	    .doc = "The domain of users who give their name without one; empty: none is added."),
	P_STR(struct auth_conf, master_user_separator, .value = "",
	    .doc = "With \"*\", the name \"user*master\" logs the master user in as the user; empty: "
	           "only by an authorization identity of SASL."),

	/* Mechanisms. */
	P_STR(struct auth_conf, mechanisms, .value = "plain, login",
	    .doc = "The SASL mechanisms that are offered, in order of preference."),
	P_BOOL(struct auth_conf, allow_weak_schemes, .value = "no",
	    .doc = "Compare with passwords that are stored in schemes like MD5 or DES-CRYPT, too."),

	/* Guessers, and work. */
	P_TIME(struct auth_conf, failure_delay, .value = "2s",
	    .doc = "How long the answer to a wrong password waits; attempts after it wait for up to 7.5 times as "
	           "long. 0: guessers are not slowed."),
	P_TIME(struct auth_conf, exchange_time_limit, .value = "150s", .min = 1,
	    .doc = "How long one exchange of a mechanism may take."),
	P_INT(struct auth_conf, exchange_limit, .value = "2000", .min = 1,
	    .doc = "How many exchanges may be under way; who comes then is asked to try again."),
	P_INT(struct auth_conf, worker_limit, .value = "2", .min = 1, .max = 100,
	    .doc = "How many passwords are checked at the same time; each takes as much memory as its "
	           "scheme says (64 MB for ARGON2ID)."),
	P_LONG(struct auth_conf, cache_size, .value = "0",
	    .doc = "Memory for results of password checks, in bytes; 0: every check is made anew."),
	P_TIME(struct auth_conf, cache_ttl, .value = "1h",
	    .doc = "How long a right password is remembered."),
	P_TIME(struct auth_conf, cache_negative_ttl, .value = "1h",
	    .doc = "How long a wrong password is remembered."),
};

const struct param_table auth_params = {
	.owner = "authd", .prefix = "auth_", .rows = auth_rows, .count = COUNT_OF(auth_rows),
	.size = sizeof(struct auth_conf),
};
