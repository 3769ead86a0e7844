/* SPDX-License-Identifier: ISC */
/*
 * The sockets of one service: inet addresses by inet_interfaces and inet_protocols, UNIX sockets
 * under public/ or private/ of the queue directory, which is master's working directory, so that
 * long queue paths do not matter.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/priv.h"
#include "master/master/master_int.h"

enum { BACKLOG = 1024, ADDRESSES_MAX = 8192, BIND_ATTEMPTS = 20, BIND_PAUSE_US = 50000 };

/* Whether the configuration wants this family. */
static bool
wants_family(const struct master *master, int family)
{
	struct span rest = span_of(master->conf->mail.inet_protocols), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		if (span_eq_str_ci(word, "all") || (family == AF_INET && span_eq_str_ci(word, "ipv4"))
		    || (family == AF_INET6 && span_eq_str_ci(word, "ipv6")))
			return true;
	}
	return false;
}

/* A service name or number as a port, with the names of known_tcp_ports. */
static bool
find_port(const struct master *master, struct span text, char *port, size_t size, struct err *err)
{
	struct span rest = span_of(master->conf->mail.known_tcp_ports), item;
	uint64_t number;

	if (span_to_u64(text, 65535, &number))
		return snprintf(port, size, "%u", (unsigned) number) > 0;
	while (span_token(&rest, ", \t\r\n", &item)) {
		struct span value = span_from(item, span_rfind(item, '=') + 1);

		for (struct span name; span_cut(&item, '=', &name) && name.p + name.len < value.p;)
			if (span_eq_ci(name, text))
				return snprintf(port, size, "%.*s", SPAN_ARG(value)) > 0;
	}
	if (snprintf(port, size, "%.*s", SPAN_ARG(text)) > 0 && getservbyname(port, "tcp") != NULL)
		return snprintf(port, size, "%u", (unsigned) ntohs((uint16_t) getservbyname(port, "tcp")->s_port)) > 0;
	return err_config(err, "port \"%.*s\": expected a number up to 65535 or a name of services(5)", SPAN_ARG(text));
}

/* "[address]:port", unless it is there already. */
static void
add_address(struct str *out, const char *address, const char *port)
{
	char item[INET6_ADDRSTRLEN + 16];
	struct span rest = str_span(out), word;
	int len = snprintf(item, sizeof(item), "[%s]:%s", address, port);

	while (span_token(&rest, " ", &word))
		if (span_eq(word, span_make(item, (size_t) len)))
			return;
	(void) str_addf(out, "%s ", item);
}

/* Append the numeric form of every address of host that is wanted. */
static bool
add_host(const struct master *master, const char *host, const char *port, struct str *out, struct err *err)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *list, *ai;
	int failed = getaddrinfo(host, port, &hints, &list);
	char text[INET6_ADDRSTRLEN];

	if (failed != 0)
		return err_config(err, "host \"%s\": %s", host ? host : "*", gai_strerror(failed));
	for (ai = list; ai != NULL; ai = ai->ai_next)
		if (wants_family(master, ai->ai_family)
		    && getnameinfo(ai->ai_addr, ai->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
			add_address(out, text, port);
	freeaddrinfo(list);
	return true;
}

/* inet_interfaces: all, loopback-only, or a list of names and addresses. */
static bool
add_interfaces(const struct master *master, const char *port, struct str *out, struct err *err)
{
	struct span rest = span_of(master->conf->mail.inet_interfaces), word;
	char host[256];

	while (span_token(&rest, ", \t\r\n", &word)) {
		struct span bare = span_trim_set(word, "[]");
		bool ok;

		snprintf(host, sizeof(host), "%.*s", SPAN_ARG(bare));
		if (span_eq_str_ci(word, "all"))
			ok = add_host(master, NULL, port, out, err);
		else if (span_eq_str_ci(word, "loopback-only"))
			ok = (!wants_family(master, AF_INET) || add_host(master, "127.0.0.1", port, out, err))
			    && (!wants_family(master, AF_INET6) || add_host(master, "::1", port, out, err));
		else
			ok = add_host(master, host, port, out, err);
		if (!ok)
			return err_prefix(err, "inet_interfaces");
	}
	return true;
}

/* Where an entry listens, as text. */
char *
listen_addresses(const struct master *master, const struct master_entry *entry, struct err *err)
{
	CLEANUP(str_fini) struct str out;
	struct span name = span_of(entry->name), host, port_name;
	char port[64], host_text[256];
	size_t colon = span_rfind(name, ':');
	bool ok;

	str_init(&out, ADDRESSES_MAX);
	if (entry->type != MASTER_INET) {
		str_addf(&out, "%s/%s", entry->is_private ? "private" : "public", entry->name);
		return xstrdup(str_cstr(&out));
	}
	host = colon < name.len ? span_trim_set(span_slice(name, 0, colon), "[]") : span_make(NULL, 0);
	port_name = colon < name.len ? span_from(name, colon + 1) : name;
	snprintf(host_text, sizeof(host_text), "%.*s", SPAN_ARG(host));
	ok = find_port(master, port_name, port, sizeof(port), err)
	    && (host.len > 0 ? add_host(master, host_text, port, &out, err) : add_interfaces(master, port, &out, err));
	if (!ok) {
		err_prefix(err, "%s: line %d: service %s", master->conf->services->file, entry->line, entry->name);
		return NULL;
	}
	return xstrdup(str_cstr(&out));
}

/* Processes of a master that was killed a moment ago may hold the address a little longer. */
static bool
bind_patiently(int fd, const struct addrinfo *ai)
{
	for (int attempt = 1; bind(fd, ai->ai_addr, ai->ai_addrlen) != 0; attempt++) {
		if (errno != EADDRINUSE || attempt == BIND_ATTEMPTS)
			return false;
		usleep(BIND_PAUSE_US);
	}
	return true;
}

/* One listening TCP socket. */
static int
open_inet(const char *address, struct err *err)
{
	struct span text = span_of(address);
	size_t colon = span_rfind(text, ':');
	char host[INET6_ADDRSTRLEN], port[16];
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *ai = NULL;
	CLEANUP(fd_close) int fd = -1;
	int on = 1;
	bool ok;

	snprintf(host, sizeof(host), "%.*s", SPAN_ARG(span_slice(text, 1, colon - 1)));
	snprintf(port, sizeof(port), "%.*s", SPAN_ARG(span_from(text, colon + 1)));
	if (getaddrinfo(host, port, &hints, &ai) != 0) {
		err_config(err, "address %s", address);
		return -1;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0
	    && (ai->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0)
	    && bind_patiently(fd, ai) && listen(fd, BACKLOG) == 0;
	freeaddrinfo(ai);
	if (!ok) {
		err_temp_errno(err, "listen on %s", address);
		return -1;
	}
	return fd_take(&fd);
}

/* The owner of our sockets; without root it is whoever we are. */
static void
give_to_owner(const struct master *master, const char *path)
{
	struct priv_user owner;
	struct err err = { 0 };

	if (!priv_is_root())
		return;
	if (!priv_find_user(master->conf->mail.mail_owner, &owner, &err))
		log_warn("mail_owner: %s", err.text);
	else if (lchown(path, owner.uid, (gid_t) -1) < 0)
		log_warn_errno("change owner of %s", path);
}

/* One UNIX socket; what a crashed predecessor left is removed. Everybody may connect who can reach the directory. */
static int
open_unix(const struct master *master, const char *path, int type, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_close) int fd = -1;
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);

	if (len < 0 || (size_t) len >= sizeof(address.sun_path)) {
		err_config(err, "service name %s is too long for a socket", path);
		return -1;
	}
	if (unlink(path) < 0 && errno != ENOENT) {
		err_temp_errno(err, "remove old socket %s", path);
		return -1;
	}
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || chmod(path, 0666) < 0
	    || (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		err_temp_errno(err, "listen on %s", path);
		return -1;
	}
	give_to_owner(master, path);
	return fd_take(&fd);
}

/* A host without IPv6 is no error: "all" means what there is. */
static bool
is_missing_family(const char *address, const struct err *err)
{
	return (err->errnum == EAFNOSUPPORT || err->errnum == EADDRNOTAVAIL) && strchr(address + 1, ':') < strchr(address, ']');
}

/* A word as a string of its own. */
static char *
copy_text(struct span text)
{
	char *copy = xmalloc(text.len + 1);

	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	return copy;
}

/* Listen on one more address. */
static bool
endpoint_open(struct service_entry *service, struct span text, struct err *err)
{
	int type = service->entry->type == MASTER_UNIX_DGRAM ? SOCK_DGRAM : SOCK_STREAM;
	bool is_inet = service->entry->type == MASTER_INET;
	char *address = copy_text(text);
	struct endpoint *endpoint;
	int fd = is_inet ? open_inet(address, err) : open_unix(service->master, address, type, err);

	if (fd < 0) {
		bool ok = is_inet && is_missing_family(address, err);

		if (ok)
			err_clear(err);
		free(address);
		return ok;
	}
	endpoint = xcalloc(1, sizeof(*endpoint));
	endpoint->address = address;
	endpoint->fd = fd;
	loop_io_init(&endpoint->io, service->master->loop, fd, dispatch_ready, service);
	service->endpoints[service->endpoint_count++] = endpoint;
	return true;
}

/* Stop listening, also on behalf of children that still hold the descriptor. */
static void
endpoint_close(const struct service_entry *service, struct endpoint *endpoint)
{
	loop_io_cancel(&endpoint->io);
	if (service->entry->type != MASTER_INET)
		(void) unlink(endpoint->address);
	if (service->entry->type != MASTER_UNIX_DGRAM)
		(void) shutdown(endpoint->fd, SHUT_RD);
	close(endpoint->fd);
	free(endpoint->address);
	free(endpoint);
}

/* Whether a word is in a text of words. */
static bool
has_word(struct span text, struct span wanted)
{
	for (struct span word; span_token(&text, " ", &word);)
		if (span_eq(word, wanted))
			return true;
	return false;
}

/* Close every socket that is not wanted any more. */
static void
close_others(struct service_entry *service, struct span addresses)
{
	size_t kept = 0;

	for (size_t i = 0; i < service->endpoint_count; i++) {
		struct endpoint *endpoint = service->endpoints[i];

		if (has_word(addresses, span_of(endpoint->address)))
			service->endpoints[kept++] = endpoint;
		else
			endpoint_close(service, endpoint);
	}
	service->endpoint_count = kept;
}

/* Whether the service listens there already. */
static bool
listens_on(const struct service_entry *service, struct span address)
{
	for (size_t i = 0; i < service->endpoint_count; i++)
		if (span_eq_str(address, service->endpoints[i]->address))
			return true;
	return false;
}

/* First close, then open: a new address may need the place of an old one. */
bool
listen_update(struct service_entry *service, const char *addresses, struct err *err)
{
	struct span rest = span_of(addresses), item;
	struct err one = { 0 };

	close_others(service, rest);
	while (span_token(&rest, " ", &item)) {
		if (listens_on(service, item))
			continue;
		if (service->endpoint_count == LISTEN_MAX)
			return err_config(err, "service %s: more than %d addresses", service->entry->name, LISTEN_MAX);
		if (!endpoint_open(service, item, &one) && err->class == ERR_NONE)
			*err = one;
	}
	if (err->class == ERR_NONE && service->endpoint_count == 0 && addresses[0] != '\0')
		err_config(err, "no address to listen on");
	return err->class == ERR_NONE || err_prefix(err, "service %s", service->entry->name);
}

/* Connect to one of our own UNIX services, without waiting. */
int
listen_connect(const struct service_entry *service, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (service->endpoint_count == 0) {
		err_temp(err, "service %s does not listen", service->entry->name);
		return -1;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", service->endpoints[0]->address);
	if (fd < 0 || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0) {
		if (errno == EAGAIN)
			err_temp(err, "service %s is busy: its queue of waiting connections is full",
			    service->entry->name);
		else
			err_temp_errno(err, "connect to %s", address.sun_path);
		return -1;
	}
	if (!fd_set_nonblocking(fd, false, err))
		return -1;
	return fd_take(&fd);
}
