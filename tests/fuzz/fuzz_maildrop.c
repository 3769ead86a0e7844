/* SPDX-License-Identifier: ISC */
/*
 * A maildrop file of any bytes: read without harm; an envelope that was taken prints as one that
 * reads the same.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/queue/maildrop.h"
#include "lib/sys/file.h"

#include <sys/mman.h>

static void
check_again(const struct maildrop *mail, struct arena *arena)
{
	struct str out CLEANUP(str_fini);
	struct maildrop again;
	struct err err = { 0 };

	str_init(&out, MAILDROP_ENVELOPE_MAX * 2);
	FUZZ_CHECK(maildrop_print(mail, &out));
	FUZZ_CHECK(maildrop_parse(str_span(&out), arena, &again, &err) == PARSE_OK);
	FUZZ_CHECK(span_eq(mail->sender, again.sender) &&
	    mail->recipients.count == again.recipients.count);
}

FUZZ_TARGET(maildrop, in)
{
	struct arena *arena = arena_new("fuzz", 64 << 20);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct maildrop_reader *reader = maildrop_reader_new(fd, "fuzz");
	struct maildrop mail;
	struct err err = { 0 };
	struct span bytes;
	size_t content = 0;

	FUZZ_CHECK(fd >= 0 && fd_pwrite_all(fd, in, 0, "fuzz", &err));
	if (maildrop_reader_envelope(reader, arena, &mail, &err) == PARSE_OK) {
		check_again(&mail, arena);
		while (maildrop_reader_content(reader, &bytes, &err) == PARSE_OK)
			content += bytes.len;
	}
	FUZZ_CHECK(content <= in.len);
	maildrop_reader_free(&reader);
	fd_close(&fd);
	arena_free(&arena);
}
