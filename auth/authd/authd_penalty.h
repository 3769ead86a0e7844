/* SPDX-License-Identifier: ISC */
#ifndef AUTHD_PENALTY_H
#define AUTHD_PENALTY_H

#include "lib/base/span.h"

/*
 * Slowing those who guess passwords, by client network and by account. Each new wrong password raises
 * the level of both; the next attempt then waits for 2, 4 and at most 7.5 times a unit. A level falls by one
 * for each half minute without another failure. The same wrong password again, as of a phone that was
 * not told of a new one, changes nothing. A network from which the account's owner has logged in does
 * not wait for what others did to the account.
 *
 * Memory is bounded; when it is full, the oldest entries are forgotten.
 */
struct penalty;

/* unit_us: auth_failure_delay; 0: nobody ever waits. */
struct penalty *penalty_new(int64_t unit_us) MUST_USE;
void penalty_free(struct penalty **penalty);

/* How long an attempt must wait before its password is looked at. An empty network does not count. */
int64_t penalty_delay_us(struct penalty *penalty, struct span network, struct span user, int64_t now_us);

/* A wrong password. */
void penalty_note_failure(struct penalty *penalty, struct span network, struct span user,
    struct span password, int64_t now_us);

/* The right one. */
void penalty_note_success(struct penalty *penalty, struct span network, struct span user, int64_t now_us);

#endif
