/* SPDX-License-Identifier: ISC */
/*
 * Frames from a hostile peer against a table with every type. What decodes must encode again, to a
 * frame that decodes to the same values.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <unistd.h>

#include "lib/sys/file.h"
#include "lib/sys/msg.h"

struct leaf {
	struct span word;
	int64_t number;
	int file;
};

struct branch {
	struct span word;
	bool is_green;
	struct msg_list leaves;
};

struct tree {
	struct span word;
	int64_t number;
	int64_t any;
	bool is_old;
	bool is_tall;
	int file;
	int lock;
	struct msg_list branches;
	struct span hidden;
};

static const struct msg_field leaf_fields[] = {
	M_STR(struct leaf, word, .max = 100),
	M_INT(struct leaf, number, .min = 1, .max = 9),
	M_FD(struct leaf, file, .doc = "a descriptor inside a list"),
};
static const struct msg_desc leaf_desc = MSG_DESC(leaf, struct leaf, leaf_fields, 1, 0, "innermost");

static const struct msg_field branch_fields[] = {
	M_STR(struct branch, word, .required = true),
	M_BOOL(struct branch, is_green, .required = true),
	M_LIST(struct branch, leaves, .max = 50, .item = &leaf_desc),
};
static const struct msg_desc branch_desc =
    MSG_DESC(branch, struct branch, branch_fields, 1, 0, "between");

static const struct msg_field tree_fields[] = {
	M_STR(struct tree, word, .required = true),
	M_INT(struct tree, number, .min = -5, .max = 1000),
	M_INT(struct tree, any, .required = true),
	M_BOOL(struct tree, is_old, .required = true),
	M_BOOL(struct tree, is_tall, .doc = "optional"),
	M_FD(struct tree, file, .doc = "optional"),
	M_FD(struct tree, lock, .doc = "optional"),
	M_LIST(struct tree, branches, .max = 100, .item = &branch_desc),
	M_STR(struct tree, hidden, .min = 2, .max = 4, .secret = true),
};
static const struct msg_desc tree_desc = MSG_DESC(tree, struct tree, tree_fields, 3, 2, "every type");

static void
add_trace(const struct tree *tree, struct str *out)
{
	str_init(out, 1 << 20);
	msg_trace(&tree_desc, tree, out);
}

/* Encode, decode, and encode again: the same bytes and the same values. */
static void
check_round_trip(const struct tree *tree, struct arena *arena)
{
	struct str once CLEANUP(str_fini), twice CLEANUP(str_fini);
	struct str before CLEANUP(str_fini), after CLEANUP(str_fini);
	struct frame frame;
	struct tree again;
	size_t used, fds_beside, fd_count, fd_count_again;
	int fds_again[MSG_FDS_MAX], fds[MSG_FDS_MAX];

	str_init(&once, 1 << 20);
	str_init(&twice, 1 << 20);
	FUZZ_CHECK(msg_encode(&tree_desc, tree, &once, fds, &fd_count, NULL));
	FUZZ_CHECK(frame_parse(str_span(&once), MSG_FRAME_MAX, &frame, &used, &fds_beside) == PARSE_OK);
	FUZZ_CHECK(used == once.len && fds_beside == fd_count);
	memcpy(frame.fds, fds, sizeof(int) * fd_count);
	frame.fd_count = fd_count;
	FUZZ_CHECK(msg_decode(&tree_desc, &frame, arena, &again, NULL) == PARSE_OK);
	add_trace(tree, &before);
	add_trace(&again, &after);
	FUZZ_CHECK(span_eq(str_span(&before), str_span(&after)));
	FUZZ_CHECK(msg_encode(&tree_desc, &again, &twice, fds_again, &fd_count_again, NULL));
	FUZZ_CHECK(fd_count_again == fd_count && memcmp(fds, fds_again, sizeof(int) * fd_count) == 0);
	FUZZ_CHECK(span_eq(str_span(&once), str_span(&twice)));
}

static void
close_all(const struct tree *tree)
{
	int fds[MSG_FDS_MAX];
	size_t count;
	struct str out CLEANUP(str_fini);

	/* The encoder finds them all, inside lists too. */
	str_init(&out, 1 << 20);
	FUZZ_CHECK(msg_encode(&tree_desc, tree, &out, fds, &count, NULL));
	for (size_t i = 0; i < count; i++)
		fd_close(&fds[i]);
}

FUZZ_TARGET(msg, in)
{
	struct frame frame;
	size_t used, fd_count;

	while (frame_parse(in, 100000, &frame, &used, &fd_count) == PARSE_OK) {
		struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", 1 << 20);
		struct tree tree;
		struct err err = { 0 };

		for (size_t i = 0; i < fd_count; i++)
			frame.fds[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		frame.fd_count = fd_count;
		if (msg_decode(&tree_desc, &frame, arena, &tree, &err) == PARSE_OK) {
			check_round_trip(&tree, arena);
			close_all(&tree);
		} else
			FUZZ_CHECK(err.class == ERR_TEMP && err.text[0] != '\0');
		FUZZ_CHECK(frame.fd_count == 0);
		FUZZ_CHECK(used >= MSG_HEAD_BYTES && used <= in.len);
		in = span_from(in, used);
	}
}
