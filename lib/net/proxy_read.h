/* SPDX-License-Identifier: ISC */
#ifndef PROXY_READ_H
#define PROXY_READ_H

#include "lib/base/err.h"
#include "lib/mail/proxy_header.h"

/*
 * Take the PROXY header off a new connection, and not a byte more: what follows may be TLS.
 *
 * fd        a connected stream socket
 * returns   false with *err: no header, none before the deadline, or the peer has gone
 */
MUST_USE bool proxy_read(
    int fd, int64_t deadline_us, struct proxy_header *header_out, struct err *err);

#endif
