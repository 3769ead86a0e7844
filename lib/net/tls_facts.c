/* SPDX-License-Identifier: ISC */
/* What there is to say of a finished handshake: for log lines, Received: fields and policy. */
#include <openssl/x509v3.h>

#include "lib/base/encode.h"
#include "lib/net/tls_int.h"

enum { TLS_NAME_MAX = 256, TLS_EXPORTER_BYTES = 32, TLS_FINISHED_MAX = 64 };

/* "AA:BB:CC" of a digest over bytes; "" when it cannot be made. */
static const char *
tls_fingerprint(struct arena *arena, const EVP_MD *digest, const unsigned char *bytes, size_t len)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned md_len = 0;
	struct str text;
	const char *result;

	if (bytes == NULL || digest == NULL ||
	    EVP_Digest(bytes, len, md, &md_len, digest, NULL) != 1)
		return "";
	str_init(&text, 4 * EVP_MAX_MD_SIZE);
	for (unsigned i = 0; i < md_len; i++)
		str_addf(&text, "%s%02X", i ? ":" : "", md[i]);
	result = arena_cstr(arena, str_span(&text));
	str_fini(&text);
	return result;
}

/* Fit for a comment in a header field and for a log line, whatever the peer put into it. */
static const char *
tls_clean_name(struct arena *arena, struct span name)
{
	char *text = arena_cstr(arena, name);

	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char) *p < ' ' || *p == 0x7f || strchr("()\\\"", *p) != NULL)
			*p = '?';
	return text;
}

/* The common name of a certificate's subject or issuer; "" without one, or with a NUL in it. */
static const char *
tls_common_name(struct arena *arena, const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	unsigned char *utf8 = NULL;
	const char *result = "";
	int len;

	if (at < 0)
		return "";
	len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (len > 0 && len <= TLS_NAME_MAX) {
		struct span text = span_make((const char *) utf8, (size_t) len);

		if (!span_has_nul(text) && utf8_is_valid(text))
			result = tls_clean_name(arena, text);
	}
	OPENSSL_free(utf8);
	return result;
}

static void
tls_facts_fill_peer(struct tls_session *session, const EVP_MD *digest)
{
	struct tls_facts *facts = &session->facts;
	X509 *cert = SSL_get0_peer_certificate(session->ssl);
	unsigned char *der = NULL;
	long verdict;
	int len;

	facts->trust_problem = "no certificate";
	facts->peer_subject = facts->peer_issuer = facts->peer_fingerprint =
	    facts->peer_pubkey_fingerprint = "";
	if (cert == NULL)
		return;
	facts->peer_subject = tls_common_name(session->arena, X509_get_subject_name(cert));
	facts->peer_issuer = tls_common_name(session->arena, X509_get_issuer_name(cert));
	len = i2d_X509(cert, &der);
	if (len > 0)
		facts->peer_fingerprint = tls_fingerprint(
		    session->arena, digest, der, (size_t) len);
	OPENSSL_free(der);
	der = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (len > 0)
		facts->peer_pubkey_fingerprint = tls_fingerprint(
		    session->arena, digest, der, (size_t) len);
	OPENSSL_free(der);
	verdict = SSL_get_verify_result(session->ssl);
	facts->is_peer_trusted = verdict == X509_V_OK;
	facts->trust_problem = facts->is_peer_trusted ? "" : X509_verify_cert_error_string(verdict);
}

/* "x25519", "DHE (2048 bits)", "" for a resumed or old-fashioned exchange. */
static const char *
tls_key_exchange(struct tls_session *session)
{
	EVP_PKEY *key = NULL;
	const char *result = "", *name;
	char group[80];

	if (SSL_get_peer_tmp_key(session->ssl, &key) != 1 || key == NULL)
		return "";
	name = EVP_PKEY_get0_type_name(key);
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
		result = arena_printf(session->arena, "ECDHE (%s)", group);
	else if (EVP_PKEY_is_a(key, "DH"))
		result = arena_printf(session->arena, "DHE (%d bits)", EVP_PKEY_get_bits(key));
	else if (EVP_PKEY_is_a(key, "X25519") || EVP_PKEY_is_a(key, "X448"))
		result = EVP_PKEY_is_a(key, "X448") ? "x448" : "x25519";
	else if (name != NULL)
		result = arena_strdup(session->arena, name);
	EVP_PKEY_free(key);
	return result;
}

/* The certificate whose key the server signed with. */
static X509 *
tls_server_certificate(struct tls_session *session)
{
	return session->is_server ? SSL_get_certificate(session->ssl)
				  : SSL_get0_peer_certificate(session->ssl);
}

static const char *
tls_signature_name(int nid)
{
	switch (nid) {
	case EVP_PKEY_RSA:
		return "RSA";
	case EVP_PKEY_RSA_PSS:
		return "RSA-PSS";
	case EVP_PKEY_EC:
		return "ECDSA";
	default:
		return OBJ_nid2sn(nid);
	}
}

/* "RSA-PSS (2048 bits)", "ECDSA (prime256v1)", "ED25519" */
static void
tls_facts_fill_signature(struct tls_session *session)
{
	struct tls_facts *facts = &session->facts;
	X509 *cert = tls_server_certificate(session);
	EVP_PKEY *key = cert == NULL ? NULL : X509_get0_pubkey(cert);
	int type = NID_undef, digest = NID_undef;
	char group[80];
	bool has_type;

	facts->signature = facts->digest = "";
	has_type = session->is_server ? SSL_get_signature_type_nid(session->ssl, &type) == 1
				      : SSL_get_peer_signature_type_nid(session->ssl, &type) == 1;
	if (!has_type || key == NULL || facts->is_reused)
		return;
	if (EVP_PKEY_is_a(key, "EC") &&
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
		facts->signature = arena_printf(
		    session->arena, "%s (%s)", tls_signature_name(type), group);
	else if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS"))
		facts->signature = arena_printf(session->arena, "%s (%d bits)",
		    tls_signature_name(type), EVP_PKEY_get_bits(key));
	else
		facts->signature = tls_signature_name(type);
	if ((session->is_server ? SSL_get_signature_nid(session->ssl, &digest)
				: SSL_get_peer_signature_nid(session->ssl, &digest)) == 1 &&
	    digest != NID_undef)
		facts->digest = OBJ_nid2sn(digest);
}

static const char *
tls_base64(struct arena *arena, const unsigned char *bytes, size_t len)
{
	CLEANUP(str_fini) struct str text = { .max = 2 * TLS_FINISHED_MAX };

	base64_encode(&text, span_make((const char *) bytes, len));
	return arena_cstr(arena, str_span(&text));
}

/*
 * Channel bindings. The first Finished message is the client's, in a resumed session the server's;
 * TLS 1.3 has no use for it.
 */
static void
tls_facts_fill_bindings(struct tls_session *session)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	unsigned char bytes[TLS_FINISHED_MAX];
	bool is_first_ours = session->is_server == session->facts.is_reused;
	size_t len;

	session->facts.exporter = session->facts.unique = "";
	if (SSL_export_keying_material(session->ssl, bytes, TLS_EXPORTER_BYTES, label, sizeof(label) - 1,
		(const unsigned char *) "", 0, 1) == 1)
		session->facts.exporter = tls_base64(session->arena, bytes, TLS_EXPORTER_BYTES);
	if (SSL_version(session->ssl) >= TLS1_3_VERSION)
		return;
	len = is_first_ours ? SSL_get_finished(session->ssl, bytes, sizeof(bytes))
			    : SSL_get_peer_finished(session->ssl, bytes, sizeof(bytes));
	session->facts.unique = tls_base64(
	    session->arena, bytes, len < sizeof(bytes) ? len : sizeof(bytes));
}

void
tls_facts_fill(struct tls_session *session, const EVP_MD *digest)
{
	struct tls_facts *facts = &session->facts;
	const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
	const char *sni = SSL_get_servername(session->ssl, TLSEXT_NAMETYPE_host_name);

	facts->protocol = SSL_get_version(session->ssl);
	facts->cipher = SSL_CIPHER_get_name(cipher);
	facts->bits_used = SSL_CIPHER_get_bits(cipher, &facts->bits_possible);
	facts->is_reused = SSL_session_reused(session->ssl) == 1;
	facts->sni = sni == NULL ? "" : arena_strdup(session->arena, sni);
	facts->key_exchange = tls_key_exchange(session);
	tls_facts_fill_signature(session);
	tls_facts_fill_peer(session, digest);
	tls_facts_fill_bindings(session);
}

bool
tls_facts_add(struct str *out, const struct tls_facts *facts)
{
	str_addf(out, "%s with cipher %s (%d/%d bits)", facts->protocol, facts->cipher,
	    facts->bits_used, facts->bits_possible);
	if (facts->key_exchange[0] != '\0')
		str_addf(out, " key-exchange %s", facts->key_exchange);
	if (facts->signature[0] != '\0')
		str_addf(out, " server-signature %s", facts->signature);
	if (facts->digest[0] != '\0')
		str_addf(out, " server-digest %s", facts->digest);
	return !out->overflowed;
}
