/* SPDX-License-Identifier: ISC */
/* Names and values on standard output: plain, folded, or as JSON. */
#include "lib/base/str.h"
#include "lib/sys/log.h"
#include "master/postconf/postconf_int.h"

enum { LINE_WIDTH = 80 };

static const char blanks[] = " \t\r\n\v\f";

static void
print_json_text(const char *text)
{
	(void) putchar('"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			(void) printf("\\%c", *c);
		else if (*c == '\n')
			(void) fputs("\\n", stdout);
		else if (*c == '\t')
			(void) fputs("\\t", stdout);
		else if ((unsigned char) *c < 0x20)
			(void) printf("\\u%04x", *c);
		else
			(void) putchar(*c);
	}
	(void) putchar('"');
}

/* Words with single blanks between, and with -f on lines of at most 79 characters. */
static void
print_words(const struct postconf *p, const char *text, size_t column)
{
	struct span rest = span_of(text), word;
	bool is_first = true;

	while (span_token(&rest, blanks, &word)) {
		if (!is_first && p->fold && column + 1 + word.len >= LINE_WIDTH) {
			(void) fputs("\n    ", stdout);
			column = 4;
		} else if (!is_first) {
			(void) putchar(' ');
			column++;
		}
		(void) fwrite(word.p, 1, word.len, stdout);
		column += word.len;
		is_first = false;
	}
	(void) putchar('\n');
}

/* The value as -x wants it; what cannot be expanded is shown as written, and what no program expands. */
static const char *
print_expand(struct postconf *p, const char *name, const char *value)
{
	struct err err = { 0 };
	const struct param *row = param_find(name, NULL);
	const char *text;

	if (param_find_foreign(name) != NULL || (row != NULL && row->type == PARAM_RAW))
		return value;
	text = main_cf_expand(p->cf, value, p->arena, &err);
	if (text != NULL)
		return text;
	log_warn("%s: %s", name, err.text);
	return value;
}

static const char *
print_squeeze(struct postconf *p, const char *value)
{
	struct str out CLEANUP(str_fini);
	struct span rest = span_of(value), word;

	str_init(&out, strlen(value));
	while (span_token(&rest, blanks, &word)) {
		if (out.len > 0)
			(void) str_add_char(&out, ' ');
		(void) str_add(&out, word);
	}
	return arena_cstr(p->arena, str_span(&out));
}

void
print_setting(struct postconf *p, const char *name, const char *value)
{
	if (p->expand)
		value = print_expand(p, name, value);
	if (p->json) {
		(void) putchar('{');
		print_json_text(name);
		(void) fputs(": ", stdout);
		print_json_text(print_squeeze(p, value));
		(void) fputs("}\n", stdout);
		return;
	}
	if (p->name_only) {
		(void) puts(name);
		return;
	}
	if (p->value_only) {
		print_words(p, value, 0);
		return;
	}
	(void) printf("%s =%s", name, value[strspn(value, blanks)] == '\0' ? "" : " ");
	print_words(p, value, strlen(name) + 3);
}

/* An argument in braces where it needs them. */
static void
format_argument(struct str *out, const char *arg)
{
	bool needs_braces = arg[0] == '\0' || arg[0] == '{' || arg[strcspn(arg, blanks)] != '\0';

	(void) str_addf(out, needs_braces ? "{%s}" : "%s", arg);
}

static bool
format_begins_option(const struct master_entry *entry, size_t i)
{
	return entry->args[i][0] == '-' && (i == 0 || strcmp(entry->args[i - 1], "-o") != 0);
}

const char *
format_command(struct postconf *p, const struct service_line *line)
{
	const struct master_entry *entry = &line->entry;
	struct str out CLEANUP(str_fini);

	str_init(&out, 1 << 20);
	(void) str_add_str(&out, entry->command);
	for (size_t i = 0; i < entry->arg_count; i++) {
		bool is_new_line = p->fold && p->target == TARGET_SERVICES && format_begins_option(entry, i);

		(void) str_add_str(&out, is_new_line ? "\n    " : " ");
		format_argument(&out, entry->args[i]);
	}
	return arena_cstr(p->arena, str_span(&out));
}

const char *
format_service(struct postconf *p, const struct service_line *line)
{
	const char *const *c = line->columns;

	return arena_printf(p->arena, "%-10s %-5s %-7s %-7s %-7s %-7s %-7s %s", c[0], c[1], c[2], c[3], c[4], c[5], c[6],
	    format_command(p, line));
}

void
print_service(struct postconf *p, const struct service_line *line)
{
	const char *name = arena_printf(p->arena, "%s/%s", line->columns[0], line->columns[1]);
	const char *text = format_service(p, line);

	if (p->json)
		print_setting(p, name, text);
	else if (p->name_only)
		(void) puts(name);
	else
		(void) puts(p->expand ? print_expand(p, name, text) : text);
}
