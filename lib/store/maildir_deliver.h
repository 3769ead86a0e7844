/* SPDX-License-Identifier: ISC */
#ifndef MAILDIR_DELIVER_H
#define MAILDIR_DELIVER_H

#include "lib/store/store_content.h"
#include "lib/sys/durable.h"

/* Delivery into a Maildir, by a process that has the owner's rights. */

enum { MAILDIR_NAME_MAX = 255 };

struct maildir_delivery {
	const char *path; /* the Maildir; tmp, new and cur are made (0700) when they are missing */
	const char *host; /* for file names */
	int64_t size_limit; /* bytes of the file; 0: none */
	const struct store_content *content;
	struct durable_memory *durable; /* the caller's, kept between deliveries */
};

/*
 * Write into tmp, move to new, flush both to disk. The file is called
 * SEC.V<device>I<inode>M<microseconds>.<host>,S=<size>; a reader that finds another size than S has
 * found a delivery that lost its power before it was reported.
 *
 * name_out  takes the file's name below new; MAILDIR_NAME_MAX + 1 bytes
 * returns   true when it is durable. false with *err: 5.3.4 larger than the limit, 5.2.2 no room for
 *           this user, 4.3.1 no room, 4.2.0 else ("create maildir file PATH: Permission denied");
 *           nothing is left behind then
 */
MUST_USE bool maildir_deliver(
    const struct maildir_delivery *delivery, char *name_out, struct err *err);

#endif
