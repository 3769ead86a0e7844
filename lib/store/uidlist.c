/* SPDX-License-Identifier: ISC */
#include "lib/store/uidlist.h"

/* A UID or UIDVALIDITY: 1 to 2^32 - 1. */
static bool
read_uid(struct span text, uint32_t *uid_out)
{
	uint64_t value;

	if (!span_to_u64(text, UINT32_MAX, &value) || value == 0)
		return false;
	*uid_out = (uint32_t) value;
	return true;
}

bool
uidlist_key(struct span keys, char key, struct span *value_out)
{
	struct span word;

	while (span_token(&keys, " ", &word)) {
		if (word.p[0] != key)
			continue;
		*value_out = span_from(word, 1);
		return true;
	}
	return false;
}

/* "1 uidvalidity nextuid" */
static bool
read_old_header(struct span rest, struct uidlist *list)
{
	struct span validity, next;

	return span_token(&rest, " ", &validity) && span_token(&rest, " ", &next) &&
	    read_uid(validity, &list->uid_validity) && read_uid(next, &list->next_uid);
}

static bool
read_header(struct span line, struct uidlist *list)
{
	struct span version, value;

	if (!span_token(&line, " ", &version))
		return false;
	list->version = span_eq_str(version, "1") ? 1 : 3;
	if (list->version == 1)
		return read_old_header(line, list);
	list->keys = line;
	if (!span_eq_str(version, "3") || !uidlist_key(line, 'V', &value) ||
	    !read_uid(value, &list->uid_validity) || !uidlist_key(line, 'N', &value) ||
	    !read_uid(value, &list->next_uid))
		return false;
	(void) uidlist_key(line, 'G', &list->guid);
	return true;
}

static bool
is_name(struct span name)
{
	return name.len > 0 && span_find(name, '/') == name.len && !span_has_nul(name) &&
	    !span_eq_str(name, ".") && !span_eq_str(name, "..");
}

/* "uid [keys] :name", or "uid name" in version 1 */
static bool
read_entry(struct span line, unsigned version, struct uidlist_entry *entry_out)
{
	size_t blank = span_find(line, ' ');
	struct span rest = span_from(line, blank + 1);
	size_t colon = version == 3 ? span_find(rest, ':') : 0;

	*entry_out = (struct uidlist_entry){ .uid = 0 };
	if (!read_uid(span_slice(line, 0, blank), &entry_out->uid) || colon == rest.len)
		return false;
	entry_out->keys = span_trim_set(span_slice(rest, 0, colon), " ");
	entry_out->name = version == 3 ? span_from(rest, colon + 1) : rest;
	entry_out->name = span_slice(entry_out->name, 0, span_find(entry_out->name, ':'));
	return is_name(entry_out->name);
}

void
uidlist_parse_more(struct uidlist *list, struct span text, struct arena *pool)
{
	uint32_t last = 0;
	size_t lf;

	if (list->entries.count > 0)
		last = list->entries.v[list->entries.count - 1].uid;
	while ((lf = span_find(text, '\n')) < text.len) {
		struct uidlist_entry entry;

		if (!read_entry(span_slice(text, 0, lf), list->version, &entry) || entry.uid <= last)
			return;
		*ARRAY_ADD(pool, &list->entries) = entry;
		last = entry.uid;
		if (list->next_uid <= last && last < UINT32_MAX)
			list->next_uid = last + 1;
		list->good += lf + 1;
		text = span_from(text, lf + 1);
	}
}

enum parse
uidlist_parse(struct span text, struct arena *pool, struct uidlist *list_out)
{
	size_t lf = span_find(text, '\n');

	*list_out = (struct uidlist){ .version = 0 };
	if (lf == text.len || !read_header(span_slice(text, 0, lf), list_out))
		return PARSE_BAD;
	list_out->good = lf + 1;
	uidlist_parse_more(list_out, span_from(text, lf + 1), pool);
	return PARSE_OK;
}

bool
uidlist_print_header(struct str *out, const struct uidlist *list)
{
	struct span keys = list->keys, word;

	(void) str_addf(out, "3 V%u N%u", list->uid_validity, list->next_uid);
	if (list->guid.len > 0)
		(void) str_addf(out, " G%.*s", SPAN_ARG(list->guid));
	while (span_token(&keys, " ", &word))
		if (strchr("VNG", word.p[0]) == NULL)
			(void) str_addf(out, " %.*s", SPAN_ARG(word));
	return str_add_char(out, '\n');
}

bool
uidlist_print_entry(struct str *out, const struct uidlist_entry *entry)
{
	(void) str_addf(out, "%u ", entry->uid);
	if (entry->keys.len > 0) {
		(void) str_add(out, entry->keys);
		(void) str_add_char(out, ' ');
	}
	(void) str_add_char(out, ':');
	(void) str_add(out, entry->name);
	return str_add_char(out, '\n');
}
