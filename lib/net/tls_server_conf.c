/* SPDX-License-Identifier: ISC */
/* Parameters of TLS in a server. */
#include "lib/net/tls_server_conf.h"

static const struct param tls_server_rows[] = {
	/* What is demanded. */
	P_STR(struct tls_server_conf, security_level, .value = "",
	    .doc = "none, may (offer STARTTLS) or encrypt (demand it); empty is none."),
	P_BOOL(struct tls_server_conf, wrappermode, .value = "no",
	    .doc = "Begin with TLS instead of STARTTLS, as the submissions service does."),
	P_BOOL(struct tls_server_conf, ask_ccert, .value = "no",
	    .doc = "Ask the client for a certificate."),
	P_BOOL(struct tls_server_conf, req_ccert, .value = "no",
	    .doc = "Demand a certificate of the client."),
	P_INT(struct tls_server_conf, ccert_verifydepth, .value = "9",
	    .doc = "How long a client's certificate chain may be."),
	P_STR(struct tls_server_conf, CAfile, .value = "",
	    .doc = "A file of certificate authorities that may sign client certificates."),
	P_STR(struct tls_server_conf, CApath, .value = "",
	    .doc = "A directory of certificate authorities that may sign client certificates."),

	/* Own keys and certificates. */
	P_STR(struct tls_server_conf, chain_files, .value = "",
	    .doc = "Files with private keys and their certificate chains; takes the place of "
	           "the next four."),
	P_STR(struct tls_server_conf, cert_file, .value = "",
	    .doc = "The file with the server's certificate chain."),
	P_STR(struct tls_server_conf, key_file, .value = "$smtpd_tls_cert_file",
	    .doc = "The file with its private key."),
	P_STR(struct tls_server_conf, eccert_file, .value = "",
	    .doc = "The file with the server's certificate chain for an elliptic curve key."),
	P_STR(struct tls_server_conf, eckey_file, .value = "$smtpd_tls_eccert_file",
	    .doc = "The file with that private key."),
	P_STR(struct tls_server_conf, dh1024_param_file, .value = "",
	    .doc = "Diffie-Hellman parameters in a file, or \"auto\"; empty leaves them to "
	           "OpenSSL."),
	P_STR(struct tls_server_conf, eecdh_grade, .value = "auto", .min_length = 1,
	    .doc = "Choice of elliptic curves: auto, none, strong or ultra."),

	/* Ciphers and protocols. */
	P_STR(struct tls_server_conf, ciphers, .value = "medium", .min_length = 1,
	    .doc = "The grade of ciphers with level may."),
	P_STR(struct tls_server_conf, mandatory_ciphers, .value = "medium", .min_length = 1,
	    .doc = "The grade of ciphers with level encrypt."),
	P_STR(struct tls_server_conf, exclude_ciphers, .value = "",
	    .doc = "Ciphers that are not used."),
	P_STR(struct tls_server_conf, mandatory_exclude_ciphers, .value = "",
	    .doc = "Further ciphers that are not used with level encrypt."),
	P_STR(struct tls_server_conf, protocols, .value = ">=TLSv1",
	    .doc = "TLS versions with level may: >=TLSv1.2, !SSLv3 and so on."),
	P_STR(struct tls_server_conf, mandatory_protocols, .value = ">=TLSv1",
	    .doc = "TLS versions with level encrypt."),

	/* Facts. */
	P_STR(struct tls_server_conf, fingerprint_digest, .value = "sha256",
	    .min_length = 1, .since_level = "3.6", .old_value = "md5",
	    .doc = "The digest of certificate fingerprints."),
	P_STR(struct tls_server_conf, loglevel, .value = "0", .min_length = 1,
	    .doc = "How much of TLS is logged: 0 nothing, 1 a line per session, 2 to 4 the steps "
	           "of the handshake too."),
	P_STR(struct tls_server_conf, loglevel_maps, .value = "",
	    .doc = "Tables by client name, its parents, address and network of how much of TLS is logged there."),
	P_BOOL(struct tls_server_conf, received_header, .value = "no",
	    .doc = "Tell the TLS version and cipher in Received: header fields."),
	P_TIME(struct tls_server_conf, session_cache_timeout, .value = "3600s",
	    .doc = "How long a TLS session may be resumed."),
};

const struct param_table tls_server_params = {
	.owner = "tls",
	.prefix = "smtpd_tls_",
	.rows = tls_server_rows,
	.count = COUNT_OF(tls_server_rows),
	.size = sizeof(struct tls_server_conf),
};
