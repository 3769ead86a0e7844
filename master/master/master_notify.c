/* SPDX-License-Identifier: ISC */
/* The service manager's notification protocol (sd_notify(3)): one datagram of NAME=VALUE lines. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "master/master/master_int.h"

/* Tell the service manager, if there is one. */
void
notify_system(const char *fmt, ...)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = name ? strlen(name) : 0;
	char text[400];
	va_list ap;
	CLEANUP(fd_close) int fd = -1;

	if (len == 0 || len >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		(void) sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *) &address,
		    (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len));
}
