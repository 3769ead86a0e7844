/* SPDX-License-Identifier: ISC */
/* Stored passwords: values that doveadm made of "secret", and our own. */
#include "t.h"

#include "lib/auth/password.h"
#include "lib/auth/scram_keys.h"

static const struct stored_case {
	const char *name, *stored, *user, *scheme;
	enum password_result want; /* for "secret" */
} stored_cases[] = {
	{ .name = "SHA1", .stored = "{SHA1}5en6G6MezRroT3XKqkdPOmY/BfQ=" },
	{ .name = "SHA", .stored = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=" },
	{ .name = "SHA in hex without saying so", .stored = "{SHA}e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4" },
	{ .name = "SHA.b64", .stored = "{SHA.B64}5en6G6MezRroT3XKqkdPOmY/BfQ=" },
	{ .name = "SHA256", .stored = "{SHA256}K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=" },
	{ .name = "SHA256.hex", .stored = "{SHA256.HEX}2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b" },
	{ .name = "SHA512", .stored = "{SHA512}vSsar3708Jvp9Szi2NWZZ02Bqp1qRCFpbcTZPdBhnWgs5WtNZKnvCXdhztmeD2cmW192CF5bDufKRpayrW/isg==" },
	{ .name = "SSHA", .stored = "{SSHA}fCXhwcJhR7xWKA4fzmkt92iJKvdcPmgz" },
	{ .name = "SSHA.hex", .stored = "{SSHA.HEX}fb9a66d9435242f59d8fd03ef5d0f5772685642b48c4b1cf" },
	{ .name = "SSHA256", .stored = "{SSHA256}ghdMumWqWLs0HY6BQlLHbr8yRqpm3voH2qWjKOp4lQlrN51L" },
	{ .name = "SSHA512", .stored = "{SSHA512}fONSgmJpCugaX8SOZGGuRl3RYzoqo2mCtsnw4ky24l9aaWf9/TcubspLnSHU9VO+PNhFFmVcn950jHWSd0sL9co1yn8=" },
	{ .name = "SMD5", .stored = "{SMD5}9btb7Lg7X7FYZ/mHOQywWJFQxjE=" },
	{ .name = "LDAP-MD5", .stored = "{LDAP-MD5}Xr4ilOzQ4PCOq3aQ0qbuaQ==" },
	{ .name = "PLAIN-MD5", .stored = "{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69" },
	{ .name = "PLAIN-MD5.b64", .stored = "{PLAIN-MD5.B64}Xr4ilOzQ4PCOq3aQ0qbuaQ==" },
	{ .name = "PLAIN-MD4", .stored = "{PLAIN-MD4}67d3dafef63ff00603aeef3769cfbf0d" },
	{ .name = "MD5 of crypt", .stored = "{MD5}$1$z3dbVJL9$i1yVfm3RG5MGxvRJ4DHH2/" },
	{ .name = "MD5 of PLAIN-MD5", .stored = "{MD5}5ebe2294ecd0e0f08eab7690d2a6ee69" },
	{ .name = "DIGEST-MD5", .stored = "{DIGEST-MD5}9e350098094efc4af26cd456adf29a60", .user = "joe@example.org" },
	{ .name = "DIGEST-MD5 of another", .stored = "{DIGEST-MD5}9e350098094efc4af26cd456adf29a60", .user = "jim@example.org",
	  .want = PASSWORD_DIFFERS },
	{ .name = "CRAM-MD5", .stored = "{CRAM-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56" },
	{ .name = "HMAC-MD5", .stored = "{HMAC-MD5}cd3ba7deaad6e5ca23448ba42e379747a9e0f7f1fbc00c8a81bbaac395731b56" },
	{ .name = "SCRAM-SHA-1", .stored = "{SCRAM-SHA-1}4096,tMag0xUw0bX3b+TDwFHiRw==,60J4iyTtk1Roeli3nfjKzB+2arc=,oIgFZLHL8PnpCrxMgMQBGqGnRlI=" },
	{ .name = "SCRAM-SHA-256", .stored = "{SCRAM-SHA-256}4096,2RT4mZSHT1uuehBBow2kUw==,eVN0Npa9vHQxAV8LkGKix4PCjTKox8EX+43+Y+Atl4Q=,"
	      "aa/BymebdBIztEZft3cQer2ppuPU01d4p4ZzDRP3imQ=" },
	{ .name = "PBKDF2", .stored = "{PBKDF2}$1$uUEOFTuRv04hpsJz$5000$b670c47b15acedc01c80868e7bb8b15c757c1879" },
	{ .name = "ARGON2I", .stored = "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$vwTBwaoM9ElXX30tQ1EyyA$/iR5zdfQ/iwe2vAHmN9k+4yw4HD5ndPcKBJg1r1no24" },
	{ .name = "ARGON2ID", .stored = "{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$7o88X2LVSqVYhdtrBF2qSg$/3zRQ1WJ2SkcEsgXLKSkqdfSH+WDNspATy6U0Uz4teQ" },
	{ .name = "BLF-CRYPT", .stored = "{BLF-CRYPT}$2y$05$6wzj/Z3/t3IaYzyeLAzdd.QGw4.JMHCN60YAhDRfZYLEuvIA6GmWu" },
	{ .name = "CRYPT", .stored = "{CRYPT}$2y$05$Qmhe57YFeRBC8lq4esmFD.kKt3FBhxOD/GlLEDehOMn6EAOuPhmny" },
	{ .name = "DES-CRYPT", .stored = "{DES-CRYPT}zGJSmv/LlduHQ" },
	{ .name = "MD5-CRYPT", .stored = "{MD5-CRYPT}$1$4G1f8tDC$4jtuGKn80F6ytFgVI8EgA1" },
	{ .name = "SHA256-CRYPT", .stored = "{SHA256-CRYPT}$5$rZk9zmmT1ZtnVne4$PdhaJ3y9h8JfBxx/Q.WvFh48/UALC9OBDEXX2ToZMR." },
	{ .name = "SHA512-CRYPT", .stored = "{SHA512-CRYPT}$6$8Ep2VagihsWjqIOT$vWDeLLd8.XvL9TTlXiqIzT6A3I7Ekz/pQEN5mx6BCi94UwSIucXdbxAzJpjpXLQ1jd2e5TQ7GjliGt99tOJGA." },
	{ .name = "no scheme", .stored = "$1$4G1f8tDC$4jtuGKn80F6ytFgVI8EgA1", .scheme = "CRYPT" },
	{ .name = "PLAIN", .stored = "{plain}secret" },
	{ .name = "PLAIN.b64", .stored = "{PLAIN.B64}c2VjcmV0" },
	{ .name = "CLEARTEXT with a brace", .stored = "{CLEARTEXT}sec}ret", .want = PASSWORD_DIFFERS },
	{ .name = "PLAIN-TRUNC", .stored = "{PLAIN-TRUNC}3-sec" },
	{ .name = "PLAIN-TRUNC whole", .stored = "{PLAIN-TRUNC}secret" },
	{ .name = "plain of another length", .stored = "{PLAIN}secrets", .want = PASSWORD_DIFFERS },
	{ .name = "unknown scheme", .stored = "{ROT13}frperg", .want = PASSWORD_UNKNOWN },
	{ .name = "unknown encoding", .stored = "{SHA.b32}x", .want = PASSWORD_UNKNOWN },
	{ .name = "digest too short", .stored = "{SHA}5en6", .want = PASSWORD_BROKEN },
	{ .name = "salted digest too short", .stored = "{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", .want = PASSWORD_BROKEN },
	{ .name = "bad base64", .stored = "{SSHA}!!!!", .want = PASSWORD_BROKEN },
	{ .name = "bad setting of crypt", .stored = "{CRYPT}*", .want = PASSWORD_BROKEN },
	{ .name = "bad argon2", .stored = "{ARGON2ID}$argon2id$v=19$m=65536", .want = PASSWORD_BROKEN },
	{ .name = "argon2 of another kind", .stored = "{ARGON2ID}$bcrypt$", .want = PASSWORD_BROKEN },
	{ .name = "bad PBKDF2", .stored = "{PBKDF2}$1$x$0$b670c47b15acedc01c80868e7bb8b15c757c1879", .want = PASSWORD_BROKEN },
	{ .name = "bad SCRAM", .stored = "{SCRAM-SHA-1}4096,x", .want = PASSWORD_BROKEN },
	{ .name = "too much memory", .stored = "{ARGON2ID}$argon2id$v=19$m=4194304,t=3,p=1$7o88X2LVSqVYhdtrBF2qSg$/3zRQ1WJ2SkcEsgXLKSkqdfSH+WDNspATy6U0Uz4teQ",
	  .want = PASSWORD_REFUSED },
	{ .name = "too many passes", .stored = "{ARGON2ID}$argon2id$v=19$m=8,t=4294967295,p=1$7o88X2LVSqVYhdtrBF2qSg$/3zRQ1WJ2SkcEsgXLKSkqdfSH+WDNspATy6U0Uz4teQ",
	  .want = PASSWORD_REFUSED },
	{ .name = "too many rounds of crypt", .stored = "{SHA512-CRYPT}$6$rounds=999999999$8Ep2VagihsWjqIOT$vWDeLLd8.XvL9TTlXiqIzT6A", .want = PASSWORD_REFUSED },
	{ .name = "too high a cost", .stored = "{BLF-CRYPT}$2y$31$6wzj/Z3/t3IaYzyeLAzdd.QGw4.JMHCN60YAhDRfZYLEuvIA6GmWu", .want = PASSWORD_REFUSED },
	{ .name = "too many rounds", .stored = "{PBKDF2}$1$x$2000000000$b670c47b15acedc01c80868e7bb8b15c757c1879", .want = PASSWORD_REFUSED },
	{ .name = "empty", .stored = "", .scheme = "PLAIN", .want = PASSWORD_DIFFERS },
};

static const struct password_policy policy = { .memory_max_kib = 1048576, .rounds_max = 10000000 };

TEST(password_check)
{
	EACH_CASE (t, c, stored_cases) {
		struct err err = { 0 };
		const char *scheme = c->scheme != NULL ? c->scheme : "PLAIN";
		struct span stored = t_exact(t, c->stored), user = span_of(c->user);

		T_INT(t, password_check(stored, scheme, user, SPAN("secret"), &policy, &err), c->want);
		T_INT(t, err.class != ERR_NONE, c->want > PASSWORD_DIFFERS);
		if (c->want == PASSWORD_MATCHES)
			T_INT(t, password_check(stored, scheme, user, SPAN("Secret"), &policy, &err), PASSWORD_DIFFERS);
	}
}

TEST(password_weak)
{
	static const struct password_policy strict = { .refuses_weak = true };
	struct err err = { 0 };

	T_INT(t, password_check(SPAN("{PLAIN-MD5}5ebe2294ecd0e0f08eab7690d2a6ee69"), "PLAIN", SPAN("u"), SPAN("secret"), &strict, &err),
	    PASSWORD_REFUSED);
	T_TRUE(t, strstr(err.text, "auth_allow_weak_schemes") != NULL);
	T_INT(t, password_check(SPAN("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="), "PLAIN", SPAN("u"), SPAN("secret"), &strict, &err), PASSWORD_MATCHES);
}

/* What is made can be checked, in every scheme and encoding; two of one password differ where there is a salt. */
TEST(password_make)
{
	const char *name;

	for (size_t i = 0; (name = password_scheme_name(i)) != NULL; i++) {
		static const char *const suffixes[] = { "", ".hex", ".b64" };

		for (size_t k = 0; k < COUNT_OF(suffixes); k++) {
			CLEANUP(str_fini) struct str stored = { .max = PASSWORD_STORED_MAX };
			char scheme[50];
			struct err err = { 0 };

			if (k > 0 && (strcmp(name, "PBKDF2") == 0 || strstr(name, "CRYPT") != NULL || strstr(name, "ARGON2") != NULL))
				continue;
			snprintf(scheme, sizeof(scheme), "%s%s", name, suffixes[k]);
			if (!password_make(scheme, SPAN("joe@example.org"), SPAN("p\xc3\xa4ss word"), &stored, &err)) {
				T_TRUE(t, strcmp(name, "PLAIN-MD4") == 0 || strcmp(name, "DIGEST-MD5") == 0);
				T_TRUE(t, strstr(err.text, "can only be checked") != NULL);
				continue;
			}
			T_INT(t, password_check(str_span(&stored), "PLAIN", SPAN("joe@example.org"), SPAN("p\xc3\xa4ss word"), &policy, &err),
			    PASSWORD_MATCHES);
			T_INT(t, password_check(str_span(&stored), "PLAIN", SPAN("joe@example.org"), SPAN("p\xc3\xa4ss Word"), &policy, &err),
			    PASSWORD_DIFFERS);
		}
	}
}

TEST(password_limits)
{
	CLEANUP(str_fini) struct str out = { .max = PASSWORD_STORED_MAX };
	char *lengthy = t_own(t, calloc(1, PASSWORD_MAX + 2));
	struct err err = { 0 };

	memset(lengthy, 'x', PASSWORD_MAX + 1);
	T_TRUE(t, !password_make(NULL, SPAN("u"), span_of(lengthy), &out, &err));
	T_INT(t, password_check(SPAN("{PLAIN}x"), "PLAIN", SPAN("u"), span_of(lengthy), &policy, &err), PASSWORD_DIFFERS);
	T_INT(t, password_check(SPAN("{PLAIN}a\0b"), "PLAIN", SPAN("u"), SPAN("a\0b"), &policy, &err), PASSWORD_DIFFERS);
	T_INT(t, password_check(span_of(lengthy), "CRYPT", SPAN("u"), SPAN("a"), &policy, &err), PASSWORD_BROKEN);
	lengthy[PASSWORD_MAX] = '\0';
	T_TRUE(t, password_make(NULL, SPAN("u"), span_of(lengthy), &out, &err));
	T_TRUE(t, span_starts_with(str_span(&out), SPAN("{ARGON2ID}$argon2id$")));
	T_INT(t, password_check(str_span(&out), "PLAIN", SPAN("u"), span_of(lengthy), &policy, &err), PASSWORD_MATCHES);
	str_clear(&out);
	T_TRUE(t, password_make("SSHA256", SPAN("u"), SPAN(""), &out, &err));
	T_INT(t, password_check(str_span(&out), "PLAIN", SPAN("u"), span_make(NULL, 0), &policy, &err), PASSWORD_MATCHES);
}

/* The example of RFC 7677 3: user "user", password "pencil". */
TEST(scram_keys)
{
	CLEANUP(str_fini) struct str text = { .max = 1000 };
	struct scram_keys keys = { .rounds = 4096, .salt_len = 16 }, back;

	memcpy(keys.salt, "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81", 16);
	T_TRUE(t, scram_keys_derive(SCRAM_SHA256, SPAN("pencil"), &keys));
	T_TRUE(t, scram_keys_print(&keys, &text));
	T_STR(t, str_cstr(&text), "4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
	T_INT(t, scram_keys_parse(str_span(&text), SCRAM_SHA256, &back), PARSE_OK);
	T_TRUE(t, memcmp(&keys, &back, sizeof(keys)) == 0);
	T_INT(t, scram_keys_parse(str_span(&text), SCRAM_SHA1, &back), PARSE_BAD);
	T_INT(t, scram_keys_parse(SPAN("0,W22ZaJ0SNY7soEsUEjb6gQ==,x,y"), SCRAM_SHA256, &back), PARSE_BAD);
}
