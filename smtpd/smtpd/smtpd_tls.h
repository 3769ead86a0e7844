/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_TLS_H
#define SMTPD_TLS_H

#include "lib/base/attr.h"

struct session;

/*
 * Shake hands and log the result. What the client sent before is forgotten, so is HELO.
 * returns   false when the connection is unusable: the session ends
 */
bool session_start_tls(struct session *s);

#endif
