/* SPDX-License-Identifier: ISC */
/* Commands' way to the public sockets. */
#include "lib/sys/trigger.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/sys/file.h"

/* Connect with a time limit for this and everything after. */
int
public_connect(const char *queue_directory, const char *service, int64_t timeout_us, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { timeout_us / 1000000, timeout_us % 1000000 };
	CLEANUP(fd_close) int fd = -1;
	int len = snprintf(address.sun_path, sizeof(address.sun_path), "%s/public/%s", queue_directory, service);

	if (len < 0 || (size_t) len >= sizeof(address.sun_path)) {
		err_config(err, "socket name %s/public/%s: longer than %zu bytes; use a shorter queue_directory",
		    queue_directory, service, sizeof(address.sun_path) - 1);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0
	    || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0
	    || connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0) {
		err_temp_errno(err, "connect to %s", address.sun_path);
		return -1;
	}
	return fd_take(&fd);
}

/* Connect, write, close. */
bool
trigger_send(const char *queue_directory, const char *service, struct span request, int64_t timeout_us, struct err *err)
{
	CLEANUP(fd_close) int fd = public_connect(queue_directory, service, timeout_us, err);
	ssize_t sent;

	if (fd < 0)
		return false;
	sent = send(fd, request.p, request.len, MSG_NOSIGNAL);
	if (sent != (ssize_t) request.len)
		return err_temp_errno(err, "wake service %s", service);
	return true;
}
