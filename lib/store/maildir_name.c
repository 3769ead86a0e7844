/* SPDX-License-Identifier: ISC */
#include "lib/store/maildir_name.h"

static const struct {
	char letter;
	enum maildir_flag flag;
} letters[] = { { 'D', MAILDIR_DRAFT }, { 'F', MAILDIR_FLAGGED }, { 'P', MAILDIR_PASSED },
	{ 'R', MAILDIR_ANSWERED }, { 'S', MAILDIR_SEEN }, { 'T', MAILDIR_DELETED } };

static unsigned
flag_of(char letter)
{
	for (size_t i = 0; i < COUNT_OF(letters); i++)
		if (letters[i].letter == letter)
			return letters[i].flag;
	return 0;
}

/* I=<uidvalidity>.<uid> */
static bool
read_uid(struct span text, struct maildir_name *name)
{
	size_t dot = span_find(text, '.');
	uint64_t validity, uid;

	if (!span_to_u64(span_slice(text, 0, dot), UINT32_MAX, &validity) ||
	    !span_to_u64(span_from(text, dot + 1), UINT32_MAX, &uid) || validity == 0 || uid == 0)
		return false;
	name->uid_validity = (uint32_t) validity;
	name->uid = (uint32_t) uid;
	return true;
}

/* The fields behind commas in the base. */
static void
read_fields(struct maildir_name *name)
{
	struct span rest = span_from(name->base, span_find(name->base, ',') + 1), field;

	while (span_token(&rest, ",", &field)) {
		struct span value = span_from(field, 2);

		if (span_starts_with(field, SPAN("S=")))
			name->has_size = span_to_u64(value, INT64_MAX, &name->size);
		else if (span_starts_with(field, SPAN("W=")))
			name->has_crlf_size = span_to_u64(value, INT64_MAX, &name->crlf_size);
		else if (span_starts_with(field, SPAN("I=")))
			name->has_uid = read_uid(value, name);
	}
}

/* What is behind ":2,". Known letters are noted; the rest stays in place when there is any. */
static void
read_flags(struct span info, struct maildir_name *name)
{
	size_t comma = span_find(info, ',');

	name->extra = span_from(info, comma);
	info = span_slice(info, 0, comma);
	for (size_t i = 0; i < info.len; i++) {
		unsigned flag = flag_of(info.p[i]);

		if (flag != 0)
			name->flags |= flag;
		else if (info.p[i] >= 'a' && info.p[i] <= 'z')
			name->keywords |= 1u << (info.p[i] - 'a');
		else
			name->unknown = info;
	}
}

bool
maildir_name_parse(struct span text, struct maildir_name *out)
{
	size_t colon = span_search(text, SPAN(":2,"));

	*out = (struct maildir_name){ .base = span_slice(text, 0, colon) };
	if (text.len == 0 || text.p[0] == '.' || colon == 0)
		return false;
	out->has_info = colon < text.len;
	read_fields(out);
	if (out->has_info)
		read_flags(span_from(text, colon + 3), out);
	return true;
}

bool
maildir_name_print(struct str *out, const struct maildir_name *name)
{
	bool has_flags = name->flags != 0 || name->keywords != 0;

	(void) str_add(out, name->base);
	if (!name->has_info && !has_flags)
		return !out->overflowed;
	(void) str_add_str(out, ":2,");
	for (size_t i = 0; i < COUNT_OF(letters); i++)
		if ((name->flags & letters[i].flag) != 0)
			(void) str_add_char(out, letters[i].letter);
	for (unsigned i = 0; i < MAILDIR_KEYWORDS; i++)
		if ((name->keywords & 1u << i) != 0)
			(void) str_add_char(out, (char) ('a' + i));
	for (size_t i = 0; i < name->unknown.len; i++)
		if (flag_of(name->unknown.p[i]) == 0 &&
		    !(name->unknown.p[i] >= 'a' && name->unknown.p[i] <= 'z'))
			(void) str_add_char(out, name->unknown.p[i]);
	return str_add(out, name->extra);
}
