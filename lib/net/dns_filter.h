/* SPDX-License-Identifier: ISC */
#ifndef DNS_FILTER_H
#define DNS_FILTER_H

#include "lib/net/dns_client.h"
#include "lib/table/maps.h"

/*
 * Take the records out of an answer that tables name (smtpd_dns_reply_filter, smtp_dns_reply_filter):
 * each record is looked up as dns_record_print has it, and "IGNORE" drops it.
 *
 * answer    only one that is DNS_FOUND is changed: it becomes is_filtered, and DNS_NO_DATA when
 *           nothing is left, DNS_RETRY (with a warning that names the maps' title) when a table
 *           fails or says something else
 */
void dns_filter_answer(struct maps *filter, struct dns_answer *answer);

#endif
