/* SPDX-License-Identifier: ISC */
/* Format of the per-message logs of failures, delays and successes. One table of names drives both directions. */
#include "lib/queue/bounce_log.h"

const char bounce_log_head[] = "carteiro bounce log 1";

static const struct log_text {
	const char *name;
	size_t offset;
} texts[] = {
	{ "recipient", offsetof(struct bounce_rcpt, address) },
	{ "original_recipient", offsetof(struct bounce_rcpt, original) },
	{ "dsn_orig_rcpt", offsetof(struct bounce_rcpt, dsn_orcpt) },
	{ "status", offsetof(struct bounce_rcpt, dsn) },
	{ "action", offsetof(struct bounce_rcpt, action) },
	{ "reason", offsetof(struct bounce_rcpt, text) },
	{ "remote_mta", offsetof(struct bounce_rcpt, remote_mta) },
	{ "diagnostic", offsetof(struct bounce_rcpt, diagnostic) },
};

static const struct log_number {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "dsn_notify", offsetof(struct bounce_rcpt, dsn_notify) },
	{ "offset", offsetof(struct bounce_rcpt, offset) },
	{ "time", offsetof(struct bounce_rcpt, when_us) },
};

static struct span *
text_of(struct bounce_rcpt *rcpt, size_t i)
{
	return (struct span *) (void *) ((char *) rcpt + texts[i].offset);
}

static int64_t *
number_of(struct bounce_rcpt *rcpt, size_t i)
{
	return (int64_t *) (void *) ((char *) rcpt + numbers[i].offset);
}

/* One line, whatever the bytes. */
static void
add_text(struct str *out, const char *name, struct span value)
{
	size_t start;

	if (value.len == 0)
		return;
	str_addf(out, "%s=", name);
	start = out->len;
	str_add(out, value);
	for (size_t i = start; i < out->len; i++)
		if ((unsigned char) out->p[i] < ' ' || out->p[i] == 0x7f)
			out->p[i] = ' ';
	str_add_char(out, '\n');
}

bool
bounce_log_add(struct str *out, const struct bounce_rcpt *rcpt_in)
{
	struct bounce_rcpt rcpt = *rcpt_in;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		add_text(out, texts[i].name, *text_of(&rcpt, i));
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (*number_of(&rcpt, i) != 0)
			str_addf(out, "%s=%lld\n", numbers[i].name, (long long) *number_of(&rcpt, i));
	return str_add_char(out, '\n');
}

/* Names that are not known are skipped: a later version may have more. */
static bool
take_line(struct span line, struct bounce_rcpt *rcpt)
{
	struct span value = line, name;

	if (!span_cut(&value, '=', &name) || value.p == NULL)
		return false;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (span_eq_str(name, texts[i].name))
			*text_of(rcpt, i) = value;
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		if (span_eq_str(name, numbers[i].name))
			return span_to_i64(value, 0, INT64_MAX, number_of(rcpt, i));
	return true;
}

/* The next line with its end; false when there is no whole line. */
static bool
cut_line(struct span *rest, struct span *line_out)
{
	if (span_find(*rest, '\n') == rest->len)
		return false;
	return span_cut(rest, '\n', line_out);
}

enum parse
bounce_log_next(struct span *rest, struct bounce_rcpt *rcpt_out)
{
	struct span line;

	*rcpt_out = (struct bounce_rcpt){ 0 };
	while (cut_line(rest, &line)) {
		if (span_eq_str(line, bounce_log_head))
			continue;
		if (line.len > 0) {
			if (!take_line(line, rcpt_out))
				return PARSE_BAD;
			continue;
		}
		return rcpt_out->address.len > 0 ? PARSE_OK : PARSE_BAD;
	}
	return PARSE_MORE;
}
