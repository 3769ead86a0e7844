/* SPDX-License-Identifier: ISC */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include "lib/base/str.h"

/*
 * Text with LF line ends as it goes over the line: CRLF, leading dots doubled, lines longer than the
 * limit folded (CRLF and a blank). Input comes in pieces of any size; a CR that is no line end of
 * ours is made a blank, so that nobody reads a different message than we do.
 */
struct smtp_text {
	size_t line_limit; /* bytes of a line; 0: none */
	size_t line;       /* bytes of the current line so far */
	bool is_folded;    /* some line was longer than the limit */
	bool has_dots;     /* look for leading dots; false: it is known that there are none */
	void (*sink)(void *ctx, struct span bytes);
	void *ctx;
	struct str out; /* gathered for the sink */
};

/* At most SMTP_TEXT_PIECE bytes are gathered before the sink is called. */
enum { SMTP_TEXT_PIECE = 64 << 10 };

void smtp_text_init(struct smtp_text *text, size_t line_limit,
    void (*sink)(void *ctx, struct span bytes), void *ctx);
void smtp_text_fini(struct smtp_text *text);
void smtp_text_add(struct smtp_text *text, struct span bytes);

/* Give all to the sink, with a line end if the last line has none. */
void smtp_text_flush(struct smtp_text *text);

/* End the last line, add the final dot, and give all to the sink. */
void smtp_text_finish(struct smtp_text *text);

#endif
