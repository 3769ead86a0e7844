/* SPDX-License-Identifier: ISC */
/* Queue IDs: make, check, take apart. Pure arithmetic; who calls has the clock. */
#include "lib/queue/queue_id.h"

static const char safe_digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";

enum {
	SECOND_US = 1000000,
	HEX_DIGITS = 5,
	SECONDS_MIN = 6,
	MICRO_DIGITS = 4,
	SEPARATOR_AT_LEAST = 10,
	BASE_TIME = 52,
	BASE_NUMBER = 51,
};

#define EPOCH_2020 INT64_C(1577836800)

/* The number in a base, at least `width` digits, at out; returns how many. */
static size_t
put_number(char *out, uint64_t number, unsigned base, size_t width)
{
	char reversed[32];
	size_t count = 0;

	while (number > 0 || count < width) {
		reversed[count++] = safe_digits[number % base];
		number /= base;
	}
	for (size_t i = 0; i < count; i++)
		out[i] = reversed[count - 1 - i];
	return count;
}

void
queue_id_next(
    struct queue_id_source *source, int64_t now_us, char id_out[QUEUE_ID_MAX], int64_t *time_out)
{
	int64_t us = now_us > source->last_us ? now_us : source->last_us + 1;
	uint64_t seconds = (uint64_t) (us / SECOND_US), micro = (uint64_t) (us % SECOND_US);
	uint64_t number = ((seconds - (uint64_t) EPOCH_2020) & 0xfffffff) << 12 |
	    (source->slot & 0xfff);
	size_t len = 0;

	source->last_us = us;
	if (time_out != NULL)
		*time_out = us;
	if (!source->wants_long) {
		snprintf(id_out, QUEUE_ID_MAX, "%05llX%llX", (unsigned long long) micro,
		    (unsigned long long) number);
		return;
	}
	len += put_number(id_out, seconds, BASE_TIME, SECONDS_MIN);
	len += put_number(id_out + len, micro, BASE_TIME, MICRO_DIGITS);
	id_out[len++] = 'z';
	len += put_number(id_out + len, number, BASE_NUMBER, 1);
	id_out[len] = '\0';
}

static int
digit_value(char c)
{
	const char *at = c == '\0' ? NULL : strchr(safe_digits, c);

	return at == NULL ? -1 : (int) (at - safe_digits);
}

static bool
is_upper_hex(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!ascii_is_digit(s.p[i]) && !(s.p[i] >= 'A' && s.p[i] <= 'F'))
			return false;
	return true;
}

/* Digits of base 52, without the last one where base is 51. */
static bool
number_of(struct span s, int base, uint64_t *number_out)
{
	uint64_t number = 0;

	if (s.len == 0 || s.len > 10)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		int digit = digit_value(s.p[i]);

		if (digit < 0 || digit >= base)
			return false;
		number = number * (uint64_t) base + (uint64_t) digit;
	}
	*number_out = number;
	return true;
}

/* Where the microseconds of a long ID end; 0: no long ID. */
static size_t
separator_of(struct span id, uint64_t *seconds_out, uint64_t *micro_out)
{
	size_t z = span_rfind(id, 'z');
	uint64_t number;

	if (id.len >= QUEUE_ID_MAX || z == id.len || z < SEPARATOR_AT_LEAST)
		return 0;
	if (!number_of(span_from(id, z + 1), BASE_NUMBER, &number) ||
	    !number_of(span_slice(id, 0, z - MICRO_DIGITS), BASE_TIME, seconds_out) ||
	    !number_of(span_slice(id, z - MICRO_DIGITS, z), BASE_TIME, micro_out))
		return 0;
	return *micro_out < SECOND_US ? z : 0;
}

bool
queue_id_is_long(struct span id)
{
	uint64_t seconds, micro;

	return separator_of(id, &seconds, &micro) != 0;
}

bool
queue_id_is_valid(struct span id)
{
	if (id.len > HEX_DIGITS && id.len <= 2 * HEX_DIGITS + 11 && is_upper_hex(id))
		return true;
	return queue_id_is_long(id);
}

bool
queue_id_may_be_asked(struct span id)
{
	for (size_t i = 0; i < id.len; i++)
		if (!ascii_is_alnum(id.p[i]))
			return false;
	return id.len > 0 && id.len <= QUEUE_ID_ASKED_MAX;
}

void
queue_id_hash_digits(struct span id, char digits_out[6])
{
	uint64_t seconds, micro;

	if (separator_of(id, &seconds, &micro) != 0)
		snprintf(digits_out, 6, "%05lX", (unsigned long) (micro & 0xfffff));
	else
		snprintf(digits_out, 6, "%.5s", id.len >= HEX_DIGITS ? id.p : "00000");
}

int64_t
queue_id_time(struct span id)
{
	uint64_t seconds, micro;

	if (separator_of(id, &seconds, &micro) == 0)
		return 0;
	return (int64_t) (seconds % (1ull << 40)) * SECOND_US + (int64_t) micro;
}
