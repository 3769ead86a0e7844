/* SPDX-License-Identifier: ISC */
#include "lib/auth/scram_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/encode.h"

static const EVP_MD *
digest_of(enum scram_hash hash)
{
	return hash == SCRAM_SHA1 ? EVP_sha1() : EVP_sha256();
}

/* One base64 field into room bytes; the value is its length, 0 for a bad one. */
static size_t
decode_field(struct span text, unsigned char *to, size_t room)
{
	CLEANUP(str_fini) struct str bytes = { .max = room };

	if (text.len == 0 || base64_decode(&bytes, text) != PARSE_OK || bytes.overflowed)
		return 0;
	memcpy(to, bytes.p, bytes.len);
	return bytes.len;
}

enum parse
scram_keys_parse(struct span text, enum scram_hash hash, struct scram_keys *keys_out)
{
	size_t key_len = (size_t) EVP_MD_get_size(digest_of(hash));
	struct span rounds, salt, stored;
	uint64_t number;

	*keys_out = (struct scram_keys){ .key_len = key_len };
	if (!span_cut(&text, ',', &rounds) || !span_cut(&text, ',', &salt) ||
	    !span_cut(&text, ',', &stored) || !span_to_u64(rounds, INT32_MAX, &number) ||
	    number == 0)
		return PARSE_BAD;
	keys_out->rounds = (uint32_t) number;
	keys_out->salt_len = decode_field(salt, keys_out->salt, SCRAM_SALT_MAX);
	if (keys_out->salt_len == 0 ||
	    decode_field(stored, keys_out->stored_key, SCRAM_KEY_MAX) != key_len ||
	    decode_field(text, keys_out->server_key, SCRAM_KEY_MAX) != key_len)
		return PARSE_BAD;
	return PARSE_OK;
}

static bool
add_base64(struct str *out, const unsigned char *bytes, size_t len)
{
	(void) str_add_char(out, ',');
	return base64_encode(out, span_make((const char *) bytes, len));
}

bool
scram_keys_print(const struct scram_keys *keys, struct str *out)
{
	(void) str_addf(out, "%u", keys->rounds);
	(void) add_base64(out, keys->salt, keys->salt_len);
	(void) add_base64(out, keys->stored_key, keys->key_len);
	return add_base64(out, keys->server_key, keys->key_len);
}

static bool
hmac(const EVP_MD *digest, const unsigned char *key, const char *text, unsigned char *to)
{
	return HMAC(digest, key, EVP_MD_get_size(digest), (const unsigned char *) text,
		   strlen(text), to, NULL) != NULL;
}

bool
scram_keys_derive(enum scram_hash hash, struct span password, struct scram_keys *keys)
{
	const EVP_MD *digest = digest_of(hash);
	unsigned char salted[SCRAM_KEY_MAX], client[SCRAM_KEY_MAX];
	bool done;

	keys->key_len = (size_t) EVP_MD_get_size(digest);
	done = PKCS5_PBKDF2_HMAC(password.p == NULL ? "" : password.p, (int) password.len, keys->salt,
		   (int) keys->salt_len, (int) keys->rounds, digest, (int) keys->key_len, salted) == 1 &&
	    hmac(digest, salted, "Client Key", client) &&
	    EVP_Digest(client, keys->key_len, keys->stored_key, NULL, digest, NULL) == 1 &&
	    hmac(digest, salted, "Server Key", keys->server_key);
	OPENSSL_cleanse(salted, sizeof(salted));
	OPENSSL_cleanse(client, sizeof(client));
	return done;
}
