/* SPDX-License-Identifier: ISC */
#ifndef IMAP_STRUCTURE_H
#define IMAP_STRUCTURE_H

#include "lib/mail/mime_part.h"

/* What FETCH says of a message's header and parts. */

/* What one ENVELOPE or structure may take at most; what is longer is cut to NIL. */
enum { IMAP_STRUCTURE_MAX = 4 * 1024 * 1024 };

/*
 * Append the value of ENVELOPE, with its parentheses.
 *
 * head      the header block; the first field of a name counts
 * scratch   used during the call; the caller resets it
 * spec      RFC 9051 7.5.2 (ENVELOPE), RFC 5322 3.4, 4.4
 */
bool imap_add_envelope(struct str *out, struct span head, struct arena *scratch);

/*
 * Append the value of BODYSTRUCTURE, or of BODY without the extension data.
 *
 * message   the octets that `part` is the tree of
 * scratch   the same
 * spec      RFC 9051 7.5.2 (BODY, BODYSTRUCTURE)
 */
bool imap_add_structure(struct str *out, struct span message, const struct mime_part *part,
    bool is_extended, struct arena *scratch);

#endif
