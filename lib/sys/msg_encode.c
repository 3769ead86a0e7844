/* SPDX-License-Identifier: ISC */
/*
 * Messages to bytes, driven by tables. Invariant: out is left as it was when encoding fails.
 */
#include "lib/sys/msg_int.h"

#include "lib/base/panic.h"

enum { I64_DIGITS = 24 };

struct encoder {
	const struct msg_desc *top;
	struct str *out;
	int *fds;
	size_t fd_count;
	struct err *err;
};

static bool encode_fields(struct encoder *enc, const struct msg_desc *desc, const char *values,
    int depth);

/* A decimal number; the span points into text. */
static struct span
i64_text(int64_t value, char text[static I64_DIGITS])
{
	uint64_t left = value < 0 ? 0 - (uint64_t) value : (uint64_t) value;
	char *p = text + I64_DIGITS;

	do {
		*--p = (char) ('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (value < 0)
		*--p = '-';
	return span_make(p, (size_t) (text + I64_DIGITS - p));
}

static bool
refuse(struct encoder *enc, const struct msg_field *field, const char *why)
{
	return err_temp(enc->err, "message %s: attribute %s: %s", enc->top->name, field->name, why);
}

/* name [ '[' ] NUL value NUL */
static bool
put_attr(struct encoder *enc, const struct msg_field *field, struct span value)
{
	size_t name_len = strlen(field->name);
	size_t mark = field->type == MSG_LIST ? 1 : 0;
	size_t len = name_len + mark + value.len + 2;
	char *p = str_reserve(enc->out, len);

	if (p == NULL)
		return refuse(enc, field, "the message is too long");
	memcpy(p, field->name, name_len);
	if (mark > 0)
		p[name_len] = '[';
	p += name_len + mark;
	*p++ = '\0';
	if (value.len > 0)
		memcpy(p, value.p, value.len);
	p[value.len] = '\0';
	str_grow(enc->out, len);
	return true;
}

static bool
put_number(struct encoder *enc, const struct msg_field *field, int64_t value)
{
	char text[I64_DIGITS];

	return put_attr(enc, field, i64_text(value, text));
}

static bool
encode_str(struct encoder *enc, const struct msg_field *field, struct span value)
{
	if (value.len == 0 && !field->required)
		return true;
	if (!msg_str_fits(field, value.len))
		return refuse(enc, field, "its length is outside the limits");
	if (span_has_nul(value))
		return refuse(enc, field, "it holds a NUL");
	return put_attr(enc, field, value);
}

static bool
encode_int(struct encoder *enc, const struct msg_field *field, int64_t value)
{
	if (value == 0 && !field->required)
		return true;
	if (!msg_int_fits(field, value))
		return refuse(enc, field, "it is outside the limits");
	return put_number(enc, field, value);
}

static bool
encode_bool(struct encoder *enc, const struct msg_field *field, bool value)
{
	if (!value && !field->required)
		return true;
	return put_attr(enc, field, value ? SPAN("1") : SPAN("0"));
}

static bool
encode_fd(struct encoder *enc, const struct msg_field *field, int fd)
{
	if (fd < 0 && !field->required)
		return true;
	if (fd < 0)
		return refuse(enc, field, "the descriptor is missing");
	if (enc->fd_count == MSG_FDS_MAX)
		return refuse(enc, field, "too many descriptors");
	enc->fds[enc->fd_count] = fd;
	return put_number(enc, field, (int64_t) enc->fd_count++);
}

static bool
encode_list(struct encoder *enc, const struct msg_field *field, const struct msg_list *list,
    int depth)
{
	if (list->count == 0 && !field->required)
		return true;
	if (depth == MSG_DEPTH_MAX)
		return refuse(enc, field, "lists are nested too deep");
	if (!msg_count_fits(field, list->count))
		return refuse(enc, field, "the number of items is outside the limits");
	if (!put_number(enc, field, (int64_t) list->count))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const char *item = (const char *) list->items + i * field->item->size;

		if (!encode_fields(enc, field->item, item, depth + 1))
			return false;
		if (!str_add_char(enc->out, '\0'))
			return refuse(enc, field, "the message is too long");
	}
	return true;
}

static bool
encode_field(struct encoder *enc, const struct msg_field *field, const char *values, int depth)
{
	const void *value = msg_value_at(values, field);

	switch (field->type) {
	case MSG_STR:
		return encode_str(enc, field, *(const struct span *) value);
	case MSG_INT:
		return encode_int(enc, field, *(const int64_t *) value);
	case MSG_BOOL:
		return encode_bool(enc, field, *(const bool *) value);
	case MSG_FD:
		return encode_fd(enc, field, *(const int *) value);
	case MSG_LIST:
		return encode_list(enc, field, value, depth);
	}
	panic("message %s: no such type", enc->top->name);
}

static bool
encode_fields(struct encoder *enc, const struct msg_desc *desc, const char *values, int depth)
{
	for (size_t i = 0; i < desc->count; i++)
		if (!encode_field(enc, &desc->fields[i], values, depth))
			return false;
	return true;
}

/* name NUL major.minor NUL and the attributes. */
static bool
encode_payload(struct encoder *enc, const char *values)
{
	const struct msg_desc *desc = enc->top;
	struct str *out = enc->out;
	char major[I64_DIGITS], minor[I64_DIGITS];

	if (!str_add(out, span_make(desc->name, strlen(desc->name) + 1)) ||
	    !str_add(out, i64_text(desc->major, major)) || !str_add_char(out, '.') ||
	    !str_add(out, i64_text(desc->minor, minor)) || !str_add_char(out, '\0'))
		return err_temp(enc->err, "message %s: it is too long", desc->name);
	return encode_fields(enc, desc, values, 0);
}

static void
fill_head(char *head, size_t len, enum frame_kind kind, size_t fd_count)
{
	head[0] = (char) (len >> 24);
	head[1] = (char) (len >> 16);
	head[2] = (char) (len >> 8);
	head[3] = (char) len;
	head[4] = (char) kind;
	head[5] = (char) fd_count;
}

bool
msg_encode(const struct msg_desc *desc, const void *values, struct str *out, int *fds_out,
    size_t *fd_count_out, struct err *err)
{
	struct encoder enc = { .top = desc, .out = out, .fds = fds_out, .err = err };
	size_t start = out->len;
	bool had_overflowed = out->overflowed;
	bool done = str_add(out, span_make("\0\0\0\0\0", MSG_HEAD_BYTES));
	size_t len;

	if (!done)
		(void) err_temp(err, "message %s: it is too long", desc->name);
	else
		done = encode_payload(&enc, values);
	len = out->len - start - (done ? MSG_HEAD_BYTES : 0);
	if (done && len > MSG_FRAME_MAX)
		done = err_temp(err, "message %s: it is too long", desc->name);
	if (done)
		fill_head(out->p + start, len, FRAME_MESSAGE, enc.fd_count);
	else
		str_truncate(out, start);
	out->overflowed = had_overflowed;
	*fd_count_out = done ? enc.fd_count : 0;
	return done;
}

bool
frame_encode_data(struct span bytes, struct str *out, struct err *err)
{
	bool had_overflowed = out->overflowed;
	char *head;

	if (bytes.len > MSG_FRAME_MAX)
		return err_temp(err, "raw data: too long for one frame");
	head = str_reserve(out, MSG_HEAD_BYTES + bytes.len);
	if (head == NULL) {
		out->overflowed = had_overflowed;
		return err_temp(err, "raw data: too much waits already");
	}
	fill_head(head, bytes.len, FRAME_DATA, 0);
	if (bytes.len > 0)
		memcpy(head + MSG_HEAD_BYTES, bytes.p, bytes.len);
	str_grow(out, MSG_HEAD_BYTES + bytes.len);
	return true;
}
