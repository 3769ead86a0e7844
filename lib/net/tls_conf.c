/* SPDX-License-Identifier: ISC */
/* Parameters of TLS that hold for servers and clients. */
#include "lib/net/tls_conf.h"

static const struct param tls_rows[] = {
	/* Ciphers and protocols. */
	P_STR(struct tls_conf, high_cipherlist, .value = "aNULL:-aNULL:HIGH:@STRENGTH",
	    .min_length = 1,
	    .doc = "The OpenSSL cipher list of grade high."),
	P_STR(struct tls_conf, medium_cipherlist,
	    .value = "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH",
	    .min_length = 1,
	    .doc = "The OpenSSL cipher list of grade medium."),
	P_BOOL(struct tls_conf, preempt_cipherlist, .value = "no",
	    .doc = "The server's order of ciphers decides, not the client's."),
	P_STR(struct tls_conf, eecdh_auto_curves,
	    .value = "X25519 X448 prime256v1 secp384r1 secp521r1",
	    .doc = "The elliptic curves that may be agreed on, best first."),
	P_STR(struct tls_conf, ffdhe_auto_groups, .value = "ffdhe2048 ffdhe3072",
	    .doc = "The finite-field groups that may be agreed on, best first."),
	P_STR(struct tls_conf, ssl_options, .value = "",
	    .doc = "OpenSSL options to turn on, such as NO_TICKET or NO_COMPRESSION."),
	P_STR(struct tls_conf, disable_workarounds, .value = "",
	    .doc = "OpenSSL's workarounds for broken peers that are turned off."),
	P_STR(struct tls_conf, config_file, .value = "default", .min_length = 1,
	    .doc = "The OpenSSL configuration file: default, none or a path."),
	P_STR(struct tls_conf, config_name, .value = "",
	    .doc = "The section for this suite in the OpenSSL configuration file."),

	/* Certificates. */
	P_BOOL(struct tls_conf, append_default_CA, .value = "no",
	    .doc = "Trust the certificate authorities of the system in addition to those of "
	           "CAfile and CApath."),
	P_STR(struct tls_conf, server_sni_maps, .value = "",
	    .doc = "Tables by server name (SNI) of files with keys and certificates."),
	P_BOOL(struct tls_conf, wildcard_matches_multiple_labels, .value = "yes",
	    .doc = "\"*\" in a certificate's name matches more than one label."),
	P_BOOL(struct tls_conf, trust_server_ccerts, .value = "no",
	    .doc = "Trust client certificates that are made for servers only."),

	/* Sessions. */
	P_STR(struct tls_conf, session_ticket_cipher, .value = "aes-256-cbc", .min_length = 1,
	    .doc = "The cipher of session tickets."),
	P_BOOL(struct tls_conf, fast_shutdown_enable, .value = "yes",
	    .doc = "Do not wait for the peer's answer when a TLS session ends."),
};

const struct param_table tls_params = {
	.owner = "tls", .prefix = "tls_", .rows = tls_rows, .count = COUNT_OF(tls_rows),
	.size = sizeof(struct tls_conf),
};
