/* SPDX-License-Identifier: ISC */
#ifndef TLS_CONF_H
#define TLS_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of TLS that hold for servers and clients.
 * Names in main.cf: prefix "tls_". What each means is in its row (tls_conf.c).
 */
struct tls_conf {
	/* Ciphers and protocols. */
	const char *high_cipherlist;
	const char *medium_cipherlist;
	bool preempt_cipherlist;
	const char *eecdh_auto_curves;
	const char *ffdhe_auto_groups;
	const char *ssl_options;
	const char *disable_workarounds;
	const char *config_file;
	const char *config_name;
	/* Certificates. */
	bool append_default_CA;
	const char *server_sni_maps;
	bool wildcard_matches_multiple_labels;
	bool trust_server_ccerts;
	/* Sessions. */
	const char *session_ticket_cipher;
	bool fast_shutdown_enable;
};

extern const struct param_table tls_params;

#endif
