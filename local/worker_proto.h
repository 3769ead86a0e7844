/* SPDX-License-Identifier: ISC */
#ifndef WORKER_PROTO_H
#define WORKER_PROTO_H

#include "lib/sys/msg.h"

/*
 * What a launcher (local, virtual) asks of a worker that has become a mailbox's owner: one request
 * at a time, each answered by one work_done.
 */
enum work_kind { WORK_MAILDIR = 1, WORK_MBOX, WORK_MBOX_OPENED };

enum { WORK_PATH_MAX = 4095, WORK_PREFIX_MAX = 32 << 10, WORK_FILE_MAX = 512 << 10 };

/* Append or add one message. */
struct work_deliver {
	int64_t kind;
	struct span path;
	int mailbox_fd;   /* WORK_MBOX_OPENED: the mailbox, locked by the launcher */
	struct span host; /* WORK_MAILDIR */
	struct span prefix;
	int content_fd;
	int64_t header_offset, header_bytes, body_offset, body_bytes;
	int64_t size_limit;

	/* WORK_MBOX: struct mbox_access */
	int64_t lock_styles, lock_attempts, lock_delay_us, stale_lock_s;
	bool is_strict, may_be_special, dotlock_may_fail;
};
extern const struct msg_desc work_deliver_desc;

/* Read a small regular file that not everybody may write. */
struct work_read {
	struct span path;
	bool is_owners; /* of this user or root, and no symbolic link */
};
extern const struct msg_desc work_read_desc;

struct work_done {
	int64_t class; /* enum err_class; 0: done */
	struct span dsn, text;
	int64_t errnum;
	struct span content; /* work_read: the file; WORK_MAILDIR: the new file's name */
};
extern const struct msg_desc work_done_desc;

#endif
