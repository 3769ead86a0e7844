/* SPDX-License-Identifier: ISC */
#ifndef COMMIT_PROTO_H
#define COMMIT_PROTO_H

#include "lib/sys/msg.h"

/*
 * Asking commit to make something durable, over a kept connection. commit says commit_ready when it
 * has taken the connection, and again behind each commit_done: one request may be sent for each. So
 * a caller knows that somebody will answer before it lets go of a request.
 */
struct commit_ready {
	bool unused;
};
extern const struct msg_desc commit_ready_desc;

struct commit_request {
	int64_t id;  /* chosen by the caller, comes back */
	int file_fd; /* a file that was written; -1: none */
	int dir_fd;  /* the directory in which its name is new; -1: none */
};
extern const struct msg_desc commit_request_desc;

struct commit_done {
	int64_t id;
	struct span error; /* empty: on stable storage; else the data must be taken as lost */
};
extern const struct msg_desc commit_done_desc;

/* commit -> one of its flushers, and back: flush these, in one go. */
enum { COMMIT_FDS_MAX = MSG_FDS_MAX };

struct commit_item {
	int fd;
};
extern const struct msg_desc commit_item_desc;

struct commit_flush {
	bool whole;            /* the file systems that hold them, not only these files */
	struct msg_list items; /* struct commit_item, at most COMMIT_FDS_MAX */
};
extern const struct msg_desc commit_flush_desc;

struct commit_flushed {
	int64_t errnum; /* 0: done */
};
extern const struct msg_desc commit_flushed_desc;

#endif
