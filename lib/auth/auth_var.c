/* SPDX-License-Identifier: ISC */
/*
 * Expansion of Dovecot's variables, of the one-letter form and of the form with filters. A value is
 * worked on in a buffer of its own and only then added. Environment variables and the fields of
 * proxies are left out on purpose.
 */
#include "lib/auth/auth_var.h"

#include <openssl/evp.h>

#include "lib/base/encode.h"

enum { VALUE_MAX = 4096, MD5_BYTES = 16 };

/* One variable of the text. */
struct variable {
	struct span flags, name, filters;
	uint64_t offset, width;         /* width 0: to the end */
	bool has_braces;
};

/* ---- What is known ---- */

static struct span
domain_of(struct span user)
{
	return span_from(user, span_find(user, '@') + 1);
}

static struct span
username_of(struct span user)
{
	return span_slice(user, 0, span_find(user, '@'));
}

enum part { WHOLE, USERNAME, DOMAIN };

static const struct known {
	char letter;
	const char *name, *alias;
	size_t offset;
	enum part part;
} known_variables[] = {
	{ 'u', "user", "auth_user", offsetof(struct auth_vars, user), WHOLE },
	{ 'n', "username", "auth_username", offsetof(struct auth_vars, user), USERNAME },
	{ 'd', "domain", "auth_domain", offsetof(struct auth_vars, user), DOMAIN },
	{ 'h', "home", "home", offsetof(struct auth_vars, home), WHOLE },
	{ 's', "service", "protocol", offsetof(struct auth_vars, service), WHOLE },
	{ 'r', "rip", "remote_ip", offsetof(struct auth_vars, client_address), WHOLE },
	{ 'l', "lip", "local_ip", offsetof(struct auth_vars, server_address), WHOLE },
	{ 'i', "uid", "uid", offsetof(struct auth_vars, uid), WHOLE },
	{ 0, "gid", "gid", offsetof(struct auth_vars, gid), WHOLE },
	{ 0, "orig_user", "original_user", offsetof(struct auth_vars, original_user), WHOLE },
	{ 0, "orig_username", "original_username", offsetof(struct auth_vars, original_user), USERNAME },
	{ 0, "orig_domain", "original_domain", offsetof(struct auth_vars, original_user), DOMAIN },
	{ 0, "login_user", "login_user", offsetof(struct auth_vars, login_user), WHOLE },
	{ 0, "login_username", "login_username", offsetof(struct auth_vars, login_user), USERNAME },
	{ 0, "login_domain", "login_domain", offsetof(struct auth_vars, login_user), DOMAIN },
	{ 0, "master_user", "master_user", offsetof(struct auth_vars, master_user), WHOLE },
};

static const struct known *
find_known(const struct variable *variable)
{
	for (size_t i = 0; i < COUNT_OF(known_variables); i++) {
		const struct known *known = &known_variables[i];

		if (variable->has_braces
			? span_eq_str(variable->name, known->name) || span_eq_str(variable->name, known->alias)
			: known->letter != 0 && known->letter == variable->name.p[0])
			return known;
	}
	return NULL;
}

static struct span
value_of(const struct known *known, const struct auth_vars *vars)
{
	const struct span *whole = (const struct span *) (const void *) ((const char *) vars + known->offset);

	switch (known->part) {
	case WHOLE: return *whole;
	case USERNAME: return username_of(*whole);
	case DOMAIN: return domain_of(*whole);
	}
	return *whole;
}

/* ---- Changing a value ---- */

static void
replace(struct str *value, struct span by)
{
	char copy[VALUE_MAX];
	size_t len = by.len < sizeof(copy) ? by.len : sizeof(copy);

	if (len > 0)
		memcpy(copy, by.p, len);
	str_clear(value);
	str_add(value, span_make(copy, len));
}

static void
change_case(struct str *value, char (*change)(char))
{
	for (size_t i = 0; i < value->len; i++)
		value->p[i] = change(value->p[i]);
}

static void
reverse(struct str *value)
{
	for (size_t i = 0; i + 1 < value->len - i; i++) {
		char last = value->p[value->len - 1 - i];

		value->p[value->len - 1 - i] = value->p[i];
		value->p[i] = last;
	}
}

static bool
md5_of(const struct str *value, unsigned char *digest)
{
	return EVP_Digest(str_cstr(value), value->len, digest, NULL, EVP_md5(), NULL) == 1;
}

static bool
change_md5(struct str *value)
{
	unsigned char digest[MD5_BYTES];

	if (!md5_of(value, digest))
		return false;
	str_clear(value);
	return hex_encode(value, span_make((const char *) digest, sizeof(digest)));
}

/* The first four bytes of the MD5 digest as a number, modulo width, in hex. */
static bool
change_hash(struct str *value, uint64_t modulus)
{
	unsigned char digest[MD5_BYTES];
	uint32_t number = 0;

	if (!md5_of(value, digest))
		return false;
	for (size_t i = 0; i < 4; i++)
		number = number << 8 | digest[i];
	str_clear(value);
	return str_addf(value, "%x", modulus > 0 ? (unsigned) (number % modulus) : (unsigned) number);
}

static void
cut_part(struct str *value, uint64_t offset, uint64_t width)
{
	struct span all = str_span(value);

	if (offset > all.len)
		offset = all.len;
	all = span_from(all, (size_t) offset);
	replace(value, width == 0 || width > all.len ? all : span_slice(all, 0, (size_t) width));
}

static bool
apply_flags(const struct variable *variable, struct str *value)
{
	bool is_hash = span_find(variable->flags, 'N') < variable->flags.len, is_good = true;

	for (size_t i = 0; i < variable->flags.len && is_good; i++) {
		switch (variable->flags.p[i]) {
		case 'L': change_case(value, ascii_lower); break;
		case 'U': change_case(value, ascii_upper); break;
		case 'R': reverse(value); break;
		case 'T': replace(value, span_trim(str_span(value))); break;
		case 'M': is_good = change_md5(value); break;
		case 'N': is_good = change_hash(value, variable->width); break;
		}
	}
	if (!is_hash && (variable->offset > 0 || variable->width > 0))
		cut_part(value, variable->offset, variable->width);
	return is_good;
}

/* ---- Filters: "name" or "name(argument, ...)" ---- */

static bool
filter_substr(struct str *value, struct span arguments)
{
	struct span first;
	uint64_t from, length = 0;

	if (!span_cut(&arguments, ',', &first) || !span_to_u64(span_trim(first), VALUE_MAX, &from) ||
	    (arguments.p != NULL && !span_to_u64(span_trim(arguments), VALUE_MAX, &length)))
		return false;
	cut_part(value, from, length);
	return true;
}

static bool
filter_default(struct str *value, struct span arguments)
{
	if (value->len == 0)
		str_add(value, span_trim_set(span_trim(arguments), "\"'"));
	return true;
}

static bool
apply_filter(struct span filter, struct str *value)
{
	size_t open = span_find(filter, '(');
	struct span name = span_trim(span_slice(filter, 0, open));
	struct span arguments = span_trim_set(span_trim(span_from(filter, open)), "()");

	if (span_eq_str(name, "lower"))
		return change_case(value, ascii_lower), true;
	if (span_eq_str(name, "upper"))
		return change_case(value, ascii_upper), true;
	if (span_eq_str(name, "reverse"))
		return reverse(value), true;
	if (span_eq_str(name, "username"))
		return replace(value, username_of(str_span(value))), true;
	if (span_eq_str(name, "domain"))
		return replace(value, domain_of(str_span(value))), true;
	if (span_eq_str(name, "md5"))
		return change_md5(value);
	if (span_eq_str(name, "substr"))
		return filter_substr(value, arguments);
	if (span_eq_str(name, "default"))
		return filter_default(value, arguments);
	return false;
}

static bool
apply_filters(const struct variable *variable, struct str *value, struct err *err)
{
	struct span rest = variable->filters, filter;

	while (span_cut(&rest, '|', &filter))
		if (!apply_filter(filter, value))
			return err_config(err, "%%{%.*s}: filter \"%.*s\" is not known, or its argument is wrong",
			    SPAN_ARG(variable->name), SPAN_ARG(span_trim(filter)));
	return true;
}

/* ---- Reading a variable ---- */

static uint64_t
take_number(struct span *rest)
{
	size_t digits = span_run(*rest, "0123456789");
	uint64_t number = 0;

	if (!span_to_u64(span_slice(*rest, 0, digits), UINT32_MAX, &number))
		number = 0;
	*rest = span_from(*rest, digits);
	return number;
}

/* OFFSET.WIDTH, or WIDTH. */
static void
take_place(struct span *rest, struct variable *variable)
{
	variable->width = take_number(rest);
	if (rest->len == 0 || rest->p[0] != '.')
		return;
	*rest = span_from(*rest, 1);
	variable->offset = variable->width;
	variable->width = take_number(rest);
}

/* What stands behind a percent sign. */
static bool
take_variable(struct span *rest, struct variable *variable)
{
	size_t flags, end;

	*variable = (struct variable){ 0 };
	take_place(rest, variable);
	flags = span_run(*rest, "LURTMN");
	variable->flags = span_slice(*rest, 0, flags);
	*rest = span_from(*rest, flags);
	if (variable->width == 0)
		take_place(rest, variable);
	if (rest->len == 0)
		return false;
	variable->has_braces = rest->p[0] == '{';
	if (!variable->has_braces) {
		variable->name = span_slice(*rest, 0, 1);
		*rest = span_from(*rest, 1);
		return true;
	}
	end = span_find(*rest, '}');
	if (end == rest->len)
		return false;
	variable->filters = span_slice(*rest, 1, end);
	(void) span_cut(&variable->filters, '|', &variable->name);
	variable->name = span_trim(variable->name);
	*rest = span_from(*rest, end + 1);
	return true;
}

static bool
add_variable(const struct variable *variable, const struct auth_vars *vars, struct str *out,
    struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = VALUE_MAX };
	const struct known *known;

	if (!variable->has_braces && variable->name.p[0] == '%')
		return str_add_char(out, '%');
	known = find_known(variable);
	if (known == NULL)
		return err_config(err, "variable \"%%%s%.*s%s\" is not known", variable->has_braces ? "{" : "",
		    SPAN_ARG(variable->name), variable->has_braces ? "}" : "");
	if (!str_add(&value, value_of(known, vars)) || !apply_flags(variable, &value))
		return err_config(err, "variable \"%.*s\": the value cannot be made", SPAN_ARG(variable->name));
	return apply_filters(variable, &value, err) && str_add(out, str_span(&value));
}

bool
auth_var_expand(struct span text, const struct auth_vars *vars, struct str *out, struct err *err)
{
	while (text.len > 0) {
		size_t percent = span_find(text, '%');
		struct variable variable;

		str_add(out, span_slice(text, 0, percent));
		if (percent == text.len)
			break;
		text = span_from(text, percent + 1);
		if (!take_variable(&text, &variable))
			return err_config(err, "a variable behind \"%%\" is not complete");
		if (!add_variable(&variable, vars, out, err) && err->class != ERR_NONE)
			return false;
	}
	return !out->overflowed || err_config(err, "the text is too long with its variables replaced");
}
