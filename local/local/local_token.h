/* SPDX-License-Identifier: ISC */
#ifndef LOCAL_TOKEN_H
#define LOCAL_TOKEN_H

#include "lib/base/arena.h"

/* What stands in the value of an alias, in a .forward file or in an included list: aliases(5). */
enum token_kind {
	TOKEN_ADDRESS, /* an address, internal form; perhaps without a domain */
	TOKEN_DIRECT,  /* "\user": straight to the mailbox; text without the backslash */
	TOKEN_COMMAND, /* "|command"; text without the bar */
	TOKEN_FILE,    /* "/file" */
	TOKEN_INCLUDE, /* ":include:/file"; text is the file */
	TOKEN_BAD,     /* nothing that mail could go to; text as it stood */
};

struct local_token {
	enum token_kind kind;
	struct span text;
};

/*
 * Take the next token of a list with commas. Commas inside quotes, brackets and comments do not
 * separate. A token as a whole in double quotes means what stands inside. "<>" is nobody.
 * returns   false at the end
 * owns      text lies in the arena or in the list
 */
bool local_token_next(struct span *rest, struct arena *arena, struct local_token *token_out);

/* The next line of a file that is not a comment; false at the end. */
bool local_token_line(struct span *rest, struct span *line_out);

#endif
