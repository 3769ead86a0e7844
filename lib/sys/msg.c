/* SPDX-License-Identifier: ISC */
/*
 * Frames and messages driven by tables. Invariants: the encoder leaves out as it was when it fails;
 * the decoder touches no byte outside the frame, allocates for a list only what the bytes present
 * can fill, and never copies. Descriptors stay the frame's until the whole message has been
 * accepted. Deliberately without knowledge of sockets (peer.c).
 */
#include "lib/sys/msg.h"

#include "lib/base/panic.h"
#include "lib/sys/file.h"

enum { TRACE_VALUE_MAX = 80, TRACE_ITEMS_MAX = 10, I64_DIGITS = 24 };

/* Encoding. */

struct encoder {
	const struct msg_desc *top;
	struct str *out;
	int *fds;
	size_t fd_count;
	struct err *err;
};

static bool encode_fields(struct encoder *enc, const struct msg_desc *desc, const char *values,
    int depth);

static const void *
value_at(const char *values, const struct msg_field *field)
{
	return values + field->offset;
}

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
str_fits(const struct msg_field *field, size_t len)
{
	size_t max = field->max > 0 ? (size_t) field->max : MSG_STR_MAX;

	return len <= max && len >= (field->min > 0 ? (size_t) field->min : 0);
}

static bool
int_fits(const struct msg_field *field, int64_t value)
{
	return (field->min == 0 && field->max == 0) ||
	    (value >= field->min && value <= field->max);
}

static bool
count_fits(const struct msg_field *field, uint64_t count)
{
	uint64_t max = field->max > 0 ? (uint64_t) field->max : MSG_LIST_MAX;

	return count <= max && count >= (field->min > 0 ? (uint64_t) field->min : 0);
}

static bool
encode_str(struct encoder *enc, const struct msg_field *field, struct span value)
{
	if (value.len == 0 && !field->required)
		return true;
	if (!str_fits(field, value.len))
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
	if (!int_fits(field, value))
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
	if (!count_fits(field, list->count))
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
	const void *value = value_at(values, field);

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

/* Frames. */

/* Take the bytes before the next NUL and step over it; false when there is no NUL. */
static bool
cut_text(struct span *rest, struct span *text_out)
{
	const char *nul = rest->len > 0 ? memchr(rest->p, '\0', rest->len) : NULL;
	size_t len;

	if (nul == NULL)
		return false;
	len = (size_t) (nul - rest->p);
	*text_out = span_make(rest->p, len);
	*rest = span_make(nul + 1, rest->len - len - 1);
	return true;
}

enum parse
frame_parse(struct span in, size_t max, struct frame *frame_out, size_t *used_out, size_t *fds_out)
{
	const unsigned char *head = (const unsigned char *) in.p;
	struct span payload;
	size_t len;

	*used_out = *fds_out = 0;
	if (in.len < MSG_HEAD_BYTES)
		return PARSE_MORE;
	len = (size_t) head[0] << 24 | (size_t) head[1] << 16 | (size_t) head[2] << 8 | head[3];
	if (len > max || head[5] > MSG_FDS_MAX)
		return PARSE_BAD;
	if (head[4] != FRAME_MESSAGE && (head[4] != FRAME_DATA || head[5] != 0))
		return PARSE_BAD;
	*used_out = MSG_HEAD_BYTES + len;
	*fds_out = head[5];
	if (in.len < *used_out)
		return PARSE_MORE;
	payload = span_make(in.p + MSG_HEAD_BYTES, len);
	*frame_out = (struct frame){ .kind = head[4] };
	if (head[4] == FRAME_MESSAGE &&
	    (!cut_text(&payload, &frame_out->name) || frame_out->name.len == 0))
		return PARSE_BAD;
	frame_out->payload = payload;
	return PARSE_OK;
}

bool
frame_is(const struct frame *frame, const struct msg_desc *desc)
{
	return frame->kind == FRAME_MESSAGE && span_eq_str(frame->name, desc->name);
}

void
frame_drop_fds(struct frame *frame)
{
	for (size_t i = 0; i < frame->fd_count; i++)
		fd_close(&frame->fds[i]);
	frame->fd_count = 0;
}

/* Decoding. */

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
	if (!count_fits(field, count))
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
	if (!int_fits(field, *int_out))
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
		return str_fits(field, value.len) ||
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
		if (!cut_text(&dec->rest, &name))
			return reject(dec, attr, "a list ends early");
		if (name.len == 0)
			count--;
		else if (!cut_text(&dec->rest, &value))
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
	if (!cut_text(&dec->rest, name_out))
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
		if (!cut_text(&dec->rest, &value))
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

	if (!cut_text(&dec->rest, &minor_text) || !span_cut(&minor_text, '.', &major_text) ||
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

/* Traces. */

static void trace_fields(const struct msg_desc *desc, const char *values, struct str *out,
    int depth);

static void
trace_text(struct str *out, struct span value)
{
	struct span shown = span_slice(value, 0, TRACE_VALUE_MAX);

	for (size_t i = 0; i < shown.len; i++)
		(void) str_add_char(out, ascii_is_print(shown.p[i]) ? shown.p[i] : '?');
	if (shown.len < value.len)
		(void) str_add_str(out, "...");
}

static void
trace_list(const struct msg_field *field, const struct msg_list *list, struct str *out, int depth)
{
	(void) str_add_char(out, '[');
	for (size_t i = 0; i < list->count && i < TRACE_ITEMS_MAX && depth < MSG_DEPTH_MAX; i++) {
		const char *item = (const char *) list->items + i * field->item->size;

		(void) str_add_str(out, i > 0 ? " {" : "{");
		trace_fields(field->item, item, out, depth + 1);
		(void) str_add_char(out, '}');
	}
	if (list->count > TRACE_ITEMS_MAX)
		(void) str_addf(out, " ... %zu in all", list->count);
	(void) str_add_char(out, ']');
}

/* The field has a value that an encoder would send. */
static bool
has_value(const struct msg_field *field, const void *value)
{
	switch (field->type) {
	case MSG_STR:
		return field->required || ((const struct span *) value)->len > 0;
	case MSG_INT:
		return field->required || *(const int64_t *) value != 0;
	case MSG_BOOL:
		return field->required || *(const bool *) value;
	case MSG_FD:
		return *(const int *) value >= 0;
	case MSG_LIST:
		return field->required || ((const struct msg_list *) value)->count > 0;
	}
	return false;
}

static void
trace_value(const struct msg_field *field, const void *value, struct str *out, int depth)
{
	if (field->secret) {
		(void) str_add_str(out, "(hidden)");
		return;
	}
	switch (field->type) {
	case MSG_STR:
		trace_text(out, *(const struct span *) value);
		return;
	case MSG_INT:
		(void) str_addf(out, "%lld", (long long) *(const int64_t *) value);
		return;
	case MSG_BOOL:
		(void) str_add_char(out, *(const bool *) value ? '1' : '0');
		return;
	case MSG_FD:
		(void) str_addf(out, "fd%d", *(const int *) value);
		return;
	case MSG_LIST:
		trace_list(field, value, out, depth);
		return;
	}
}

static void
trace_fields(const struct msg_desc *desc, const char *values, struct str *out, int depth)
{
	const char *blank = depth == 0 ? " " : "";

	for (size_t i = 0; i < desc->count; i++) {
		const struct msg_field *field = &desc->fields[i];
		const void *value = value_at(values, field);

		if (!has_value(field, value))
			continue;
		(void) str_addf(out, "%s%s=", blank, field->name);
		trace_value(field, value, out, depth);
		blank = " ";
	}
}

void
msg_trace(const struct msg_desc *desc, const void *values, struct str *out)
{
	(void) str_add_str(out, desc->name);
	trace_fields(desc, values, out, 0);
}
