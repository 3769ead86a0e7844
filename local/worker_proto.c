/* SPDX-License-Identifier: ISC */
/* Field tables of the messages between launchers and workers. */
#include "local/worker_proto.h"

#include "lib/base/err.h"

static const struct msg_field work_deliver_fields[] = {
	M_INT(struct work_deliver, kind, .required = true, .min = WORK_MAILDIR,
	    .max = WORK_MBOX_OPENED, .doc = "enum work_kind"),
	M_STR(struct work_deliver, path, .required = true, .max = WORK_PATH_MAX, .doc = "mailbox"),
	M_FD(struct work_deliver, mailbox_fd, .doc = "mailbox, opened and locked"),
	M_STR(struct work_deliver, host, .max = 255, .doc = "host name in file names"),
	M_STR(struct work_deliver, prefix, .max = WORK_PREFIX_MAX, .doc = "lines on top"),
	M_FD(struct work_deliver, content_fd, .required = true, .doc = "the queue file"),
	M_INT(struct work_deliver, header_offset, .max = INT64_MAX,
	    .doc = "where the header block begins"),
	M_INT(struct work_deliver, header_bytes, .max = INT64_MAX, .doc = "its length"),
	M_INT(struct work_deliver, body_offset, .max = INT64_MAX, .doc = "where the body begins"),
	M_INT(struct work_deliver, body_bytes, .max = INT64_MAX, .doc = "its length"),
	M_INT(struct work_deliver, size_limit, .max = INT64_MAX, .doc = "of the file; 0: none"),
	M_INT(struct work_deliver, lock_styles, .max = 7, .doc = "mask of enum lock_style"),
	M_INT(struct work_deliver, lock_attempts, .max = INT32_MAX, .doc = "tries"),
	M_INT(struct work_deliver, lock_delay_us, .max = INT64_MAX, .doc = "between them"),
	M_INT(struct work_deliver, stale_lock_s, .max = INT64_MAX,
	    .doc = "age of a lock to be broken"),
	M_BOOL(struct work_deliver, is_strict, .doc = "refuse a mailbox of somebody else"),
	M_BOOL(struct work_deliver, may_be_special, .doc = "a device will do"),
	M_BOOL(struct work_deliver, dotlock_may_fail, .doc = "go on without a lock file"),
};
const struct msg_desc work_deliver_desc = MSG_DESC(
    work_deliver, struct work_deliver, work_deliver_fields, 1, 0, "put a message into a mailbox");

static const struct msg_field work_read_fields[] = {
	M_STR(struct work_read, path, .required = true, .max = WORK_PATH_MAX, .doc = "file"),
	M_BOOL(struct work_read, is_owners, .doc = "the owner's or root's"),
};
const struct msg_desc work_read_desc = MSG_DESC(
    work_read, struct work_read, work_read_fields, 1, 0, "read a file");

static const struct msg_field work_done_fields[] = {
	M_INT(struct work_done, class, .max = ERR_PERM, .doc = "enum err_class"),
	M_STR(struct work_done, dsn, .max = 12, .doc = "enhanced status code"),
	M_STR(struct work_done, text, .max = 600, .doc = "why not"),
	M_INT(struct work_done, errnum, .max = INT32_MAX, .doc = "errno"),
	M_STR(struct work_done, content, .max = WORK_FILE_MAX, .doc = "content, or file name"),
};
const struct msg_desc work_done_desc = MSG_DESC(
    work_done, struct work_done, work_done_fields, 1, 0, "what became of the request");
