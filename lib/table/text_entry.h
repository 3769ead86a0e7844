/* SPDX-License-Identifier: ISC */
#ifndef TEXT_ENTRY_H
#define TEXT_ENTRY_H

#include "lib/table/text_source.h"

/* Entries of a table's text, for all who read one: postmap, postalias and texthash. */
struct text_entries {
	struct text_source *source;
	unsigned flags;                 /* TABLE_UTF8, TABLE_ALIAS_KEYS, TABLE_FILE_VALUES */
	struct str key, value;          /* scratch of one entry */
};

void text_entries_init(struct text_entries *entries, struct text_source *source, unsigned flags);
void text_entries_fini(struct text_entries *entries);

/*
 * The next entry. A line that is none is left out, with a warning that names file and line.
 * owns      key and value are good until the next call; line_out is where the entry begins
 * returns   false at the end (*err cleared), or with *err set as text_source_next does
 */
MUST_USE bool text_entries_next(struct text_entries *entries, struct span *key_out,
    struct span *value_out, int *line_out, struct err *err);

#endif
