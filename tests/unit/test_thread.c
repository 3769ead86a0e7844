/* SPDX-License-Identifier: ISC */
/* Base subjects and threads: own rows, and two servers' threads of 1292 messages. */
#include "t.h"

#include "json.h"
#include "lib/mail/date.h"
#include "lib/mail/header.h"
#include "lib/mail/mime_part.h"
#include "lib/mail/rfc2047.h"
#include "lib/mail/subject.h"
#include "lib/mail/thread.h"

static const struct base_case {
	const char *name, *in, *want;
	bool is_reply;
} base_cases[] = {
	{ .name = "plain", .in = "hello", .want = "hello" },
	{ .name = "blanks", .in = "  a \t b  ", .want = "a b" },
	{ .name = "reply", .in = "Re: a", .want = "a", .is_reply = true },
	{ .name = "replies", .in = "re: RE : Re[2]: a", .want = "a", .is_reply = true },
	{ .name = "forwards", .in = "Fw: FWD: a", .want = "a", .is_reply = true },
	{ .name = "trailer", .in = "a (fwd) (FWD) ", .want = "a", .is_reply = true },
	{ .name = "list", .in = "[list] a", .want = "a" },
	{ .name = "lists and replies", .in = "[x] Re: [y] Re: [z] a", .want = "a", .is_reply = true },
	{ .name = "only a blob", .in = "[list]", .want = "[list]" },
	{ .name = "reply to a blob", .in = "Re: [list]", .want = "[list]", .is_reply = true },
	{ .name = "wrapped", .in = "[Fwd: Re: a]", .want = "a", .is_reply = true },
	{ .name = "wrapped twice", .in = "[fwd: [fwd: a]]", .want = "a", .is_reply = true },
	{ .name = "no reply", .in = "Return: a", .want = "Return: a" },
	{ .name = "no blob", .in = "[a[b] c", .want = "[a[b] c" },
	{ .name = "nothing left", .in = "Re: ", .want = "", .is_reply = true },
	{ .name = "empty", .in = "", .want = "" },
};

TEST(subject_base)
{
	EACH_CASE (t, c, base_cases) {
		CLEANUP(str_fini) struct str scratch = { .max = 1000 };
		bool is_reply;

		T_SPAN(t, subject_base(t_exact(t, c->in), &scratch, &is_reply), c->want);
		T_INT(t, is_reply, c->is_reply);
	}
}

TEST(casemap_add)
{
	static const struct {
		const char *a, *b;
		bool same;
	} pairs[] = { { "abc", "ABC", true }, { "\xc3\xa4", "\xc3\x84", true }, { "\xc3\xa4", "A\xcc\x88", true },
		{ "\xc3\xa4", "a", false }, { "\xff", "\xff", true }, { "x\xff", "X\xff", true },
		{ "\xd0\xbf", "\xd0\x9f", true }, { "\xc7\x86", "\xc7\x84", true } };

	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		CLEANUP(str_fini) struct str a = { .max = 100 };
		CLEANUP(str_fini) struct str b = { .max = 100 };

		T_TRUE(t, casemap_add(&a, t_exact(t, pairs[i].a)) && casemap_add(&b, t_exact(t, pairs[i].b)));
		T_INT(t, span_eq(str_span(&a), str_span(&b)), pairs[i].same);
	}
}

/* Messages as "ID<REFS SUBJECT", one a line; "-" is no id; "Re" in front of the subject makes a reply. The date is the number but for "@N" behind. */
static const struct thread_case {
	const char *name, *in, *references, *refs, *subject;
} thread_cases[] = {
	{ .name = "none", .in = "", .references = "", .refs = "", .subject = "" },
	{ .name = "one", .in = "a@ S", .references = "(1)", .refs = "(1)", .subject = "(1)" },
	{ .name = "a chain", .in = "a@ S\nb@<a@ T\nc@<a@,b@ U", .references = "(1 2 3)", .refs = "(1 2 3)", .subject = "(1)(2)(3)" },
	{ .name = "a fork", .in = "a@ S\nb@<a@ T\nc@<a@ U", .references = "(1 (2)(3))", .refs = "(1 (2)(3))", .subject = "(1)(2)(3)" },
	{ .name = "a fork below", .in = "a@ S\nb@<a@ T\nc@<b@ U\nd@<b@ V", .references = "(1 2 (3)(4))", .refs = "(1 2 (3)(4))", .subject = "(1)(2)(3)(4)" },
	{ .name = "missing parent", .in = "b@<a@ T\nc@<a@ U", .references = "((1)(2))", .refs = "((1)(2))", .subject = "(1)(2)" },
	{ .name = "missing grandparents", .in = "c@<a@,b@ T\nd@<a@,x@ U", .references = "((1)(2))", .refs = "((1)(2))", .subject = "(1)(2)" },
	{ .name = "missing between", .in = "a@ S\nc@<a@,b@ U", .references = "(1 2)", .refs = "(1 2)", .subject = "(1)(2)" },
	{ .name = "a loop", .in = "a@<b@ S\nb@<a@ T", .references = "(2 1)", .refs = "(2 1)", .subject = "(1)(2)" },
	{ .name = "itself", .in = "a@<a@ S", .references = "(1)", .refs = "(1)", .subject = "(1)" },
	{ .name = "same id twice", .in = "a@ S\na@ T\nb@<a@ U", .references = "(1 3)(2)", .refs = "(2)(1 3)", .subject = "(1)(2)(3)" },
	{ .name = "reply by subject", .in = "- S\n- ReS", .references = "(1 2)", .refs = "(1)(2)", .subject = "(1 2)" },
	{ .name = "same subject", .in = "- S\n- S", .references = "((1)(2))", .refs = "(1)(2)", .subject = "(1 2)" },
	{ .name = "three of one subject", .in = "- S\n- S\n- ReS", .references = "((1)(2)(3))", .refs = "(1)(2)(3)", .subject = "(1 (2)(3))" },
	{ .name = "reply first", .in = "- ReS\n- S", .references = "(2 1)", .refs = "(1)(2)", .subject = "(1 2)" },
	{ .name = "no subject", .in = "-\n-", .references = "(1)(2)", .refs = "(1)(2)", .subject = "(1 2)" },
	{ .name = "newest last", .in = "a@ S\nb@ T\nc@<a@ U", .references = "(1 3)(2)", .refs = "(2)(1 3)", .subject = "(1)(2)(3)" },
	{ .name = "dates", .in = "a@ S@9\nb@ T@5", .references = "(2)(1)", .refs = "(1)(2)", .subject = "(2)(1)" },
	{ .name = "dummies of one subject", .in = "b@<x@ S\nc@<x@ T\nd@<y@ S\ne@<y@ U", .references = "((1)(2)(3)(4))", .refs = "((1)(2))((3)(4))",
	  .subject = "(1 3)(2)(4)" },
};

static void
read_message(struct span line, struct thread_message *m, struct arena *pool)
{
	struct span id, refs, ref;

	if (!span_cut(&line, ' ', &refs))
		return;
	(void) span_cut(&refs, '<', &id);
	m->id = span_eq_str(id, "-") ? span_make(NULL, 0) : id;
	while (span_token(&refs, ",", &ref))
		*ARRAY_ADD(pool, &m->references) = ref;
	m->is_reply = span_starts_with(line, SPAN("Re"));
	m->subject = span_slice(line, m->is_reply ? 2 : 0, span_find(line, '@'));
	if (span_find(line, '@') < line.len)
		m->sent = line.p[line.len - 1] - '0';
}

TEST(thread_print)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 10000000);

	EACH_CASE (t, c, thread_cases) {
		const char *wants[] = { [THREAD_ORDEREDSUBJECT] = c->subject, [THREAD_REFERENCES] = c->references, [THREAD_REFS] = c->refs };
		struct thread_message messages[10] = { 0 };
		struct span in = span_of(c->in), line;
		uint32_t count = 0;

		while (in.len > 0 && span_cut(&in, '\n', &line)) {
			struct thread_message *m = &messages[count++];

			m->number = count;
			m->sent = m->arrived = count;
			read_message(line, m, pool);
		}
		for (size_t kind = 0; kind < COUNT_OF(wants); kind++) {
			CLEANUP(str_fini) struct str out = { .max = 1000 };

			T_TRUE(t, thread_print((enum thread_kind) kind, messages, count, pool, &out));
			T_STR(t, str_cstr(&out), wants[kind]);
		}
	}
}

/* A chain of 20,000, each naming only the one before, in both directions: bounded, and all come out once. */
TEST(thread_deep)
{
	enum { COUNT = 20000 };
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 100000000);
	struct thread_message *messages = ARENA_ARRAY(pool, struct thread_message, COUNT);

	for (int direction = 0; direction < 2; direction++) {
		CLEANUP(str_fini) struct str out = { .max = 10000000 };
		struct span rest, word;
		size_t found = 0;

		for (int i = 0; i < COUNT; i++) {
			struct thread_message *m = &messages[i];

			*m = (struct thread_message){ .number = (uint32_t) i + 1, .sent = i, .id = span_of(arena_printf(pool, "%d@x", i)) };
			*ARRAY_ADD(pool, &m->references) = span_of(arena_printf(pool, "%d@x", direction == 0 ? i - 1 : i + 1));
		}
		T_TRUE(t, thread_print(THREAD_REFERENCES, messages, COUNT, pool, &out));
		rest = str_span(&out);
		while (span_token(&rest, "() ", &word))
			found++;
		T_INT(t, found, COUNT);
	}
}

TEST(thread_add_ids)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 100000);
	struct thread_message m = { .number = 1 };

	thread_add_ids(SPAN(" <a@b> x <c> (y)\n <\"q \\\" r\"@d> <e@\n f> <open@"), pool, &m);
	T_INT(t, m.references.count, 3);
	T_SPAN(t, m.references.v[0], "a@b");
	T_SPAN(t, m.references.v[1], "q \" r@d");
	T_SPAN(t, m.references.v[2], "e@f");
}

/* ---- The shared messages ---- */

/* What FETCH of the mailbox would know of the message. */
static void
load_message(struct t *t, struct json *one, uint32_t number, struct thread_message *m, struct arena *pool)
{
	struct json file = json_get(one, "file");
	FILE *in = fopen(t_shared(t, arena_printf(pool, "mime/%.*s", SPAN_ARG(file.text))), "rb");
	CLEANUP(str_fini) struct str subject = { .max = 100000 };
	CLEANUP(str_fini) struct str line = { .max = 100000 };
	CLEANUP(str_fini) struct str base = { .max = 100000 };
	CLEANUP(str_fini) struct str mapped = { .max = 400000 };
	struct span bytes, in_reply_to = { NULL, 0 };
	struct header_field field;
	struct date date;

	bytes.p = arena_alloc(pool, 200000);
	bytes.len = fread((char *) (uintptr_t) bytes.p, 1, 200000, in);
	fclose(in);
	bytes = span_slice(bytes, 0, mime_part_parse(bytes, &mime_part_default_limits, pool)->head.to);
	*m = (struct thread_message){ .number = number, .sent = 1577836800 + 60 * (int64_t) (number - 1) };
	m->arrived = m->sent;
	while (mime_part_next_field(&bytes, &field)) {
		if (field.id == HEADER_SUBJECT) {
			str_clear(&line);
			str_clear(&subject);
			(void) header_unfold(&line, field.value);
			(void) rfc2047_decode(&subject, str_span(&line), NULL);
		} else if (field.id == HEADER_MESSAGE_ID) {
			struct thread_message id = { .number = 1 };

			thread_add_ids(field.value, pool, &id);
			if (id.references.count > 0)
				m->id = id.references.v[0];
		} else if (field.id == HEADER_REFERENCES) {
			m->references.count = 0;
			thread_add_ids(field.value, pool, m);
		} else if (field.id == HEADER_IN_REPLY_TO) {
			in_reply_to = field.value;
		} else if (field.id == HEADER_DATE && date_parse(field.value, &date) == PARSE_OK) {
			m->sent = date.seconds;
		}
	}
	if (m->references.count == 0 && in_reply_to.p != NULL) {
		thread_add_ids(in_reply_to, pool, m);
		if (m->references.count > 1)
			m->references.count = 1;
	}
	(void) casemap_add(&mapped, subject_base(str_span(&subject), &base, &m->is_reply));
	m->subject = arena_dup(pool, str_span(&mapped));
}

/* For each number the index of its top-level thread. */
static void
number_threads(struct span text, unsigned *thread_of)
{
	unsigned depth = 0, thread = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '(' && depth++ == 0)
			thread++;
		else if (text.p[i] == ')')
			depth--;
		else if (ascii_is_digit(text.p[i])) {
			thread_of[strtoul(text.p + i, NULL, 10)] = thread;
			i += span_run(span_from(text, i), "0123456789") - 1;
		}
	}
}

TEST(thread_shared_messages)
{
	enum { MAX = 2000 };
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 2000000000);
	struct json sets = json_read_file(t_shared(t, "mime/sets.json"), pool), threads = json_get(&sets, "thread");
	struct thread_message *messages = ARENA_ARRAY(pool, struct thread_message, MAX);
	static unsigned thread_of[MAX];
	char *text = NULL;
	size_t room = 0, checked = 0;
	uint32_t count = 0;
	FILE *index = fopen(t_shared(t, "mime/index.jsonl"), "rb");

	while (getline(&text, &room, index) > 0) {
		struct json_reader r = { .in = span_of(text), .pool = pool };
		struct json one = json_read_value(&r);

		load_message(t, &one, count + 1, &messages[count], pool);
		count++;
	}
	free(text);
	fclose(index);
	for (size_t i = 0; i < threads.items.count; i++) {
		struct json algorithm = json_get(&threads.items.v[i], "algorithm"), agreed = json_get(&threads.items.v[i], "agreed_threads");
		CLEANUP(str_fini) struct str out = { .max = 1000000 };
		unsigned size_of[MAX] = { 0 };

		T_TRUE(t, thread_print(span_eq_str(algorithm.text, "REFERENCES") ? THREAD_REFERENCES : THREAD_ORDEREDSUBJECT, messages, count, pool, &out));
		number_threads(str_span(&out), thread_of);
		for (uint32_t n = 1; n <= count; n++)
			size_of[thread_of[n]]++;
		for (size_t k = 0; k < agreed.items.count; k++) {
			struct json *set = &agreed.items.v[k];
			unsigned first = thread_of[strtoul(arena_cstr(pool, set->items.v[0].text), NULL, 10)];
			bool same = size_of[first] == set->items.count;
			/* RFC 5256 2.1 (1): a blank and a tab at a fold are one space, also in this subject. */
			bool is_known = span_eq_str(algorithm.text, "ORDEREDSUBJECT") && span_eq_str(set->items.v[0].text, "672");

			for (size_t n = 0; n < set->items.count; n++)
				same &= thread_of[strtoul(arena_cstr(pool, set->items.v[n].text), NULL, 10)] == first;
			checked++;
			if (is_known) {
				T_TRUE(t, !same);
				continue;
			}
			if (!same)
				printf("%.*s differs: set of %zu with %.*s, ours has %u\n", SPAN_ARG(algorithm.text), set->items.count,
				    SPAN_ARG(set->items.v[0].text), size_of[first]);
			T_TRUE(t, same);
		}
	}
	T_TRUE(t, checked > 500);
}
