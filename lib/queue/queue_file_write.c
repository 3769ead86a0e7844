/* SPDX-License-Identifier: ISC */
/*
 * Writing queue files. The body goes to the file in large blocks behind a hole for the preamble;
 * what follows it is gathered in memory and written with the preamble at the end. A message whose
 * body is still in memory then is written by one pwritev(2). The checksum runs over body, header,
 * envelope, recipients and then the preamble, in the order in which they become known, so that
 * nothing is read again.
 */
#include "lib/queue/queue_file_int.h"

#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/queue/queue_dir.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	BLOCK_BYTES = 128 * 1024,
	ENVELOPE_MAX = QUEUE_ENVELOPE_MAX,
	RECIPIENTS_MAX = 512 * 1024 * 1024
};

struct queue_writer {
	int fd; /* -1: not created */
	char *name;
	struct queue *queue; /* NULL: fd was given */
	const char *queue_name;
	char id[104];
	struct str block;   /* body bytes that are not written yet */
	int64_t body_bytes; /* all of them */
	int64_t written;    /* body bytes in the file */
	uint32_t crc;
};

static struct queue_writer *
writer_alloc(int fd, const char *name)
{
	struct queue_writer *w = xcalloc(1, sizeof(*w));

	w->fd = fd;
	w->name = xstrdup(name);
	str_init(&w->block, BLOCK_BYTES);
	return w;
}

struct queue_writer *
queue_writer_new(int fd, const char *name)
{
	return writer_alloc(fd, name);
}

struct queue_writer *
queue_writer_create(struct queue *queue, const char *queue_name, struct span id)
{
	struct queue_writer *w = writer_alloc(-1, "");

	w->queue = queue;
	w->queue_name = queue_name;
	snprintf(w->id, sizeof(w->id), "%.*s", SPAN_ARG(id));
	free(w->name);
	w->name = xmalloc(strlen(queue_name) + sizeof(w->id) + 2);
	snprintf(w->name, strlen(queue_name) + sizeof(w->id) + 2, "%s/%s", queue_name, w->id);
	return w;
}

void
queue_writer_free(struct queue_writer **writer)
{
	struct queue_writer *w = *writer;

	*writer = NULL;
	if (w == NULL)
		return;
	fd_close(&w->fd);
	str_fini(&w->block);
	free(w->name);
	free(w);
}

int
queue_writer_fd(const struct queue_writer *writer)
{
	return writer->fd;
}

static bool
writer_need_file(struct queue_writer *w, struct err *err)
{
	if (w->fd >= 0 || w->queue == NULL)
		return true;
	return queue_open_file(
	    w->queue, w->queue_name, span_of(w->id), O_RDWR | O_CREAT | O_EXCL, 0600, &w->fd, err);
}

/* Step over what was written; true when nothing is left. */
static bool
iov_advance(struct iovec **iov, int *count, size_t done)
{
	while (*count > 0 && done >= (*iov)->iov_len) {
		done -= (*iov)->iov_len;
		(*iov)++;
		(*count)--;
	}
	if (*count > 0) {
		(*iov)->iov_base = (char *) (*iov)->iov_base + done;
		(*iov)->iov_len -= done;
	}
	return *count == 0;
}

/* pwritev(2) until all is written. */
static bool
write_vector(struct queue_writer *w, struct iovec *iov, int count, int64_t offset, struct err *err)
{
	if (iov_advance(&iov, &count, 0))
		return true;
	for (;;) {
		ssize_t done = pwritev(w->fd, iov, count, (off_t) offset);

		if (done < 0 && errno == EINTR)
			continue;
		if (done == 0)
			errno = ENOSPC;
		if (done <= 0)
			return err_set_errno(
			    err, ERR_TEMP, "4.3.0", "write queue file %s", w->name);
		offset += done;
		if (iov_advance(&iov, &count, (size_t) done))
			return true;
	}
}

static struct iovec
iov_of(struct span bytes)
{
	return (struct iovec){ (void *) (uintptr_t) bytes.p, bytes.len };
}

bool
queue_writer_body(struct queue_writer *w, struct span bytes, struct err *err)
{
	struct iovec iov[2];

	w->crc = crc32c(w->crc, bytes.p, bytes.len);
	w->body_bytes += (int64_t) bytes.len;
	if (w->block.len + bytes.len <= BLOCK_BYTES)
		return str_add(&w->block, bytes);
	if (!writer_need_file(w, err))
		return false;
	iov[0] = iov_of(str_span(&w->block));
	iov[1] = iov_of(bytes);
	if (!write_vector(w, iov, 2, QUEUE_PREAMBLE_BYTES + w->written, err))
		return false;
	w->written = w->body_bytes;
	str_clear(&w->block);
	return true;
}

bool
queue_writer_body_restart(struct queue_writer *w, struct err *err)
{
	if (w->written > 0 && ftruncate(w->fd, 0) != 0)
		return err_temp_errno(err, "empty queue file %s", w->name);
	w->written = w->body_bytes = 0;
	w->crc = 0;
	str_clear(&w->block);
	return true;
}

/* All recipients' records; each learns its offset. */
static bool
print_recipients(struct queue_recipient *list, size_t count, int64_t offset, struct str *out)
{
	for (size_t i = 0; i < count; i++) {
		list[i].offset = offset + (int64_t) out->len;
		if (!queue_recipient_print(&list[i], out))
			return false;
	}
	return true;
}

/* The parts that follow the body, as they will lie. */
struct tail {
	struct str preamble, envelope, recipients, trailer;
};

static void
tail_fini(struct tail *tail)
{
	str_fini(&tail->preamble);
	str_fini(&tail->envelope);
	str_fini(&tail->recipients);
	str_fini(&tail->trailer);
}

static void
tail_init(struct tail *tail)
{
	str_init(&tail->preamble, QUEUE_PREAMBLE_BYTES);
	str_init(&tail->envelope, ENVELOPE_MAX);
	str_init(&tail->recipients, RECIPIENTS_MAX);
	str_init(&tail->trailer, QUEUE_TRAILER_BYTES);
}

/* Marks are written as "to do" and count as that in the checksum. */
static bool
tail_print(struct queue_writer *w, struct tail *tail, struct span header,
    struct queue_content *content, const struct queue_envelope *envelope,
    struct queue_recipient *recipients, size_t count)
{
	struct queue_layout layout = { .minor = QUEUE_MINOR };

	content->body_offset = QUEUE_PREAMBLE_BYTES;
	content->body_bytes = w->body_bytes;
	content->header_offset = content->body_offset + content->body_bytes;
	content->header_bytes = (int64_t) header.len;
	layout.envelope_offset = content->header_offset + content->header_bytes;
	if (!queue_envelope_print(envelope, &tail->envelope))
		return false;
	layout.envelope_bytes = (int64_t) tail->envelope.len;
	content->recipients_offset = layout.envelope_offset + layout.envelope_bytes;
	content->recipient_count = (int64_t) count;
	if (!print_recipients(recipients, count, content->recipients_offset, &tail->recipients))
		return false;
	layout.recipients_bytes = (int64_t) tail->recipients.len;
	layout.trailer_offset = content->recipients_offset + layout.recipients_bytes;
	layout.content = *content;
	return queue_layout_print(&layout, &tail->preamble);
}

static uint32_t
crc_span(uint32_t crc, struct span bytes)
{
	return crc32c(crc, bytes.p, bytes.len);
}

static bool
tail_seal(struct queue_writer *w, struct tail *tail, struct span header)
{
	uint32_t crc = crc_span(w->crc, header);

	crc = crc_span(crc, str_span(&tail->envelope));
	crc = crc_span(crc, str_span(&tail->recipients));
	crc = crc_span(crc, str_span(&tail->preamble));
	return queue_trailer_print(crc, &tail->trailer);
}

/* In one call while the whole body is in memory; else the preamble last. */
static bool
tail_write(struct queue_writer *w, struct tail *tail, struct span header, struct err *err)
{
	struct iovec iov[6] = {
		iov_of(str_span(&tail->preamble)),
		iov_of(str_span(&w->block)),
		iov_of(header),
		iov_of(str_span(&tail->envelope)),
		iov_of(str_span(&tail->recipients)),
		iov_of(str_span(&tail->trailer)),
	};

	if (w->written == 0)
		return write_vector(w, iov, 6, 0, err);
	return write_vector(w, iov + 1, 5, QUEUE_PREAMBLE_BYTES + w->written, err) &&
	    fd_pwrite_all(w->fd, str_span(&tail->preamble), 0, w->name, err);
}

bool
queue_writer_finish(struct queue_writer *w, struct span header, struct queue_content *content,
    const struct queue_envelope *envelope, struct queue_recipient *recipients,
    size_t recipient_count, struct err *err)
{
	struct tail tail CLEANUP(tail_fini);

	tail_init(&tail);
	for (size_t i = 0; i < recipient_count; i++)
		recipients[i].is_done = false;
	if (!tail_print(w, &tail, header, content, envelope, recipients, recipient_count) ||
	    !tail_seal(w, &tail, header))
		return err_set(err, ERR_PERM, "5.3.4", "queue file %s: a value of the envelope is too long", w->name);
	return writer_need_file(w, err) && tail_write(w, &tail, header, err);
}
