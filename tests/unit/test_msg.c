/* SPDX-License-Identifier: ISC */
/* Messages: every rule of encoder and decoder, on frames written out by hand and on round trips. */
#include "t.h"

#include <fcntl.h>

#include "lib/sys/file.h"
#include "lib/sys/msg.h"

struct rcpt {
	struct span address;
	int64_t notify;
	struct msg_list tags;
};

struct tag {
	struct span text;
};

struct letter {
	struct span sender;
	int64_t size;
	bool is_local;
	int spool;
	int lock;
	struct msg_list rcpts;
	struct span note;
	struct span password;
};

static const struct msg_field tag_fields[] = {
	M_STR(struct tag, text, .required = true),
};
static const struct msg_desc tag_desc = MSG_DESC(tag, struct tag, tag_fields, 1, 0, "a word");

static const struct msg_field rcpt_fields[] = {
	M_STR(struct rcpt, address, .required = true),
	M_INT(struct rcpt, notify, .min = 1, .max = 7),
	M_LIST(struct rcpt, tags, .item = &tag_desc),
};
static const struct msg_desc rcpt_desc = MSG_DESC(rcpt, struct rcpt, rcpt_fields, 1, 0, "one");

static const struct msg_field letter_fields[] = {
	M_STR(struct letter, sender, .required = true),
	M_INT(struct letter, size, .min = -5, .max = 1000),
	M_BOOL(struct letter, is_local, .doc = "no network"),
	M_FD(struct letter, spool, .doc = "the file"),
	M_FD(struct letter, lock, .doc = "its lock"),
	M_LIST(struct letter, rcpts, .item = &rcpt_desc, .max = 3),
	M_STR(struct letter, note, .min = 2, .max = 4),
	M_STR(struct letter, password, .secret = true),
};
static const struct msg_desc letter_desc =
    MSG_DESC(letter, struct letter, letter_fields, 2, 1, "a letter");

/* Payloads are written with '|' for NUL. */
static struct span
payload(struct t *t, const char *text)
{
	size_t len = strlen(text);
	char *copy = t_own(t, malloc(len + 1));

	for (size_t i = 0; i < len; i++)
		copy[i] = text[i] == '|' ? '\0' : text[i];
	return t_exact_span(t, span_make(copy, len));
}

static struct frame
frame_of(struct t *t, const char *text)
{
	return (struct frame){ .kind = FRAME_MESSAGE, .name = SPAN("letter"),
		.payload = payload(t, text) };
}

static const struct decode_case {
	const char *name, *in, *error;
} decode_cases[] = {
	{ .name = "only what is required", .in = "2.1|sender|a@b|" },
	{ .name = "empty required string", .in = "2.1|sender||" },
	{ .name = "another order", .in = "2.1|size|7|is_local|1|sender|a|" },
	{ .name = "older sender", .in = "2.0|sender|a|" },
	{ .name = "lowest number", .in = "2.1|sender|a|size|-5|" },
	{ .name = "list with list", .in = "2.1|sender|a|rcpts[|2|address|x|tags[|1|text|q|||address|y||" },
	{ .name = "empty list", .in = "2.1|sender|a|rcpts[|0|" },
	{ .name = "newer sender, unknown attribute", .in = "2.2|colour|red|sender|a|" },
	{ .name = "newer sender, unknown list", .in = "2.2|more[|2|a|1|b[|1|x|y|||c|2||sender|a|" },
	{ .name = "newer sender, unknown in item", .in = "2.9|sender|a|rcpts[|1|address|x|new|1||" },
	{ .name = "no version", .in = "", .error = "expected a version" },
	{ .name = "version without minor", .in = "2|sender|a|", .error = "expected a version" },
	{ .name = "version in words", .in = "two.1|sender|a|", .error = "expected a version" },
	{ .name = "negative version", .in = "2.-1|sender|a|", .error = "expected a version" },
	{ .name = "higher major", .in = "3.1|sender|a|", .error = "version 2.1 was expected, 3.1 came" },
	{ .name = "lower major", .in = "1.1|sender|a|", .error = "version 2.1 was expected" },
	{ .name = "unknown", .in = "2.1|sender|a|colour|red|", .error = "colour: it is unknown" },
	{ .name = "prefix of a name", .in = "2.1|sende|a|", .error = "sende: it is unknown" },
	{ .name = "twice", .in = "2.1|sender|a|sender|a|", .error = "sender: it comes twice" },
	{ .name = "list twice", .in = "2.1|sender|a|rcpts[|0|rcpts[|0|", .error = "it comes twice" },
	{ .name = "missing", .in = "2.1|size|1|", .error = "sender: it is missing" },
	{ .name = "missing in item", .in = "2.1|sender|a|rcpts[|1|notify|1||||||||||||", .error = "address: it is missing" },
	{ .name = "number too high", .in = "2.1|sender|a|size|1001|", .error = "size: the number is outside" },
	{ .name = "number too low", .in = "2.1|sender|a|size|-6|", .error = "size: the number is outside" },
	{ .name = "not a number", .in = "2.1|sender|a|size|1x|", .error = "size: expected a number" },
	{ .name = "empty number", .in = "2.1|sender|a|size||", .error = "size: expected a number" },
	{ .name = "past 64 bits", .in = "2.1|sender|a|size|99999999999999999999|", .error = "expected a number" },
	{ .name = "not a truth", .in = "2.1|sender|a|is_local|yes|", .error = "expected 0 or 1" },
	{ .name = "string too long", .in = "2.1|sender|a|note|12345|", .error = "note: its length" },
	{ .name = "string too short", .in = "2.1|sender|a|note|1|", .error = "note: its length" },
	{ .name = "descriptor that did not come", .in = "2.1|sender|a|spool|0|", .error = "index of a descriptor" },
	{ .name = "descriptor below zero", .in = "2.1|sender|a|spool|-1|", .error = "index of a descriptor" },
	{ .name = "too many items", .in = "2.1|sender|a|rcpts[|4|", .error = "number of items is outside" },
	{ .name = "count in words", .in = "2.1|sender|a|rcpts[|x|", .error = "expected a number of items" },
	{ .name = "more items than bytes", .in = "2.1|sender|a|rcpts[|3|address|x||", .error = "more items than bytes" },
	{ .name = "list ends early", .in = "2.1|sender|a|rcpts[|1|address|0123456789|", .error = "its name has no end" },
	{ .name = "list without mark", .in = "2.1|sender|a|rcpts|0|", .error = "rcpts: it is unknown" },
	{ .name = "mark without list", .in = "2.1|sender[|0|", .error = "sender[: it is unknown" },
	{ .name = "end of item outside", .in = "2.1|sender|a||", .error = "an item ends outside of a list" },
	{ .name = "name without end", .in = "2.1|sender|a|siz", .error = "its name has no end" },
	{ .name = "value without end", .in = "2.1|sender|a|size|1", .error = "its value has no end" },
	{ .name = "unknown list ends early", .in = "2.2|sender|a|new[|1|a|1|", .error = "a list ends early" },
	{ .name = "unknown list without count", .in = "2.2|sender|a|new[||", .error = "expected a number of items" },
	{ .name = "unknown lists too deep", .in = "2.2|sender|a|a[|1|a[|1|a[|1|a[|1|a[|1|||||||",
	  .error = "expected a number of items" },
};

TEST(decode)
{
	EACH_CASE (t, c, decode_cases) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 10000);
		struct frame frame = frame_of(t, c->in);
		struct letter letter;
		struct err err = { 0 };
		enum parse got = msg_decode(&letter_desc, &frame, arena, &letter, &err);

		T_INT(t, got, c->error == NULL ? PARSE_OK : PARSE_BAD);
		T_TRUE(t, letter.spool == -1 && letter.lock == -1);
		if (c->error == NULL)
			T_STR(t, err.text, "");
		else if (!T_TRUE(t, strstr(err.text, c->error) != NULL))
			printf("got: %s\n", err.text);
		if (c->error != NULL)
			T_TRUE(t, letter.sender.p == NULL && letter.rcpts.count == 0);
	}
}

TEST(decode_wrong_message)
{
	struct frame other = { .kind = FRAME_MESSAGE, .name = SPAN("parcel") };
	struct frame data = { .kind = FRAME_DATA, .payload = SPAN("letter") };
	struct letter letter;
	struct err err;

	T_INT(t, msg_decode(&letter_desc, &other, NULL, &letter, &err), PARSE_BAD);
	T_STR(t, err.text, "message letter was expected, parcel came");
	T_INT(t, err.class, ERR_TEMP);
	T_INT(t, msg_decode(&letter_desc, &data, NULL, &letter, &err), PARSE_BAD);
	T_STR(t, err.text, "message letter was expected, raw data came");
}

TEST(decode_no_memory)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1000);
	struct frame frame = frame_of(t, "2.1|sender|a|rcpts[|1|address|x||");
	struct letter letter;
	struct err err;

	T_TRUE(t, arena_alloc(arena, 1001) != NULL);
	T_INT(t, msg_decode(&letter_desc, &frame, arena, &letter, &err), PARSE_BAD);
	T_TRUE(t, strstr(err.text, "there is no memory") != NULL);
	T_INT(t, msg_decode(&letter_desc, &frame, NULL, &letter, &err), PARSE_BAD);
}

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static const struct fd_case {
	const char *name, *in;
	size_t sent;            /* descriptors beside the frame */
	bool good;
	int spool, lock;        /* index that each gets, -1: none */
	size_t open_after;
} fd_cases[] = {
	{ "one", "2.1|sender|a|spool|0|", 1, true, 0, -1, 1 },
	{ "two, crossed", "2.1|sender|a|spool|1|lock|0|", 2, true, 1, 0, 2 },
	{ "the same twice", "2.1|sender|a|spool|0|lock|0|", 2, false, -1, -1, 0 },
	{ "one that nobody names", "2.1|sender|a|spool|0|", 2, false, -1, -1, 0 },
	{ "newer sender, closed", "2.2|sender|a|spool|0|new|1|", 2, true, 0, -1, 1 },
	{ "bad after descriptor", "2.1|sender|a|spool|0|zzz|1|", 1, false, -1, -1, 0 },
	{ "index out of range", "2.1|sender|a|spool|2|", 2, false, -1, -1, 0 },
};

TEST(decode_descriptors)
{
	EACH_CASE (t, c, fd_cases) {
		struct frame frame = frame_of(t, c->in);
		struct letter letter;
		struct err err;
		int fds[2] = { -1, -1 };
		size_t open_after = 0;

		for (size_t i = 0; i < c->sent; i++)
			frame.fds[i] = fds[i] = open("/dev/null", O_RDONLY);
		frame.fd_count = c->sent;
		T_INT(t, msg_decode(&letter_desc, &frame, NULL, &letter, &err) == PARSE_OK, c->good);
		T_INT(t, frame.fd_count, 0);
		T_INT(t, letter.spool, c->spool < 0 ? -1 : fds[c->spool]);
		T_INT(t, letter.lock, c->lock < 0 ? -1 : fds[c->lock]);
		for (size_t i = 0; i < c->sent; i++)
			open_after += is_open(fds[i]);
		T_INT(t, open_after, c->open_after);
		fd_close(&letter.spool);
		fd_close(&letter.lock);
	}
}

static struct letter
letter_with(struct span sender)
{
	return (struct letter){ .sender = sender, .spool = -1, .lock = -1 };
}

TEST(encode_bytes)
{
	struct letter letter = letter_with(SPAN("a@b"));
	struct str out CLEANUP(str_fini);
	int fds[MSG_FDS_MAX];
	size_t fd_count;
	struct err err;

	str_init(&out, 1000);
	letter.size = -5;
	letter.lock = 77;
	T_NEED(t, msg_encode(&letter_desc, &letter, &out, fds, &fd_count, &err));
	T_INT(t, fd_count, 1);
	T_INT(t, fds[0], 77);
	T_BYTES(t, str_span(&out),
	    SPAN("\0\0\0\x25m\1letter\0" "2.1\0sender\0a@b\0size\0-5\0lock\0" "0\0"));
}

TEST(encode_refuses)
{
	static struct rcpt four[4];
	static char big[MSG_STR_MAX + 1];
	static const struct refuse_case {
		const char *name;
		struct letter letter;
		const char *error;
	} cases[] = {
		{ "NUL", { .sender = SPAN_INIT("a\0b"), .spool = -1, .lock = -1 }, "sender: it holds a NUL" },
		{ "too long", { .sender = { big, sizeof(big) }, .spool = -1, .lock = -1 }, "its length" },
		{ "limit", { .size = 1001, .spool = -1, .lock = -1 }, "size: it is outside" },
		{ "low limit", { .size = -6, .spool = -1, .lock = -1 }, "size: it is outside" },
		{ "items", { .rcpts = { four, 4 }, .spool = -1, .lock = -1 }, "rcpts: the number of items" },
	};
	struct str out CLEANUP(str_fini);
	int fds[MSG_FDS_MAX];
	size_t fd_count;

	str_init(&out, 1000);
	(void) str_add_str(&out, "before");
	EACH_CASE (t, c, cases) {
		struct err err = { 0 };

		T_FALSE(t, msg_encode(&letter_desc, &c->letter, &out, fds, &fd_count, &err));
		if (!T_TRUE(t, strstr(err.text, c->error) != NULL))
			printf("got: %s\n", err.text);
		T_SPAN(t, str_span(&out), "before");
		T_INT(t, fd_count, 0);
	}
}

/* A buffer that is nearly full: nothing of the message stays, whichever part did not fit. */
TEST(encode_overflow)
{
	struct rcpt rcpts[2] = { { .address = SPAN("x@example") }, { .address = SPAN("y@example") } };
	struct letter letter = letter_with(SPAN("someone@example"));

	letter.rcpts = (struct msg_list){ rcpts, 2 };
	for (size_t max = 3; max < 200; max++) {
		struct str out CLEANUP(str_fini);
		int fds[MSG_FDS_MAX];
		size_t fd_count;

		str_init(&out, max);
		(void) str_add_str(&out, "abc");
		if (msg_encode(&letter_desc, &letter, &out, fds, &fd_count, NULL))
			T_TRUE(t, out.len > 50);
		else
			T_SPAN(t, str_span(&out), "abc");
		T_FALSE(t, out.overflowed);
	}
}

TEST(round_trip)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 10000);
	struct tag tags[2] = { { SPAN("one") }, { SPAN("") } };
	struct rcpt rcpts[3] = { { .address = SPAN("x@example"), .notify = 7 },
		{ .address = SPAN(""), .tags = { tags, 2 } }, { .address = SPAN("z") } };
	struct letter in = letter_with(SPAN("someone@example")), got;
	struct str out CLEANUP(str_fini);
	int fds[MSG_FDS_MAX];
	size_t fd_count, used;
	struct frame frame;
	struct err err;
	const struct rcpt *got_rcpts;

	in.size = 999;
	in.is_local = true;
	in.note = SPAN("\xff\x01");
	in.rcpts = (struct msg_list){ rcpts, 3 };
	str_init(&out, 10000);
	T_NEED(t, msg_encode(&letter_desc, &in, &out, fds, &fd_count, &err));
	T_NEED(t, frame_parse(str_span(&out), 10000, &frame, &used, &fd_count) == PARSE_OK);
	T_INT(t, used, out.len);
	T_TRUE(t, frame_is(&frame, &letter_desc));
	T_NEED(t, msg_decode(&letter_desc, &frame, arena, &got, &err) == PARSE_OK);
	T_SPAN(t, got.sender, "someone@example");
	T_INT(t, got.size, 999);
	T_TRUE(t, got.is_local);
	T_SPAN(t, got.note, "\xff\x01");
	T_NEED(t, got.rcpts.count == 3);
	got_rcpts = got.rcpts.items;
	T_INT(t, got_rcpts[0].notify, 7);
	T_SPAN(t, got_rcpts[1].address, "");
	T_NEED(t, got_rcpts[1].tags.count == 2);
	T_SPAN(t, ((const struct tag *) got_rcpts[1].tags.items)[0].text, "one");
	T_SPAN(t, got_rcpts[2].address, "z");
}

struct deep {
	struct msg_list in;
};
extern const struct msg_desc deep_desc;
static const struct msg_field deep_fields[] = {
	M_LIST(struct deep, in, .item = &deep_desc),
};
const struct msg_desc deep_desc = MSG_DESC(deep, struct deep, deep_fields, 1, 0, "in itself");

TEST(depth)
{
	struct deep deep[6] = { { { 0 } } };
	struct str out CLEANUP(str_fini);
	int fds[MSG_FDS_MAX];
	size_t fd_count;
	struct err err;
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 10000);
	struct frame frame = { .kind = FRAME_MESSAGE, .name = SPAN("deep"),
		.payload = payload(t, "1.0|in[|1|in[|1|in[|1|in[|1|in[|1|||||||") };

	str_init(&out, 1000);
	for (size_t i = 0; i < 5; i++)
		deep[i].in = (struct msg_list){ &deep[i + 1], 1 };
	T_TRUE(t, msg_encode(&deep_desc, &deep[1], &out, fds, &fd_count, &err));
	T_FALSE(t, msg_encode(&deep_desc, &deep[0], &out, fds, &fd_count, &err));
	T_STR(t, err.text, "message deep: attribute in: lists are nested too deep");
	T_INT(t, msg_decode(&deep_desc, &frame, arena, &deep[0], &err), PARSE_BAD);
	T_STR(t, err.text, "message deep: attribute in: lists are nested too deep");
}

static const struct frame_case {
	const char *name;
	struct span in;
	enum parse want;
	size_t used, fds;
} frame_cases[] = {
	{ "nothing", SPAN_INIT(""), PARSE_MORE, 0, 0 },
	{ "half a head", SPAN_INIT("\0\0\0\3m"), PARSE_MORE, 0, 0 },
	{ "head alone", SPAN_INIT("\0\0\0\3m\2"), PARSE_MORE, 9, 2 },
	{ "one byte missing", SPAN_INIT("\0\0\0\3m\2a\0"), PARSE_MORE, 9, 2 },
	{ "message", SPAN_INIT("\0\0\0\3m\2a\0x"), PARSE_OK, 9, 2 },
	{ "with the next", SPAN_INIT("\0\0\0\3m\0a\0xyz"), PARSE_OK, 9, 0 },
	{ "data", SPAN_INIT("\0\0\0\3d\0a\0x"), PARSE_OK, 9, 0 },
	{ "no data", SPAN_INIT("\0\0\0\0d\0"), PARSE_OK, 6, 0 },
	{ "empty message", SPAN_INIT("\0\0\0\0m\0"), PARSE_BAD, 6, 0 },
	{ "name without end", SPAN_INIT("\0\0\0\3m\0abc"), PARSE_BAD, 9, 0 },
	{ "empty name", SPAN_INIT("\0\0\0\3m\0\0bc"), PARSE_BAD, 9, 0 },
	{ "data with descriptors", SPAN_INIT("\0\0\0\3d\1abc"), PARSE_BAD, 0, 0 },
	{ "too many descriptors", SPAN_INIT("\0\0\0\3m\x09"), PARSE_BAD, 0, 0 },
	{ "unknown kind", SPAN_INIT("\0\0\0\3x\0abc"), PARSE_BAD, 0, 0 },
	{ "longest", SPAN_INIT("\0\0\0\x64" "d\0"), PARSE_MORE, 106, 0 },
	{ "too long", SPAN_INIT("\0\0\0\x65" "d\0"), PARSE_BAD, 0, 0 },
	{ "much too long", SPAN_INIT("\xff\xff\xff\xff" "d\0"), PARSE_BAD, 0, 0 },
};

TEST(frame_parse)
{
	EACH_CASE (t, c, frame_cases) {
		struct frame frame;
		size_t used, fds;

		T_INT(t, frame_parse(t_exact_span(t, c->in), 100, &frame, &used, &fds), c->want);
		T_INT(t, used, c->used);
		T_INT(t, fds, c->fds);
	}
}

TEST(data_frame)
{
	struct str out CLEANUP(str_fini);
	struct frame frame;
	size_t used, fds;

	str_init(&out, 20);
	T_TRUE(t, frame_encode_data(SPAN("ab\0c"), &out, NULL));
	T_NEED(t, frame_parse(str_span(&out), 100, &frame, &used, &fds) == PARSE_OK);
	T_BYTES(t, frame.payload, SPAN("ab\0c"));
	T_FALSE(t, frame_encode_data(SPAN("abcdefgh"), &out, NULL));
	T_INT(t, out.len, 10);
	T_FALSE(t, out.overflowed);
}

TEST(trace)
{
	struct rcpt rcpts[2] = { { .address = SPAN("x\ny") }, { .address = SPAN("z"), .notify = 3 } };
	struct letter letter = letter_with(SPAN("a@b"));
	struct str out CLEANUP(str_fini);

	str_init(&out, 1000);
	letter.rcpts = (struct msg_list){ rcpts, 2 };
	letter.password = SPAN("hush");
	letter.spool = 5;
	msg_trace(&letter_desc, &letter, &out);
	T_SPAN(t, str_span(&out), "letter sender=a@b spool=fd5 rcpts=[{address=x?y} {address=z notify=3}]"
	                          " password=(hidden)");
}
