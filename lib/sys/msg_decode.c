/* SPDX-License-Identifier: ISC */
/*
 * Bytes to messages, driven by tables. Invariants: no byte outside the frame is touched, a list
 * takes only memory that the bytes present can fill, and nothing is copied. Descriptors stay the
 * frame's until the whole message has been accepted.
 */
#include "lib/sys/msg_int.h"

#include "lib/base/panic.h"
#include "lib/sys/file.h"

struct decoder {
	const struct msg_desc *top;
	struct frame *frame;
	struct arena *arena;
	struct span rest;
	bool is_newer;                  /* the sender's minor version is higher than ours */
	unsigned fds_taken;             /* a bit for each descriptor of the frame */
	struct err *err;
};

static bool decode_fields(struct decoder *dec, const struct msg_desc *desc, char *values,
    int depth);

/* The message is bad; says why. */
static bool
reject(struct decoder *dec, struct span attr, const char *why)
{
	return err_temp(dec->err, "message %s: attribute %.*s: %s", dec->top->name,
	    (int) (attr.len < 64 ? attr.len : 64), attr.p != NULL ? attr.p : "", why);
}

/* Absent: zero, and -1 for descriptors. */
static void
clear_values(const struct msg_desc *desc, char *values)
{
	memset(values, 0, desc->size);
	for (size_t i = 0; i < desc->count; i++) {
		const struct msg_field *field = &desc->fields[i];

		if (field->type == MSG_FD)
			*(int *) (void *) (values + field->offset) = -1;
	}
}

/* The fewest bytes that one item of a list takes. */
static size_t
item_bytes_min(const struct msg_desc *desc)
{
	size_t bytes = 1;

	for (size_t i = 0; i < desc->count; i++)
		if (desc->fields[i].required)
			bytes += strlen(desc->fields[i].name) + 2;
	return bytes;
}

static bool
decode_items(struct decoder *dec, const struct msg_field *field, struct msg_list *list, int depth)
{
	const struct msg_desc *item = field->item;
	char *items = arena_alloc(dec->arena, list->count * item->size);

	for (size_t i = 0; i < list->count; i++)
		clear_values(item, items + i * item->size);
	list->items = items;
	for (size_t i = 0; i < list->count; i++)
		if (!decode_fields(dec, item, items + i * item->size, depth + 1))
			return false;
	return true;
}

static bool
decode_list(struct decoder *dec, const struct msg_field *field, struct span value,
    struct msg_list *list, int depth)
{
	struct span name = span_of(field->name);
	uint64_t count;

	if (!span_to_u64(value, UINT32_MAX, &count))
		return reject(dec, name, "expected a number of items");
	if (!msg_count_fits(field, count))
		return reject(dec, name, "the number of items is outside the limits");
	if (depth == MSG_DEPTH_MAX)
		return reject(dec, name, "lists are nested too deep");
	if (count > dec->rest.len / item_bytes_min(field->item))
		return reject(dec, name, "more items than bytes");
	list->count = (size_t) count;
	if (count == 0)
		return true;
	if (dec->arena == NULL || arena_is_over(dec->arena)) {
		list->count = 0;
		return reject(dec, name, "there is no memory for this list");
	}
	return decode_items(dec, field, list, depth);
}

static bool
decode_fd(struct decoder *dec, struct span name, struct span value, int *fd_out)
{
	uint64_t index;

	if (!span_to_u64(value, MSG_FDS_MAX - 1, &index) || index >= dec->frame->fd_count)
		return reject(dec, name, "expected the index of a descriptor");
	if (dec->fds_taken & 1U << index)
		return reject(dec, name, "the descriptor is already taken");
	dec->fds_taken |= 1U << index;
	*fd_out = dec->frame->fds[index];
	return true;
}

static bool
decode_int(struct decoder *dec, const struct msg_field *field, struct span value, int64_t *int_out)
{
	if (!span_to_i64(value, INT64_MIN, INT64_MAX, int_out))
		return reject(dec, span_of(field->name), "expected a number");
	if (!msg_int_fits(field, *int_out))
		return reject(dec, span_of(field->name), "the number is outside the limits");
	return true;
}

static bool
decode_value(struct decoder *dec, const struct msg_field *field, struct span value, void *to,
    int depth)
{
	struct span name = span_of(field->name);

	switch (field->type) {
	case MSG_STR:
		*(struct span *) to = value;
		return msg_str_fits(field, value.len) ||
		    reject(dec, name, "its length is outside the limits");
	case MSG_INT:
		return decode_int(dec, field, value, to);
	case MSG_BOOL:
		*(bool *) to = span_eq_str(value, "1");
		return *(bool *) to || span_eq_str(value, "0") ||
		    reject(dec, name, "expected 0 or 1");
	case MSG_FD:
		return decode_fd(dec, name, value, to);
	case MSG_LIST:
		return decode_list(dec, field, value, to, depth);
	}
	panic("message %s: no such type", dec->top->name);
}

/* Step over the items of an unknown list. */
static bool
skip_items(struct decoder *dec, struct span attr, struct span count_text, int depth)
{
	uint64_t count;
	struct span name = { 0 }, value;

	if (depth == MSG_DEPTH_MAX || !span_to_u64(count_text, dec->rest.len, &count))
		return reject(dec, attr, "expected a number of items");
	while (count > 0) {
		if (!msg_cut_text(&dec->rest, &name))
			return reject(dec, attr, "a list ends early");
		if (name.len == 0)
			count--;
		else if (!msg_cut_text(&dec->rest, &value))
			return reject(dec, attr, "a list ends early");
		else if (name.p[name.len - 1] == '[' && !skip_items(dec, name, value, depth + 1))
			return false;
	}
	return true;
}

/* An attribute that is not in our table: fine from a newer sender. */
static bool
skip_unknown(struct decoder *dec, struct span name, struct span value, int depth)
{
	if (!dec->is_newer)
		return reject(dec, name, "it is unknown");
	if (name.p[name.len - 1] == '[')
		return skip_items(dec, name, value, depth);
	return true;
}

/* The attribute's name on the wire is this field's. */
static bool
is_field(const struct msg_field *field, struct span name)
{
	size_t len = strlen(field->name);
	bool is_list = field->type == MSG_LIST;

	return name.len == len + is_list && memcmp(name.p, field->name, len) == 0 &&
	    (!is_list || name.p[len] == '[');
}

/* Index of the field, looked for from `from` on and around; desc->count when there is none. */
static size_t
find_field(const struct msg_desc *desc, struct span name, size_t from)
{
	for (size_t i = from; i < desc->count; i++)
		if (is_field(&desc->fields[i], name))
			return i;
	for (size_t i = 0; i < from; i++)
		if (is_field(&desc->fields[i], name))
			return i;
	return desc->count;
}

static bool
has_required(struct decoder *dec, const struct msg_desc *desc, uint64_t seen)
{
	for (size_t i = 0; i < desc->count; i++)
		if (desc->fields[i].required && !(seen & UINT64_C(1) << i))
			return reject(dec, span_of(desc->fields[i].name), "it is missing");
	return true;
}

/* The next attribute's name: empty at the end of an item, false with an error when there is none. */
static bool
next_name(struct decoder *dec, int depth, struct span *name_out)
{
	*name_out = (struct span){ 0 };
	if (depth == 0 && dec->rest.len == 0)
		return true;
	if (!msg_cut_text(&dec->rest, name_out))
		return reject(dec, dec->rest, "its name has no end");
	if (depth == 0 && name_out->len == 0)
		return reject(dec, *name_out, "an item ends outside of a list");
	return true;
}

/* The attributes of the message (to its end), or of an item (to the empty name). */
static bool
decode_fields(struct decoder *dec, const struct msg_desc *desc, char *values, int depth)
{
	struct span name, value;
	uint64_t seen = 0;
	size_t next = 0;

	while (next_name(dec, depth, &name)) {
		size_t i;

		if (name.len == 0)
			return has_required(dec, desc, seen);
		if (!msg_cut_text(&dec->rest, &value))
			return reject(dec, name, "its value has no end");
		i = find_field(desc, name, next);
		if (i == desc->count) {
			if (!skip_unknown(dec, name, value, depth))
				return false;
			continue;
		}
		if (seen & UINT64_C(1) << i)
			return reject(dec, name, "it comes twice");
		seen |= UINT64_C(1) << i;
		next = i + 1;
		if (!decode_value(dec, &desc->fields[i], value, values + desc->fields[i].offset, depth))
			return false;
	}
	return false;
}

/* major.minor NUL */
static bool
decode_version(struct decoder *dec)
{
	const struct msg_desc *desc = dec->top;
	struct span minor_text, major_text;
	uint64_t major, minor;

	if (!msg_cut_text(&dec->rest, &minor_text) || !span_cut(&minor_text, '.', &major_text) ||
	    !span_to_u64(major_text, INT32_MAX, &major) ||
	    !span_to_u64(minor_text, INT32_MAX, &minor))
		return err_temp(dec->err, "message %s: expected a version", desc->name);
	if ((int) major != desc->major)
		return err_temp(dec->err, "message %s: version %d.%d was expected, %d.%d came",
		    desc->name, desc->major, desc->minor, (int) major, (int) minor);
	dec->is_newer = (int) minor > desc->minor;
	return true;
}

/* Every descriptor has its attribute; a newer sender's others are closed. */
static bool
settle_fds(struct decoder *dec)
{
	struct frame *frame = dec->frame;

	for (size_t i = 0; i < frame->fd_count; i++) {
		if (dec->fds_taken & 1U << i)
			continue;
		if (!dec->is_newer)
			return err_temp(dec->err, "message %s: a descriptor without attribute",
			    dec->top->name);
		fd_close(&frame->fds[i]);
	}
	frame->fd_count = 0;
	return true;
}

enum parse
msg_decode(const struct msg_desc *desc, struct frame *frame, struct arena *arena, void *values_out,
    struct err *err)
{
	struct decoder dec = { .top = desc, .frame = frame, .arena = arena, .err = err,
		.rest = frame->payload };
	bool done;

	if (desc->count > MSG_FIELDS_MAX)
		panic("message %s: too many fields", desc->name);
	clear_values(desc, values_out);
	if (frame->kind == FRAME_DATA)
		done = err_temp(err, "message %s was expected, raw data came", desc->name);
	else if (!frame_is(frame, desc))
		done = err_temp(err, "message %s was expected, %.*s came", desc->name,
		    SPAN_ARG(span_slice(frame->name, 0, 64)));
	else
		done = decode_version(&dec) && decode_fields(&dec, desc, values_out, 0) &&
		    settle_fds(&dec);
	if (done)
		return PARSE_OK;
	clear_values(desc, values_out);
	frame_drop_fds(frame);
	return PARSE_BAD;
}
