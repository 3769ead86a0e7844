/* SPDX-License-Identifier: ISC */
#ifndef CONFIG_LINE_H
#define CONFIG_LINE_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

/*
 * The logical lines of main.cf, master.cf and the text form of lookup tables: a line that begins
 * with a blank continues the one before it; blank lines and lines whose first non-blank is '#' are
 * left out, also between a line and its continuation.
 */
struct config_reader {
	struct span rest;               /* not yet read */
	int line;                       /* of the first byte in rest */
};

/* Start at the beginning of text, which is line 1. */
void config_reader_init(struct config_reader *reader, struct span text);

/* One logical line. */
struct config_line {
	/* joined, without line ends; in the arena, or in the file's text when it is one line */
	struct span text;
	/*
	 * the physical lines in the file's text, from first_line to the last continuation, with
	 * line ends
	 */
	struct span raw;
	int first_line, last_line;
	/* begins with a blank although nothing is there to continue */
	bool is_indented;
};

/* The next logical line; false at the end. */
bool config_line_next(
    struct config_reader *reader, struct arena *arena, struct config_line *line_out);

/*
 * Split "name = value" with blanks around both trimmed.
 * returns   false with a text that fits behind "file, line n: "
 */
MUST_USE bool config_split_name_value(
    struct span text, struct span *name_out, struct span *value_out, struct err *err);

/*
 * rest begins with '{': the text between it and its matching '}', blanks trimmed; *rest moves
 * behind the brace.
 * returns   false when it is never closed
 */
MUST_USE bool config_take_braces(struct span *rest, struct span *inside_out);

#endif
