/* SPDX-License-Identifier: ISC */
/*
 * Reader of table text. Invariant: has_line says that `line` holds a physical line which no logical
 * line has taken yet. Does not judge keys and values beyond their separation.
 */
#include "lib/table/text_source.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/sys/file.h"

#define TEXT_BLANKS " \t\r\n\v\f"
enum { TEXT_FILE_MAX = 1 << 20 };

static void
source_init(struct text_source *source, const char *name, FILE *file)
{
	*source = (struct text_source){ .file = file, .name = name };
	str_init(&source->text, TEXT_SOURCE_LINE_MAX);
}

bool
text_source_open(struct text_source *source, const char *path, struct err *err)
{
	source_init(source, path, strcmp(path, "-") == 0 ? stdin : fopen(path, "re"));
	return source->file != NULL || err_temp_errno(err, "open %s", path);
}

bool
text_source_open_span(
    struct text_source *source, const char *name, struct span text, struct err *err)
{
	/*
	 * fmemopen(3) refuses an empty buffer in older C libraries, and writes to none that is
	 * opened "r".
	 */
	source_init(source, name,
	    fmemopen((void *) (uintptr_t) (text.len > 0 ? text.p : "\n"),
		text.len > 0 ? text.len : 1, "r"));
	return source->file != NULL || err_temp_errno(err, "open %s", name);
}

void
text_source_close(struct text_source *source)
{
	if (source->file != NULL && source->file != stdin)
		(void) fclose(source->file);
	source->file = NULL;
	free(source->line);
	source->line = NULL;
	str_fini(&source->text);
}

/* Read ahead one physical line, without its end. */
static bool
read_line(struct text_source *source)
{
	ssize_t len = getline(&source->line, &source->line_room, source->file);

	if (len < 0)
		return false;
	if (len > 0 && source->line[len - 1] == '\n')
		len--;
	source->line_len = (size_t) len;
	source->line_number++;
	source->has_line = true;
	return true;
}

/* The next physical line that is neither empty nor a comment is read ahead. */
static bool
skip_to_text(struct text_source *source)
{
	while (source->has_line || read_line(source)) {
		struct span line = span_make(source->line, source->line_len);
		size_t blanks = span_run(line, TEXT_BLANKS);

		if (blanks < line.len && line.p[blanks] != '#')
			return true;
		source->has_line = false;
	}
	return false;
}

bool
text_source_next(
    struct text_source *source, struct span *text_out, int *number_out, struct err *err)
{
	err_clear(err);
	str_clear(&source->text);
	if (!skip_to_text(source))
		return !ferror(source->file) ? false : err_temp_errno(err, "read %s", source->name);
	*number_out = source->line_number;
	do {
		(void) str_add(&source->text, span_make(source->line, source->line_len));
		source->has_line = false;
	} while (skip_to_text(source) && ascii_is_space(source->line[0]));
	if (source->text.overflowed)
		return err_config(err, "%s, line %d: longer than %d bytes", source->name,
		    *number_out, TEXT_SOURCE_LINE_MAX);
	*text_out = str_span(&source->text);
	return true;
}

/* Length up to the first blank outside quotes; *in_quotes_out when the line ends inside. */
static size_t
key_length(struct span line, bool *in_quotes_out)
{
	bool in_quotes = false;
	size_t i = 0;

	for (; i < line.len; i++) {
		if (line.p[i] == '\\')
			i++;
		else if (line.p[i] == '"')
			in_quotes = !in_quotes;
		else if (!in_quotes && ascii_is_space(line.p[i]))
			break;
	}
	*in_quotes_out = in_quotes;
	return i < line.len ? i : line.len;
}

const char text_unbalanced[] = "unbalanced '\"'";

const char *
text_split_entry(struct span line, struct span *key_out, struct span *value_out)
{
	bool in_quotes;
	size_t len = key_length(line, &in_quotes);

	*key_out = span_slice(line, 0, len);
	*value_out = span_trim_set(span_from(line, len), TEXT_BLANKS);
	if (in_quotes)
		return text_unbalanced;
	return key_out->len == 0 || value_out->len == 0 ? "expected format: key whitespace value"
							: NULL;
}

bool
text_value_from_files(struct span value, struct str *out, struct err *err)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("table files", TEXT_FILE_MAX);
	struct str bytes CLEANUP(str_fini);
	struct span name, text;
	bool is_good = true;

	str_init(&bytes, TEXT_FILE_MAX);
	while (is_good && span_token(&value, ", \t\r\n", &name)) {
		const char *path = arena_cstr(arena, name);

		is_good = file_read(AT_FDCWD, path, TEXT_FILE_MAX / 2, arena, &text, err) &&
		    (str_add(&bytes, text) ||
			err_config(err, "files longer than %d bytes", TEXT_FILE_MAX));
		arena_clear(arena);
	}
	is_good = is_good &&
	    (base64_encode(out, str_span(&bytes)) || err_config(err, "value is too long"));
	str_wipe(&bytes);
	return is_good;
}
