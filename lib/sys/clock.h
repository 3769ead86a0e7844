/* SPDX-License-Identifier: ISC */
#ifndef CLOCK_H
#define CLOCK_H

#include "lib/base/attr.h"

/* Microseconds of CLOCK_MONOTONIC: for deadlines and durations. */
int64_t clock_now_us(void);

/* Microseconds since 1970 of the system's clock: for dates and file times. */
int64_t clock_wall_us(void);

#define CLOCK_SECOND_US  INT64_C(1000000)

/* A deadline is a clock_now_us value; CLOCK_NEVER means none. */
#define CLOCK_NEVER      INT64_MAX

/* now + after_us without overflow. */
int64_t clock_deadline(int64_t after_us);

/*
 * Milliseconds until the deadline, rounded up, for poll(2): 0 when it has passed, -1 for
 * CLOCK_NEVER.
 */
int clock_left_ms(int64_t deadline_us);

#endif
