/* SPDX-License-Identifier: ISC */
/* Content-Type and its parameters. */
#include "t.h"

#include "json.h"
#include "lib/base/str.h"
#include "lib/mail/mime_param.h"

static const struct param_case {
	const char *name, *in, *type, *subtype, *param, *value, *charset;
} param_cases[] = {
	{ .name = "plain", .in = " text/plain; charset=us-ascii", .type = "text",
	  .subtype = "plain", .param = "charset",
	  .value = "us-ascii" },
	{ .name = "quoted", .in = "text/plain; name=\"a \\\"b\\\"; c\"", .type = "text",
	  .subtype = "plain",
	  .param = "NAME", .value = "a \"b\"; c" },
	{ .name = "comments", .in = "text (x) / (y) plain (z); a (b) = (c) d (e)", .type = "text",
	  .subtype = "plain",
	  .param = "a", .value = "d" },
	{ .name = "sections",
	  .in = "message/external-body; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/pub\"",
	  .type = "message",
	  .subtype = "external-body", .param = "url", .value = "ftp://cs.utk.edu/pub" },
	{ .name = "sections out of order", .in = "a; n*1=b; n*0=a", .type = "a", .param = "n",
	  .value = "ab" },
	{ .name = "gap", .in = "a; n*0=a; n*2=c", .type = "a", .param = "n", .value = "a" },
	{ .name = "extended", .in = "a; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun",
	  .type = "a", .param = "title",
	  .value = "This is ***fun", .charset = "us-ascii" },
	{ .name = "extended sections", .in = "a; t*0*=utf-8''%C3%A9; t*1=%20; t*2*=%20x",
	  .type = "a", .param = "t",
	  .value = "\xc3\xa9%20 x", .charset = "utf-8" },
	{ .name = "extended beats plain", .in = "a; f=x; f*=utf-8''y", .type = "a", .param = "f",
	  .value = "y",
	  .charset = "utf-8" },
	{ .name = "first counts", .in = "a; b=1; b=2", .type = "a", .param = "b", .value = "1" },
	{ .name = "bad percent", .in = "a; b*=utf-8''%zz%4", .type = "a", .param = "b",
	  .value = "%zz%4", .charset = "utf-8" },
	{ .name = "quote not closed", .in = "a; b=\"c", .type = "a", .param = "b", .value = "c" },
	{ .name = "no value", .in = "a; b; c=d", .type = "a", .param = "b" },
	{ .name = "folded", .in = "multipart/mixed;\n\tboundary=\"x\n y\"", .type = "multipart",
	  .subtype = "mixed",
	  .param = "boundary", .value = "x y" },
	{ .name = "empty", .in = "", .type = "" },
};

/* Memory is in proportion to the value, whatever its parameters are. */
TEST(mime_value_memory)
{
	/* In front of the parameter's number, and behind it. */
	static const char *const shapes[][2] = { { "; a", "=\"x\"" }, { "; a", "*0=\"x\"" }, { "; a", "*0*=x%41" },
		{ "; a*", "=x" }, { "; a", "=\"" } };
	enum { LEN = 200000 };

	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		CLEANUP(arena_free) struct arena *pool = arena_new("test", 4 * LEN);
		CLEANUP(str_fini) struct str in = { .max = LEN };
		struct mime_value value;

		(void) str_add_str(&in, "a/b");
		for (unsigned n = 0; n < MIME_PARAMS_MAX; n++)
			(void) str_addf(&in, "%s%u%s", shapes[i][0], n, shapes[i][1]);
		while (str_add_str(&in, " "))
			continue;
		T_INT(t, mime_value_parse(str_span(&in), pool, &value), PARSE_OK);
		T_INT(t, mime_value_parse_written(str_span(&in), pool, &value), PARSE_OK);
		T_TRUE(t, !arena_is_over(pool));
	}
}

static const struct written_case {
	const char *name, *in, *want;
} written_cases[] = {
	{ .name = "order and repeats", .in = "a/b; z=1; y=2; z=3", .want = "z=1;y=2;z=3;" },
	{ .name = "extended stays", .in = "a/b; f*=utf-8''%41", .want = "f*=utf-8''%41;" },
	{ .name = "sections", .in = "a/b; f*1=b; x=1; f*0=a", .want = "x=1;f=ab;" },
	{ .name = "one section extended", .in = "a/b; f*0*=utf-8'en'%41; f*1=\"b c%\"", .want = "f*=utf-8'en'%41b%20c%25;" },
	{ .name = "a later section extended", .in = "a/b; f*0=a; f*1*=%41", .want = "f*=''a%41;" },
	{ .name = "no first section", .in = "a/b; f*1=b", .want = "f*1=b;" },
	{ .name = "what follows a value", .in = "a/b; n=This is; m=2", .want = "n=This;m=2;" },
};

TEST(mime_value_parse_written)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE (t, c, written_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct mime_value value;

		T_INT(t, mime_value_parse_written(t_exact(t, c->in), pool, &value), PARSE_OK);
		for (size_t i = 0; i < value.params.count; i++)
			(void) str_addf(&out, "%.*s=%.*s;", SPAN_ARG(value.params.v[i].name),
			    SPAN_ARG(value.params.v[i].value));
		T_SPAN(t, str_span(&out), c->want);
	}
}

TEST(mime_value_parse)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000);

	EACH_CASE(t, c, param_cases) {
		struct mime_value value;
		const struct mime_param *param;

		T_INT(t, mime_value_parse(t_exact(t, c->in), pool, &value),
		    c->type[0] != '\0' ? PARSE_OK : PARSE_BAD);
		T_TRUE(t, span_eq_str(value.type, c->type));
		T_SPAN(t, value.subtype, c->subtype);
		param = c->param != NULL ? mime_value_get(&value, c->param) : NULL;
		T_INT(t, param != NULL, c->value != NULL);
		if (param == NULL)
			continue;
		T_TRUE(t, span_eq_str(param->value, c->value));
		T_SPAN(t, param->charset, c->charset);
	}
}

static const struct json_differs param_differs[] = {
	{ "jsmime-params-011", "a backslash at the end of the field quotes nothing, and stays" },
	{ "jsmime-params-2231-063", "the same" },
	{ "jsmime-params-2231-017", "RFC 2047 section 5: no encoded words within a parameter" },
	{ "jsmime-params-2231-065", "the same" },
	{ "jsmime-params-2231-031", "a first section that comes twice does not end the value" },
	{ "jsmime-params-2231-045", "what is in parentheses is a comment" },
	{ "jsmime-params-2231-049", "RFC 2231 section 4: the character set may be empty" },
	{ "jsmime-params-2231-051", "with one quote alone nothing is a character set" },
	{ "jsmime-params-2231-053", "the same" },
	{ "jsmime-params-2231-055", "the bytes are given with their character set, here ISO-8859-1" },
	{ "jsmime-params-2231-059", "the same" },
	{ "jsmime-params-2231-057", "the bytes are given as they are, here not UTF-8" },
};

/* The cases with UTF-8 or ASCII results. */
TEST(mime_param_shared_cases)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 50000000);
	struct json cases = json_read_file(t_shared(t, "headers/params.json"), pool);
	size_t listed = 0;

	for (size_t i = 0; i < cases.items.count; i++) {
		const struct json *one = &cases.items.v[i];
		struct json expect = json_get(one, "expect"), input = json_get(one, "input");
		struct mime_value value;
		bool same;

		if (expect.kind != JSON_LIST || expect.items.count != 2)
			continue;
		same = mime_value_parse(t_exact_span(t, input.text), pool, &value) == PARSE_OK
		    && value.params.count == expect.items.v[1].items.count;
		for (size_t j = 0; same && j < value.params.count; j++) {
			const char *name = arena_cstr(pool, value.params.v[j].name);

			same = span_eq(value.params.v[j].value, json_get(&expect.items.v[1],
			    name).text);
		}
		listed += json_check_case(t, one, same, param_differs,
		    COUNT_OF(param_differs));
	}
	T_INT(t, listed, COUNT_OF(param_differs));
}
