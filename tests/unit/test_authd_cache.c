/* SPDX-License-Identifier: ISC */
/* The cache of password checks, and the slowing of guessers. */
#include "t.h"

#include "auth/authd/authd_cache.h"
#include "auth/authd/authd_penalty.h"
#include "lib/sys/clock.h"

static struct auth_check
check_of(const char *user, const char *password, struct auth_stored *stored)
{
	return (struct auth_check){ .user = span_of(user), .password = span_of(password), .scheme = SPAN("CRYPT"),
		.stored = { stored, 1 } };
}

TEST(cache)
{
	struct authd_cache *cache = authd_cache_new(500, 100, 50);
	struct auth_stored first = { SPAN("{A}x") }, second = { SPAN("{A}y") };
	struct auth_check check = check_of("ann", "secret", &first);
	struct auth_checked result = { .verdict = AUTH_YES, .which = 3 }, got = { 0 };
	unsigned char key[CACHE_KEY_BYTES], other[CACHE_KEY_BYTES];

	T_TRUE(t, authd_cache_key(cache, &check, key));
	T_FALSE(t, authd_cache_get(cache, key, 0, &got));
	authd_cache_put(cache, key, 0, &result);
	T_TRUE(t, authd_cache_get(cache, key, 99, &got));
	T_INT(t, got.verdict, AUTH_YES);
	T_INT(t, got.which, 3);
	T_FALSE(t, authd_cache_get(cache, key, 100, &got));

	/* Every part counts, and none can slip into its neighbour. */
	check = check_of("ann", "secret", &second);
	T_TRUE(t, authd_cache_key(cache, &check, other));
	T_TRUE(t, memcmp(key, other, sizeof(key)) != 0);
	check = check_of("anns", "ecret", &first);
	T_TRUE(t, authd_cache_key(cache, &check, other));
	T_TRUE(t, memcmp(key, other, sizeof(key)) != 0);

	/* Room for two: the oldest goes. What is neither right nor wrong is not kept. */
	result.verdict = AUTH_NO;
	for (unsigned char i = 0; i < 3; i++) {
		other[0] = i;
		authd_cache_put(cache, other, 0, &result);
	}
	other[0] = 0;
	T_FALSE(t, authd_cache_get(cache, other, 0, &got));
	other[0] = 2;
	T_TRUE(t, authd_cache_get(cache, other, 49, &got));
	T_INT(t, got.verdict, AUTH_NO);
	T_FALSE(t, authd_cache_get(cache, other, 50, &got));
	result.verdict = AUTH_LATER;
	other[0] = 9;
	authd_cache_put(cache, other, 0, &result);
	T_FALSE(t, authd_cache_get(cache, other, 0, &got));
	authd_cache_free(&cache);
}

TEST(no_cache)
{
	struct authd_cache *cache = authd_cache_new(0, 100, 50);
	unsigned char key[CACHE_KEY_BYTES] = { 0 };
	struct auth_checked result = { .verdict = AUTH_YES }, got;

	authd_cache_put(cache, key, 0, &result);
	T_FALSE(t, authd_cache_get(cache, key, 0, &got));
	authd_cache_free(&cache);
}

enum { MINUTE = 60 };

static int64_t
delay(struct penalty *penalty, const char *network, const char *user, int64_t now_s)
{
	return penalty_delay_us(penalty, span_of(network), span_of(user), now_s * CLOCK_SECOND_US) / CLOCK_SECOND_US;
}

static void
guess(struct penalty *penalty, const char *network, const char *user, const char *password, int64_t now_s)
{
	penalty_note_failure(penalty, span_of(network), span_of(user), span_of(password), now_s * CLOCK_SECOND_US);
}

TEST(penalties)
{
	struct penalty *penalty = penalty_new(2 * CLOCK_SECOND_US);

	T_INT(t, delay(penalty, "n1", "ann", 1000), 0);
	guess(penalty, "n1", "ann", "a", 1000);
	T_INT(t, delay(penalty, "n1", "bob", 1000), 4);
	T_INT(t, delay(penalty, "n2", "ann", 1000), 4);
	T_INT(t, delay(penalty, "n2", "bob", 1000), 0);
	guess(penalty, "n1", "ann", "a", 1001);         /* the same again */
	T_INT(t, delay(penalty, "n1", "ann", 1001), 4);
	guess(penalty, "n1", "ann", "b", 1001);
	T_INT(t, delay(penalty, "n1", "ann", 1001), 8);
	guess(penalty, "n1", "ann", "c", 1002);
	guess(penalty, "n1", "ann", "d", 1003);
	T_INT(t, delay(penalty, "n1", "ann", 1003), 15);
	T_INT(t, delay(penalty, "n1", "ann", 1003 + 31), 8);
	T_INT(t, delay(penalty, "n1", "ann", 1003 + 2 * MINUTE), 0);
	T_INT(t, delay(penalty, "", "ann", 1003), 0);
	for (int i = 0; i < 3; i++)
		guess(penalty, "n3", "zoe", "", 1000);  /* proofs: none of them is known to be the same */
	T_INT(t, delay(penalty, "n4", "zoe", 1000), 15);
	penalty_free(&penalty);
}

TEST(the_owner_does_not_wait_for_guessers)
{
	struct penalty *penalty = penalty_new(2 * CLOCK_SECOND_US);

	penalty_note_success(penalty, SPAN("home"), SPAN("ann"), 1000 * CLOCK_SECOND_US);
	guess(penalty, "n1", "ann", "a", 2000);
	T_INT(t, delay(penalty, "home", "ann", 2000), 0);
	T_INT(t, delay(penalty, "n2", "ann", 2000), 4);
	T_INT(t, delay(penalty, "home", "bob", 2000), 0);
	guess(penalty, "home", "ann", "b", 2000);
	T_INT(t, delay(penalty, "home", "ann", 2000), 4);
	penalty_note_success(penalty, SPAN("home"), SPAN("ann"), 2001 * CLOCK_SECOND_US);
	T_INT(t, delay(penalty, "home", "ann", 2001), 0);
	penalty_free(&penalty);
}
