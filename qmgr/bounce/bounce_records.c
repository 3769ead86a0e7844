/* SPDX-License-Identifier: ISC */
/* The log files: appending, reading, removing. Failures are durable before they are answered for; delays and successes are not. */
#include "qmgr/bounce/bounce_int.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/queue/commit_client.h"
#include "lib/sys/file.h"

enum { RECORDS_MAX = 128 << 20 };

static bool
write_records(struct bounce *bounce, const struct bounce_append *append, const char *log, int fd, bool is_new,
    struct err *err)
{
	CLEANUP(str_fini) struct str text = { .max = RECORDS_MAX };
	const struct bounce_rcpt *list = append->recipients.items;
	int dir_fd = -1;

	if (is_new)
		str_addf(&text, "%s\n", bounce_log_head);
	for (size_t i = 0; i < append->recipients.count; i++)
		bounce_log_add(&text, &list[i]);
	if (text.overflowed)
		return err_temp(err, "too many records");
	if (!fd_write_all(fd, str_span(&text), log, err))
		return false;
	if (strcmp(log, "bounce") != 0)
		return true;
	if (is_new) {
		dir_fd = queue_dir_fd(bounce->queue, log, append->queue_id, err);
		if (dir_fd < 0)
			return false;
	}
	return commit_file(bounce->program, fd, dir_fd, err);
}

bool
bounce_append_records(struct bounce *bounce, const struct bounce_append *append, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(str_fini) struct str log = { .max = 20 };
	struct stat st;
	off_t size;

	str_add(&log, append->log);
	if (!queue_open_file(bounce->queue, str_cstr(&log), append->queue_id, O_WRONLY | O_CREAT | O_APPEND,
	        S_IRUSR | S_IWUSR, &fd, err))
		return false;
	size = fstat(fd, &st) == 0 ? st.st_size : 0;
	if (write_records(bounce, append, str_cstr(&log), fd, size == 0, err))
		return true;
	if (ftruncate(fd, size) != 0)
		err_prefix(err, "the log keeps part of it");
	return false;
}

bool
bounce_remove_log(struct bounce *bounce, const char *log, struct span queue_id, struct err *err)
{
	struct err why = { 0 };

	if (queue_remove(bounce->queue, log, queue_id, &why) || why.errnum == ENOENT)
		return true;
	return err_temp(err, "%s", why.text);
}

/* Who is to hear of it: what NOTIFY says, or for lack of it failures and delays. */
static bool
is_concerned(enum bounce_kind kind, int64_t notify)
{
	switch (kind) {
	case BOUNCE_FAILURE:
		return notify == 0 || (notify & QUEUE_NOTIFY_FAILURE) != 0;
	case BOUNCE_DELAY:
		return notify == 0 || (notify & QUEUE_NOTIFY_DELAY) != 0;
	case BOUNCE_SUCCESS:
	case BOUNCE_VERIFY:
	case BOUNCE_KINDS:
		return true;
	}
	return true;
}

bool
bounce_read_log(struct bounce *bounce, struct notice *notice, struct err *err)
{
	struct span text;
	struct bounce_rcpt rcpt;
	enum parse result;

	if (!queue_read_file(bounce->queue, notice->log, notice->queue_id, BOUNCE_LOG_MAX, notice->arena, &text, err))
		return err->errnum == ENOENT;
	while ((result = bounce_log_next(&text, &rcpt)) == PARSE_OK)
		if (is_concerned(notice->kind, rcpt.dsn_notify))
			*ARRAY_ADD(notice->arena, &notice->rcpts) = rcpt;
	return result == PARSE_MORE || err_temp(err, "%s/%.*s: damaged", notice->log, SPAN_ARG(notice->queue_id));
}
