/* SPDX-License-Identifier: ISC */
#ifndef SMTP_CONNECT_H
#define SMTP_CONNECT_H

#include "lib/sys/stream.h"
#include "smtp/smtp/smtp_addr.h"

/*
 * Connect to one server, from bind_address or bind_address6 when they are set, within connect_timeout.
 * returns   the stream; NULL with *err TEMP 4.4.1, "connect to HOST[ADDRESS]:PORT: reason"
 */
struct stream *smtp_connect_inet(const struct smtp_client *client, const struct smtp_host *host,
    uint16_t port, struct err *err) MUST_USE;

/* The same for a UNIX socket. */
struct stream *smtp_connect_unix(
    const struct smtp_client *client, struct span path, struct err *err) MUST_USE;

#endif
