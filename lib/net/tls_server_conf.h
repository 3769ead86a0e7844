/* SPDX-License-Identifier: ISC */
#ifndef TLS_SERVER_CONF_H
#define TLS_SERVER_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of TLS in a server.
 * Names in main.cf: prefix "smtpd_tls_". What each means is in its row (tls_server_conf.c).
 */
struct tls_server_conf {
	/* What is demanded. */
	const char *security_level;
	bool wrappermode;
	bool ask_ccert;
	bool req_ccert;
	int ccert_verifydepth;
	const char *CAfile;
	const char *CApath;
	/* Own keys and certificates. */
	const char *chain_files;
	const char *cert_file;
	const char *key_file;
	const char *eccert_file;
	const char *eckey_file;
	const char *dh1024_param_file;
	const char *eecdh_grade;
	/* Ciphers and protocols. */
	const char *ciphers;
	const char *mandatory_ciphers;
	const char *exclude_ciphers;
	const char *mandatory_exclude_ciphers;
	const char *protocols;
	const char *mandatory_protocols;
	/* Facts. */
	const char *fingerprint_digest;
	const char *loglevel;
	const char *loglevel_maps;
	bool received_header;
	struct duration session_cache_timeout;
};

extern const struct param_table tls_server_params;

#endif
