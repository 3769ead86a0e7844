/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_PROXY_H
#define SMTPD_PROXY_H

#include <stdbool.h>

struct session;

/*
 * Read the header of smtpd_upstream_proxy_protocol, where one is expected, and let the client that
 * it announces take the place of the load balancer: for checks, limits and log. Its name is not
 * known yet. false: the connection cannot go on; the reason is in the log.
 */
bool proxy_meet(struct session *s);

#endif
