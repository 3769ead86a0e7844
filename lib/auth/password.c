/* SPDX-License-Identifier: ISC */
/*
 * Each scheme is one row: how its value is written, and what checks and makes it. Hashing is
 * OpenSSL's, libargon2's and crypt(3)'s; nothing of it is ours. MD4, and the state of MD5 that
 * CRAM-MD5 keeps, are only in OpenSSL's older interface.
 */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "lib/auth/password.h"

#include <argon2.h>
#include <crypt.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/md4.h>
#include <openssl/md5.h>
#include <openssl/rand.h>

#include "lib/auth/scram_keys.h"
#include "lib/base/encode.h"

enum {
	SALT_LEN = 16,
	PBKDF2_ROUNDS = 100000,         /* made; for others that read it: ARGON2ID is ours */
	PBKDF2_LEN = 20,
	SCRAM_ROUNDS = 4096,            /* made; RFC 7677 4 */
	ARGON2_KIB = 19456, ARGON2_PASSES = 2, ARGON2_LANES = 1,        /* OWASP's smallest set */
	ARGON2_HASH_LEN = 32,
	CRAM_STATE_LEN = 32,
	BCRYPT_ROUND = 100,             /* one of bcrypt's in those of SHA */
	ARGON2_PASSES_KIB = 32 << 20,   /* passes over memory, in all */
};

enum encoding { ENCODING_NONE, ENCODING_HEX, ENCODING_BASE64 };

/* One check: the value decoded, and all that it is compared with. */
struct check {
	const struct scheme *scheme;
	struct span value, user, password;
	const struct password_policy *policy;
	struct err *err;
};

struct scheme {
	const char *name;
	enum encoding encoding;
	bool is_weak;
	enum password_result (*check)(const struct check *c);
	/* NULL: can only be checked */
	bool (*make)(const struct scheme *scheme, struct span user, struct span password,
	    struct str *value_out);
	const EVP_MD *(*digest)(void);  /* of digests with and without salt */
	bool has_salt;
	const char *prefix;             /* of crypt(3) settings that are made */
	unsigned long count;            /* rounds of these; 0: the library's choice */
	argon2_type type;
	enum scram_hash hash;
};

/* ---- Results ---- */

static enum password_result
compare(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0 ? PASSWORD_MATCHES : PASSWORD_DIFFERS;
}

static enum password_result
broken(const struct check *c, const char *what)
{
	(void) err_config(c->err, "stored password of scheme %s: %s", c->scheme->name, what);
	return PASSWORD_BROKEN;
}

static enum password_result
failed(const struct check *c, const char *what)
{
	(void) err_temp(c->err, "password scheme %s: %s", c->scheme->name, what);
	return PASSWORD_FAILED;
}

static enum password_result
refused(const struct check *c, const char *what)
{
	(void) err_config(c->err, "password scheme %s: %s", c->scheme->name, what);
	return PASSWORD_REFUSED;
}

/* ---- Plain ---- */

static enum password_result
check_plain(const struct check *c)
{
	if (c->value.len != c->password.len)
		return PASSWORD_DIFFERS;
	return compare(c->value.p, c->password.p, c->value.len);
}

static bool
make_plain(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	(void) scheme;
	(void) user;
	return str_add(value_out, password);
}

/* "length-text": the password's beginning. Without a length it is plain. */
static enum password_result
check_plain_trunc(const struct check *c)
{
	size_t dash = span_find(c->value, '-');
	struct check whole = *c;
	uint64_t length;

	if (dash == c->value.len || !span_to_u64(span_slice(c->value, 0, dash), PASSWORD_MAX, &length))
		return check_plain(c);
	whole.value = span_from(c->value, dash + 1);
	whole.password = span_slice(c->password, 0, (size_t) length);
	return check_plain(&whole);
}

/* ---- crypt(3) ---- */

/* How many rounds a setting of crypt(3) asks for, where it can ask for many; 0: not said. */
static uint64_t
crypt_rounds(struct span setting)
{
	bool is_bcrypt = span_starts_with(setting, SPAN("$2"));
	size_t at = is_bcrypt ? strlen("$2b$") : span_search(setting, SPAN("$rounds=")) + strlen("$rounds=");
	struct span digits = span_from(setting, at);
	uint64_t number;

	digits = span_slice(digits, 0, span_run(digits, "0123456789"));
	if (digits.len == 0)
		return 0;
	if (!span_to_u64(digits, UINT32_MAX, &number) || (is_bcrypt && number > 31))
		return UINT64_MAX;
	return is_bcrypt ? (uint64_t) BCRYPT_ROUND << number : number;
}

static enum password_result
check_crypt(const struct check *c)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_OUTPUT_SIZE], text[PASSWORD_MAX + 1] = { 0 };
	enum password_result result;
	const char *hash;

	if (c->policy->rounds_max > 0 && crypt_rounds(c->value) > c->policy->rounds_max) {
		free(data);
		return refused(c, "more rounds than are allowed");
	}
	if (data == NULL)
		return failed(c, "out of memory");
	if (c->value.len >= sizeof(setting) || span_has_nul(c->value)) {
		free(data);
		return broken(c, "too long for crypt(3)");
	}
	memcpy(setting, c->value.p, c->value.len);
	setting[c->value.len] = '\0';
	if (c->password.len > 0)
		memcpy(text, c->password.p, c->password.len);
	hash = crypt_rn(text, setting, data, (int) sizeof(*data));
	if (hash == NULL)
		result = errno == ENOMEM ? failed(c, "out of memory") : broken(c, "crypt(3) cannot read it");
	else
		result = strlen(hash) == c->value.len ? compare(hash, setting, c->value.len)
						      : PASSWORD_DIFFERS;
	OPENSSL_cleanse(data, sizeof(*data));
	OPENSSL_cleanse(text, sizeof(text));
	free(data);
	return result;
}

static bool
make_crypt(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	char setting[CRYPT_GENSALT_OUTPUT_SIZE], text[PASSWORD_MAX + 1] = { 0 };
	const char *hash = NULL;
	bool done;

	(void) user;
	if (data == NULL)
		return false;
	if (password.len > 0)
		memcpy(text, password.p, password.len);
	if (crypt_gensalt_rn(scheme->prefix, scheme->count, NULL, 0, setting, sizeof(setting)) != NULL)
		hash = crypt_rn(text, setting, data, (int) sizeof(*data));
	done = hash != NULL && str_add_str(value_out, hash);
	OPENSSL_cleanse(data, sizeof(*data));
	OPENSSL_cleanse(text, sizeof(text));
	free(data);
	return done;
}

/* ---- Digests, with and without salt ---- */

/* digest(password salt) */
static bool
digest_salted(const EVP_MD *digest, struct span password, struct span salt, unsigned char *to)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx != NULL && EVP_DigestInit_ex(ctx, digest, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, password.p, password.len) == 1 &&
	    EVP_DigestUpdate(ctx, salt.p, salt.len) == 1 && EVP_DigestFinal_ex(ctx, to, NULL) == 1;

	EVP_MD_CTX_free(ctx);
	return done;
}

static enum password_result
check_digest(const struct check *c)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t len = (size_t) EVP_MD_get_size(c->scheme->digest());

	if (c->scheme->has_salt ? c->value.len <= len : c->value.len != len)
		return broken(c, "wrong length");
	if (!digest_salted(c->scheme->digest(), c->password, span_from(c->value, len), hash))
		return failed(c, "the digest is not available");
	return compare(hash, c->value.p, len);
}

static bool
make_digest(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	unsigned char hash[EVP_MAX_MD_SIZE], salt[SALT_LEN];
	struct span used = { (const char *) salt, scheme->has_salt ? SALT_LEN : 0 };

	(void) user;
	return RAND_bytes(salt, SALT_LEN) == 1 &&
	    digest_salted(scheme->digest(), password, used, hash) &&
	    str_add(value_out, span_make((const char *) hash, (size_t) EVP_MD_get_size(scheme->digest()))) &&
	    str_add(value_out, used);
}

/* "$1$..." is crypt's, anything else the bare digest. */
static enum password_result
check_md5(const struct check *c)
{
	CLEANUP(str_fini) struct str bytes = { .max = MD5_DIGEST_LENGTH };
	struct check digest = *c;

	if (span_starts_with(c->value, SPAN("$1$")))
		return check_crypt(c);
	if ((c->value.len == 2 * MD5_DIGEST_LENGTH ? hex_decode : base64_decode)(&bytes, c->value) !=
	    PARSE_OK)
		return broken(c, "neither crypt's form nor a digest");
	digest.value = str_span(&bytes);
	return check_digest(&digest);
}

static enum password_result
check_md4(const struct check *c)
{
	unsigned char hash[MD4_DIGEST_LENGTH];

	if (c->value.len != sizeof(hash))
		return broken(c, "wrong length");
	if (MD4((const unsigned char *) c->password.p, c->password.len, hash) == NULL)
		return failed(c, "the digest is not available");
	return compare(hash, c->value.p, sizeof(hash));
}

/* MD5(user ":" realm ":" password); the realm is what follows the last "@". */
static enum password_result
check_digest_md5(const struct check *c)
{
	size_t at = span_rfind(c->user, '@');
	CLEANUP(str_fini) struct str text = { .max = PASSWORD_STORED_MAX };
	struct check digest = *c;
	enum password_result result;

	(void) str_addf(&text, "%.*s:%.*s:", SPAN_ARG(span_slice(c->user, 0, at)),
	    SPAN_ARG(span_from(c->user, at + 1)));
	if (!str_add(&text, c->password))
		return failed(c, "the user's name is too long");
	digest.password = str_span(&text);
	result = check_digest(&digest);
	str_wipe(&text);
	return result;
}

/* ---- CRAM-MD5 ---- */

static void
put_state(const MD5_CTX *state, unsigned char *to)
{
	const MD5_LONG words[4] = { state->A, state->B, state->C, state->D };

	for (unsigned i = 0; i < 16; i++)
		to[i] = (unsigned char) (words[i / 4] >> 8 * (i % 4));
}

/* HMAC-MD5 after the key went into both digests: the outer state, then the inner. RFC 2104. */
static bool
cram_states(struct span password, unsigned char to[CRAM_STATE_LEN])
{
	unsigned char key[MD5_CBLOCK] = { 0 }, pad[MD5_CBLOCK];
	bool done = true;

	if (password.len > sizeof(key))
		done = MD5((const unsigned char *) password.p, password.len, key) != NULL;
	else if (password.len > 0)
		memcpy(key, password.p, password.len);
	for (unsigned half = 0; half < 2 && done; half++) {
		MD5_CTX state;

		for (size_t i = 0; i < sizeof(pad); i++)
			pad[i] = key[i] ^ (half == 0 ? 0x5c : 0x36);
		done = MD5_Init(&state) == 1 && MD5_Update(&state, pad, sizeof(pad)) == 1;
		put_state(&state, to + 16 * half);
	}
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(pad, sizeof(pad));
	return done;
}

static enum password_result
check_cram(const struct check *c)
{
	unsigned char states[CRAM_STATE_LEN];

	if (c->value.len != sizeof(states))
		return broken(c, "wrong length");
	if (!cram_states(c->password, states))
		return failed(c, "the digest is not available");
	return compare(states, c->value.p, sizeof(states));
}

static bool
make_cram(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	unsigned char states[CRAM_STATE_LEN];

	(void) scheme;
	(void) user;
	return cram_states(password, states) &&
	    str_add(value_out, span_make((const char *) states, sizeof(states)));
}

/* ---- Key derivation ---- */

/* "$1$salt$rounds$hash": PBKDF2 with SHA-1, hash in hexadecimal, salt as it stands. */
static enum password_result
check_pbkdf2(const struct check *c)
{
	CLEANUP(str_fini) struct str stored = { .max = PBKDF2_LEN };
	struct span rest = span_from(c->value, 3), salt, rounds;
	unsigned char hash[PBKDF2_LEN];
	uint64_t number;

	if (!span_starts_with(c->value, SPAN("$1$")) || !span_cut(&rest, '$', &salt) ||
	    !span_cut(&rest, '$', &rounds) || !span_to_u64(rounds, INT32_MAX, &number) ||
	    number == 0 || hex_decode(&stored, rest) != PARSE_OK || stored.len != sizeof(hash))
		return broken(c, "expected $1$salt$rounds$hash");
	if (c->policy->rounds_max > 0 && number > c->policy->rounds_max)
		return refused(c, "more rounds than are allowed");
	if (PKCS5_PBKDF2_HMAC(c->password.p, (int) c->password.len, (const unsigned char *) salt.p,
		(int) salt.len, (int) number, EVP_sha1(), sizeof(hash), hash) != 1)
		return failed(c, "key derivation is not available");
	return compare(hash, stored.p, sizeof(hash));
}

/* A salt of letters and digits. */
static bool
make_salt_text(char text[static SALT_LEN + 1])
{
	static const char letters[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[SALT_LEN];

	if (RAND_bytes(bytes, SALT_LEN) != 1)
		return false;
	for (size_t i = 0; i < SALT_LEN; i++)
		text[i] = letters[bytes[i] & 63];
	text[SALT_LEN] = '\0';
	return true;
}

static bool
make_pbkdf2(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	unsigned char hash[PBKDF2_LEN];
	char salt[SALT_LEN + 1];

	(void) scheme;
	(void) user;
	if (!make_salt_text(salt) ||
	    PKCS5_PBKDF2_HMAC(password.p, (int) password.len, (const unsigned char *) salt, SALT_LEN,
		PBKDF2_ROUNDS, EVP_sha1(), sizeof(hash), hash) != 1)
		return false;
	(void) str_addf(value_out, "$1$%s$%d$", salt, PBKDF2_ROUNDS);
	return hex_encode(value_out, span_make((const char *) hash, sizeof(hash)));
}

/* The number behind "$m=" (KiB) or ",t=" (passes) of "$argon2id$v=19$m=65536,t=3,p=1$..."; 0 when it is not there. */
static uint64_t
argon2_number(struct span value, struct span name)
{
	size_t at = span_search(value, name);
	struct span digits = span_from(value, at + name.len);
	uint64_t number;

	digits = span_slice(digits, 0, span_run(digits, "0123456789"));
	return at < value.len && span_to_u64(digits, UINT32_MAX, &number) ? number : 0;
}

static enum password_result
check_argon2(const struct check *c)
{
	char encoded[PASSWORD_STORED_MAX + 1];
	argon2_type type = span_starts_with(c->value, SPAN("$argon2id$")) ? Argon2_id
	    : span_starts_with(c->value, SPAN("$argon2i$"))		  ? Argon2_i
									  : Argon2_d;
	uint64_t kib = argon2_number(c->value, SPAN("$m=")), passes = argon2_number(c->value, SPAN(",t="));
	int result;

	if (c->policy->memory_max_kib > 0 && kib > c->policy->memory_max_kib)
		return refused(c, "more memory than one check may take");
	if (c->policy->rounds_max > 0 && (kib + 1) * passes > ARGON2_PASSES_KIB)
		return refused(c, "more passes than are allowed");
	memcpy(encoded, c->value.p, c->value.len);
	encoded[c->value.len] = '\0';
	result = argon2_verify(encoded, c->password.p, c->password.len, type);
	if (result == ARGON2_OK)
		return PASSWORD_MATCHES;
	if (result == ARGON2_VERIFY_MISMATCH)
		return PASSWORD_DIFFERS;
	if (result == ARGON2_MEMORY_ALLOCATION_ERROR)
		return failed(c, "out of memory");
	return broken(c, argon2_error_message(result));
}

static bool
make_argon2(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	unsigned char salt[SALT_LEN];
	char encoded[200];

	(void) user;
	return RAND_bytes(salt, SALT_LEN) == 1 &&
	    argon2_hash(ARGON2_PASSES, ARGON2_KIB, ARGON2_LANES, password.p, password.len, salt,
		SALT_LEN, NULL, ARGON2_HASH_LEN, encoded, sizeof(encoded), scheme->type,
		ARGON2_VERSION_13) == ARGON2_OK &&
	    str_add_str(value_out, encoded);
}

static enum password_result
check_scram(const struct check *c)
{
	struct scram_keys stored, keys;
	enum password_result result;

	if (scram_keys_parse(c->value, c->scheme->hash, &stored) != PARSE_OK)
		return broken(c, "expected rounds,salt,stored key,server key");
	if (c->policy->rounds_max > 0 && stored.rounds > c->policy->rounds_max)
		return refused(c, "more rounds than are allowed");
	keys = stored;
	if (!scram_keys_derive(c->scheme->hash, c->password, &keys))
		return failed(c, "key derivation is not available");
	result = compare(keys.stored_key, stored.stored_key, stored.key_len);
	OPENSSL_cleanse(&keys, sizeof(keys));
	return result;
}

static bool
make_scram(const struct scheme *scheme, struct span user, struct span password, struct str *value_out)
{
	struct scram_keys keys = { .rounds = SCRAM_ROUNDS, .salt_len = SALT_LEN };
	bool done;

	(void) user;
	done = RAND_bytes(keys.salt, SALT_LEN) == 1 &&
	    scram_keys_derive(scheme->hash, password, &keys) && scram_keys_print(&keys, value_out);
	OPENSSL_cleanse(&keys, sizeof(keys));
	return done;
}

/* ---- The schemes ---- */

#define PLAIN(NAME)                     { .name = NAME, .check = check_plain, .make = make_plain }
#define CRYPT_AS(NAME, PREFIX, WEAK)                                                               \
	{ .name = NAME, .check = check_crypt, .make = make_crypt, .prefix = PREFIX, .is_weak = WEAK }
#define DIGEST(NAME, DIGEST_FN, ENC, SALT, WEAK)                                                   \
	{ .name = NAME, .encoding = ENC, .check = check_digest, .make = make_digest,               \
	  .digest = DIGEST_FN, .has_salt = SALT, .is_weak = WEAK }
#define CRAM(NAME)                                                                                 \
	{ .name = NAME, .encoding = ENCODING_HEX, .check = check_cram, .make = make_cram, .is_weak = true }
#define ARGON2_AS(NAME, TYPE)                                                                      \
	{ .name = NAME, .check = check_argon2, .make = make_argon2, .type = TYPE }
#define SCRAM(NAME, HASH)                                                                          \
	{ .name = NAME, .check = check_scram, .make = make_scram, .hash = HASH }

/* Of two with one value, the first is the one that is made. */
static const struct scheme schemes[] = {
	ARGON2_AS("ARGON2ID", Argon2_id),
	ARGON2_AS("ARGON2I", Argon2_i),
	ARGON2_AS("ARGON2", Argon2_id),
	CRYPT_AS("YESCRYPT", "$y$", false),
	CRYPT_AS("CRYPT", "$y$", false),
	CRYPT_AS("BLF-CRYPT", "$2b$", false),
	CRYPT_AS("SHA512-CRYPT", "$6$", false),
	CRYPT_AS("SHA256-CRYPT", "$5$", false),
	CRYPT_AS("MD5-CRYPT", "$1$", true),
	CRYPT_AS("DES-CRYPT", "", true),
	SCRAM("SCRAM-SHA-256", SCRAM_SHA256),
	SCRAM("SCRAM-SHA-1", SCRAM_SHA1),
	{ .name = "PBKDF2", .check = check_pbkdf2, .make = make_pbkdf2 },
	DIGEST("SSHA512", EVP_sha512, ENCODING_BASE64, true, false),
	DIGEST("SSHA256", EVP_sha256, ENCODING_BASE64, true, false),
	DIGEST("SSHA", EVP_sha1, ENCODING_BASE64, true, false),
	DIGEST("SHA512", EVP_sha512, ENCODING_BASE64, false, false),
	DIGEST("SHA256", EVP_sha256, ENCODING_BASE64, false, false),
	DIGEST("SHA1", EVP_sha1, ENCODING_BASE64, false, false),
	DIGEST("SHA", EVP_sha1, ENCODING_BASE64, false, false),
	DIGEST("SMD5", EVP_md5, ENCODING_BASE64, true, true),
	DIGEST("LDAP-MD5", EVP_md5, ENCODING_BASE64, false, true),
	DIGEST("PLAIN-MD5", EVP_md5, ENCODING_HEX, false, true),
	{ .name = "MD5", .check = check_md5, .make = make_crypt, .prefix = "$1$", .digest = EVP_md5, .is_weak = true },
	{ .name = "PLAIN-MD4", .encoding = ENCODING_HEX, .check = check_md4, .is_weak = true },
	{ .name = "DIGEST-MD5", .encoding = ENCODING_HEX, .check = check_digest_md5, .digest = EVP_md5, .is_weak = true },
	CRAM("CRAM-MD5"),
	CRAM("HMAC-MD5"),
	PLAIN("PLAIN"),
	PLAIN("CLEAR"),
	PLAIN("CLEARTEXT"),
	{ .name = "PLAIN-TRUNC", .check = check_plain_trunc, .make = make_plain },
};

const char *
password_scheme_name(size_t i)
{
	return i < COUNT_OF(schemes) ? schemes[i].name : NULL;
}

static const struct scheme *
find_scheme(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(schemes); i++)
		if (span_eq_str_ci(name, schemes[i].name))
			return &schemes[i];
	return NULL;
}

/* SCHEME [".hex" / ".b64" / ".base64"]; *encoding_out is the scheme's own without one. */
static const struct scheme *
read_scheme(struct span text, enum encoding *encoding_out, bool *is_given_out)
{
	size_t dot = span_find(text, '.');
	const struct scheme *scheme = find_scheme(span_slice(text, 0, dot));
	struct span encoding = span_from(text, dot + 1);

	*is_given_out = dot < text.len;
	if (scheme == NULL || dot == text.len) {
		*encoding_out = scheme != NULL ? scheme->encoding : ENCODING_NONE;
		return scheme;
	}
	if (span_eq_str_ci(encoding, "hex"))
		*encoding_out = ENCODING_HEX;
	else if (span_eq_str_ci(encoding, "b64") || span_eq_str_ci(encoding, "base64"))
		*encoding_out = ENCODING_BASE64;
	else
		return NULL;
	return scheme;
}

/*
 * The value in octets. A digest without a named encoding may also come in the other one: its length
 * tells.
 */
static bool
decode_value(const struct scheme *scheme, struct span text, enum encoding encoding, bool is_given,
    struct str *out)
{
	size_t len = scheme->digest != NULL ? (size_t) EVP_MD_get_size(scheme->digest()) : 0;

	if (encoding == ENCODING_NONE)
		return str_add(out, text);
	if (!is_given && len > 0 && !scheme->has_salt)
		encoding = text.len == 2 * len ? ENCODING_HEX : ENCODING_BASE64;
	return (encoding == ENCODING_HEX ? hex_decode : base64_decode)(out, text) == PARSE_OK;
}

enum password_result
password_check(struct span stored, const char *default_scheme, struct span user,
    struct span password, const struct password_policy *policy, struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = PASSWORD_STORED_MAX };
	struct span name = span_of(default_scheme), text = stored;
	struct check c = { .user = user, .password = password, .policy = policy, .err = err };
	enum password_result result;
	enum encoding encoding;
	bool is_given;

	if (span_starts_with(stored, SPAN("{")) && span_find(stored, '}') < stored.len) {
		name = span_slice(stored, 1, span_find(stored, '}'));
		text = span_from(stored, name.len + 2);
	}
	c.scheme = read_scheme(name, &encoding, &is_given);
	if (c.scheme == NULL) {
		(void) err_config(err, "unknown password scheme \"%.*s\"", SPAN_ARG(span_slice(name, 0, 40)));
		return PASSWORD_UNKNOWN;
	}
	if (policy->refuses_weak && c.scheme->is_weak)
		return refused(&c, "too weak, and auth_allow_weak_schemes = no");
	if (stored.len > PASSWORD_STORED_MAX ||
	    !decode_value(c.scheme, text, encoding, is_given, &value))
		return broken(&c, "not in its encoding");
	if (password.len > PASSWORD_MAX || span_has_nul(password))
		return PASSWORD_DIFFERS;
	c.value = str_span(&value);
	if (c.password.p == NULL)
		c.password.p = "";
	result = c.scheme->check(&c);
	str_wipe(&value);
	return result;
}

bool
password_make(const char *scheme_name, struct span user, struct span password, struct str *out,
    struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = PASSWORD_STORED_MAX };
	enum encoding encoding;
	bool is_given, done;
	const struct scheme *scheme = read_scheme(
	    span_of(scheme_name == NULL ? "ARGON2ID" : scheme_name), &encoding, &is_given);

	if (scheme == NULL || scheme->make == NULL)
		return err_config(err, "password scheme \"%s\": %s", scheme_name,
		    scheme == NULL ? "unknown" : "can only be checked");
	if (password.len > PASSWORD_MAX || span_has_nul(password))
		return err_config(err, "a password has at most %d bytes, and no NUL", PASSWORD_MAX);
	if (password.p == NULL)
		password.p = "";
	if (!scheme->make(scheme, user, password, &value))
		return err_temp(err, "password scheme %s: the library failed", scheme->name);
	(void) str_addf(out, "{%s}", scheme_name == NULL ? scheme->name : scheme_name);
	done = encoding == ENCODING_HEX ? hex_encode(out, str_span(&value))
	    : encoding == ENCODING_BASE64 ? base64_encode(out, str_span(&value))
					  : str_add(out, str_span(&value));
	str_wipe(&value);
	return done || err_temp(err, "password scheme %s: the value is too long", scheme->name);
}
