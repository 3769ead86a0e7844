/* SPDX-License-Identifier: ISC */
#ifndef CLEANUP_SESSION_H
#define CLEANUP_SESSION_H

#include "lib/sys/peer.h"
#include "qmgr/cleanup/cleanup_settings.h"

/*
 * The conversation with one client (lib/queue/mail_proto.h), message after message, until it closes
 * the connection or breaks the protocol. Takes over fd.
 */
void cleanup_session(struct cleanup *c, int fd, const char *client);

#endif
