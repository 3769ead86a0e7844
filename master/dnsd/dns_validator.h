/* SPDX-License-Identifier: ISC */
#ifndef DNS_VALIDATOR_H
#define DNS_VALIDATOR_H

#include "lib/base/err.h"
#include "lib/sys/loop.h"
#include "master/dnsd/dns_servers.h"
#include "master/dnsd/dns_upstream.h"

/* Answers that are validated in this process, by libunbound in the event loop. */
struct dns_validator;

/*
 * Before privileges are dropped: reads the trust anchor, after this no file.
 * forward   servers that resolve for us and pass signatures on; NULL: ask the DNS from its root
 * returns   NULL with *err set: which file, what libunbound said
 */
struct dns_validator *dns_validator_new(struct loop *loop, const char *anchor_file,
    const struct dns_servers *forward, struct err *err) MUST_USE;
void dns_validator_free(struct dns_validator **validator);

struct dns_upstream dns_validator_upstream(struct dns_validator *validator);

#endif
