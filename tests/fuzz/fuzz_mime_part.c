/* SPDX-License-Identifier: ISC */
/*
 * The tree of parts: every part lies inside the one that holds it and behind the one before it,
 * sizes fit the octets, limits hold; what ENVELOPE and BODYSTRUCTURE say of it has balanced
 * parentheses and whole strings.
 */
#include "fuzz.h"

#include "lib/mail/imap_structure.h"

static const struct mime_part_limits limits = { .nesting = 5, .parts = 30 };

static size_t
check_extent(struct span in, const struct mime_extent *extent)
{
	size_t size = 0, lines = 0;

	FUZZ_CHECK(extent->from <= extent->to && extent->to <= in.len);
	for (size_t i = extent->from; i < extent->to; i++) {
		size += in.p[i] == '\n' && (i == extent->from || in.p[i - 1] != '\r') ? 2 : 1;
		lines += in.p[i] == '\n';
	}
	/* An extent may begin between CR and LF; that LF is not bare. */
	FUZZ_CHECK(size == extent->size || (extent->from > 0 && size == extent->size + 1));
	FUZZ_CHECK(lines == extent->lines);
	return extent->to;
}

/* The number of parts in the tree. */
static size_t
check_part(struct span in, const struct mime_part *part, size_t from, size_t to, size_t depth)
{
	size_t parts = 1;

	FUZZ_CHECK(depth <= limits.nesting + 1 && part->head.from >= from && part->body.to <= to);
	FUZZ_CHECK(check_extent(in, &part->head) <= part->body.from);
	(void) check_extent(in, &part->body);
	FUZZ_CHECK((part->child != NULL) == (part->kind != MIME_PART_LEAF));
	FUZZ_CHECK(part->kind != MIME_PART_MESSAGE || part->child->next == NULL);
	for (const struct mime_part *child = part->child; child != NULL; child = child->next) {
		parts += check_part(in, child, part->head.to, to, depth + 1);
		if (child->next != NULL)
			FUZZ_CHECK(child->body.to <= child->next->head.from);
	}
	return parts;
}

/* One value in parentheses, and nothing behind it. */
static void
check_value(struct span text)
{
	size_t depth = 0, i = 0;

	do {
		FUZZ_CHECK(i < text.len);
		if (text.p[i] == '(') {
			depth++;
		} else if (text.p[i] == ')') {
			FUZZ_CHECK(depth-- > 0);
		} else if (text.p[i] == '"') {
			for (i++; i < text.len && text.p[i] != '"'; i++)
				i += text.p[i] == '\\';
		} else if (text.p[i] == '{') {
			size_t close = i + span_find(span_from(text, i), '}');
			uint64_t len;

			FUZZ_CHECK(span_to_u64(span_slice(text, i + 1, close), text.len, &len));
			i = close + 2 + (size_t) len;
		}
		i++;
	} while (depth > 0);
	FUZZ_CHECK(i == text.len);
}

FUZZ_TARGET(mime_part, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	CLEANUP(str_fini) struct str out = { .max = IMAP_STRUCTURE_MAX };
	const struct mime_part *root = mime_part_parse(in, &limits, pool);

	FUZZ_CHECK(root->head.from == 0 && root->body.to == in.len);
	FUZZ_CHECK(check_part(in, root, 0, in.len, 0) <= limits.parts + limits.nesting + 1);
	FUZZ_CHECK(imap_add_envelope(&out, span_slice(in, 0, root->head.to), pool));
	check_value(str_span(&out));
	for (int extended = 0; extended < 2; extended++) {
		str_clear(&out);
		FUZZ_CHECK(imap_add_structure(&out, in, root, extended, pool));
		check_value(str_span(&out));
	}
}
