/* SPDX-License-Identifier: ISC */
/* Parameters of TLS in a client. */
#include "lib/net/tls_client_conf.h"

static const struct param tls_client_rows[] = {
	/* What is demanded. */
	P_STR(struct tls_client_conf, security_level, .value = "may",
	    .since_level = "3.11", .old_value = "",
	    .doc = "none, may, encrypt, fingerprint, verify or secure, where "
	           "smtp_tls_policy_maps does not say."),
	P_STR(struct tls_client_conf, policy_maps, .value = "",
	    .doc = "Tables by next hop of what is demanded there."),
	P_BOOL(struct tls_client_conf, wrappermode, .value = "no",
	    .doc = "Begin with TLS instead of STARTTLS, for port 465."),
	P_BOOL(struct tls_client_conf, note_starttls_offer, .value = "no",
	    .doc = "Log servers that offer STARTTLS when it is not used."),
	P_BOOL(struct tls_client_conf, block_early_mail_reply, .value = "no",
	    .doc = "Refuse a server whose reply comes before its TLS session is ready."),
	P_STR(struct tls_client_conf, secure_cert_match, .value = "nexthop, dot-nexthop",
	    .min_length = 1,
	    .doc = "Names that a server's certificate must hold with level secure."),
	P_STR(struct tls_client_conf, verify_cert_match, .value = "hostname", .min_length = 1,
	    .doc = "Names that a server's certificate must hold with level verify."),
	P_STR(struct tls_client_conf, fingerprint_cert_match, .value = "",
	    .doc = "Fingerprints of acceptable certificates with level fingerprint."),
	P_STR(struct tls_client_conf, fingerprint_digest, .value = "sha256",
	    .min_length = 1, .since_level = "3.6", .old_value = "md5",
	    .doc = "The digest of certificate fingerprints."),
	P_INT(struct tls_client_conf, scert_verifydepth, .value = "9",
	    .doc = "How long a server's certificate chain may be."),
	P_STR(struct tls_client_conf, CAfile, .value = "",
	    .doc = "A file of certificate authorities that may sign server certificates."),
	P_STR(struct tls_client_conf, CApath, .value = "",
	    .doc = "A directory of certificate authorities that may sign server certificates."),
	P_STR(struct tls_client_conf, trust_anchor_file, .value = "",
	    .doc = "Files of certificates and public keys that count in place of the authorities with "
	           "levels verify and secure."),
	P_STR(struct tls_client_conf, servername, .value = "",
	    .doc = "The name told to the server (SNI): hostname, nexthop or a name."),

	/* Own keys and certificates. */
	P_STR(struct tls_client_conf, chain_files, .value = "",
	    .doc = "Files with private keys and their certificate chains; takes the place of "
	           "the next four."),
	P_STR(struct tls_client_conf, cert_file, .value = "",
	    .doc = "The file with the client's certificate chain."),
	P_STR(struct tls_client_conf, key_file, .value = "$smtp_tls_cert_file",
	    .doc = "The file with its private key."),
	P_STR(struct tls_client_conf, eccert_file, .value = "",
	    .doc = "The file with the client's certificate chain for an elliptic curve key."),
	P_STR(struct tls_client_conf, eckey_file, .value = "$smtp_tls_eccert_file",
	    .doc = "The file with that private key."),

	/* Ciphers and protocols. */
	P_STR(struct tls_client_conf, ciphers, .value = "medium", .min_length = 1,
	    .doc = "The grade of ciphers with level may."),
	P_STR(struct tls_client_conf, mandatory_ciphers, .value = "medium", .min_length = 1,
	    .doc = "The grade of ciphers with level encrypt and stronger ones."),
	P_STR(struct tls_client_conf, exclude_ciphers, .value = "",
	    .doc = "Ciphers that are not used."),
	P_STR(struct tls_client_conf, mandatory_exclude_ciphers, .value = "",
	    .doc = "Further ciphers that are not used with level encrypt and stronger ones."),
	P_STR(struct tls_client_conf, protocols, .value = ">=TLSv1",
	    .doc = "TLS versions with level may: >=TLSv1.2, !SSLv3 and so on."),
	P_STR(struct tls_client_conf, mandatory_protocols, .value = ">=TLSv1",
	    .doc = "TLS versions with level encrypt and stronger ones."),

	/* Log and sessions. */
	P_STR(struct tls_client_conf, loglevel, .value = "0", .min_length = 1,
	    .doc = "How much of TLS is logged: 0 nothing, 1 a line per session, 2 to 4 the steps "
	           "of the handshake too."),
	P_STR(struct tls_client_conf, loglevel_maps, .value = "",
	    .doc = "Tables by next hop of how much of TLS is logged there."),
};

static const struct param_change lmtp_tls_changes[] = {
	{ "key_file", "$lmtp_tls_cert_file" },
	{ "eckey_file", "$lmtp_tls_eccert_file" },
	{ "security_level", "" },
	{ "secure_cert_match", "nexthop" },
	{ NULL, NULL },
};

const struct param_table smtp_tls_params = {
	.owner = "tls",
	.prefix = "smtp_tls_",
	.rows = tls_client_rows,
	.count = COUNT_OF(tls_client_rows),
	.size = sizeof(struct tls_client_conf),
};

const struct param_table lmtp_tls_params = {
	.owner = "tls",
	.prefix = "lmtp_tls_",
	.rows = tls_client_rows,
	.count = COUNT_OF(tls_client_rows),
	.size = sizeof(struct tls_client_conf),
	.changes = lmtp_tls_changes,
};
