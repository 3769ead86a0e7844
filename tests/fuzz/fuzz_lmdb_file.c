/* SPDX-License-Identifier: ISC */
/* Files of LMDB. Whatever they hold, look-ups and a walk end, and what they give may be read. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/table/lmdb_file.h"

enum { WALK_MAX = 10000 };

/* An unnamed file with these bytes. */
static int
file_with(struct span bytes)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || !fd_write_all(fd, bytes, "fuzz", NULL))
		abort();
	return fd;
}

static void
look_up(struct lmdb_file *file, struct span key)
{
	struct err err = { 0 };
	struct span value;
	enum lookup found = lmdb_file_find(file, key, &value, &err);

	FUZZ_CHECK((found == LOOKUP_TEMP) == (err.class != ERR_NONE));
	FUZZ_CHECK(found != LOOKUP_FOUND || span_find(value, '\n') <= value.len);
}

static void
walk(struct lmdb_file *file)
{
	struct err err = { 0 };
	struct span key, value;
	enum lookup found = LOOKUP_FOUND;

	for (int i = 0; i < WALK_MAX && found == LOOKUP_FOUND; i++) {
		found = lmdb_file_next(file, i == 0, &key, &value, &err);
		FUZZ_CHECK((found == LOOKUP_TEMP) == (err.class != ERR_NONE));
		if (found == LOOKUP_FOUND)
			FUZZ_CHECK(span_find(key, '\n') <= key.len &&
			    span_find(value, '\n') <= value.len);
	}
}

FUZZ_TARGET(lmdb_file, in)
{
	static const char *const keys[] = { "", "a", "key1", "key7@example.com", "zzz" };
	struct err err = { 0 };
	struct lmdb_file file;

	if (in.len < 1 || in.len > 1 << 18)
		return;
	if (lmdb_file_open(&file, "fuzz", file_with(in), &err)) {
		for (size_t i = 0; i < COUNT_OF(keys); i++) {
			look_up(&file, span_of(keys[i]));
			look_up(&file, span_make(keys[i], strlen(keys[i]) + 1));
		}
		walk(&file);
	} else {
		FUZZ_CHECK(err.class != ERR_NONE);
	}
	lmdb_file_close(&file);
}
