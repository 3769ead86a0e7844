/* SPDX-License-Identifier: ISC */
#ifndef JSON_H
#define JSON_H

/*
 * A reader of trusted JSON test data, for unit tests only: numbers stay text, anything malformed
 * ends the program. Strings are decoded to UTF-8.
 */

#include "lib/base/arena.h"
#include "lib/base/array.h"
#include "tests/unit/t.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_LIST,
    JSON_OBJECT };

struct json {
	enum json_kind kind;
	struct span text;               /* of a number or string */
	ARRAY(struct json) items;       /* of a list or object */
	ARRAY(struct span) names;       /* of an object */
};

struct json_reader {
	struct span in;
	size_t at;
	struct arena *pool;
};

UNUSED static struct json json_read_value(struct json_reader *r);

UNUSED static char
json_peek(struct json_reader *r)
{
	r->at += span_run(span_from(r->in, r->at), " \t\r\n");
	if (r->at >= r->in.len)
		abort();
	return r->in.p[r->at];
}

UNUSED static void
json_expect(struct json_reader *r, char c)
{
	if (json_peek(r) != c)
		abort();
	r->at++;
}

UNUSED static unsigned
json_hex4(struct json_reader *r)
{
	char text[5] = { 0 };

	memcpy(text, r->in.p + r->at, 4);
	r->at += 4;
	return (unsigned) strtoul(text, NULL, 16);
}

UNUSED static char *
json_add_utf8(char *to, unsigned c)
{
	if (c < 0x80) {
		*to++ = (char) c;
		return to;
	}
	if (c < 0x800) {
		*to++ = (char) (0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*to++ = (char) (0xe0 | c >> 12);
		} else {
			*to++ = (char) (0xf0 | c >> 18);
			*to++ = (char) (0x80 | (c >> 12 & 63));
		}
		*to++ = (char) (0x80 | (c >> 6 & 63));
	}
	*to++ = (char) (0x80 | (c & 63));
	return to;
}

UNUSED static char *
json_read_escape(struct json_reader *r, char *to)
{
	char c = r->in.p[r->at++];
	unsigned code;

	if (c != 'u') {
		*to++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
		return to;
	}
	code = json_hex4(r);
	if (code >= 0xd800 && code < 0xdc00 && r->in.p[r->at] == '\\') {
		r->at += 2;
		code = 0x10000 + ((code - 0xd800) << 10) + (json_hex4(r) - 0xdc00);
	}
	return json_add_utf8(to, code);
}

UNUSED static struct span
json_read_string(struct json_reader *r)
{
	size_t end;
	char *text, *to;

	json_expect(r, '"');
	for (end = r->at; r->in.p[end] != '"'; end++)
		if (r->in.p[end] == '\\')
			end++;
	to = text = arena_alloc(r->pool, end - r->at + 1);
	while (r->at < end) {
		char c = r->in.p[r->at++];

		if (c == '\\')
			to = json_read_escape(r, to);
		else
			*to++ = c;
	}
	r->at++;
	*to = '\0';
	return span_make(text, (size_t) (to - text));
}

UNUSED static struct json
json_read_many(struct json_reader *r, char close)
{
	struct json value = { .kind = close == ']' ? JSON_LIST : JSON_OBJECT };

	r->at++;
	while (json_peek(r) != close) {
		if (close == '}') {
			*ARRAY_ADD(r->pool, &value.names) = json_read_string(r);
			json_expect(r, ':');
		}
		*ARRAY_ADD(r->pool, &value.items) = json_read_value(r);
		if (json_peek(r) == ',')
			r->at++;
	}
	r->at++;
	return value;
}

UNUSED static struct json
json_read_value(struct json_reader *r)
{
	struct json value = { .kind = JSON_NUMBER };
	char c = json_peek(r);

	if (c == '[' || c == '{')
		return json_read_many(r, c == '[' ? ']' : '}');
	if (c == '"') {
		value.kind = JSON_STRING;
		value.text = json_read_string(r);
		return value;
	}
	value.text = span_slice(r->in, r->at, r->at + span_find_any(span_from(r->in, r->at),
	    ",]} \t\r\n"));
	r->at += value.text.len;
	if (span_eq_str(value.text, "null"))
		value.kind = JSON_NULL;
	else if (span_eq_str(value.text, "true"))
		value.kind = JSON_TRUE;
	else if (span_eq_str(value.text, "false"))
		value.kind = JSON_FALSE;
	return value;
}

/* A whole file. */
UNUSED static struct json
json_read_file(const char *path, struct arena *pool)
{
	FILE *file = fopen(path, "rb");
	struct json_reader r = { .pool = pool };
	char *bytes;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file,
	    0, SEEK_SET) != 0)
		abort();
	bytes = arena_alloc(pool, (size_t) size);
	if (fread(bytes, 1, (size_t) size, file) != (size_t) size)
		abort();
	fclose(file);
	r.in = span_make(bytes, (size_t) size);
	return json_read_value(&r);
}

/* A member of an object; a value of kind JSON_NULL when there is none. */
UNUSED static struct json
json_get(const struct json *object, const char *name)
{
	for (size_t i = 0; i < object->names.count; i++)
		if (span_eq_str(object->names.v[i], name))
			return object->items.v[i];
	return (struct json){ .kind = JSON_NULL };
}

/* A case of another project's in which we differ from it, and why. */
struct json_differs {
	const char *id, *why;
};

/* A case must agree, or be listed and differ. True when it is listed. */
static inline bool
json_check_case(struct t *t, const struct json *one, bool agrees,
    const struct json_differs *known, size_t count)
{
	struct span id = json_get(one, "id").text;
	bool is_known = false;

	for (size_t i = 0; i < count; i++)
		is_known = is_known || span_eq_str(id, known[i].id);
	if (agrees == is_known)
		printf("%.*s: %s\n", SPAN_ARG(id), agrees ? "agrees, and is listed as different" : "differs");
	T_TRUE(t, agrees != is_known);
	return is_known;
}

#endif
