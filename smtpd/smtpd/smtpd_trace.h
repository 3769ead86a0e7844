/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_TRACE_H
#define SMTPD_TRACE_H

#include "lib/base/span.h"

struct session;

/*
 * The Received: field of the transaction, LF line ends, in its arena.
 * spec      RFC 5321 4.4, RFC 3848 (protocol names), RFC 6531 3.7.3
 */
struct span trace_field(struct session *s) MUST_USE;

#endif
