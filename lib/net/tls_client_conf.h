/* SPDX-License-Identifier: ISC */
#ifndef TLS_CLIENT_CONF_H
#define TLS_CLIENT_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of TLS in a client.
 * Names in main.cf: prefix "smtp_tls_". What each means is in its row (tls_client_conf.c).
 */
struct tls_client_conf {
	/* What is demanded. */
	const char *security_level;
	const char *policy_maps;
	bool wrappermode;
	bool note_starttls_offer;
	bool block_early_mail_reply;
	const char *secure_cert_match;
	const char *verify_cert_match;
	const char *fingerprint_cert_match;
	const char *fingerprint_digest;
	int scert_verifydepth;
	const char *CAfile;
	const char *CApath;
	const char *trust_anchor_file;
	const char *servername;
	/* Own keys and certificates. */
	const char *chain_files;
	const char *cert_file;
	const char *key_file;
	const char *eccert_file;
	const char *eckey_file;
	/* Ciphers and protocols. */
	const char *ciphers;
	const char *mandatory_ciphers;
	const char *exclude_ciphers;
	const char *mandatory_exclude_ciphers;
	const char *protocols;
	const char *mandatory_protocols;
	/* Log and sessions. */
	const char *loglevel;
	const char *loglevel_maps;
};

extern const struct param_table smtp_tls_params;
extern const struct param_table lmtp_tls_params;

#endif
