/* SPDX-License-Identifier: ISC */
/*
 * Submitted messages as files and streams. Lengths are bounded before they are used, values cannot
 * hold line ends or NUL, and what comes after the end mark makes the whole invalid.
 */
#include "lib/queue/maildrop.h"

#include "lib/base/panic.h"

#include <errno.h>
#include <unistd.h>

static const struct span first_line = SPAN_INIT("carteiro maildrop 1\n");

enum { NOTIFY_MAX = 15 }; /* all bits of enum dsn_notify */

enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_FLAG };

static const struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	size_t max; /* FIELD_TEXT: bytes; FIELD_NUMBER: value */
} fields[] = {
	{ "sender", FIELD_TEXT, offsetof(struct maildrop, sender), MAILDROP_ADDRESS_MAX },
	{ "full_name", FIELD_TEXT, offsetof(struct maildrop, full_name), 1000 },
	{ "encoding", FIELD_TEXT, offsetof(struct maildrop, encoding), 4 },
	{ "dsn_envid", FIELD_TEXT, offsetof(struct maildrop, dsn_envid), 100 },
	{ "dsn_ret", FIELD_TEXT, offsetof(struct maildrop, dsn_ret), 4 },
	{ "verp", FIELD_TEXT, offsetof(struct maildrop, verp), 2 },
	{ "report", FIELD_TEXT, offsetof(struct maildrop, report), 8 },
	{ "dsn_notify", FIELD_NUMBER, offsetof(struct maildrop, dsn_notify), NOTIFY_MAX },
	{ "extract", FIELD_FLAG, offsetof(struct maildrop, extract), 1 },
	{ "gateway", FIELD_FLAG, offsetof(struct maildrop, is_gateway), 1 },
	{ "smtputf8", FIELD_FLAG, offsetof(struct maildrop, smtputf8), 1 },
	{ "requiretls", FIELD_FLAG, offsetof(struct maildrop, requiretls), 1 },
};

static bool
has_control(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char) value.p[i] < 0x20 || value.p[i] == 0x7f)
			return true;
	return false;
}

static bool
is_one_of(struct span value, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++)
		if (span_eq_str(value, words[i]))
			return true;
	return value.len == 0;
}

/* Words where only words may be. */
static bool
has_good_words(const struct maildrop *mail)
{
	static const char *const encodings[] = { "7bit", "8bit", NULL },
				 *const rets[] = { "FULL", "HDRS", NULL };
	static const char *const reports[] = { "delivery", "verify", NULL };

	return is_one_of(mail->encoding, encodings) && is_one_of(mail->dsn_ret, rets) &&
	    is_one_of(mail->report, reports) && (mail->verp.len == 0 || mail->verp.len == 2);
}

/* --- printing --- */

static bool
print_text(const char *name, struct span value, size_t max, struct str *out)
{
	if (value.len > max || has_control(value))
		return false;
	str_addf(out, "%s=", name);
	str_add(out, value);
	return str_add_char(out, '\n');
}

static bool
print_recipient(const struct maildrop_rcpt *rcpt, struct str *out)
{
	if (!print_text("rcpt", rcpt->address, MAILDROP_ADDRESS_MAX, out))
		return false;
	if (rcpt->dsn_notify != 0)
		str_addf(out, "notify=%lld\n", (long long) rcpt->dsn_notify);
	return rcpt->dsn_orcpt.len == 0 ||
	    print_text("orcpt", rcpt->dsn_orcpt, MAILDROP_ADDRESS_MAX, out);
}

static bool
print_field(const struct field *field, const struct maildrop *mail, struct str *out)
{
	const void *at = (const char *) mail + field->offset;
	int64_t number = 0;

	switch (field->kind) {
	case FIELD_TEXT:
		return print_text(field->name, *(const struct span *) at, field->max, out);
	case FIELD_NUMBER:
		number = *(const int64_t *) at;
		break;
	case FIELD_FLAG:
		number = *(const bool *) at;
		break;
	}
	return number == 0 || str_addf(out, "%s=%lld\n", field->name, (long long) number);
}

bool
maildrop_print(const struct maildrop *mail, struct str *out)
{
	if (!has_good_words(mail))
		return false;
	str_add(out, first_line);
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (!print_field(&fields[i], mail, out))
			return false;
	for (size_t i = 0; i < mail->recipients.count; i++)
		if (!print_recipient(&mail->recipients.v[i], out))
			return false;
	return str_add_char(out, '\n') && !out->overflowed;
}

bool
maildrop_print_chunk(struct span bytes, struct str *out)
{
	while (bytes.len > 0) {
		struct span part = span_slice(bytes, 0, MAILDROP_CHUNK_MAX);

		str_addf(out, "D %zx\n", part.len);
		str_add(out, part);
		bytes = span_from(bytes, part.len);
	}
	return !out->overflowed;
}

bool
maildrop_print_end(struct str *out)
{
	return str_add_str(out, "E\n");
}

/* --- parsing --- */

static bool
refuse(struct err *err, const char *what, struct span line)
{
	return err_set(
	    err, ERR_PERM, "5.5.2", "%s: \"%.*s\"", what, SPAN_ARG(span_slice(line, 0, 100)));
}

static bool
take_value(const struct field *field, struct span value, struct maildrop *mail)
{
	void *at = (char *) mail + field->offset;
	uint64_t number;

	if (field->kind == FIELD_TEXT) {
		*(struct span *) at = value;
		return value.len <= field->max;
	}
	if (!span_to_u64(value, field->max, &number))
		return false;
	if (field->kind == FIELD_NUMBER)
		*(int64_t *) at = (int64_t) number;
	else
		*(bool *) at = number != 0;
	return true;
}

enum taken { TAKEN, NOT_MINE, TAKEN_BAD };

/* "rcpt", "notify" and "orcpt": the only ones that may come again. */
static enum taken
take_recipient(struct span name, struct span value, struct arena *arena, struct maildrop *mail)
{
	struct maildrop_rcpt *last =
	    mail->recipients.count > 0 ? &mail->recipients.v[mail->recipients.count - 1] : NULL;
	uint64_t number;

	if (span_eq_str(name, "rcpt")) {
		if (value.len > MAILDROP_ADDRESS_MAX ||
		    mail->recipients.count >= MAILDROP_RCPTS_MAX)
			return TAKEN_BAD;
		ARRAY_ADD(arena, &mail->recipients)->address = value;
		return TAKEN;
	}
	if (span_eq_str(name, "notify")) {
		if (last == NULL || last->dsn_notify != 0 || !span_to_u64(value, NOTIFY_MAX, &number))
			return TAKEN_BAD;
		last->dsn_notify = (int64_t) number;
		return TAKEN;
	}
	if (!span_eq_str(name, "orcpt"))
		return NOT_MINE;
	if (last == NULL || last->dsn_orcpt.len > 0 || value.len > MAILDROP_ADDRESS_MAX)
		return TAKEN_BAD;
	last->dsn_orcpt = value;
	return TAKEN;
}

static bool
take_line(
    struct span line, uint64_t *seen, struct arena *arena, struct maildrop *mail, struct err *err)
{
	size_t equal = span_find(line, '='), i = 0;
	struct span name = span_slice(line, 0, equal), value = span_from(line, equal + 1);

	if (equal == line.len || has_control(value))
		return refuse(err, "bad envelope record", line);
	switch (take_recipient(name, value, arena, mail)) {
	case TAKEN:
		return true;
	case TAKEN_BAD:
		return refuse(err, "bad recipient record, or too many of them", line);
	case NOT_MINE:
		break;
	}
	while (i < COUNT_OF(fields) && !span_eq_str(name, fields[i].name))
		i++;
	if (i == COUNT_OF(fields) || (*seen & UINT64_C(1) << i) != 0)
		return refuse(err, "unknown or repeated envelope record", line);
	*seen |= UINT64_C(1) << i;
	return take_value(&fields[i], value, mail) ||
	    refuse(err, "bad value in envelope record", line);
}

enum parse
maildrop_parse(struct span in, struct arena *arena, struct maildrop *out, struct err *err)
{
	struct span line = { NULL, 0 };
	uint64_t seen = 0;

	*out = (struct maildrop){ .dsn_notify = 0 };
	if (!span_starts_with(in, first_line)) {
		refuse(err, "not a submitted message", span_slice(in, 0, 20));
		return PARSE_BAD;
	}
	in = span_from(in, first_line.len);
	while (in.len > 0 && span_cut(&in, '\n', &line) && line.len > 0)
		if (!take_line(line, &seen, arena, out, err))
			return PARSE_BAD;
	if (line.len > 0 || in.len > 0 || (seen & 1) == 0 || !has_good_words(out)) {
		refuse(err, "incomplete envelope", line);
		return PARSE_BAD;
	}
	return PARSE_OK;
}

/* --- reading --- */

struct maildrop_reader {
	int fd;
	char *name;
	struct str in; /* what is read and not yet given out */
	size_t given;  /* of in: to be consumed at the next call */
};

struct maildrop_reader *
maildrop_reader_new(int fd, const char *name)
{
	struct maildrop_reader *r = xcalloc(1, sizeof(*r));

	r->fd = fd;
	r->name = xstrdup(name);
	str_init(&r->in, MAILDROP_ENVELOPE_MAX + 4 * MAILDROP_CHUNK_MAX);
	return r;
}

void
maildrop_reader_free(struct maildrop_reader **reader)
{
	if (*reader == NULL)
		return;
	str_fini(&(*reader)->in);
	free((*reader)->name);
	free(*reader);
	*reader = NULL;
}

/* Read once more. 1: there is more; 0: the end; -1 with *err. */
static int
fill(struct maildrop_reader *r, struct err *err)
{
	char *to = str_reserve(&r->in, MAILDROP_CHUNK_MAX);
	ssize_t got;

	if (to == NULL) {
		err_set(err, ERR_PERM, "5.5.2", "%s: the envelope is too long", r->name);
		return -1;
	}
	do {
		got = read(r->fd, to, MAILDROP_CHUNK_MAX);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		err_temp_errno(err, "read %s", r->name);
	if (got > 0)
		str_grow(&r->in, (size_t) got);
	return got < 0 ? -1 : got > 0;
}

static enum parse
bad(struct maildrop_reader *r, struct err *err)
{
	err_prefix(err, "%s", r->name);
	return PARSE_BAD;
}

static enum parse
ends_early(struct maildrop_reader *r, struct err *err)
{
	err_set(err, ERR_PERM, "5.5.2", "%s: the message is incomplete", r->name);
	return PARSE_MORE;
}

enum parse
maildrop_reader_envelope(
    struct maildrop_reader *r, struct arena *arena, struct maildrop *out, struct err *err)
{
	size_t end;

	while ((end = span_search(str_span(&r->in), SPAN("\n\n"))) == r->in.len) {
		int more = fill(r, err);

		if (more <= 0)
			return more < 0 ? PARSE_BAD : ends_early(r, err);
		if (r->in.len > MAILDROP_ENVELOPE_MAX) {
			err_set(err, ERR_PERM, "5.5.2", "%s: the envelope is too long", r->name);
			return PARSE_BAD;
		}
	}
	if (maildrop_parse(arena_dup(arena, span_slice(str_span(&r->in), 0, end + 2)), arena, out,
		err) != PARSE_OK)
		return bad(r, err);
	str_consume(&r->in, end + 2);
	return PARSE_OK;
}

/* "D 5dc" without its line end. */
static bool
parse_length(struct span line, size_t *length_out)
{
	size_t length = 0;

	if (line.len < 3 || line.len > 7 || !span_starts_with(line, SPAN("D ")))
		return false;
	for (size_t i = 2; i < line.len; i++) {
		char c = line.p[i];

		if (!ascii_is_digit(c) && !(c >= 'a' && c <= 'f'))
			return false;
		length = length * 16 + (size_t) (ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
	}
	*length_out = length;
	return length > 0 && length <= MAILDROP_CHUNK_MAX;
}

/* The line that heads a chunk, in the buffer. */
static enum parse
head_line(struct maildrop_reader *r, struct span *line_out, struct err *err)
{
	size_t end;

	while ((end = span_find(str_span(&r->in), '\n')) == r->in.len) {
		int more = r->in.len > 16 ? 0 : fill(r, err);

		if (more <= 0)
			return more < 0 ? PARSE_BAD : ends_early(r, err);
	}
	*line_out = span_slice(str_span(&r->in), 0, end);
	return PARSE_OK;
}

/* After "E" nothing may come. */
static enum parse
take_end(struct maildrop_reader *r, struct err *err)
{
	int more = r->in.len > 2 ? 1 : fill(r, err);

	if (more == 0)
		return PARSE_MORE;
	if (more > 0)
		err_set(err, ERR_PERM, "5.5.2", "%s: bytes after the end", r->name);
	return PARSE_BAD;
}

enum parse
maildrop_reader_content(struct maildrop_reader *r, struct span *bytes_out, struct err *err)
{
	struct span line = { NULL, 0 };
	size_t length, head;

	str_consume(&r->in, r->given);
	r->given = 0;
	if (head_line(r, &line, err) != PARSE_OK)
		return PARSE_BAD;
	if (span_eq_str(line, "E"))
		return take_end(r, err);
	if (!parse_length(line, &length)) {
		refuse(err, "bad head of content", line);
		return bad(r, err);
	}
	head = line.len + 1;
	while (r->in.len < head + length) {
		int more = fill(r, err);

		if (more < 0)
			return PARSE_BAD;
		if (more == 0) {
			(void) !ends_early(r, err);
			return PARSE_BAD;
		}
	}
	*bytes_out = span_slice(str_span(&r->in), head, head + length);
	r->given = head + length;
	return PARSE_OK;
}
