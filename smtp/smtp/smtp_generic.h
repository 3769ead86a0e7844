/* SPDX-License-Identifier: ISC */
#ifndef SMTP_GENERIC_H
#define SMTP_GENERIC_H

#include "smtp/smtp/smtp.h"

/*
 * The address as generic_maps wants it outside: the result of the table, or the address itself. An
 * extension that was cut off for the look-up is put back. A table that does not answer changes
 * nothing and says so in the log.
 * returns   internal form, in the arena or the argument
 */
struct span smtp_generic_address(
    struct smtp_client *client, struct span internal, struct arena *arena) MUST_USE;

/* A header field (raw, without last LF) with the addresses in it mapped; raw itself when nothing changes. */
struct span smtp_generic_header(
    struct smtp_client *client, struct span raw, struct span value, struct arena *arena) MUST_USE;

#endif
