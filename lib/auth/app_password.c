/* SPDX-License-Identifier: ISC */
/* Application passwords in extra fields. Dates of this form are in order when their text is. */
#include "lib/auth/app_password.h"

#include "lib/auth/passwd_file.h"

enum { NAME_MAX_BYTES = 64 };

static const struct span prefix = SPAN_INIT("app_password_");

bool
app_password_is_name(struct span name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!ascii_is_alnum(name.p[i]) && name.p[i] != '-' && name.p[i] != '_')
			return false;
	return name.len > 0 && name.len <= NAME_MAX_BYTES;
}

static bool
is_number(struct span text, size_t from, size_t to, uint64_t min, uint64_t max)
{
	uint64_t value;

	return span_to_u64(span_slice(text, from, to), max, &value) && value >= min;
}

bool
app_password_is_date(struct span text)
{
	return text.len == 10 && text.p[4] == '-' && text.p[7] == '-' && is_number(text, 0, 4, 1970, 9999) &&
	    is_number(text, 5, 7, 1, 12) && is_number(text, 8, 10, 1, 31);
}

/* "[date,]{SCHEME}value" */
static bool
parse_value(struct span value, struct app_password *out)
{
	out->until = (struct span){ 0 };
	if (value.len > 0 && value.p[0] != '{')
		(void) span_cut(&value, ',', &out->until);
	out->stored = value;
	return value.len > 0 && value.p[0] == '{' &&
	    (out->until.len == 0 || app_password_is_date(out->until));
}

bool
app_password_next(struct span *rest, struct app_password *out)
{
	struct span name, value;

	while (passwd_extra_next(rest, &name, &value)) {
		if (!span_starts_with(name, prefix))
			continue;
		out->name = span_from(name, prefix.len);
		if (app_password_is_name(out->name) && parse_value(value, out))
			return true;
	}
	return false;
}

bool
app_password_is_good(const struct app_password *password, const char *today)
{
	return password->until.len == 0 || span_cmp(span_of(today), password->until) <= 0;
}
