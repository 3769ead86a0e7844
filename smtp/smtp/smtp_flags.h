/* SPDX-License-Identifier: ISC */
#ifndef SMTP_FLAGS_H
#define SMTP_FLAGS_H

#include "smtp/smtp/smtp_result.h"

/*
 * flags=DORX of master.cf, for a next hop that is the end of the way: D, O and R put Delivered-To:,
 * X-Original-To: and Return-Path: on top, X makes the delivery final in reports to the sender.
 */

/*
 * args      of struct program
 * returns   false with *err: what makes no sense
 */
MUST_USE bool smtp_flags_parse(
    const char *const *args, struct smtp_flags *flags_out, struct err *err);

/*
 * What forbids delivery with these flags: several recipients share the lines on top, or the message
 * has been delivered to this one before (5.4.6).
 * returns   false with *err
 */
MUST_USE bool smtp_flags_check(const struct smtp_delivery *delivery, struct err *err);

/* Append the lines on top. */
void smtp_flags_add_lines(const struct smtp_delivery *delivery, struct str *out);

#endif
