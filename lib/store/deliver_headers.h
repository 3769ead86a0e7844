/* SPDX-License-Identifier: ISC */
#ifndef DELIVER_HEADERS_H
#define DELIVER_HEADERS_H

#include "lib/base/str.h"

/* The lines that a final delivery puts on top of a message. Addresses are in internal form. */
struct deliver_headers {
	struct span sender;    /* empty: the null sender */
	struct span original;  /* recipient as the sender gave it; empty: no X-Original-To */
	struct span delivered; /* empty: no Delivered-To */
};

enum { DELIVER_HEADERS_MAX = 16 << 10 };

/* Append Return-Path:, X-Original-To: and Delivered-To:. */
bool deliver_headers_add(struct str *out, const struct deliver_headers *headers);

/* Append "NAME: ADDRESS". */
bool deliver_headers_add_line(struct str *out, const char *name, struct span internal);

/* Append Delivered-To: alone. */
bool deliver_headers_add_delivered(struct str *out, struct span delivered);

/*
 * Append the "From sender date" line of an mbox; MAILER-DAEMON for the null sender. zone is east
 * of UTC.
 */
bool deliver_headers_add_from_line(
    struct str *out, struct span sender, int64_t seconds, int zone_minutes);

#endif
