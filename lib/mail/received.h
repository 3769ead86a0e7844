/* SPDX-License-Identifier: ISC */
#ifndef RECEIVED_H
#define RECEIVED_H

#include "lib/base/str.h"

/*
 * The Received: field in Postfix's shape (RFC 5321 4.4). Empty spans are left out, names say
 * "unknown" where needed.
 */
struct received {
	/* From the network: helo (reverse name [address]); from here: uid. */
	/* address in printable form, "IPv6:" is added here */
	struct span helo, client_name, client_address;
	/* with no client: "(Postfix, from userid N)" */
	int64_t uid;
	bool has_uid;

	struct span hostname;           /* by */
	struct span mail_name;          /* in brackets behind it: "Postfix" */
	/* ESMTP, ESMTPSA, LMTP, UTF8SMTPS ... ; "with" is left out when empty */
	struct span protocol;
	struct span queue_id;
	struct span recipient;          /* "for <x>" when there is just one; external form */

	/* "(using TLSv1.3 with cipher X (256/256 bits)" */
	struct span tls_protocol, tls_cipher;
	int tls_bits_used, tls_bits_all;
	/* "key-exchange X25519 server-signature ...": on a line of its own */
	struct span tls_details;
	/* "No client certificate requested", "Client CN ..., Issuer ... (verified OK)" */
	struct span tls_peer;
	struct span sasl_username;      /* "(Authenticated sender: x)" */

	int64_t seconds;
	int zone_minutes;
	const char *zone_name;          /* NULL: none */
};

/*
 * Append the field with folds and the last LF. Control characters, backslashes and brackets in
 * values become question marks; tls_details and tls_peer keep their brackets, which must balance.
 */
bool received_print(struct str *out, const struct received *received);

#endif
