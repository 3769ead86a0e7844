/* SPDX-License-Identifier: ISC */
/* Connections with a time limit: the socket is non-blocking only while it connects. */
#include "smtp/smtp/smtp_connect.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

/* An address and a port as the system wants them. */
static bool
make_address(
    const char *text, bool is_ipv6, uint16_t port, struct sockaddr_storage *out, socklen_t *len_out)
{
	struct sockaddr_in *four = (void *) out;
	struct sockaddr_in6 *six = (void *) out;

	memset(out, 0, sizeof(*out));
	if (is_ipv6) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(port);
		*len_out = sizeof(*six);
		return inet_pton(AF_INET6, text, &six->sin6_addr) == 1;
	}
	four->sin_family = AF_INET;
	four->sin_port = htons(port);
	*len_out = sizeof(*four);
	return inet_pton(AF_INET, text, &four->sin_addr) == 1;
}

/* Connect until the deadline. returns false with errno. */
static bool
connect_until(int fd, const void *address, socklen_t len, int64_t deadline_us)
{
	struct pollfd wait = { .fd = fd, .events = POLLOUT };
	int error = 0, ready;
	socklen_t error_len = sizeof(error);

	if (connect(fd, address, len) == 0)
		return true;
	if (errno != EINPROGRESS)
		return false;
	do {
		ready = poll(&wait, 1, clock_left_ms(deadline_us));
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		errno = ETIMEDOUT;
	if (ready <= 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) < 0)
		return false;
	errno = error;
	return error == 0;
}

static int64_t
connect_deadline(const struct smtp_client *client)
{
	int64_t limit = client->conf->connect_timeout.us;

	return limit > 0 ? clock_deadline(limit) : CLOCK_NEVER;
}

/* Our own end, when the configuration says which. returns false with errno when it must not be another. */
static bool
bind_own(const struct smtp_client *client, int fd, bool is_ipv6)
{
	const char *own = is_ipv6 ? client->conf->bind_address6 : client->conf->bind_address;
	struct sockaddr_storage address;
	socklen_t len;

	if (own[0] == '\0')
		own = is_ipv6 ? client->own_address6 : client->own_address;
	if (own[0] == '\0')
		return true;
	if (make_address(own, is_ipv6, 0, &address, &len) &&
	    bind(fd, (const struct sockaddr *) &address, len) == 0)
		return true;
	log_warn_errno("bind to %s", own);
	return !client->conf->bind_address_enforce;
}

static struct stream *
finish(int *fd, const char *name, struct err *err)
{
	if (!fd_set_nonblocking(*fd, false, err))
		return NULL;
	return stream_new(fd_take(fd), name);
}

struct stream *
smtp_connect_inet(
    const struct smtp_client *client, const struct smtp_host *host, uint16_t port, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	struct sockaddr_storage address;
	char text[INET6_ADDRSTRLEN], name[400];
	socklen_t len;
	int one = 1;

	snprintf(text, sizeof(text), "%.*s", SPAN_ARG(host->address));
	snprintf(name, sizeof(name), "%.*s[%s]:%u", SPAN_ARG(host->name), text, port);
	fd = socket(
	    host->is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !make_address(text, host->is_ipv6, port, &address, &len) ||
	    !bind_own(client, fd, host->is_ipv6) ||
	    !connect_until(fd, &address, len, connect_deadline(client))) {
		(void) err_set_errno(err, ERR_TEMP, "4.4.1", "connect to %s", name);
		return NULL;
	}
	(void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return finish(&fd, name, err);
}

struct stream *
smtp_connect_unix(const struct smtp_client *client, struct span path, struct err *err)
{
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[200];

	snprintf(name, sizeof(name), "%.*s", SPAN_ARG(path));
	if (path.len >= sizeof(address.sun_path)) {
		(void) err_set(err, ERR_TEMP, "4.3.5", "connect to %s: the path is too long", name);
		return NULL;
	}
	memcpy(address.sun_path, path.p, path.len);
	if (fd < 0 || !connect_until(fd, &address, sizeof(address), connect_deadline(client))) {
		(void) err_set_errno(
		    err, ERR_TEMP, "4.4.1", "connect to %s[%s]", client->mail->myhostname, name);
		return NULL;
	}
	return finish(&fd, name, err);
}
