/* SPDX-License-Identifier: ISC */
/*
 * The manual page of all parameters, postconf(5), from its template: the line "@parameters@" is
 * where the list goes. After it, a paragraph that begins with "@name@" is added to that parameter;
 * "@end@" ends these paragraphs, and what follows is the end of the page.
 */
#include <fcntl.h>

#include "config.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

/* One parameter of the list. */
struct mdoc_item {
	const char *name;
	const struct param_table *table;
	const struct param *row;
	struct span more;               /* of the template */
};

struct mdoc_list {
	struct mdoc_item *v;
	size_t count, room;
};

static void
mdoc_word(struct span word)
{
	if (word.p[0] == '.' || word.p[0] == '\'')
		(void) fputs("\\&", stdout);
	for (size_t i = 0; i < word.len; i++) {
		if (word.p[i] == '\\')
			(void) fputs("\\e", stdout);
		else
			(void) putchar(word.p[i]);
	}
}

/*
 * Text for mdoc, in lines of at most 79: no line begins with a control character, no backslash is
 * an escape.
 */
static void
mdoc_text(const char *text)
{
	struct span rest = span_of(text), word;
	bool ends_sentence = false;
	size_t column = 0;

	while (span_token(&rest, " ", &word)) {
		if (column > 0 && (ends_sentence || column + 1 + word.len > 76)) {
			(void) putchar('\n');
			column = 0;
		} else if (column > 0) {
			(void) putchar(' ');
			column++;
		}
		mdoc_word(word);
		column += word.len;
		ends_sentence = word.p[word.len - 1] == '.';
	}
	(void) putchar('\n');
}

/* An argument of a macro. */
static void
mdoc_argument(const char *text)
{
	(void) putchar('"');
	for (; *text != '\0'; text++) {
		if (*text == '\\')
			(void) fputs("\\e", stdout);
		else if (*text == '"')
			(void) fputs("\\(dq", stdout);
		else
			(void) putchar(*text);
	}
	(void) putchar('"');
}

static const char *
mdoc_default(const struct mdoc_item *item)
{
	const struct param_change *c = item->table->changes;

	for (; c != NULL && c->name != NULL; c++)
		if (c->value != NULL && strcmp(c->name, item->row->name) == 0)
			return c->value;
	return item->row->value;
}

/* The manual must not depend on where one build installs. */
static bool
mdoc_is_of_build(const char *value)
{
	static const char *const values[] = {
		CONFIG_DIRECTORY,
		QUEUE_DIRECTORY,
		DATA_DIRECTORY,
		DAEMON_DIRECTORY,
		COMMAND_DIRECTORY,
		MODULE_DIRECTORY,
		PACKAGE_VERSION,
	};

	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (strcmp(value, values[i]) == 0)
			return true;
	return false;
}

/* Head of an item: name and default. */
static void
mdoc_head(const struct mdoc_item *item)
{
	const char *value = mdoc_default(item);

	(void) printf(".It Va %s Pq ", item->name);
	if (item->row->compute != NULL) {
		(void) puts("computed");
	} else if (mdoc_is_of_build(value)) {
		(void) puts("chosen when this software is built");
	} else if (value[0] == '\0') {
		(void) puts("empty");
	} else {
		(void) fputs("Li ", stdout);
		mdoc_argument(value);
		(void) putchar('\n');
	}
}

static void
mdoc_item(const struct mdoc_item *item)
{
	mdoc_head(item);
	mdoc_text(item->row->doc);
	if (item->row->since_level != NULL && mdoc_default(item) == item->row->value) {
		(void) printf("Below compatibility level %s the default is%s\n",
		    item->row->since_level, item->row->old_value[0] == '\0' ? " empty." : "");
		if (item->row->old_value[0] != '\0') {
			(void) fputs(".Li ", stdout);
			mdoc_argument(item->row->old_value);
			(void) puts(" .");
		}
	}
	(void) printf("%.*s", SPAN_ARG(item->more));
}

static int
mdoc_compare(const void *a, const void *b)
{
	return strcmp(((const struct mdoc_item *) a)->name, ((const struct mdoc_item *) b)->name);
}

static void
mdoc_collect(struct postconf *p, struct mdoc_list *items)
{
	for (const struct param_table *const *table = param_registry; *table != NULL; table++) {
		const char *prefix = (*table)->prefix[0] == '$' ? "transport_" : (*table)->prefix;

		for (size_t i = 0; i < (*table)->count; i++) {
			const struct param *row = &(*table)->rows[i];

			if (param_is_removed(*table, row))
				continue;
			struct mdoc_item *item = ARRAY_ADD(p->arena, items);
			item->name = arena_printf(p->arena, "%s%s", prefix, row->name);
			item->table = *table;
			item->row = row;
		}
	}
	qsort(items->v, items->count, sizeof(items->v[0]), mdoc_compare);
}

/* "@name@" alone on its line gives the name. */
static bool
mdoc_is_mark(struct span line, struct span *name_out)
{
	if (line.len < 3 || line.p[0] != '@' || line.p[line.len - 1] != '@')
		return false;
	*name_out = span_slice(line, 1, line.len - 1);
	return true;
}

static struct mdoc_item *
mdoc_find(const struct mdoc_list *items, struct span name)
{
	for (size_t i = 0; i < items->count; i++)
		if (span_eq_str(name, items->v[i].name))
			return &items->v[i];
	return NULL;
}

/* Give each paragraph to its parameter; returns what stands after "@end@". */
static struct span
mdoc_read_paragraphs(const struct mdoc_list *items, struct span rest, const char *path)
{
	struct mdoc_item *item = NULL;
	struct span line, name;

	while (span_cut(&rest, '\n', &line)) {
		if (!mdoc_is_mark(line, &name)) {
			if (item != NULL)
				item->more.len = (size_t) (line.p + line.len + 1 - item->more.p);
			continue;
		}
		if (span_eq_str(name, "end"))
			return rest;
		item = mdoc_find(items, name);
		if (item == NULL)
			fatal("%s: paragraph for an unknown parameter: %.*s", path, SPAN_ARG(name));
		item->more = span_make(line.p + line.len + 1, 0);
	}
	fatal("%s: missing @end@", path);
}

static void
mdoc_foreign(struct postconf *p)
{
	for (const struct param_foreign *foreign = param_foreign; foreign->name != NULL;
	     foreign++) {
		(void) printf(".It Va %s\n", foreign->name);
		mdoc_text(arena_printf(p->arena, "%s.", foreign->instead));
	}
}

int
mdoc_print(struct postconf *p, const char *template_path)
{
	struct mdoc_list items = { 0 };
	struct span text, mark = SPAN("@parameters@\n"), foreign = SPAN("@foreign@\n");
	struct err err = { 0 };

	if (!file_read(AT_FDCWD, template_path, (size_t) 4 << 20, p->arena, &text, &err))
		fatal("%s", err.text);
	mdoc_collect(p, &items);

	size_t at = span_search(text, mark);
	struct span tail = mdoc_read_paragraphs(
	    &items, span_from(text, at + mark.len), template_path);
	(void) fwrite(text.p, 1, at, stdout);
	for (size_t i = 0; i < items.count; i++)
		mdoc_item(&items.v[i]);
	at = span_search(tail, foreign);
	(void) fwrite(tail.p, 1, at, stdout);
	if (at < tail.len)
		mdoc_foreign(p);
	tail = span_from(tail, at + foreign.len);
	(void) fwrite(tail.p == NULL ? "" : tail.p, 1, tail.len, stdout);
	return 0;
}
