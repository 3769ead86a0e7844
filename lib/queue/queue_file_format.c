/* SPDX-License-Identifier: ISC */
/*
 * Preamble, envelope, recipient records and trailer of queue files as text. A value is kept as it
 * is but for control characters and '%', which become %XX; it never holds a NUL, since no frame
 * between processes can carry one. There is one way to write each thing,
 * and the parsers take no other: a preamble is parsed and printed again to see whether it is the
 * same.
 */
#include "lib/queue/queue_file_int.h"

#include "lib/sys/msg.h"

/*
 * The envelope's records, one line each: name=value. Those that are empty, zero or false are left
 * out.
 */
static const struct msg_field envelope_fields[] = {
	M_STR(struct queue_envelope, queue_id, .required = true, .max = 100),
	M_STR(struct queue_envelope, sender, .required = true, .max = QUEUE_ADDRESS_MAX),
	M_INT(struct queue_envelope, arrival_us, .required = true, .max = INT64_MAX),
	M_INT(struct queue_envelope, created_us, .max = INT64_MAX),
	M_STR(struct queue_envelope, full_name, .max = 1000),
	M_STR(struct queue_envelope, encoding, .max = 16),
	M_STR(struct queue_envelope, rewrite_context, .max = 16),
	M_STR(struct queue_envelope, dsn_envid, .max = 1000),
	M_STR(struct queue_envelope, dsn_ret, .max = 4),
	M_STR(struct queue_envelope, verp, .max = 2),
	M_STR(struct queue_envelope, content_filter, .max = 4096),
	M_STR(struct queue_envelope, redirect, .max = QUEUE_ADDRESS_MAX),
	M_STR(struct queue_envelope, message_id, .max = 2048),
	M_STR(struct queue_envelope, client_name, .max = 1024),
	M_STR(struct queue_envelope, client_address, .max = 128),
	M_STR(struct queue_envelope, client_port, .max = 16),
	M_STR(struct queue_envelope, client_helo, .max = 1024),
	M_STR(struct queue_envelope, client_protocol, .max = 32),
	M_STR(struct queue_envelope, reverse_client_name, .max = 1024),
	M_STR(struct queue_envelope, log_ident, .max = 128),
	M_STR(struct queue_envelope, sasl_method, .max = 128),
	M_STR(struct queue_envelope, sasl_username, .max = 1024),
	M_STR(struct queue_envelope, sasl_sender, .max = QUEUE_ADDRESS_MAX),
	M_INT(struct queue_envelope, hops, .max = 1 << 20),
	M_INT(struct queue_envelope, submit_uid, .required = true, .min = -1, .max = UINT32_MAX),
	M_INT(struct queue_envelope, expanded, .max = INT64_MAX),
	M_BOOL(struct queue_envelope, smtputf8, .doc = "needs SMTPUTF8"),
	M_BOOL(struct queue_envelope, requiretls, .doc = "needs REQUIRETLS"),
	M_BOOL(struct queue_envelope, tls_optional, .doc = "TLS-Required: no"),
	M_BOOL(struct queue_envelope, is_bounce, .doc = "a notification of our own"),
	M_BOOL(struct queue_envelope, is_verify, .doc = "an address probe"),
	M_BOOL(struct queue_envelope, report_delivery, .doc = "mail a report of the first attempt"),
	M_BOOL(struct queue_envelope, no_delay_warning, .doc = "no delay warning is wanted"),
	M_INT(struct queue_envelope, warn_us, .max = INT64_MAX),
};

/* --- escaped values --- */

static bool
value_needs_escape(char c)
{
	unsigned char u = (unsigned char) c;

	return u < 0x20 || u == 0x7f || u == '%';
}

/* Runs without special bytes are copied whole. returns false when the value cannot be written */
static bool
value_print(struct span value, struct str *out)
{
	size_t begin = 0;

	if (span_has_nul(value))
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (!value_needs_escape(value.p[i]))
			continue;
		str_add(out, span_slice(value, begin, i));
		str_addf(out, "%%%02x", (unsigned) (unsigned char) value.p[i]);
		begin = i + 1;
	}
	return str_add(out, span_from(value, begin)) && !out->overflowed;
}

static int
hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One %XX at p, of a byte that had to be escaped; -1 otherwise. */
static int
escape_parse(const char *p)
{
	int high = hex_digit(p[1]), low = high < 0 ? -1 : hex_digit(p[2]);

	if (low < 0 || (high | low) == 0 || !value_needs_escape((char) (high << 4 | low)))
		return -1;
	return high << 4 | low;
}

/* The value in the arena. */
static enum parse
value_parse(struct span in, size_t max, struct arena *arena, struct span *value_out)
{
	char *to = arena_alloc(arena, in.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char) in.p[i];

		if (c == '%') {
			if (in.len - i < 3 || (c = escape_parse(in.p + i)) < 0)
				return PARSE_BAD;
			i += 2;
		} else if (value_needs_escape(in.p[i]))
			return PARSE_BAD;
		to[len++] = (char) c;
	}
	to[len] = '\0';
	*value_out = span_make(to, len);
	return len > max ? PARSE_BAD : PARSE_OK;
}

/* --- preamble --- */

static const struct flag {
	size_t offset;
	char letter;
} flags[] = {
	{ offsetof(struct queue_content, has_8bit_header), 'h' },
	{ offsetof(struct queue_content, has_8bit_body), 'b' },
	{ offsetof(struct queue_content, has_dot_line), 'd' },
	{ offsetof(struct queue_content, has_nul), 'n' },
	{ offsetof(struct queue_content, is_binary), 'v' },
	{ offsetof(struct queue_content, lacks_final_newline), 'l' },
};

/* Numbers of the preamble, in order, each as name, blanks and 19 digits. */
static const struct number {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "minor", offsetof(struct queue_layout, minor) },
	{ "body", offsetof(struct queue_layout, content.body_offset) },
	{ "body-bytes", offsetof(struct queue_layout, content.body_bytes) },
	{ "header", offsetof(struct queue_layout, content.header_offset) },
	{ "header-bytes", offsetof(struct queue_layout, content.header_bytes) },
	{ "envelope", offsetof(struct queue_layout, envelope_offset) },
	{ "envelope-bytes", offsetof(struct queue_layout, envelope_bytes) },
	{ "rcpts", offsetof(struct queue_layout, content.recipients_offset) },
	{ "rcpts-bytes", offsetof(struct queue_layout, recipients_bytes) },
	{ "rcpts-count", offsetof(struct queue_layout, content.recipient_count) },
	{ "trailer", offsetof(struct queue_layout, trailer_offset) },
	{ "size-crlf", offsetof(struct queue_layout, content.size_crlf) },
	{ "longest-line", offsetof(struct queue_layout, content.longest_line) },
};

static const struct span magic = SPAN_INIT("carteiro queue file 1\n");

enum { NUMBER_NAME = 15, NUMBER_DIGITS = 19, NUMBER_LINE = NUMBER_NAME + NUMBER_DIGITS + 1 };
_Static_assert(22 + COUNT_OF(numbers) * NUMBER_LINE + COUNT_OF(flags) + 1 <= QUEUE_PREAMBLE_BYTES,
    "the preamble must hold all numbers");

static int64_t *
number_at(struct queue_layout *layout, size_t i)
{
	return (int64_t *) (void *) ((char *) layout + numbers[i].offset);
}

static bool *
flag_at(struct queue_content *content, size_t i)
{
	return (bool *) (void *) ((char *) content + flags[i].offset);
}

bool
queue_layout_print(const struct queue_layout *layout, struct str *out)
{
	struct queue_layout copy = *layout;
	size_t begin = out->len;

	str_add(out, magic);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		str_addf(out, "%-*s%0*lld\n", NUMBER_NAME, numbers[i].name, NUMBER_DIGITS,
		    (long long) *number_at(&copy, i));
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		str_add_char(out, *flag_at(&copy.content, i) ? flags[i].letter : '-');
	while (out->len - begin < QUEUE_PREAMBLE_BYTES - 1 && str_add_char(out, ' '))
		;
	return str_add_char(out, '\n') && !out->overflowed;
}

static bool
is_all_nul(struct span in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.p[i] != '\0')
			return false;
	return true;
}

/* The parts lie one after the other, and no sum passes the end of the numbers. */
static bool
layout_is_contiguous(const struct queue_layout *l)
{
	const int64_t most = INT64_MAX / 8;
	const struct queue_content *c = &l->content;

	if (c->body_bytes > most || c->header_bytes > most ||
	    l->envelope_bytes > QUEUE_ENVELOPE_MAX || l->recipients_bytes > most ||
	    c->recipient_count > l->recipients_bytes)
		return false;
	return c->body_offset == QUEUE_PREAMBLE_BYTES &&
	    c->header_offset == c->body_offset + c->body_bytes &&
	    l->envelope_offset == c->header_offset + c->header_bytes &&
	    c->recipients_offset == l->envelope_offset + l->envelope_bytes &&
	    l->trailer_offset == c->recipients_offset + l->recipients_bytes;
}

/*
 * Take the values from their fixed places; whether the text around them is right is seen by
 * printing.
 */
static bool
layout_take(struct span in, struct queue_layout *layout)
{
	size_t at = magic.len;

	for (size_t i = 0; i < COUNT_OF(numbers); i++, at += NUMBER_LINE) {
		struct span digits = span_slice(
		    in, at + NUMBER_NAME, at + NUMBER_NAME + NUMBER_DIGITS);
		uint64_t value;

		if (!span_to_u64(digits, INT64_MAX, &value))
			return false;
		*number_at(layout, i) = (int64_t) value;
	}
	for (size_t i = 0; i < COUNT_OF(flags); i++)
		*flag_at(&layout->content, i) = in.p[at + i] == flags[i].letter;
	return true;
}

enum parse
queue_layout_parse(struct span in, struct queue_layout *layout_out, struct err *err)
{
	struct str again CLEANUP(str_fini);
	bool is_same;

	str_init(&again, QUEUE_PREAMBLE_BYTES);
	*layout_out = (struct queue_layout){ 0 };
	if (is_all_nul(in))
		return PARSE_MORE;
	if (!span_starts_with(in, magic)) {
		err_temp(err, "not a queue file of a known version");
		return PARSE_BAD;
	}
	if (in.len < QUEUE_PREAMBLE_BYTES)
		return PARSE_MORE;
	in = span_slice(in, 0, QUEUE_PREAMBLE_BYTES);
	is_same = layout_take(in, layout_out) && queue_layout_print(layout_out, &again) &&
	    span_eq(in, str_span(&again));
	if (is_same && layout_is_contiguous(layout_out))
		return PARSE_OK;
	err_temp(err, "damaged preamble");
	return PARSE_BAD;
}

/* --- envelope --- */

static const void *
field_at(const struct msg_field *field, const void *values)
{
	return (const char *) values + field->offset;
}

/* One record, unless its value is what absence means. */
static bool
field_print(const struct msg_field *field, const void *values, struct str *out)
{
	const void *at = field_at(field, values);
	struct span text = field->type == MSG_STR ? *(const struct span *) at
						  : (struct span){ NULL, 0 };
	int64_t number = field->type == MSG_INT ? *(const int64_t *) at : 0;

	if (field->type == MSG_BOOL)
		number = *(const bool *) at;
	if (!field->required && text.len == 0 && number == 0)
		return true;
	str_addf(out, "%s=", field->name);
	if (field->type == MSG_STR) {
		if (text.len > (size_t) field->max)
			return false;
		if (!value_print(text, out))
			return false;
	} else
		str_addf(out, "%lld", (long long) number);
	return str_add_char(out, '\n');
}

bool
queue_envelope_print(const struct queue_envelope *envelope, struct str *out)
{
	for (size_t i = 0; i < COUNT_OF(envelope_fields); i++)
		if (!field_print(&envelope_fields[i], envelope, out))
			return false;
	return !out->overflowed;
}

static enum parse
field_parse(const struct msg_field *field, struct span in, struct arena *arena, void *values)
{
	char *at = (char *) values + field->offset;
	int64_t number;

	switch (field->type) {
	case MSG_STR:
		return value_parse(in, (size_t) field->max, arena, (struct span *) (void *) at);
	case MSG_INT:
		if (!span_to_i64(in, field->min, field->max, &number))
			return PARSE_BAD;
		*(int64_t *) (void *) at = number;
		return PARSE_OK;
	case MSG_BOOL:
		*(bool *) (void *) at = true;
		return span_eq_str(in, "1") ? PARSE_OK : PARSE_BAD;
	case MSG_FD:
	case MSG_LIST:
		break;
	}
	return PARSE_BAD;
}

static size_t
field_find(struct span name)
{
	size_t i = 0;

	while (i < COUNT_OF(envelope_fields) && !span_eq_str(name, envelope_fields[i].name))
		i++;
	return i;
}

static bool
envelope_bad(struct err *err, const char *what, struct span record)
{
	return err_temp(
	    err, "%s in the envelope: %.*s", what, SPAN_ARG(span_slice(record, 0, 100)));
}

/* One record; seen has a bit for each field. */
static bool
envelope_take(struct span record, int64_t minor, struct arena *arena, uint64_t *seen,
    struct queue_envelope *envelope, struct err *err)
{
	size_t equal = span_find(record, '='), i = field_find(span_slice(record, 0, equal));

	if (i == COUNT_OF(envelope_fields) && minor > QUEUE_MINOR && equal < record.len)
		return true;
	if (i == COUNT_OF(envelope_fields) || equal == record.len)
		return envelope_bad(err, "unknown record", record);
	if ((*seen & UINT64_C(1) << i) != 0)
		return envelope_bad(err, "repeated record", record);
	*seen |= UINT64_C(1) << i;
	if (field_parse(&envelope_fields[i], span_from(record, equal + 1), arena, envelope) !=
	    PARSE_OK)
		return envelope_bad(err, "bad value", record);
	return true;
}

enum parse
queue_envelope_parse(struct span in, int64_t minor, struct arena *arena,
    struct queue_envelope *envelope_out, struct err *err)
{
	struct span record;
	uint64_t seen = 0;

	_Static_assert(COUNT_OF(envelope_fields) <= 64, "one bit for each field");
	*envelope_out = (struct queue_envelope){ .submit_uid = -1 };
	if (in.len == 0 || in.p[in.len - 1] != '\n') {
		err_temp(err, "the envelope does not end in a line");
		return PARSE_BAD;
	}
	in.len--;
	while (span_cut(&in, '\n', &record))
		if (!envelope_take(record, minor, arena, &seen, envelope_out, err))
			return PARSE_BAD;
	for (size_t i = 0; i < COUNT_OF(envelope_fields); i++) {
		if (envelope_fields[i].required && (seen & UINT64_C(1) << i) == 0) {
			err_temp(err, "no record \"%s\" in the envelope", envelope_fields[i].name);
			return PARSE_BAD;
		}
	}
	return PARSE_OK;
}

int64_t
queue_notify_expanded(int64_t notify)
{
	int64_t rest = notify & ~(int64_t) QUEUE_NOTIFY_SUCCESS;

	return notify != 0 && rest == 0 ? QUEUE_NOTIFY_NEVER : rest;
}

/* --- recipients: mark, NOTIFY, address, original, ORCPT, with tabs between --- */

bool
queue_recipient_print(const struct queue_recipient *r, struct str *out)
{
	if (r->address.len > QUEUE_ADDRESS_MAX || r->original.len > QUEUE_ADDRESS_MAX ||
	    r->dsn_orcpt.len > QUEUE_ADDRESS_MAX)
		return false;
	str_addf(out, "%c\t%lld\t", r->is_done ? QUEUE_MARK_DONE : QUEUE_MARK_TODO,
	    (long long) r->dsn_notify);
	if (!value_print(r->address, out) || !str_add_char(out, '\t') ||
	    !value_print(r->original, out) || !str_add_char(out, '\t') ||
	    !value_print(r->dsn_orcpt, out))
		return false;
	return str_add_char(out, '\n') && !out->overflowed;
}

enum parse
queue_recipient_parse(struct span in, struct arena *arena, struct queue_recipient *out)
{
	struct span part[5];
	size_t count = 0;
	uint64_t notify;

	*out = (struct queue_recipient){ 0 };
	for (struct span rest = in; count < COUNT_OF(part) && span_cut(&rest, '\t', &part[count]);
	     count++)
		if (count + 1 == COUNT_OF(part) && rest.p != NULL)
			return PARSE_BAD;
	if (count != COUNT_OF(part) || part[0].len != 1 || !span_to_u64(part[1], QUEUE_NOTIFY_ALL, &notify))
		return PARSE_BAD;
	if (part[0].p[0] != QUEUE_MARK_DONE && part[0].p[0] != QUEUE_MARK_TODO)
		return PARSE_BAD;
	out->is_done = part[0].p[0] == QUEUE_MARK_DONE;
	out->dsn_notify = (int64_t) notify;
	if (value_parse(part[2], QUEUE_ADDRESS_MAX, arena, &out->address) != PARSE_OK ||
	    value_parse(part[3], QUEUE_ADDRESS_MAX, arena, &out->original) != PARSE_OK)
		return PARSE_BAD;
	return value_parse(part[4], QUEUE_ADDRESS_MAX, arena, &out->dsn_orcpt);
}

/* --- trailer --- */

static const struct span trailer_start = SPAN_INIT("end crc32c=");

bool
queue_trailer_print(uint32_t crc, struct str *out)
{
	str_add(out, trailer_start);
	return str_addf(out, "%08lx\n", (unsigned long) crc) && !out->overflowed;
}

enum parse
queue_trailer_parse(struct span in, uint32_t *crc_out)
{
	uint32_t crc = 0;

	if (in.len != QUEUE_TRAILER_BYTES || !span_starts_with(in, trailer_start) ||
	    in.p[in.len - 1] != '\n')
		return PARSE_BAD;
	for (size_t i = trailer_start.len; i < in.len - 1; i++) {
		int digit = hex_digit(in.p[i]);

		if (digit < 0)
			return PARSE_BAD;
		crc = crc << 4 | (uint32_t) digit;
	}
	*crc_out = crc;
	return PARSE_OK;
}
