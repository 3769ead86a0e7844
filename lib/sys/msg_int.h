/* SPDX-License-Identifier: ISC */
#ifndef MSG_INT_H
#define MSG_INT_H

#include "lib/sys/msg.h"

/* What the encoder, the decoder and the trace share. */

static inline const void *
msg_value_at(const char *values, const struct msg_field *field)
{
	return values + field->offset;
}

static inline bool
msg_str_fits(const struct msg_field *field, size_t len)
{
	size_t max = field->max > 0 ? (size_t) field->max : MSG_STR_MAX;

	return len <= max && len >= (field->min > 0 ? (size_t) field->min : 0);
}

static inline bool
msg_int_fits(const struct msg_field *field, int64_t value)
{
	return (field->min == 0 && field->max == 0) ||
	    (value >= field->min && value <= field->max);
}

static inline bool
msg_count_fits(const struct msg_field *field, uint64_t count)
{
	uint64_t max = field->max > 0 ? (uint64_t) field->max : MSG_LIST_MAX;

	return count <= max && count >= (field->min > 0 ? (uint64_t) field->min : 0);
}

/* Take the bytes before the next NUL and step over it; false when there is no NUL. */
MUST_USE bool msg_cut_text(struct span *rest, struct span *text_out);

#endif
