/* SPDX-License-Identifier: ISC */
/* A queue file of any bytes: read without harm; one whose checksum is right can be read whole. */
#include "tests/fuzz/fuzz.h"

#include "lib/queue/queue_file.h"
#include "lib/sys/file.h"

#include <sys/mman.h>
#include <unistd.h>

static bool
read_recipients(int fd, struct arena *arena, int64_t *count_out)
{
	struct queue_recipient *list;
	int64_t position = 0;
	struct err err;
	size_t count;

	*count_out = 0;
	while (position != -1) {
		if (queue_file_recipients(
			fd, "fuzz", &position, 5, true, arena, &list, &count, &err) != PARSE_OK)
			return false;
		*count_out += (int64_t) count;
	}
	return true;
}

FUZZ_TARGET(queue_file, in)
{
	struct arena *arena = arena_new("fuzz", 64 << 20);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct queue_envelope envelope;
	struct queue_content content;
	struct err err = { 0 };
	int64_t count;

	FUZZ_CHECK(fd >= 0 && fd_write_all(fd, in, "fuzz", &err));
	if (queue_file_read(fd, "fuzz", arena, &envelope, &content, &err) == PARSE_OK) {
		FUZZ_CHECK(content.header_offset + content.header_bytes <= (int64_t) in.len);
		FUZZ_CHECK(content.body_offset + content.body_bytes <= content.header_offset);
	}
	(void) read_recipients(fd, arena, &count);
	FUZZ_CHECK(queue_file_verify(fd, "fuzz", &err) != PARSE_OK || in.len > 512);
	fd_close(&fd);
	arena_free(&arena);
}
