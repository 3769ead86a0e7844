/* SPDX-License-Identifier: ISC */
/* texthash: the text that postmap would index, read into memory when it is opened. */
#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "lib/table/file_watch.h"
#include "lib/table/fold.h"
#include "lib/table/mem_table.h"
#include "lib/table/table_kinds.h"
#include "lib/table/text_alias.h"
#include "lib/table/text_source.h"

struct texthash {
	struct mem_table mem; /* first: the operations of mem_table take this */
	struct file_watch watch;
	unsigned flags;
};

/* Scratch of loading. */
struct load {
	struct texthash *texthash;
	struct text_source *source;
	struct str key, value, folded;
};

static void
texthash_close(void *state)
{
	struct texthash *texthash = state;

	mem_table_fini(&texthash->mem);
	file_watch_close(&texthash->watch);
	free(texthash);
}

static bool
texthash_is_stale(void *state)
{
	const struct texthash *texthash = state;

	return file_watch_has_changed(&texthash->watch);
}

/* Put one entry; what is wrong with it is a warning, as in postmap. */
static void
add_entry(struct load *load, struct span key, struct span value, int line)
{
	unsigned flags = load->texthash->flags;
	const char *file = load->source->name;
	struct err err = { 0 };

	if ((flags & TABLE_FOLD) != 0 && fold_key(key, (flags & TABLE_UTF8) != 0, &load->folded))
		key = str_span(&load->folded);
	if ((flags & TABLE_FILE_VALUES) != 0) {
		str_clear(&load->value);
		if (!text_value_from_files(value, &load->value, &err)) {
			log_warn("%s, line %d: %s: skipping this entry", file, line, err.text);
			return;
		}
		value = str_span(&load->value);
	}
	if (mem_table_put(&load->texthash->mem, key, value, false, &err) == TABLE_PUT_EXISTS)
		log_warn("%s, line %d: duplicate entry: \"%.*s\"", file, line, SPAN_ARG(key));
}

static void
load_line(struct load *load, struct span text, int line)
{
	const char *file = load->source->name, *complaint;
	struct span key, value;

	if ((load->texthash->flags & TABLE_UTF8) != 0 && !utf8_is_valid(text)) {
		log_warn("%s, line %d: non-UTF-8 input \"%.*s\" -- ignoring this line", file, line,
		    SPAN_ARG(text));
		return;
	}
	if (ascii_is_space(text.p[0])) {
		log_warn("%s, line %d: logical line must not start with whitespace", file, line);
		return;
	}
	if ((load->texthash->flags & TABLE_ALIAS_KEYS) != 0) {
		complaint = text_split_alias(text, &load->key, &load->value);
		key = str_span(&load->key);
		value = str_span(&load->value);
	} else {
		complaint = text_split_entry(text, &key, &value);
	}
	if (complaint != NULL)
		log_warn("%s, line %d: %s", file, line, complaint);
	else
		add_entry(load, key, value, line);
}

static bool
load_all(struct texthash *texthash, struct text_source *source, struct err *err)
{
	struct load load = { .texthash = texthash, .source = source };
	struct span text;
	int line;

	str_init(&load.key, TEXT_SOURCE_LINE_MAX);
	str_init(&load.value, 2 * TEXT_SOURCE_LINE_MAX);
	str_init(&load.folded, TEXT_SOURCE_LINE_MAX);
	while (text_source_next(source, &text, &line, err))
		load_line(&load, text, line);
	str_fini(&load.key);
	str_fini(&load.value);
	str_fini(&load.folded);
	return err->class == ERR_NONE;
}

static bool
texthash_open(const struct table_env *env UNUSED, const char *name, unsigned flags,
    void **state_out, struct err *err)
{
	struct texthash *texthash;
	struct text_source source;
	bool is_good;

	if (!text_source_open(&source, name, err)) {
		text_source_close(&source);
		return false;
	}
	texthash = xcalloc(1, sizeof(*texthash));
	texthash->flags = flags;
	mem_table_init(&texthash->mem);
	is_good = file_watch_open(&texthash->watch, name, fileno(source.file), err) &&
	    load_all(texthash, &source, err);
	text_source_close(&source);
	if (is_good)
		*state_out = texthash;
	else
		texthash_close(texthash);
	return is_good;
}

const struct table_kind table_texthash = {
	.name = "texthash",
	.doc = "Text file in the format of postmap(1), read into memory",
	.open = texthash_open,
	.get = mem_table_get,
	.close = texthash_close,
	.is_stale = texthash_is_stale,
	.next = mem_table_next,
};
