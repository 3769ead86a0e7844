/* SPDX-License-Identifier: ISC */
#ifndef RESULT_H
#define RESULT_H

/* Named results. A switch over them has no default, so the compiler finds the forgotten case. */

/* What a parser says of bytes. */
enum parse {
	PARSE_OK,       /* a whole unit was read */
	PARSE_MORE,     /* the unit goes on past the end of the input */
	PARSE_BAD,      /* no unit of this kind can begin like this */
};

/* What a look-up says of a key. */
enum lookup {
	LOOKUP_FOUND,   /* there is a value */
	LOOKUP_NONE,    /* the source answered: no such key */
	LOOKUP_TEMP,    /* the source did not answer; try the request again later */
	LOOKUP_CONFIG,  /* the source can never answer until a person mends it */
};

#endif
