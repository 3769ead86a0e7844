/* SPDX-License-Identifier: ISC */
/* The standard form of addresses: what trivial-rewrite does, as a pure function. */
#include "lib/mail/rewrite.h"

/* host!user -> user@host, at the first "!" */
static void
swap_bangpath(struct addr *addr)
{
	size_t bang = span_find(addr->local, '!');

	if (bang == 0 || bang + 1 >= addr->local.len)
		return;
	addr->domain = span_slice(addr->local, 0, bang);
	addr->local = span_from(addr->local, bang + 1);
}

/* user%host -> user@host, at the last "%" */
static void
swap_percent(struct addr *addr)
{
	size_t percent = span_rfind(addr->local, '%');

	if (percent == 0 || percent + 1 >= addr->local.len)
		return;
	addr->domain = span_from(addr->local, percent + 1);
	addr->local = span_slice(addr->local, 0, percent);
}

static struct span
append_domain(struct span host, struct span domain, struct arena *pool)
{
	return span_of(arena_printf(pool, "%.*s.%.*s", SPAN_ARG(host), SPAN_ARG(domain)));
}

static bool
lacks_dot(struct span domain)
{
	return domain.len > 0 && domain.p[0] != '[' && span_find(domain, '.') == domain.len;
}

/* "host." -> "host", but "." and "host.." are errors that stay visible. */
static struct span
strip_dot(struct span domain)
{
	bool is_dotted = domain.len > 1 && domain.p[domain.len - 1] == '.' &&
	    domain.p[domain.len - 2] != '.';

	return is_dotted ? span_slice(domain, 0, domain.len - 1) : domain;
}

struct addr
rewrite_addr(struct addr in, const struct rewrite_options *options, struct arena *pool)
{
	struct addr addr = in;

	if (span_is_empty(addr.local) && span_is_empty(addr.domain))
		return addr;
	if (span_is_empty(addr.domain) && options->swap_bangpath)
		swap_bangpath(&addr);
	if (span_is_empty(addr.domain) && options->allow_percent_hack)
		swap_percent(&addr);
	if (span_is_empty(addr.domain) && options->append_at_myorigin)
		addr.domain = options->origin;
	if (lacks_dot(addr.domain) && options->append_dot_mydomain && options->domain.len > 0)
		addr.domain = append_domain(addr.domain, options->domain, pool);
	addr.domain = strip_dot(addr.domain);
	return addr;
}

/* "@a,@b:rest" -> "rest" */
static struct span
drop_route(struct span internal)
{
	size_t colon = span_find(internal, ':');

	if (internal.len == 0 || internal.p[0] != '@' || colon == internal.len)
		return internal;
	return span_from(internal, colon + 1);
}

struct span
rewrite_internal(struct span internal, const struct rewrite_options *options, struct arena *pool)
{
	struct addr addr = addr_from_internal(drop_route(internal));

	return addr_internal(pool, rewrite_addr(addr, options, pool));
}
