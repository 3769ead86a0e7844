/* SPDX-License-Identifier: ISC */
#ifndef AUTH_CONF_H
#define AUTH_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of accounts and authentication, of authd and its workers.
 * Names in main.cf: "auth_" and the field. What each means is in its row (auth_conf.c).
 */
struct auth_conf {
	/* Sources. */
	const char *passdbs;
	const char *master_passdbs;

	/* Names. */
	const char *username_format;
	const char *username_chars;
	const char *default_domain;
	const char *master_user_separator;

	/* Mechanisms. */
	const char *mechanisms;
	bool allow_weak_schemes;

	/* Guessers, and work. */
	struct duration failure_delay;
	struct duration exchange_time_limit;
	int exchange_limit;
	int worker_limit;
	int64_t cache_size;
	struct duration cache_ttl;
	struct duration cache_negative_ttl;
};

extern const struct param_table auth_params;

#endif
