/* SPDX-License-Identifier: ISC */
#ifndef SMTP_GENERIC_H
#define SMTP_GENERIC_H

#include "smtp/smtp/smtp.h"

/*
 * The address as generic_maps wants it outside: the result of the table, or the address itself. An
 * extension that was cut off for the look-up is put back.
 * returns   true: *out in internal form, in the arena or the argument. false: a table does not answer,
 *           which the log says; the message must wait
 */
MUST_USE bool smtp_generic_address(
    struct smtp_client *client, struct span internal, struct arena *arena, struct span *out);

/* A header field (raw, without last LF) with the addresses in it mapped; raw itself when nothing changes. */
MUST_USE bool smtp_generic_header(struct smtp_client *client, struct span raw, struct span value,
    struct arena *arena, struct span *out);

#endif
