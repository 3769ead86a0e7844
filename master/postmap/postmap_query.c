/* SPDX-License-Identifier: ISC */
/* Asking and listing tables. */
#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/sys/log.h"
#include "master/postmap/postmap_int.h"

struct table **
postmap_open_all(struct postmap *postmap, char *const *specs)
{
	struct err err = { 0 };
	size_t count = 0;
	struct table **tables;

	while (specs[count] != NULL)
		count++;
	tables = xcalloc(count + 1, sizeof(struct table *));
	for (size_t i = 0; i < count; i++)
		if ((tables[i] = table_open(&postmap->env, specs[i], postmap->flags, &err)) == NULL)
			fatal("%s", err.text);
	return tables;
}

void
postmap_close_all(struct table **tables)
{
	for (struct table **table = tables; *table != NULL; table++)
		table_close(table);
	free(tables);
}

bool
postmap_find(struct table **tables, struct span key, struct str *value_out)
{
	struct err err = { 0 };

	for (; *tables != NULL; tables++) {
		switch (table_get(*tables, key, value_out, &err)) {
		case LOOKUP_FOUND:
			return true;
		case LOOKUP_NONE:
			break;
		case LOOKUP_TEMP:
		case LOOKUP_CONFIG:
			fatal("%s", err.text);
		}
	}
	return false;
}

/* RFC 8259 7; bytes that are not UTF-8 are shown as U+FFFD. */
static void
print_json_string(struct span text)
{
	bool is_utf8 = utf8_is_valid(text);

	putchar('"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char) text.p[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else if (c >= 0x80 && !is_utf8)
			fputs("\\ufffd", stdout);
		else
			putchar(c);
	}
	putchar('"');
}

void
postmap_print(const struct postmap *postmap, struct span key, struct span value)
{
	if (postmap->is_json) {
		putchar('{');
		print_json_string(key);
		fputs(": ", stdout);
		print_json_string(value);
		puts("}");
		return;
	}
	(void) fwrite(key.p != NULL ? key.p : "", 1, key.len, stdout);
	fputs(postmap->kind->is_alias ? ":\t" : "\t", stdout);
	(void) fwrite(value.p != NULL ? value.p : "", 1, value.len, stdout);
	putchar('\n');
}

bool
postmap_query(struct postmap *postmap, char *const *specs)
{
	struct str value CLEANUP(str_fini);
	struct table **tables = postmap_open_all(postmap, specs);
	struct span key = span_of(postmap->key);
	bool is_found;

	str_init(&value, POSTMAP_VALUE_MAX);
	is_found = postmap_find(tables, key, &value);
	if (is_found && postmap->is_json) {
		postmap_print(postmap, key, str_span(&value));
	} else if (is_found) {
		(void) fwrite(str_cstr(&value), 1, value.len, stdout);
		putchar('\n');
	}
	postmap_close_all(tables);
	return is_found;
}

bool
postmap_query_many(struct postmap *postmap, char *const *specs)
{
	struct str value CLEANUP(str_fini);
	struct table **tables = postmap_open_all(postmap, specs);
	bool is_found = false;
	char *line = NULL;
	size_t room = 0;
	ssize_t len;

	str_init(&value, POSTMAP_VALUE_MAX);
	while ((len = getline(&line, &room, stdin)) >= 0) {
		struct span key = span_make(line, (size_t) len);

		if (span_ends_with(key, SPAN("\n")))
			key.len--;
		if (!postmap_find(tables, key, &value))
			continue;
		is_found = true;
		postmap_print(postmap, key, str_span(&value));
	}
	free(line);
	postmap_close_all(tables);
	return is_found;
}

static void
dump_one(struct postmap *postmap, struct table *table)
{
	struct str key CLEANUP(str_fini), value CLEANUP(str_fini);
	struct err err = { 0 };
	enum lookup found;

	str_init(&key, POSTMAP_KEY_MAX);
	str_init(&value, POSTMAP_VALUE_MAX);
	for (bool first = true;
	     (found = table_next(table, first, &key, &value, &err)) == LOOKUP_FOUND; first = false)
		postmap_print(postmap, str_span(&key), str_span(&value));
	if (found != LOOKUP_NONE)
		fatal("%s", err.text);
}

bool
postmap_dump(struct postmap *postmap, char *const *specs)
{
	struct table **tables = postmap_open_all(postmap, specs);

	for (struct table **table = tables; *table != NULL; table++)
		dump_one(postmap, *table);
	postmap_close_all(tables);
	return true;
}
