/* SPDX-License-Identifier: ISC */
/*
 * Taking a client from a listening socket. On our own UNIX sockets a client is either introduced by
 * master, which then has sent a hello frame before anybody else held the connection, or a command
 * on a public socket. Which it is, the kernel tells: the process that connected.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service_int.h"

enum { HELLO_MAX = 512, HELLO_SECONDS = 2 };

/* Receive exactly len bytes within the socket's time limit. */
static bool
receive_exactly(int fd, char *buffer, size_t len)
{
	while (len > 0) {
		ssize_t got = recv(fd, buffer, len, MSG_WAITALL);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		buffer += got;
		len -= (size_t) got;
	}
	return true;
}

/* Decode a whole hello frame into the client. */
static bool
decode_hello(struct span bytes, struct client *client)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("hello", HELLO_MAX);
	struct frame frame = { 0 };
	struct hello hello;
	size_t used, fds;

	if (frame_parse(bytes, HELLO_MAX, &frame, &used, &fds) != PARSE_OK || fds != 0
	    || !frame_is(&frame, &hello_desc) || msg_decode(&hello_desc, &frame, arena, &hello, NULL) != PARSE_OK)
		return false;
	snprintf(client->caller, sizeof(client->caller), "%.*s", SPAN_ARG(hello.program));
	snprintf(client->caller_service, sizeof(client->caller_service), "%.*s", SPAN_ARG(hello.service));
	return true;
}

/* Read the hello frame and not a byte more: what follows is the conversation. */
static bool
read_hello(struct client *client)
{
	char buffer[HELLO_MAX];
	struct timeval limit = { HELLO_SECONDS, 0 }, none = { 0, 0 };
	size_t len;

	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0
	    || !receive_exactly(client->fd, buffer, MSG_HEAD_BYTES))
		return false;
	len = (size_t) (unsigned char) buffer[2] << 8 | (unsigned char) buffer[3];
	if (buffer[0] != 0 || buffer[1] != 0 || len > sizeof(buffer) - MSG_HEAD_BYTES
	    || !receive_exactly(client->fd, buffer + MSG_HEAD_BYTES, len)
	    || !decode_hello(span_make(buffer, MSG_HEAD_BYTES + len), client))
		return false;
	return setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none)) == 0;
}

/* Who connected to our own socket. */
static bool
identify_caller(struct program *program, struct client *client)
{
	struct ucred caller;
	socklen_t len = sizeof(caller);

	if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &caller, &len) < 0) {
		log_warn_errno("examine a client");
		return false;
	}
	if (caller.pid == program->private->master_pid) {
		if (read_hello(client))
			return true;
		log_warn("service %s: a connection came without its introduction", program->service_name);
		return false;
	}
	client->is_public = true;
	if (program->service->manifest->is_public)
		return true;
	log_warn("service %s: refused a connection from process %ld, which master did not introduce",
	    program->service_name, (long) caller.pid);
	return false;
}

/* Type pass: the connection brings the client's socket. */
static bool
receive_passed(struct client *client)
{
	union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } control;
	char byte[512];
	struct iovec part = { byte, sizeof(byte) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control) };
	struct timeval limit = { HELLO_SECONDS, 0 };
	struct cmsghdr *head;
	int fd = -1;

	(void) setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (recvmsg(client->fd, &message, MSG_CMSG_CLOEXEC) > 0) {
		head = CMSG_FIRSTHDR(&message);
		if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS
		    && head->cmsg_len == CMSG_LEN(sizeof(int)))
			memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	}
	fd_close(&client->fd);
	client->fd = fd;
	client->is_inet = true;
	return fd >= 0;
}

/* Take one client. */
enum accept_result
service_accept(struct program *program, int listen_fd, bool nonblocking, struct client *client_out)
{
	struct client client = { .is_inet = strcmp(program->private->type, "inet") == 0 };
	bool welcome = true;

	client.fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (client.fd < 0) {
		/* EINVAL: master has closed the socket for all, and tells us by the link that we are to end. */
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED && errno != EINVAL)
			log_warn_errno("service %s: accept a client", program->service_name);
		return ACCEPT_NOBODY;
	}
	if (strcmp(program->private->type, "pass") == 0)
		welcome = receive_passed(&client);
	else if (!client.is_inet)
		welcome = identify_caller(program, &client);
	if (!welcome || (nonblocking && !fd_set_nonblocking(client.fd, true, NULL))) {
		fd_close(&client.fd);
		return ACCEPT_NOBODY;
	}
	*client_out = client;
	return ACCEPT_CLIENT;
}
