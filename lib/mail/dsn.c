/* SPDX-License-Identifier: ISC */
/* Enhanced status codes and the parameters of delivery status notifications. */
#include "lib/mail/dsn.h"

#include "lib/base/encode.h"

enum { ENVID_MAX = 100, ORCPT_MAX = 1000 };

/* subject = 1*3digit; detail = 1*3digit; no zero in front of other digits */
static size_t
code_number_len(struct span text)
{
	size_t len = span_run(text, "0123456789");

	return len > 3 || (len > 1 && text.p[0] == '0') ? 0 : len;
}

/* status-code = class "." subject "." detail */
size_t
dsn_code_len(struct span text)
{
	size_t subject, detail, end;

	if (text.len < 5 || strchr("245", text.p[0]) == NULL || text.p[0] == '\0' ||
	    text.p[1] != '.')
		return 0;
	subject = code_number_len(span_from(text, 2));
	if (subject == 0 || 2 + subject >= text.len || text.p[2 + subject] != '.')
		return 0;
	detail = code_number_len(span_from(text, 3 + subject));
	end = 3 + subject + detail;
	if (detail == 0 || (end < text.len && !ascii_is_space(text.p[end])))
		return 0;
	return end;
}

bool
dsn_code_is_valid(struct span code)
{
	return code.len > 0 && dsn_code_len(code) == code.len;
}

void
dsn_code_split(
    struct span text, const char *default_code, char code_out[DSN_CODE_MAX], struct span *text_out)
{
	struct span code;

	text = span_trim(text);
	code = span_slice(text, 0, dsn_code_len(text));
	*text_out = span_trim(span_from(text, code.len));
	if (code.len == 0)
		code = span_slice(span_of(default_code), 0, DSN_CODE_MAX - 1);
	memcpy(code_out, code.p, code.len);
	code_out[code.len] = '\0';
}

void
dsn_code_set_class(char code[DSN_CODE_MAX], char class)
{
	if (code[0] != '\0')
		code[0] = class;
}

static const struct notify_name {
	const char *name;
	unsigned bit;
} notify_names[] = {
	{ "NEVER", DSN_NOTIFY_NEVER },
	{ "SUCCESS", DSN_NOTIFY_SUCCESS },
	{ "FAILURE", DSN_NOTIFY_FAILURE },
	{ "DELAY", DSN_NOTIFY_DELAY },
};

static unsigned
notify_bit(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(notify_names); i++)
		if (span_eq_str_ci(word, notify_names[i].name))
			return notify_names[i].bit;
	return 0;
}

/* notify-esmtp-value = "NEVER" / 1#notify-list-element */
enum parse
dsn_notify_parse(struct span text, unsigned *notify_out)
{
	struct span word;
	unsigned notify = 0;

	while (span_cut(&text, ',', &word)) {
		unsigned bit = notify_bit(word);

		if (bit == 0 || (notify & bit) != 0)
			return PARSE_BAD;
		notify |= bit;
	}
	if (notify == 0 || ((notify & DSN_NOTIFY_NEVER) != 0 && notify != DSN_NOTIFY_NEVER))
		return PARSE_BAD;
	*notify_out = notify;
	return PARSE_OK;
}

bool
dsn_notify_add(struct str *out, unsigned notify)
{
	const char *comma = "";

	for (size_t i = 0; i < COUNT_OF(notify_names); i++) {
		if ((notify & notify_names[i].bit) == 0)
			continue;
		if (!str_addf(out, "%s%s", comma, notify_names[i].name))
			return false;
		comma = ",";
	}
	return true;
}

enum parse
dsn_ret_parse(struct span text, enum dsn_ret *ret_out)
{
	if (span_eq_str_ci(text, "FULL"))
		*ret_out = DSN_RET_FULL;
	else if (span_eq_str_ci(text, "HDRS"))
		*ret_out = DSN_RET_HDRS;
	else
		return PARSE_BAD;
	return PARSE_OK;
}

const char *
dsn_ret_name(enum dsn_ret ret)
{
	switch (ret) {
	case DSN_RET_NONE:
		return "";
	case DSN_RET_FULL:
		return "FULL";
	case DSN_RET_HDRS:
		return "HDRS";
	}
	return "";
}

/* No control character may reach a log line or a report. */
static bool
is_clean(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char) text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	return true;
}

/* atom of an address type: letters, digits, hyphens */
static bool
is_type(struct span type)
{
	for (size_t i = 0; i < type.len; i++)
		if (!ascii_is_alnum(type.p[i]) && type.p[i] != '-')
			return false;
	return type.len > 0;
}

/* original-recipient-address = addr-type ";" xtext */
enum parse
dsn_orcpt_decode(struct span text, struct str *out)
{
	size_t semicolon = span_find(text, ';'), start = out->len + semicolon + 1;

	if (semicolon == text.len || !is_type(span_slice(text, 0, semicolon)) ||
	    text.len > ORCPT_MAX * 3)
		return PARSE_BAD;
	if (!str_add(out, span_slice(text, 0, semicolon + 1)))
		return PARSE_BAD;
	/* With SMTPUTF8 the address may be UTF-8 as it is (RFC 6533 3, utf-8-addr-unitext). */
	if (!span_is_ascii(text)) {
		if (!utf8_is_valid(text) || !str_add(out, span_from(text, semicolon + 1)))
			return PARSE_BAD;
	} else if (xtext_decode(out, span_from(text, semicolon + 1)) != PARSE_OK) {
		return PARSE_BAD;
	}
	if (out->len == start || out->len - start > ORCPT_MAX ||
	    !is_clean(span_from(str_span(out), start)))
		return PARSE_BAD;
	return PARSE_OK;
}

bool
dsn_orcpt_encode(struct str *out, struct span orcpt)
{
	size_t semicolon = span_find(orcpt, ';');

	if (semicolon == orcpt.len)
		return str_add(out, SPAN("rfc822;")) && xtext_encode(out, orcpt);
	return str_add(out, span_slice(orcpt, 0, semicolon + 1)) &&
	    xtext_encode(out, span_from(orcpt, semicolon + 1));
}

enum parse
dsn_envid_decode(struct span text, struct str *out)
{
	size_t start = out->len;

	if (text.len == 0 || text.len > ENVID_MAX * 3 || xtext_decode(out, text) != PARSE_OK)
		return PARSE_BAD;
	return out->len - start <= ENVID_MAX && is_clean(span_from(str_span(out), start))
	    ? PARSE_OK
	    : PARSE_BAD;
}
