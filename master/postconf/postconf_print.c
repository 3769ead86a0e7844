/* SPDX-License-Identifier: ISC */
/* Names and values on standard output: plain, folded, or as JSON. */
#include "lib/base/str.h"
#include "lib/sys/config_line.h"
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

/* Words with single blanks between, also before the first where something stands already; with -f on lines of at most 79 characters. */
static void
print_words(const struct postconf *p, const char *text, size_t column)
{
	struct span rest = span_of(text), word;
	bool is_first = true;

	while (span_token(&rest, blanks, &word)) {
		is_first = is_first && column == 0;
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

bool
print_is_raw(const char *name)
{
	static const char *const foreign[] = { "default_rbl_reply", "postscreen_expansion_filter",
		"postscreen_reject_footer" };
	const struct param *row = param_find(name, NULL);

	for (size_t i = 0; i < COUNT_OF(foreign); i++)
		if (strcmp(name, foreign[i]) == 0)
			return true;
	return row != NULL && row->type == PARAM_RAW;
}

/*
 * The value as -x wants it. What no program expands is shown as written, and what cannot be
 * expanded, with a warning where it matters to a program of ours.
 */
static const char *
print_expand(struct postconf *p, const char *name, const char *value)
{
	struct err err = { 0 };
	const char *text;

	if (print_is_raw(name))
		return value;
	text = main_cf_expand(p->cf, value, p->arena, &err);
	if (text != NULL)
		return text;
	if (param_find_foreign(name) == NULL)
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
	(void) printf("%s =", name);
	print_words(p, value, strlen(name) + 2);
}

/* An argument in braces where it needs them. */
static const char *
format_argument(struct postconf *p, const char *arg)
{
	bool needs_braces = arg[0] == '\0' || arg[0] == '{' || arg[strcspn(arg, blanks)] != '\0';

	return needs_braces ? arena_printf(p->arena, "{%s}", arg) : arg;
}

/* What follows -o: without the blanks around its equal sign. */
static const char *
format_override(struct postconf *p, const char *arg)
{
	struct span name, value;
	struct err err = { 0 };

	if (config_split_name_value(span_of(arg), &name, &value, &err))
		arg = arena_printf(p->arena, "%.*s=%.*s", SPAN_ARG(name), SPAN_ARG(value));
	return format_argument(p, arg);
}

/*
 * A word behind others: after a blank, or with folding on a line of its own when it is an option
 * -o or too long.
 */
static void
format_word(struct str *out, const char *word, bool folds, bool is_option, size_t *column)
{
	bool is_new_line = folds && (is_option || *column + 1 + strlen(word) >= LINE_WIDTH);

	(void) str_add_str(out, is_new_line ? "\n    " : " ");
	(void) str_add_str(out, word);
	*column = (is_new_line ? 4 : *column + 1) + strlen(word);
}

/* The command; column is where it begins. */
static void
format_arguments(struct postconf *p, const struct master_entry *entry, bool folds, size_t column,
    struct str *out)
{
	(void) str_add_str(out, entry->command);
	column += strlen(entry->command);
	for (size_t i = 0; i < entry->arg_count; i++) {
		const char *word = format_argument(p, entry->args[i]);
		bool is_option = strcmp(word, "-o") == 0 && i + 1 < entry->arg_count;

		if (is_option)
			word = arena_printf(
			    p->arena, "-o %s", format_override(p, entry->args[++i]));
		format_word(out, word, folds, is_option, &column);
	}
}

const char *
format_command(struct postconf *p, const struct service_line *line)
{
	struct str out CLEANUP(str_fini);

	str_init(&out, 1 << 20);
	format_arguments(p, &line->entry, false, 0, &out);
	return arena_cstr(p->arena, str_span(&out));
}

const char *
format_service(struct postconf *p, const struct service_line *line)
{
	static const size_t starts[] = { 11, 17, 25, 33, 41, 49, 57 };
	struct str out CLEANUP(str_fini);

	/* A long field takes room from those behind it. */
	str_init(&out, 1 << 20);
	for (size_t i = 0; i < COUNT_OF(line->columns); i++) {
		size_t room = starts[i] > out.len + 1 ? starts[i] - out.len - 1 : 0;

		(void) str_addf(&out, "%-*s ", (int) room, line->columns[i]);
	}
	format_arguments(p, &line->entry, p->fold && p->target == TARGET_SERVICES, out.len, &out);
	return arena_cstr(p->arena, str_span(&out));
}

void
print_service(struct postconf *p, const struct service_line *line)
{
	const char *name = arena_printf(p->arena, "%s/%s", line->columns[0], line->columns[1]);
	const char *text = format_service(p, line);

	if (p->json)
		print_setting(p, name, text);
	else
		(void) puts(p->expand ? print_expand(p, name, text) : text);
}
