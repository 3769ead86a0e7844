/* SPDX-License-Identifier: ISC */
/* Search domains: text only, nothing is asked here. */
#include "master/dnsd/dns_search.h"

#include "lib/net/dns_client.h"

enum { DOTS_MAX = 15 };

static void
read_domains(struct span line, size_t max, struct dns_search_list *out)
{
	out->count = 0;
	while (out->count < max && span_token(&line, ", \t\r\n", &out->domains[out->count]))
		out->count++;
}

void
dns_search_replace(struct span list, struct dns_search_list *out)
{
	read_domains(list, DNS_SEARCH_DOMAINS_MAX, out);
}

static void
read_dots(struct span line, struct dns_search_list *out)
{
	struct span word;
	uint64_t number;

	while (span_token(&line, " \t\r", &word))
		if (span_starts_with(word, SPAN("ndots:")) &&
		    span_to_u64(span_from(word, 6), INT32_MAX, &number))
			out->dots_min = number < DOTS_MAX ? (unsigned) number : DOTS_MAX;
}

void
dns_search_read(struct span resolv_conf, struct dns_search_list *out)
{
	struct span line, word;

	*out = (struct dns_search_list){ .dots_min = 1 };
	while (span_cut(&resolv_conf, '\n', &line)) {
		if (!span_token(&line, " \t\r", &word))
			continue;
		if (span_eq_str(word, "search"))
			read_domains(line, DNS_SEARCH_DOMAINS_MAX, out);
		else if (span_eq_str(word, "domain"))
			read_domains(line, 1, out);
		else if (span_eq_str(word, "options"))
			read_dots(line, out);
	}
}

/* How many domains count for the name. */
static size_t
count_domains(const struct dns_search_list *list, int64_t mask, size_t dots)
{
	size_t all = (mask & DNS_SEARCH_ALL) != 0 ? list->count : list->count > 0;

	return (mask & (dots == 0 ? DNS_SEARCH_SINGLE : DNS_SEARCH_ALL)) != 0 ? all : 0;
}

bool
dns_search_name(const struct dns_search_list *list, int64_t mask, struct span name, size_t step,
    struct arena *arena, struct span *name_out)
{
	bool is_whole = name.len > 0 && name.p[name.len - 1] == '.';
	size_t dots = 0, count, own_step;

	for (size_t i = 0; i < name.len; i++)
		dots += name.p[i] == '.';
	count = is_whole ? 0 : count_domains(list, mask, dots);
	own_step = dots >= list->dots_min ? 0 : count;
	if (step > count)
		return false;
	*name_out = name;
	if (step != own_step)
		*name_out = span_of(arena_printf(arena, "%.*s.%.*s", SPAN_ARG(name),
		    SPAN_ARG(list->domains[step - (own_step == 0)])));
	return true;
}
