/* SPDX-License-Identifier: ISC */
/*
 * Threads of messages that strangers wrote: each line is a message; its first id is its own, the
 * rest are its references, what is behind the last is the subject. Every message comes out once.
 */
#include "fuzz.h"

#include "lib/mail/subject.h"
#include "lib/mail/thread.h"

enum { MESSAGES_MAX = 64 };

static void
read_line(struct span line, struct thread_message *m, struct arena *pool)
{
	CLEANUP(str_fini) struct str base = { .max = 100000 };
	CLEANUP(str_fini) struct str mapped = { .max = 1000000 };
	size_t close = span_rfind(line, '>');

	thread_add_ids(line, pool, m);
	if (m->references.count > 0) {
		m->id = m->references.v[0];
		m->references.v++;
		m->references.count--;
		m->references.room--;
	}
	line = close < line.len ? span_from(line, close + 1) : line;
	FUZZ_CHECK(casemap_add(&mapped, subject_base(line, &base, &m->is_reply)));
	m->subject = arena_dup(pool, str_span(&mapped));
}

static void
check_output(struct span out, size_t count)
{
	bool seen[MESSAGES_MAX + 1] = { false };
	struct span word;
	size_t depth = 0, found = 0;

	for (size_t i = 0; i < out.len; i++) {
		depth += out.p[i] == '(';
		FUZZ_CHECK(out.p[i] != ')' || depth-- > 0);
		FUZZ_CHECK(depth > 0 || out.p[i] == ')');
	}
	FUZZ_CHECK(depth == 0);
	while (span_token(&out, "() ", &word)) {
		uint64_t number;

		FUZZ_CHECK(span_to_u64(word, count, &number) && number > 0 && !seen[number]);
		seen[number] = true;
		found++;
	}
	FUZZ_CHECK(found == count);
}

FUZZ_TARGET(thread, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	struct thread_message messages[MESSAGES_MAX] = { { 0 } };
	struct span line;
	uint32_t count = 0;

	while (count < MESSAGES_MAX && span_cut(&in, '\n', &line)) {
		struct thread_message *m = &messages[count++];

		m->number = count;
		m->sent = m->arrived = (int64_t) (line.len % 7);
		read_line(line, m, pool);
	}
	for (int kind = THREAD_ORDEREDSUBJECT; kind <= THREAD_REFS; kind++) {
		CLEANUP(str_fini) struct str out = { .max = 1000000 };

		FUZZ_CHECK(thread_print((enum thread_kind) kind, messages, count, pool, &out));
		check_output(str_span(&out), count);
	}
}
