/* SPDX-License-Identifier: ISC */
#ifndef MIME_DOWNGRADE_H
#define MIME_DOWNGRADE_H

#include "lib/mail/mime_scan.h"

/*
 * A filter that makes a message fit for a peer without 8BITMIME (RFC 6152 3): bodies that say 8bit
 * or binary become quoted-printable, and what holds them says 7bit. 8-bit header fields are not its
 * business. Input and output have LF line ends; a signature over a changed part breaks.
 */
struct mime_downgrade;

/*
 * assume_8bit   bodies that do not name an encoding are converted too; a message without MIME gets
 *               the fields it then needs, with charset unknown-8bit (RFC 1428)
 * sink          takes the output in pieces; spans live during the call
 */
struct mime_downgrade *mime_downgrade_new(const struct mime_options *options, bool assume_8bit,
    void (*sink)(void *ctx, struct span bytes), void *ctx) MUST_USE;
void mime_downgrade_free(struct mime_downgrade **filter);

void mime_downgrade_feed(struct mime_downgrade *filter, struct span bytes);
void mime_downgrade_finish(struct mime_downgrade *filter);

#endif
