/* SPDX-License-Identifier: ISC */
/*
 * Keys and their certificates from lists of PEM files: a key, the certificate that belongs to it, and
 * those that sign it, in one file or in several that follow one another; then the next key. Objects of
 * other kinds (parameters of curves) are passed over.
 */
#include <errno.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "lib/net/tls_int.h"
#include "lib/sys/main_cf.h"

struct tls_chain {
	SSL_CTX *ctx;
	EVP_PKEY *key;          /* NULL: none yet */
	X509 *leaf;
	STACK_OF(X509) *issuers;
};

static void
chain_clear(struct tls_chain *chain)
{
	EVP_PKEY_free(chain->key);
	X509_free(chain->leaf);
	sk_X509_pop_free(chain->issuers, X509_free);
	chain->key = NULL;
	chain->leaf = NULL;
	chain->issuers = NULL;
}

/* The chain that was read so far is whole: use it. */
static bool
chain_use(struct tls_chain *chain, const char *path, struct err *err)
{
	bool is_used;

	if (chain->key == NULL)
		return true;
	if (chain->leaf == NULL)
		return err_config(err, "%s: a private key without a certificate behind it", path);
	is_used = SSL_CTX_use_cert_and_key(chain->ctx, chain->leaf, chain->key, chain->issuers, 1) == 1;
	chain_clear(chain);
	return is_used || tls_error(err, "use the private key and certificate of %s", path);
}

static bool
chain_add_certificate(struct tls_chain *chain, X509 *certificate, const char *path, struct err *err)
{
	if (chain->key == NULL)
		return err_config(err, "%s: a certificate without its private key before it", path);
	if (X509_up_ref(certificate) != 1)
		return tls_error(err, "keep a certificate of %s", path);
	if (chain->leaf == NULL) {
		chain->leaf = certificate;
		return true;
	}
	if (chain->issuers == NULL)
		chain->issuers = sk_X509_new_null();
	if (chain->issuers != NULL && sk_X509_push(chain->issuers, certificate) > 0)
		return true;
	X509_free(certificate);
	return tls_error(err, "keep a certificate of %s", path);
}

/* One or two objects of a file: the library gives a key together with a certificate beside it. */
static bool
chain_add(struct tls_chain *chain, const X509_INFO *info, const char *path, struct err *err)
{
	EVP_PKEY *key = info->x_pkey == NULL ? NULL : info->x_pkey->dec_pkey;

	if (key != NULL) {
		if (!chain_use(chain, path, err))
			return false;
		if (EVP_PKEY_up_ref(key) != 1)
			return tls_error(err, "keep a private key of %s", path);
		chain->key = key;
	}
	return info->x509 == NULL || chain_add_certificate(chain, info->x509, path, err);
}

static bool
chain_read(struct tls_chain *chain, const char *path, struct err *err)
{
	BIO *bio;
	STACK_OF(X509_INFO) *infos = NULL;
	bool is_good;

	ERR_clear_error();
	errno = 0;
	bio = BIO_new_file(path, "r");
	if (bio == NULL)
		return tls_error(err, "open %s", path);
	infos = PEM_X509_INFO_read_bio(bio, NULL, NULL, NULL);
	is_good = infos != NULL && sk_X509_INFO_num(infos) > 0;
	if (!is_good)
		(void) tls_error(err, "load private key and certificate chain %s", path);
	for (int i = 0; is_good && i < sk_X509_INFO_num(infos); i++)
		is_good = chain_add(chain, sk_X509_INFO_value(infos, i), path, err);
	sk_X509_INFO_pop_free(infos, X509_INFO_free);
	BIO_free(bio);
	return is_good;
}

bool
tls_base_load_chains(struct tls_base *base, const char *list, struct err *err)
{
	struct tls_chain chain = { .ctx = base->ctx };
	struct span rest = span_of(list), word;
	const char *path = "";
	bool is_good = true;

	while (is_good && main_cf_list_next(&rest, &word, err)) {
		path = arena_cstr(base->arena, word);
		is_good = chain_read(&chain, path, err);
		if (is_good)
			tls_base_watch(base, path);
	}
	is_good = is_good && (err == NULL || err->class == ERR_NONE) && chain_use(&chain, path, err);
	chain_clear(&chain);
	return is_good;
}
