/* SPDX-License-Identifier: ISC */
/* texthash: the text that postmap would index, read into memory when it is opened. */
#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "lib/table/file_watch.h"
#include "lib/table/fold.h"
#include "lib/table/mem_table.h"
#include "lib/table/table_kinds.h"
#include "lib/table/text_entry.h"

struct texthash {
	struct mem_table mem; /* first: the operations of mem_table take this */
	struct file_watch watch;
	unsigned flags;
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

static bool
load_all(struct texthash *texthash, struct text_source *source, struct err *err)
{
	bool is_utf8 = (texthash->flags & TABLE_UTF8) != 0;
	struct str folded CLEANUP(str_fini);
	struct text_entries entries;
	struct span key, value;
	int line;

	str_init(&folded, TEXT_SOURCE_LINE_MAX);
	text_entries_init(&entries, source, texthash->flags);
	while (text_entries_next(&entries, &key, &value, &line, err)) {
		if ((texthash->flags & TABLE_FOLD) != 0 && fold_key(key, is_utf8, &folded))
			key = str_span(&folded);
		if (mem_table_put(&texthash->mem, key, value, false, err) == TABLE_PUT_EXISTS)
			log_warn("%s, line %d: duplicate entry: \"%.*s\"", source->name, line,
			    SPAN_ARG(key));
	}
	text_entries_fini(&entries);
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
