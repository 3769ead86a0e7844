/* SPDX-License-Identifier: ISC */
/* The hosts file: name -> addresses, reverse name -> first name of its line. Names are kept in lower case. */
#include "master/dnsd/dns_hosts.h"

#include "lib/base/map.h"
#include "lib/base/panic.h"

#include <arpa/inet.h>

enum { HOSTS_ARENA_BYTES = 16 << 20, NAME_TEXT_MAX = 255 };

/* What the lines say of one name, in their order. */
struct host {
	struct host *next;
	struct span data; /* an address, or for a reverse name the host's name */
	int type;
};

struct dns_hosts {
	struct arena *arena;
	struct map *names; /* to struct host */
};

/* The key of a name: lower case, without final dot. */
static struct span
fold_name(struct span name, char *room)
{
	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	name.len = name.len < NAME_TEXT_MAX ? name.len : NAME_TEXT_MAX;
	for (size_t i = 0; i < name.len; i++)
		room[i] = ascii_lower(name.p[i]);
	return span_make(room, name.len);
}

static void
add_host(struct dns_hosts *hosts, struct span name, struct span data, int type)
{
	char room[NAME_TEXT_MAX];
	struct span key = fold_name(name, room);
	struct host *host = ARENA_NEW(hosts->arena, struct host);
	struct host *last = map_get(hosts->names, key);

	if (last != NULL && type == DNS_PTR) /* an address has the name of its first line */
		return;
	host->data = arena_dup(hosts->arena, data);
	host->type = type;
	if (last == NULL) {
		(void) map_set(hosts->names, key, host);
		return;
	}
	while (last->next != NULL)
		last = last->next;
	last->next = host;
}

/* address name *(name) */
static void
add_line(struct dns_hosts *hosts, struct span line)
{
	unsigned char bytes[16];
	struct span address, name, reverse;
	const char *text;
	int type;

	line = span_slice(line, 0, span_find(line, '#'));
	if (!span_token(&line, " \t\r", &address) || address.len > NAME_TEXT_MAX)
		return;
	text = arena_cstr(hosts->arena, address);
	type = inet_pton(AF_INET, text, bytes) == 1 ? DNS_A
	    : inet_pton(AF_INET6, text, bytes) == 1 ? DNS_AAAA
						    : 0;
	if (type == 0)
		return;
	reverse = dns_reverse_name(address, hosts->arena);
	for (bool is_first = true;
	     span_token(&line, " \t\r", &name) && !arena_is_over(hosts->arena); is_first = false) {
		add_host(hosts, name, address, type);
		if (is_first)
			add_host(hosts, reverse, name, DNS_PTR);
	}
}

struct dns_hosts *
dns_hosts_new(struct span text)
{
	struct dns_hosts *hosts = xcalloc(1, sizeof(*hosts));
	struct span line;

	hosts->arena = arena_new("hosts file", HOSTS_ARENA_BYTES);
	hosts->names = map_new();
	while (span_cut(&text, '\n', &line) && !arena_is_over(hosts->arena))
		add_line(hosts, line);
	return hosts;
}

void
dns_hosts_free(struct dns_hosts **hosts)
{
	if (*hosts == NULL)
		return;
	map_free(&(*hosts)->names, NULL);
	arena_free(&(*hosts)->arena);
	free(*hosts);
	*hosts = NULL;
}

enum lookup
dns_hosts_find(const struct dns_hosts *hosts, struct span name, int type, struct arena *arena,
    struct dns_answer *answer_out)
{
	char room[NAME_TEXT_MAX];
	const struct host *first = map_get(hosts->names, fold_name(name, room));
	ARRAY(struct dns_record) records = { 0 };

	if (first == NULL || (type != DNS_A && type != DNS_AAAA && type != DNS_PTR))
		return LOOKUP_NONE;
	for (const struct host *host = first; host != NULL && records.count < 100;
	     host = host->next)
		if (host->type == type)
			*ARRAY_ADD(arena, &records) = (struct dns_record){
				.type = type, .name = name, .data = host->data
			};
	*answer_out = (struct dns_answer){ .status = records.count > 0 ? DNS_FOUND : DNS_NO_DATA };
	answer_out->records = (struct msg_list){ records.v, records.count };
	return LOOKUP_FOUND;
}
