/* SPDX-License-Identifier: ISC */
/* The header block as a list of fields, and the edits of filters. */
#include "qmgr/cleanup/cleanup_block.h"

void
block_init(struct block *block, struct arena *arena)
{
	*block = (struct block){ .arena = arena };
	list_init(&block->fields);
}

static struct block_field *
field_new(struct block *block, struct span raw)
{
	struct block_field *field = ARENA_NEW(block->arena, struct block_field);

	while (raw.len > 0 && raw.p[raw.len - 1] == '\n')
		raw.len--;
	field->raw = arena_dup(block->arena, raw);
	block->bytes += raw.len + 1;
	return field;
}

void
block_add(struct block *block, struct span raw)
{
	list_append(&block->fields, &field_new(block, raw)->link);
}

void
block_add_hidden(struct block *block, struct span raw)
{
	struct block_field *field = field_new(block, raw);

	field->is_hidden = true;
	list_append(&block->fields, &field->link);
}

void
block_addf(struct block *block, const char *fmt, ...)
{
	struct str text CLEANUP(str_fini);
	va_list ap;

	str_init(&text, 1 << 20);
	va_start(ap, fmt);
	str_vaddf(&text, fmt, ap);
	va_end(ap);
	block_add(block, str_span(&text));
}

void
block_number(struct block *block)
{
	block->shown.count = 0;
	LIST_EACH (cursor, &block->fields) {
		struct block_field *field = LIST_ENTRY(cursor, struct block_field, link);

		if (!field->is_hidden)
			*ARRAY_ADD(block->arena, &block->shown) = field;
	}
}

static bool
is_visible(char c)
{
	return c > 0x20 && c < 0x7f && c != ':';
}

/*
 * "Name: value" of a filter: a name of visible characters; in the value only folds, no other line
 * ends, so that it stays one field. A value that begins with a blank brings its own.
 */
static struct span
field_text(struct block *block, struct span name, struct span value)
{
	struct str text CLEANUP(str_fini);

	str_init(&text, 1 << 20);
	for (size_t i = 0; i < name.len; i++)
		str_add_char(&text, is_visible(name.p[i]) ? name.p[i] : '_');
	str_add_char(&text, ':');
	if (value.len == 0 || !ascii_is_wsp(value.p[0]))
		str_add_char(&text, ' ');
	for (size_t i = 0; i < value.len; i++) {
		bool folds = i + 1 < value.len && ascii_is_wsp(value.p[i + 1]);

		if (value.p[i] == '\r' && i + 1 < value.len && value.p[i + 1] == '\n')
			continue;
		if (value.p[i] == '\n' && !folds)
			str_add_str(&text, i + 1 < value.len ? "\n\t" : "");
		else
			str_add_char(
			    &text, value.p[i] == '\r' || value.p[i] == '\0' ? ' ' : value.p[i]);
	}
	return arena_dup(block->arena, str_span(&text));
}

static struct block_field *
field_numbered(struct block *block, size_t number)
{
	return number >= 1 && number <= block->shown.count ? block->shown.v[number - 1] : NULL;
}

void
block_append(struct block *block, struct span name, struct span value)
{
	block_add(block, field_text(block, name, value));
}

void
block_insert(struct block *block, size_t number, struct span name, struct span value)
{
	struct block_field *place = field_numbered(block, number == 0 ? 1 : number);

	if (place == NULL) {
		block_append(block, name, value);
		return;
	}
	list_add_before(&place->link, &field_new(block, field_text(block, name, value))->link);
}

void
block_delete(struct block *block, size_t number)
{
	struct block_field *field = field_numbered(block, number);

	if (field == NULL || field->is_deleted)
		return;
	field->is_deleted = true;
	block->bytes -= field->raw.len + 1;
}

void
block_change(struct block *block, size_t number, struct span name, struct span value)
{
	struct block_field *field = field_numbered(block, number);

	if (field == NULL)
		return;
	block_delete(block, number);
	field->raw = field_text(block, name, value);
	field->is_deleted = false;
	block->bytes += field->raw.len + 1;
}

bool
block_print(const struct block *block, bool with_hidden, struct str *out)
{
	LIST_EACH (cursor, &block->fields) {
		const struct block_field *field = LIST_ENTRY(cursor, struct block_field, link);

		if (field->is_deleted || (field->is_hidden && !with_hidden))
			continue;
		str_add(out, field->raw);
		str_add_char(out, '\n');
	}
	return !out->overflowed;
}
