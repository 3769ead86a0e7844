/* SPDX-License-Identifier: ISC */
/* Field tables of the messages to commit and inside it. */
#include "lib/queue/commit_proto.h"

static const struct msg_field commit_ready_fields[] = {
	M_BOOL(struct commit_ready, unused, .doc = "not used"),
};
const struct msg_desc commit_ready_desc = MSG_DESC(
    commit_ready, struct commit_ready, commit_ready_fields, 1, 0, "one more request may be sent");

static const struct msg_field commit_request_fields[] = {
	M_INT(struct commit_request, id, .required = true, .doc = "comes back in the answer"),
	M_FD(struct commit_request, file_fd, .doc = "a file that was written"),
	M_FD(struct commit_request, dir_fd, .doc = "the directory in which its name is new"),
};
const struct msg_desc commit_request_desc = MSG_DESC(commit_request, struct commit_request,
    commit_request_fields, 1, 0, "make a file and its name durable");

static const struct msg_field commit_done_fields[] = {
	M_INT(struct commit_done, id, .required = true, .doc = "of the request"),
	M_STR(struct commit_done, error, .max = 1000, .doc = "why the data must be taken as lost"),
};
const struct msg_desc commit_done_desc = MSG_DESC(
    commit_done, struct commit_done, commit_done_fields, 1, 0, "it is durable, or not");

static const struct msg_field commit_item_fields[] = {
	M_FD(struct commit_item, fd, .required = true, .doc = "what to flush"),
};
const struct msg_desc commit_item_desc = MSG_DESC(
    commit_item, struct commit_item, commit_item_fields, 1, 0, "one descriptor to flush");

static const struct msg_field commit_flush_fields[] = {
	M_BOOL(struct commit_flush, whole, .doc = "flush the whole file systems"),
	M_LIST(struct commit_flush, items, .required = true, .item = &commit_item_desc,
	    .max = COMMIT_FDS_MAX, .doc = "descriptors"),
};
const struct msg_desc commit_flush_desc = MSG_DESC(
    commit_flush, struct commit_flush, commit_flush_fields, 1, 0, "flush these");

static const struct msg_field commit_flushed_fields[] = {
	M_INT(struct commit_flushed, errnum, .required = true, .max = 4095, .doc = "0: done"),
};
const struct msg_desc commit_flushed_desc = MSG_DESC(commit_flushed, struct commit_flushed,
    commit_flushed_fields, 1, 0, "flushed, or the first error");
