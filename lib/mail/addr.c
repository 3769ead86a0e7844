/* SPDX-License-Identifier: ISC */
/*
 * Addresses taken apart: their forms on paper and in the queue, host names, literals, extensions.
 * Nothing here knows which domains are ours. Line ends and NUL never get into an external form.
 */
#include "lib/mail/addr.h"

#include <arpa/inet.h>

#include "lib/base/encode.h"

struct addr
addr_from_internal(struct span internal)
{
	size_t at = span_rfind(internal, '@');

	return (struct addr){ span_slice(internal, 0, at), span_from(internal, at + 1) };
}

bool
addr_add_internal(struct str *out, struct addr addr)
{
	if (!str_add(out, addr.local))
		return false;
	return span_is_empty(addr.domain) || (str_add_char(out, '@') && str_add(out, addr.domain));
}

/* atext = ALPHA / DIGIT / "!" / "#" / ... ; RFC 6532 3.2 adds UTF-8 */
static bool
is_atext(char c)
{
	return ascii_is_alnum(c) || (unsigned char) c >= 0x80 ||
	    (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

/* dot-atom-text = 1*atext *("." 1*atext) */
static bool
is_dot_atom(struct span s)
{
	bool after_dot = true;

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '.' ? after_dot : !is_atext(s.p[i]))
			return false;
		after_dot = s.p[i] == '.';
	}
	return !after_dot;
}

static bool
add_quoted(struct str *out, struct span s)
{
	bool fits = str_add_char(out, '"');

	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\0' || s.p[i] == '\r' || s.p[i] == '\n')
			continue;
		if (s.p[i] == '"' || s.p[i] == '\\')
			fits &= str_add_char(out, '\\');
		fits &= str_add_char(out, s.p[i]);
	}
	return fits & str_add_char(out, '"');
}

bool
addr_add_external(struct str *out, struct addr addr)
{
	if (span_is_empty(addr.local) && span_is_empty(addr.domain))
		return true;
	if (is_dot_atom(addr.local) ? !str_add(out, addr.local) : !add_quoted(out, addr.local))
		return false;
	return span_is_empty(addr.domain) || (str_add_char(out, '@') && str_add(out, addr.domain));
}

struct span
addr_internal(struct arena *pool, struct addr addr)
{
	size_t len = addr.local.len + (addr.domain.len > 0 ? 1 + addr.domain.len : 0);
	char *text = arena_alloc(pool, len + 1);

	if (addr.local.len > 0)
		memcpy(text, addr.local.p, addr.local.len);
	if (addr.domain.len > 0) {
		text[addr.local.len] = '@';
		memcpy(text + addr.local.len + 1, addr.domain.p, addr.domain.len);
	}
	text[len] = '\0';
	return span_make(text, len);
}

struct span
addr_external(struct arena *pool, struct addr addr)
{
	CLEANUP(str_fini) struct str out = { .max = addr.local.len * 2 + addr.domain.len + 3 };

	if (is_dot_atom(addr.local))
		return addr_internal(pool, addr);
	(void) addr_add_external(&out, addr);
	return arena_dup(pool, str_span(&out));
}

/* Local parts that mean a function of the mail system and never carry an extension. */
static bool
is_whole(struct span local, const struct addr_split_options *options)
{
	if (span_eq_str_ci(local, "mailer-daemon") || span_eq_str_ci(local, "double-bounce"))
		return true;
	if (!options->owner_request_special || strchr(options->delimiters, '-') == NULL)
		return false;
	return (local.len > strlen("owner-") && span_starts_with_ci(local, SPAN("owner-"))) ||
	    (local.len > strlen("-request") && span_ends_with_ci(local, SPAN("-request")));
}

bool
addr_split(struct span local, const struct addr_split_options *options, struct span *user_out,
    struct span *extension_out)
{
	size_t at = span_find_any(local, options->delimiters);

	*user_out = local;
	*extension_out = span_make(NULL, 0);
	if (at == 0 || at == local.len || is_whole(local, options))
		return false;
	*user_out = span_slice(local, 0, at);
	*extension_out = span_from(local, at + 1);
	return true;
}

/* "[" ... "]" with what is between, or false. */
static bool
open_literal(struct span domain, struct span *inside_out)
{
	if (domain.len < 2 || domain.p[0] != '[' || domain.p[domain.len - 1] != ']')
		return false;
	*inside_out = span_slice(domain, 1, domain.len - 1);
	return true;
}

/* IPv6-address-literal = "IPv6:" IPv6-addr; IPv4-address-literal = Snum 3("." Snum) */
bool
addr_literal_parse(struct span domain, struct addr_ip *ip_out)
{
	struct span inside;
	char text[64];
	bool is_v6;

	if (!open_literal(domain, &inside))
		return false;
	is_v6 = span_starts_with_ci(inside, SPAN("IPv6:"));
	if (is_v6)
		inside = span_from(inside, 5);
	if (inside.len == 0 || inside.len >= sizeof(text) || span_has_nul(inside))
		return false;
	memcpy(text, inside.p, inside.len);
	text[inside.len] = '\0';
	*ip_out = (struct addr_ip){ .version = is_v6 ? 6 : 4 };
	return inet_pton(is_v6 ? AF_INET6 : AF_INET, text, ip_out->bytes) == 1;
}

static bool
is_label(struct span label, bool lenient)
{
	if (label.len == 0 || label.len > 63 || label.p[0] == '-' || label.p[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++)
		if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-' &&
		    !(lenient && label.p[i] == '_'))
			return false;
	return true;
}

bool
addr_is_hostname(struct span name, bool lenient)
{
	struct span rest = name, label = { 0 };

	if (name.len == 0 || name.len > ADDR_DOMAIN_MAX)
		return false;
	while (span_cut(&rest, '.', &label))
		if (!is_label(label, lenient))
			return false;
	/* All digits at the end looks like an address, not a name. */
	return span_run(label, "0123456789") != label.len;
}

/* sub-domain =/ U-label (RFC 6531 3.3): the ASCII part obeys the rules, the rest is UTF-8. */
static bool
is_utf8_name(struct span name)
{
	struct span rest = name, label;

	if (name.len > ADDR_DOMAIN_MAX * 4)
		return false;
	while (span_cut(&rest, '.', &label)) {
		if (label.len == 0)
			return false;
		for (size_t i = 0; i < label.len; i++)
			if ((unsigned char) label.p[i] < 0x80 && !ascii_is_alnum(label.p[i]) &&
			    label.p[i] != '-')
				return false;
	}
	return true;
}

/* General-address-literal = Standardized-tag ":" 1*dcontent */
static bool
is_general_literal(struct span inside)
{
	size_t colon = span_find(inside, ':');

	if (colon == 0 || colon + 1 >= inside.len || span_starts_with_ci(inside, SPAN("IPv6:")))
		return false;
	for (size_t i = 0; i < inside.len; i++) {
		bool in_tag = i < colon;
		char c = inside.p[i];

		if (in_tag ? !ascii_is_alnum(c) && c != '-'
			   : c <= ' ' || c > '~' || strchr("[]\\", c) != NULL)
			return false;
	}
	return inside.p[colon - 1] != '-';
}

bool
addr_is_domain(struct span domain, bool lenient)
{
	struct addr_ip ip;
	struct span inside;

	if (open_literal(domain, &inside))
		return addr_literal_parse(domain, &ip) || is_general_literal(inside);
	return addr_is_hostname(domain, lenient) ||
	    (!span_is_ascii(domain) && is_utf8_name(domain));
}
