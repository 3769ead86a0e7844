/* SPDX-License-Identifier: ISC */
/*
 * Reading queue files, whatever their bytes are: every offset is checked against the others and the
 * size before it is used, nothing is allocated by a number from the file alone. A small file costs
 * one read.
 */
#include "lib/queue/queue_file_int.h"

#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_READ = 16 * 1024, CHUNK = 64 * 1024, READY_BIT = S_IXUSR };

/* As much as there is, up to len; -1 with *err. */
static ssize_t
read_at(int fd, const char *name, char *buffer, size_t len, int64_t offset, struct err *err)
{
	size_t got = 0;

	while (got < len) {
		ssize_t done = pread(fd, buffer + got, len - got, (off_t) (offset + (int64_t) got));

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			err_temp_errno(err, "read queue file %s", name);
			return -1;
		}
		if (done == 0)
			break;
		got += (size_t) done;
	}
	return (ssize_t) got;
}

static enum parse
bad(const char *name, struct err *err)
{
	err_prefix(err, "queue file %s", name);
	return PARSE_BAD;
}

/* Parse the preamble and hold it against the file's size: the trailer must be its end. */
static enum parse
layout_read(
    int fd, const char *name, struct span start, struct queue_layout *layout, struct err *err)
{
	enum parse result = queue_layout_parse(
	    span_slice(start, 0, QUEUE_PREAMBLE_BYTES), layout, err);
	int64_t end = layout->trailer_offset + QUEUE_TRAILER_BYTES;
	struct stat st;

	if (result != PARSE_OK)
		return result == PARSE_MORE ? PARSE_MORE : bad(name, err);
	if (fstat(fd, &st) != 0) {
		err_temp_errno(err, "status of queue file %s", name);
		return PARSE_BAD;
	}
	if (st.st_size < end)
		return PARSE_MORE;
	if (st.st_size > end) {
		err_temp(err, "bytes after the trailer");
		return bad(name, err);
	}
	return PARSE_OK;
}

/*
 * The envelope's text: in what was read first, else read now; freed by the caller when *own_out is
 * set.
 */
static bool
envelope_text(int fd, const char *name, struct span start, const struct queue_layout *layout,
    struct span *text_out, char **own_out, struct err *err)
{
	size_t len = (size_t) layout->envelope_bytes;

	if (layout->envelope_offset + layout->envelope_bytes <= (int64_t) start.len) {
		*text_out = span_make(start.p + layout->envelope_offset, len);
		return true;
	}
	*own_out = xmalloc(len + 1);
	*text_out = span_make(*own_out, len);
	return fd_pread_all(fd, *own_out, len, layout->envelope_offset, name, err);
}

enum parse
queue_file_read(int fd, const char *name, struct arena *arena, struct queue_envelope *envelope_out,
    struct queue_content *content_out, struct err *err)
{
	char first[FIRST_READ], *own = NULL;
	struct queue_layout layout;
	struct span start, text;
	enum parse result;
	ssize_t got = read_at(fd, name, first, sizeof(first), 0, err);

	*envelope_out = (struct queue_envelope){ .submit_uid = -1 };
	*content_out = (struct queue_content){ 0 };
	if (got < 0)
		return PARSE_BAD;
	start = span_make(first, (size_t) got);
	result = layout_read(fd, name, start, &layout, err);
	if (result != PARSE_OK)
		return result;
	if (!envelope_text(fd, name, start, &layout, &text, &own, err))
		result = PARSE_BAD;
	else if (queue_envelope_parse(text, layout.minor, arena, envelope_out, err) != PARSE_OK)
		result = bad(name, err);
	free(own);
	*content_out = layout.content;
	return result;
}

/* Where the recipients begin. */
static enum parse
first_recipient(int fd, const char *name, int64_t *position, struct err *err)
{
	char first[QUEUE_PREAMBLE_BYTES];
	struct queue_layout layout;
	enum parse result;
	ssize_t got = read_at(fd, name, first, sizeof(first), 0, err);

	if (got < 0)
		return PARSE_BAD;
	result = layout_read(fd, name, span_make(first, (size_t) got), &layout, err);
	*position = layout.content.recipients_offset;
	return result;
}

/* One chunk of records at a time. */
struct record_reader {
	int fd;
	const char *name;
	char *chunk;
	size_t room;
	struct span rest; /* of the chunk */
	int64_t position; /* of rest in the file */
	ARRAY(struct queue_recipient) list;
};

/* The next line; PARSE_MORE when the trailer is reached. */
static enum parse
record_next(struct record_reader *r, struct span *record_out, struct err *err)
{
	size_t end = span_find(r->rest, '\n');

	if (end == r->rest.len) {
		ssize_t got = read_at(r->fd, r->name, r->chunk, r->room, r->position, err);

		if (got < 0)
			return PARSE_BAD;
		r->rest = span_make(r->chunk, (size_t) got);
		end = span_find(r->rest, '\n');
	}
	if (end == r->rest.len || end > QUEUE_RECORD_MAX) {
		err_temp(err, "unfinished recipient record at %lld", (long long) r->position);
		return bad(r->name, err);
	}
	*record_out = span_slice(r->rest, 0, end);
	return span_starts_with(*record_out, SPAN("end ")) ? PARSE_MORE : PARSE_OK;
}

static void
record_step(struct record_reader *r, struct span record)
{
	r->rest = span_from(r->rest, record.len + 1);
	r->position += (int64_t) record.len + 1;
}

/* Up to max recipients into the list; PARSE_MORE: the end was reached. */
static enum parse
records_take(
    struct record_reader *r, size_t max, bool with_done, struct arena *arena, struct err *err)
{
	while (r->list.count < max) {
		struct queue_recipient to;
		struct span record;
		enum parse result = record_next(r, &record, err);

		if (result != PARSE_OK)
			return result;
		if (queue_recipient_parse(record, arena, &to) != PARSE_OK) {
			err_temp(err, "damaged recipient record at %lld", (long long) r->position);
			return bad(r->name, err);
		}
		to.offset = r->position;
		record_step(r, record);
		if (with_done || !to.is_done)
			*ARRAY_ADD(arena, &r->list) = to;
	}
	return PARSE_OK;
}

enum parse
queue_file_recipients(int fd, const char *name, int64_t *position, size_t max, bool with_done,
    struct arena *arena, struct queue_recipient **list_out, size_t *count_out, struct err *err)
{
	struct record_reader r = {
		.fd = fd, .name = name, .room = max > 50 ? CHUNK : FIRST_READ + QUEUE_RECORD_MAX
	};
	enum parse result = PARSE_OK;

	*count_out = 0;
	*list_out = NULL;
	if (*position == -1)
		return PARSE_OK;
	if (*position == 0)
		result = first_recipient(fd, name, position, err);
	if (result != PARSE_OK)
		return result;
	if (max > QUEUE_READ_MAX)
		max = QUEUE_READ_MAX;
	r.chunk = xmalloc(r.room);
	r.position = *position;
	result = records_take(&r, max, with_done, arena, err);
	free(r.chunk);
	*list_out = r.list.v;
	*count_out = r.list.count;
	*position = result == PARSE_MORE ? -1 : r.position;
	return result == PARSE_BAD ? PARSE_BAD : PARSE_OK;
}

bool
queue_file_mark_done(int fd, const char *name, int64_t offset, struct err *err)
{
	static const char done[1] = { QUEUE_MARK_DONE };

	return fd_pwrite_all(fd, span_make(done, 1), offset, name, err);
}

/* Checksum of [from, to); a mark at the start of a line counts as "to do" when has_marks. */
static bool
crc_range(int fd, const char *name, char *chunk, int64_t from, int64_t to, bool has_marks,
    uint32_t *crc, struct err *err)
{
	bool at_start = true;

	while (from < to) {
		size_t len = to - from < CHUNK ? (size_t) (to - from) : CHUNK;

		if (!fd_pread_all(fd, chunk, len, from, name, err))
			return false;
		for (size_t i = 0; has_marks && i < len; i++) {
			if (at_start && chunk[i] == QUEUE_MARK_DONE)
				chunk[i] = QUEUE_MARK_TODO;
			at_start = chunk[i] == '\n';
		}
		*crc = crc32c(*crc, chunk, len);
		from += (int64_t) len;
	}
	return true;
}

static enum parse
verify_with(int fd, const char *name, char *chunk, struct err *err)
{
	const struct queue_content *content;
	struct queue_layout layout;
	uint32_t crc = 0, want;
	enum parse result;
	ssize_t got = read_at(fd, name, chunk, QUEUE_PREAMBLE_BYTES, 0, err);

	if (got < 0)
		return PARSE_BAD;
	result = layout_read(fd, name, span_make(chunk, (size_t) got), &layout, err);
	if (result != PARSE_OK)
		return result;
	content = &layout.content;
	if (!crc_range(fd, name, chunk, QUEUE_PREAMBLE_BYTES, content->recipients_offset, false,
		&crc, err) ||
	    !crc_range(fd, name, chunk, content->recipients_offset, layout.trailer_offset, true,
		&crc, err) ||
	    !crc_range(fd, name, chunk, 0, QUEUE_PREAMBLE_BYTES, false, &crc, err) ||
	    !fd_pread_all(fd, chunk, QUEUE_TRAILER_BYTES, layout.trailer_offset, name, err))
		return PARSE_BAD;
	if (queue_trailer_parse(span_make(chunk, QUEUE_TRAILER_BYTES), &want) == PARSE_OK &&
	    want == crc)
		return PARSE_OK;
	err_temp(err, "the checksum is wrong");
	return bad(name, err);
}

enum parse
queue_file_verify(int fd, const char *name, struct err *err)
{
	char *chunk = xmalloc(CHUNK);
	enum parse result = verify_with(fd, name, chunk, err);

	free(chunk);
	return result;
}

bool
queue_file_set_ready(int fd, const char *name, struct err *err)
{
	if (fchmod(fd, 0700) != 0)
		return err_temp_errno(err, "mark queue file %s ready", name);
	return true;
}

bool
queue_file_is_ready(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & READY_BIT) != 0;
}
