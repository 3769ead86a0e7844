/* SPDX-License-Identifier: ISC */
#ifndef STATUS_FILTER_H
#define STATUS_FILTER_H

#include "lib/base/arena.h"
#include "lib/table/maps.h"

/*
 * smtp_delivery_status_filter and its kin: tables whose key is "5.1.1 text", the result of one
 * recipient, and whose value stands in for it. Success stays success and failure stays failure; a
 * failure for good may become one for now, and the reverse.
 *
 * filter    NULL or without tables: nothing happens
 * dsn, text  the result; replaced when a table has something else to say, then in the arena
 * returns   true when they were replaced. A table that fails, and a value that may not be, give a
 *           warning in the log and false
 */
bool status_filter_apply(
    struct maps *filter, struct arena *arena, struct span *dsn, struct span *text);

#endif
