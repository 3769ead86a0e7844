/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_DATA_H
#define SMTPD_DATA_H

#include "lib/base/span.h"
#include "lib/base/str.h"

/*
 * Message content from the wire to LF line ends: whole blocks in, whole blocks out. Nothing here
 * knows of sessions, so that it can be tested and fuzzed alone.
 *
 * Only CR LF "." CR LF ends the content. A bare LF is a line end too unless that is forbidden, but
 * the lines around it never end the content (SMTP smuggling). A stray CR stays for cleanup, which
 * makes it a blank.
 */
enum data_end {
	DATA_MORE, /* all that could be used of the input is used; more is needed */
	DATA_END,  /* the final dot was read */
};

struct data_state {
	int64_t bytes;      /* content so far, counted with CR LF line ends */
	bool in_line;       /* the next byte continues a line */
	bool after_bare_lf; /* the line before ended in a bare LF */
	bool saw_bare_lf;
	bool has_cr; /* BDAT: the last byte was a CR and is not yet in the content */
	bool
	    keeps_bare_lf_dots; /* smtpd_forbid_bare_newline = no: LF "." LF is an end too, as of old */
};

void data_init(struct data_state *state, bool allows_bare_end);

/* The content's size with CR LF line ends, one behind an unfinished last line too. */
int64_t data_total(const struct data_state *state);

/*
 * Convert one block of DATA content.
 *
 * in        bytes from the wire; *used_out of them are done with
 * out       takes the content with LF line ends, dots unstuffed; room for in.len must be allowed
 * by its maximum
 */
enum data_end data_convert(
    struct data_state *state, struct span in, size_t *used_out, struct str *out);

/*
 * Convert a block of BDAT content, all of it: line ends only, no dots. is_last: nothing follows in
 * the
 * message. A CR at the end of a block is kept in the state until the next byte is known.
 */
void data_convert_chunk(struct data_state *state, struct span in, bool is_last, struct str *out);

#endif
