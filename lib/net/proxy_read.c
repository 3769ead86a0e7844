/* SPDX-License-Identifier: ISC */
/*
 * Reading a PROXY header. Bytes are looked at before they are taken: while the header is incomplete
 * all of them belong to it; when it is complete its length is known. An incomplete one is shorter than PROXY_HEADER_MAX.
 */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/net/proxy_read.h"
#include "lib/sys/clock.h"

struct proxy_input {
	int fd;
	int64_t deadline_us;
	size_t len; /* bytes taken */
	char bytes[PROXY_HEADER_MAX];
};

/* Look at what has come behind the bytes taken: one byte at least. */
static bool
proxy_look(struct proxy_input *in, size_t *count_out, struct err *err)
{
	for (;;) {
		struct pollfd wait = { .fd = in->fd, .events = POLLIN };
		ssize_t count;

		if (poll(&wait, 1, clock_left_ms(in->deadline_us)) == 0)
			return err_temp(err, "timeout error");
		count = recv(in->fd, in->bytes + in->len, sizeof(in->bytes) - in->len,
		    MSG_PEEK | MSG_DONTWAIT);
		*count_out = count > 0 ? (size_t) count : 0;
		if (count > 0)
			return true;
		if (count == 0)
			return err_temp(err, "EOF");
		if (errno != EAGAIN && errno != EINTR)
			return err_temp_errno(err, "recv");
	}
}

/* They are there, so this does not wait. */
static bool
proxy_take(struct proxy_input *in, size_t count, struct err *err)
{
	if (recv(in->fd, in->bytes + in->len, count, MSG_DONTWAIT) != (ssize_t) count)
		return err_temp_errno(err, "recv");
	in->len += count;
	return true;
}

bool
proxy_read(int fd, int64_t deadline_us, struct proxy_header *header_out, struct err *err)
{
	struct proxy_input in = { .fd = fd, .deadline_us = deadline_us };
	const char *why;
	size_t count, used;

	for (;;) {
		if (!proxy_look(&in, &count, err))
			return false;
		switch (proxy_header_parse(
		    span_make(in.bytes, in.len + count), header_out, &used, &why)) {
		case PARSE_OK:
			return proxy_take(&in, used - in.len, err);
		case PARSE_BAD:
			return err_set(err, ERR_PERM, "5.5.0", "%s", why);
		case PARSE_MORE:
			break;
		}
		if (!proxy_take(&in, count, err))
			return false;
	}
}
