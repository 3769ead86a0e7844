/* SPDX-License-Identifier: ISC */
/* cidr: networks and addresses, IPv4 and IPv6. A key that is no address matches nothing. */
#include "lib/base/panic.h"
#include "lib/table/ip_net.h"
#include "lib/table/pattern.h"
#include "lib/table/table_kinds.h"

struct cidr {
	struct pattern_rules rules;
	struct ip_net key; /* of the look-up that is going on */
};

static bool
cidr_compile(void *ctx UNUSED, struct span *rest, struct pattern_rule *rule, struct err *err)
{
	struct span text;
	struct ip_net net;

	if (!span_token(rest, " \t\r\n", &text))
		return err_config(err, "no address pattern");
	if (!ip_net_parse(text, &net, err))
		return false;
	if (!rule->is_if && span_trim(*rest).len == 0)
		return err_config(err, "no lookup result");
	rule->compiled = xmalloc(sizeof(net));
	memcpy(rule->compiled, &net, sizeof(net));
	return true;
}

/* "!192.0.2.0/24" says nothing about IPv6. */
static bool
cidr_concerns(void *ctx, const struct pattern_rule *rule)
{
	const struct cidr *cidr = ctx;
	const struct ip_net *net = rule->compiled;

	return net->len == cidr->key.len;
}

static enum lookup
cidr_match(void *ctx, const struct pattern_rule *rule, struct span key UNUSED,
    bool wants_groups UNUSED, struct groups *groups UNUSED, struct err *err UNUSED)
{
	const struct cidr *cidr = ctx;

	return ip_net_has(rule->compiled, &cidr->key) ? LOOKUP_FOUND : LOOKUP_NONE;
}

static const struct pattern_ops cidr_ops = {
	.title = "cidr",
	.compile = cidr_compile,
	.concerns = cidr_concerns,
	.match = cidr_match,
	.free_compiled = free,
	.is_literal = true,
};

static void
cidr_close(void *state)
{
	struct cidr *cidr = state;

	pattern_rules_fini(&cidr->rules);
	free(cidr);
}

static bool
cidr_open(const struct table_env *env UNUSED, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct cidr *cidr = xcalloc(1, sizeof(*cidr));

	if (pattern_rules_load(&cidr->rules, &cidr_ops, cidr, name, flags, err)) {
		*state_out = cidr;
		return true;
	}
	cidr_close(cidr);
	return false;
}

static enum lookup
cidr_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct cidr *cidr = state;

	return ip_parse(key, &cidr->key) ? pattern_rules_get(&cidr->rules, key, value_out, err)
					 : LOOKUP_NONE;
}

static bool
cidr_is_stale(void *state)
{
	const struct cidr *cidr = state;

	return file_watch_has_changed(&cidr->rules.watch);
}

const struct table_kind table_cidr = {
	.name = "cidr",
	.doc = "Networks and IP addresses",
	.is_pattern = true,
	.open = cidr_open,
	.get = cidr_get,
	.close = cidr_close,
	.is_stale = cidr_is_stale,
};
