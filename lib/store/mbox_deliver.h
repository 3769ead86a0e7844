/* SPDX-License-Identifier: ISC */
#ifndef MBOX_DELIVER_H
#define MBOX_DELIVER_H

#include <sys/types.h>

#include "lib/store/store_content.h"

/*
 * Delivery into a mailbox that is one file. Opening and appending are apart, because the one who may
 * make files and locks in the spool directory is not the one who may write a person's mail.
 */
struct mbox_access {
	const char *path;
	unsigned lock_styles; /* mask of lock_style */
	int lock_attempts;
	int64_t lock_delay_us, stale_lock_s;
	uid_t owner;
	bool is_strict;  /* a file of somebody else is refused */
	bool sets_owner; /* a new file is given to owner and group (as root) */
	gid_t group;
	bool may_be_special; /* a device such as /dev/null will do; it is neither locked nor cut */
	bool dotlock_may_fail; /* go on where the directory may not be written */
};

struct mbox {
	const char *path; /* the access's */
	int fd;
	unsigned held; /* mask of lock_style */
	bool is_regular;
};

/*
 * Open for appending, make it when it is not there, lock it. No symbolic link is followed; the file
 * must have one name.
 * returns   false with *err, 4.2.0 most often; nothing is held then
 * owns      mbox_close
 */
MUST_USE bool mbox_open(const struct mbox_access *access, struct mbox *mbox_out, struct err *err);

/* Give up the locks. NULL path is fine. */
void mbox_close(struct mbox *mbox);

/*
 * Append one message and flush it to disk. content->prefix begins with the From_ line.
 * size_limit  of the whole file; 0: none
 * returns     false with *err: 5.2.2 full, 4.3.1 disk full, 4.2.0 else; the file has its old length then
 */
MUST_USE bool mbox_append(const struct mbox *mbox, const struct store_content *content,
    int64_t size_limit, struct err *err);

#endif
