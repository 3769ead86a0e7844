/* SPDX-License-Identifier: ISC */
#ifndef SCRAM_KEYS_H
#define SCRAM_KEYS_H

#include "lib/base/result.h"
#include "lib/base/str.h"

/* What a SCRAM server keeps of a password. spec: RFC 5802 3, 5.1; RFC 7677. */

enum scram_hash { SCRAM_SHA1, SCRAM_SHA256 };
enum { SCRAM_KEY_MAX = 32, SCRAM_SALT_MAX = 64, SCRAM_ROUNDS_MIN = 4096 };

struct scram_keys {
	uint32_t rounds;
	unsigned char salt[SCRAM_SALT_MAX];
	size_t salt_len;
	unsigned char stored_key[SCRAM_KEY_MAX], server_key[SCRAM_KEY_MAX];
	size_t key_len;                 /* 20 or 32 */
};

/* "rounds,salt,stored key,server key", the last three in base64. */
MUST_USE enum parse scram_keys_parse(struct span text, enum scram_hash hash,
    struct scram_keys *keys_out);
bool scram_keys_print(const struct scram_keys *keys, struct str *out);

/* Compute both keys from salt and rounds, which are set. false: the library failed. */
MUST_USE bool scram_keys_derive(enum scram_hash hash, struct span password,
    struct scram_keys *keys);

#endif
