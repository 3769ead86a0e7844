/* SPDX-License-Identifier: ISC */
/* Logical lines of configuration files, and the two small grammars that all of them share. */
#include "lib/sys/config_line.h"

#include "lib/base/array.h"

#define CONFIG_BLANKS " \t\r\n\v\f"

void
config_reader_init(struct config_reader *reader, struct span text)
{
	*reader = (struct config_reader){ .rest = text, .line = 1 };
}

/* The first physical line of text, with its line end. */
static struct span
config_peek_line(struct span text)
{
	size_t end = span_find(text, '\n');

	return span_slice(text, 0, end < text.len ? end + 1 : end);
}

static bool
config_is_comment(struct span line)
{
	struct span text = span_trim_set(line, CONFIG_BLANKS);

	return text.len == 0 || text.p[0] == '#';
}

static void
config_step(struct config_reader *reader, struct span line)
{
	reader->rest = span_from(reader->rest, line.len);
	reader->line++;
}

static struct span
config_chomp(struct span line)
{
	return line.len > 0 && line.p[line.len - 1] == '\n' ? span_slice(line, 0, line.len - 1)
	                                                    : line;
}

/* Collect the physical lines that belong to the logical line in hand. */
static struct span
config_join(struct config_reader *reader, struct arena *arena, struct config_line *line)
{
	ARRAY(struct span) parts = { 0 };
	const char *start = line->raw.p;
	size_t total = line->text.len;

	while (reader->rest.len > 0) {
		struct span next = config_peek_line(reader->rest);

		if (!config_is_comment(next) && !ascii_is_space(next.p[0]))
			break;
		config_step(reader, next);
		if (config_is_comment(next))
			continue;
		*ARRAY_ADD(arena, &parts) = config_chomp(next);
		total += config_chomp(next).len;
		line->last_line = reader->line - 1;
		line->raw = span_make(start, (size_t) (next.p + next.len - start));
	}
	if (parts.count == 0)
		return line->text;

	char *joined = arena_alloc(arena, total + 1), *to = joined;
	memcpy(to, line->text.p, line->text.len);
	to += line->text.len;
	for (size_t i = 0; i < parts.count; i++) {
		memcpy(to, parts.v[i].p, parts.v[i].len);
		to += parts.v[i].len;
	}
	*to = '\0';
	return span_make(joined, total);
}

bool
config_line_next(struct config_reader *reader, struct arena *arena, struct config_line *line_out)
{
	struct span first = { 0 };

	do {
		if (reader->rest.len == 0)
			return false;
		first = config_peek_line(reader->rest);
		config_step(reader, first);
	} while (config_is_comment(first));

	*line_out = (struct config_line){
		.text = config_chomp(first), .raw = first,
		.first_line = reader->line - 1, .last_line = reader->line - 1,
		.is_indented = ascii_is_space(first.p[0]),
	};
	line_out->text = config_join(reader, arena, line_out);
	return true;
}

bool
config_split_name_value(
    struct span text, struct span *name_out, struct span *value_out, struct err *err)
{
	text = span_trim_set(text, CONFIG_BLANKS);

	size_t name_end = span_find_any(text, "=" CONFIG_BLANKS);
	struct span after = span_from(text, name_end);
	after = span_from(after, span_run(after, CONFIG_BLANKS));

	if (name_end == 0)
		return err_config(
		    err, "missing attribute name: \"%.*s\"", SPAN_ARG(span_slice(text, 0, 100)));
	if (after.len == 0 || after.p[0] != '=')
		return err_config(err, "missing '=' after attribute name: \"%.*s\"",
		    SPAN_ARG(span_slice(text, 0, 100)));
	*name_out = span_slice(text, 0, name_end);
	*value_out = span_trim_set(span_from(after, 1), CONFIG_BLANKS);
	return true;
}

bool
config_take_braces(struct span *rest, struct span *inside_out)
{
	int depth = 0;

	for (size_t i = 0; i < rest->len; i++) {
		if (rest->p[i] == '{')
			depth++;
		else if (rest->p[i] == '}')
			depth--;
		if (depth > 0)
			continue;
		*inside_out = span_trim_set(span_slice(*rest, 1, i), CONFIG_BLANKS);
		*rest = span_from(*rest, i + 1);
		return true;
	}
	return false;
}
