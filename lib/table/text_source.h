/* SPDX-License-Identifier: ISC */
#ifndef TEXT_SOURCE_H
#define TEXT_SOURCE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/str.h"

/*
 * The text that tables are made from, as postmap reads it: logical lines. A line that begins with a
 * blank continues the one before; empty lines and lines whose first non-blank is '#' are skipped,
 * also in the middle of a logical line.
 */
enum { TEXT_SOURCE_LINE_MAX = 1 << 20 };

struct text_source {
	FILE *file;
	const char *name;       /* as given to open: borrowed */
	char *line;             /* the physical line read ahead */
	size_t line_room;
	size_t line_len;
	bool has_line;
	int line_number;        /* of the line read ahead */
	struct str text;        /* the logical line */
};

/*
 * path "-" is standard input. false with *err "open PATH: ...". name lives as long as the source.
 */
MUST_USE bool text_source_open(struct text_source *source, const char *path, struct err *err);

/* The same over bytes in memory, which must live as long. */
MUST_USE bool text_source_open_span(struct text_source *source, const char *name, struct span text,
    struct err *err);
void text_source_close(struct text_source *source);

/*
 * The next logical line, without line ends; number_out is that of its first physical line.
 * A first line that begins with a blank is given as it is: the caller says what it thinks of it.
 * owns      *text_out is good until the next call
 * returns   false at the end (*err cleared), or with *err set for a failed read or a line past
 * TEXT_SOURCE_LINE_MAX
 */
MUST_USE bool text_source_next(struct text_source *source, struct span *text_out, int *number_out,
    struct err *err);

/*
 * Split a logical line at the first blank that is not within double quotes (a backslash hides the
 * next character). Keys keep their quotes.
 * returns   NULL, or what is wrong with the line, to be put behind "FILE, line N: ";
 * text_unbalanced when it ends within quotes
 */
extern const char text_unbalanced[];
const char *text_split_entry(struct span line, struct span *key_out, struct span *value_out);

/*
 * Read the files that a value names (separated by commas or blanks), append their contents in
 * base64. returns   false with *err "open NAME: ..."
 */
MUST_USE bool text_value_from_files(struct span value, struct str *out, struct err *err);

#endif
