/* SPDX-License-Identifier: ISC */
/*
 * Moving a message out of its queue file. Small messages, which most are, cost two reads and one
 * write; the body of a large one is copied by the kernel, by hand where the file system declines.
 * Nothing here flushes.
 */
#define _GNU_SOURCE 1

#include "lib/store/store_content.h"

#include "lib/sys/file.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

enum { SMALL_BYTES = 128 << 10, BLOCK_BYTES = 64 << 10, HEAD_BYTES = 16 << 20 };

int64_t
store_content_size(const struct store_content *content)
{
	return (int64_t) content->prefix.len + content->header_bytes + 1 + content->body_bytes;
}

static const char *
code_of(int errnum)
{
	if (errnum == EDQUOT || errnum == EFBIG)
		return "5.2.2";
	return errnum == ENOSPC ? "4.3.1" : "4.2.0";
}

bool
store_failed(struct err *err, const char *fmt, ...)
{
	const char *dsn = code_of(errno);
	va_list ap;
	char text[400];
	int saved = errno;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	errno = saved;
	return err_set_errno(err, dsn[0] == '5' ? ERR_PERM : ERR_TEMP, dsn, "%s", text);
}

void
store_write_failed(struct err *err)
{
	const char *dsn = code_of(err->errnum);

	err->class = dsn[0] == '5' ? ERR_PERM : ERR_TEMP;
	(void) snprintf(err->dsn, sizeof(err->dsn), "%s", dsn);
}

static bool
write_out(int to, struct span bytes, const char *name, struct err *err)
{
	if (fd_write_all(to, bytes, name, err))
		return true;
	store_write_failed(err);
	return false;
}

/* Append an extent of the queue file. */
static bool
load(const struct store_content *content, int64_t offset, int64_t bytes, struct str *out,
    struct err *err)
{
	char *room = str_reserve(out, (size_t) bytes);

	if (room == NULL)
		return err_temp(err, "queue file: header block of %lld bytes", (long long) bytes);
	if (!fd_pread_all(content->fd, room, (size_t) bytes, offset, "queue file", err))
		return false;
	str_grow(out, (size_t) bytes);
	return true;
}

/* Prefix, header block and the empty line. */
static bool
load_head(const struct store_content *content, struct str *out, struct err *err)
{
	str_add(out, content->prefix);
	return load(content, content->header_offset, content->header_bytes, out, err) &&
	    str_add_char(out, '\n');
}

/*
 * The kernel cannot copy between these two: other file systems, an append-only descriptor, an
 * old kernel.
 */
static bool
must_copy_by_hand(int errnum)
{
	return errnum == EXDEV || errnum == EINVAL || errnum == ENOSYS || errnum == EPERM ||
	    errnum == EBADF || errnum == EOPNOTSUPP;
}

static bool
copy_by_hand(const struct store_content *content, int64_t from, int64_t left, int to,
    const char *name, struct err *err)
{
	CLEANUP(str_fini) struct str block = { .max = BLOCK_BYTES };

	while (left > 0) {
		int64_t now = left < BLOCK_BYTES ? left : BLOCK_BYTES;

		str_clear(&block);
		if (!load(content, from, now, &block, err) ||
		    !write_out(to, str_span(&block), name, err))
			return false;
		from += now;
		left -= now;
	}
	return true;
}

static bool
copy_body(const struct store_content *content, int to, const char *name, struct err *err)
{
	off_t from = (off_t) content->body_offset;
	int64_t left = content->body_bytes;

	while (left > 0) {
		ssize_t done = copy_file_range(content->fd, &from, to, NULL, (size_t) left, 0);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && must_copy_by_hand(errno))
			return copy_by_hand(content, from, left, to, name, err);
		if (done < 0)
			return store_failed(err, "write %s", name);
		if (done == 0)
			return err_temp(
			    err, "queue file: the body ends %lld bytes early", (long long) left);
		left -= done;
	}
	return true;
}

bool
store_content_copy(const struct store_content *content, int to, const char *name, struct err *err)
{
	CLEANUP(str_fini) struct str head = { .max = HEAD_BYTES };
	bool is_small = content->body_bytes + content->header_bytes <= SMALL_BYTES;

	if (!load_head(content, &head, err))
		return false;
	if (is_small && !load(content, content->body_offset, content->body_bytes, &head, err))
		return false;
	return write_out(to, str_span(&head), name, err) &&
	    (is_small || copy_body(content, to, name, err));
}

/* Lines with ">" where they need it; *at_start: the text goes on at the beginning of a line. */
static void
add_quoted(struct str *out, struct span text, bool *at_start)
{
	while (text.len > 0) {
		size_t end = span_find(text, '\n');
		size_t take = end < text.len ? end + 1 : end;

		if (*at_start && span_starts_with(text, SPAN("From ")))
			str_add_char(out, '>');
		str_add(out, span_slice(text, 0, take));
		*at_start = end < text.len;
		text = span_from(text, take);
	}
}

/*
 * One block of an extent, cut so that a "From " at its end is seen whole.
 * returns   how many bytes to take now
 */
static size_t
cut_block(struct span block, bool is_last)
{
	size_t line = span_rfind(block, '\n');

	if (is_last || line == block.len || block.len - line > sizeof("From "))
		return block.len;
	return line + 1;
}

static bool
copy_quoted_extent(const struct store_content *content, int64_t from, int64_t left, int to,
    const char *name, bool *at_start, struct err *err)
{
	CLEANUP(str_fini)
	struct str block = { .max = BLOCK_BYTES },
		   out = { .max = BLOCK_BYTES * 2 };

	while (left > 0) {
		int64_t now = left < BLOCK_BYTES ? left : BLOCK_BYTES;
		size_t take;

		str_clear(&block);
		str_clear(&out);
		if (!load(content, from, now, &block, err))
			return false;
		take = cut_block(str_span(&block), now == left);
		add_quoted(&out, span_slice(str_span(&block), 0, take), at_start);
		if (!write_out(to, str_span(&out), name, err))
			return false;
		from += (int64_t) take;
		left -= (int64_t) take;
	}
	return true;
}

bool
store_content_copy_quoted(
    const struct store_content *content, int to, const char *name, struct err *err)
{
	bool at_start = true;

	if (!write_out(to, content->prefix, name, err) ||
	    !copy_quoted_extent(
		content, content->header_offset, content->header_bytes, to, name, &at_start, err) ||
	    !write_out(to, SPAN("\n"), name, err))
		return false;
	at_start = true;
	return copy_quoted_extent(
		   content, content->body_offset, content->body_bytes, to, name, &at_start, err) &&
	    write_out(to, at_start ? SPAN("\n") : SPAN("\n\n"), name, err);
}
