/* SPDX-License-Identifier: ISC */
/* The messages between master and its children: tables only. */
#include "lib/sys/master_link.h"

static const struct msg_field introduce_fields[] = {
	M_INT(struct introduce, id, .required = true, .min = 0, .max = INT64_MAX, .doc = "comes back in the answer"),
	M_STR(struct introduce, service, .required = true, .max = 200, .doc = "name of a service in master.cf"),
};
const struct msg_desc introduce_desc =
    MSG_DESC(introduce, struct introduce, introduce_fields, 1, 0, "child to master: connect me with a service");

static const struct msg_field introduced_fields[] = {
	M_INT(struct introduced, id, .required = true, .min = 0, .max = INT64_MAX, .doc = "of the request"),
	M_STR(struct introduced, error, .max = 500, .doc = "why it could not be done"),
	M_FD(struct introduced, fd, .doc = "the connected socket"),
};
const struct msg_desc introduced_desc =
    MSG_DESC(introduced, struct introduced, introduced_fields, 1, 0, "master to child: the connection asked for");

static const struct msg_field hello_fields[] = {
	M_STR(struct hello, program, .required = true, .max = 31, .doc = "the caller's program"),
	M_STR(struct hello, service, .required = true, .max = 63, .doc = "the caller's service name"),
	M_INT(struct hello, pid, .required = true, .min = 1, .max = INT32_MAX, .doc = "the caller's process"),
};
const struct msg_desc hello_desc =
    MSG_DESC(hello, struct hello, hello_fields, 1, 0, "master to callee: who is at the other end");

static const struct msg_field retire_fields[] = {
	M_BOOL(struct retire, reload, .doc = "read the configuration anew"),
	M_BOOL(struct retire, now, .doc = "the whole system stops"),
};
const struct msg_desc retire_desc =
    MSG_DESC(retire, struct retire, retire_fields, 1, 0, "master to child: finish and end, or reload");

static const struct msg_field succeed_fields[] = {
	M_STR(struct succeed, trigger, .max = TRIGGER_BYTES_MAX, .doc = "what the successor is woken with"),
};
const struct msg_desc succeed_desc =
    MSG_DESC(succeed, struct succeed, succeed_fields, 1, 0, "child to master: put a fresh process in my place");
