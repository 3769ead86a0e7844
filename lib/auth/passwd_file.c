/* SPDX-License-Identifier: ISC */
/* passwd-files. Of two lines of one user the first counts, as in Dovecot. */
#include "lib/auth/passwd_file.h"

#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"

struct passwd_file {
	ARRAY(struct passwd_entry) entries;
	struct map *by_user;            /* index in entries, plus 1, as a pointer */
};

/* The field before the next colon; the empty span behind the last one. */
static struct span
next_field(struct span *rest)
{
	struct span field = { 0 };

	(void) span_cut(rest, ':', &field);
	return field;
}

static struct passwd_entry
split_line(struct span line, size_t number)
{
	struct passwd_entry entry = { .whole = line, .line = number };

	entry.user = next_field(&line);
	entry.password = next_field(&line);
	entry.uid = next_field(&line);
	entry.gid = next_field(&line);
	(void) next_field(&line);
	entry.home = next_field(&line);
	(void) next_field(&line);
	entry.extra = line;
	return entry;
}

/* A line without its end, or the empty span when it holds nothing. */
static struct span
content_of(struct span line)
{
	if (line.len > 0 && line.p[line.len - 1] == '\r')
		line.len--;
	if (line.len > 0 && (line.p[0] == '#' || line.p[0] == ':'))
		line.len = 0;
	return line;
}

static const char *
why_not(const struct passwd_file *file, struct span line, const struct passwd_entry *entry)
{
	if (line.len > PASSWD_LINE_MAX)
		return "the line is too long";
	if (span_has_nul(line))
		return "the line has a NUL byte";
	if (span_is_empty(entry->user))
		return "there is no user";
	if (map_get(file->by_user, entry->user) != NULL)
		return "the user stands in an earlier line";
	return NULL;
}

static void
add_entry(struct passwd_file *file, const struct passwd_entry *entry, struct arena *arena)
{
	*ARRAY_ADD(arena, &file->entries) = *entry;
	map_set(file->by_user, entry->user, (void *) (uintptr_t) file->entries.count);
}

struct passwd_file *
passwd_file_new(struct span text, struct arena *arena,
    void (*complain)(void *ctx, size_t line, const char *what), void *ctx)
{
	struct passwd_file *file = xcalloc(1, sizeof(*file));
	struct span line;

	file->by_user = map_new();
	for (size_t number = 1; span_cut(&text, '\n', &line); number++) {
		struct passwd_entry entry;
		const char *fault;

		line = content_of(line);
		if (line.len == 0)
			continue;
		entry = split_line(line, number);
		fault = why_not(file, line, &entry);
		if (fault == NULL)
			add_entry(file, &entry, arena);
		else if (complain != NULL)
			complain(ctx, number, fault);
	}
	return file;
}

void
passwd_file_free(struct passwd_file **file)
{
	if (*file == NULL)
		return;
	map_free(&(*file)->by_user, NULL);
	free(*file);
	*file = NULL;
}

const struct passwd_entry *
passwd_file_find(const struct passwd_file *file, struct span user)
{
	uintptr_t place = (uintptr_t) map_get(file->by_user, user);

	return place == 0 ? NULL : &file->entries.v[place - 1];
}

size_t
passwd_file_count(const struct passwd_file *file)
{
	return file->entries.count;
}

const struct passwd_entry *
passwd_file_at(const struct passwd_file *file, size_t i)
{
	return i < file->entries.count ? &file->entries.v[i] : NULL;
}

bool
passwd_extra_next(struct span *rest, struct span *name_out, struct span *value_out)
{
	struct span word;
	size_t equals;

	if (!span_token(rest, " \t", &word))
		return false;
	equals = span_find(word, '=');
	*name_out = span_slice(word, 0, equals);
	*value_out = span_from(word, equals + 1);
	return true;
}

/* ---- Changing the text ---- */

static bool
is_line_of(struct span line, struct span user)
{
	struct span content = content_of(line);

	return content.len > 0 && span_eq(next_field(&content), user);
}

static bool
add_line(struct str *out, struct span line)
{
	return str_add(out, line) && str_add_char(out, '\n');
}

bool
passwd_text_edit(struct span text, struct span user, struct span line, struct str *out)
{
	bool is_placed = span_is_empty(line);

	while (text.len > 0) {
		size_t len = span_find(text, '\n');
		struct span old = span_slice(text, 0, len), whole = span_slice(text, 0, len + 1);

		text = span_from(text, len + 1);
		if (!is_line_of(old, user)) {
			if (!str_add(out, whole) || (whole.len == len && !str_add_char(out, '\n')))
				return false;
		} else if (!is_placed) {
			if (!add_line(out, line))
				return false;
			is_placed = true;
		}
	}
	return is_placed || add_line(out, line);
}

bool
passwd_line_set(struct span line, enum passwd_field field, struct span value, struct str *out)
{
	for (unsigned i = PASSWD_USER; i <= PASSWD_EXTRA; i++) {
		struct span old = i == PASSWD_EXTRA ? line : next_field(&line);

		if (i > (unsigned) field && old.p == NULL)
			break;
		if (i > 0)
			str_add_char(out, ':');
		str_add(out, i == (unsigned) field ? value : old);
	}
	return !out->overflowed;
}

bool
passwd_extra_set(struct span extra, struct span name, struct span value, struct str *out)
{
	bool is_placed = value.p == NULL;
	size_t begin = out->len;
	struct span word;

	while (span_token(&extra, " \t", &word)) {
		bool is_it = span_eq(span_slice(word, 0, span_find(word, '=')), name);

		if (is_it && is_placed)
			continue;
		if (out->len > begin)
			str_add_char(out, ' ');
		if (is_it)
			str_addf(out, "%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
		else
			str_add(out, word);
		is_placed |= is_it;
	}
	if (!is_placed)
		str_addf(out, "%s%.*s=%.*s", out->len > begin ? " " : "", SPAN_ARG(name), SPAN_ARG(value));
	return !out->overflowed;
}

bool
passwd_field_is_good(struct span field)
{
	for (size_t i = 0; i < field.len; i++)
		if (field.p[i] == ':' || (unsigned char) field.p[i] < 0x20 || field.p[i] == 0x7f)
			return false;
	return true;
}

bool
passwd_user_is_good(struct span user)
{
	return user.len > 0 && user.p[0] != '#' && span_find_any(user, " \t") == user.len &&
	    passwd_field_is_good(user);
}
