/* SPDX-License-Identifier: ISC */
/* Rules of pattern tables and entries of inline tables: the first byte chooses the kind, the last line is the key. */
#include "fuzz.h"

#include "lib/base/arena.h"
#include "lib/sys/log.h"
#include "lib/table/table.h"
#include "lib/table/table_conf.h"

static const char *const types[] = { "regexp", "pcre", "cidr", "inline", "unionmap", "pipemap",
	"static", "randmap" };

/* The C library's regcomp(3) takes memory without bound for repeated repetitions; who writes the table pays for it. */
static bool
is_costly(struct span body)
{
	for (size_t i = 0; i + 1 < body.len; i++)
		if (body.p[i] == '{' && (ascii_is_digit(body.p[i + 1]) || body.p[i + 1] == ','))
			return true;
	return false;
}

FUZZ_TARGET(pattern_table, in)
{
	static const struct table_conf conf = { .daemon_table_open_error_is_fatal = true };
	struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", 1 << 24);
	struct str value CLEANUP(str_fini) = { .p = NULL };
	struct table_env env;
	struct table *table;
	struct err err = { 0 };
	struct span body;
	size_t end;

	if (in.len < 1 || in.len > 4096 || span_has_nul(in))
		return;
	log_init(&(struct log_setup){ .tag = "fuzz", .host = "h", .file_path = "/dev/null" });
	table_env_init(&env, &conf, NULL, NULL);
	str_init(&value, 1 << 20);
	end = span_rfind(in, '\n');
	body = span_slice(in, 1, end);
	/* File names are not for the fuzzer: only forms that are given whole. */
	if (body.len > 0 && body.p[0] == '{' && span_search(body, SPAN("/etc")) == body.len &&
	    !is_costly(body)) {
		table = table_open(&env,
		    arena_printf(arena, "%s:%.*s", types[(unsigned char) in.p[0] % COUNT_OF(types)],
			SPAN_ARG(body)),
		    (unsigned char) in.p[0] & TABLE_UTF8, &err);
		FUZZ_CHECK(table != NULL || err.class != ERR_NONE);
		if (table != NULL)
			FUZZ_CHECK(table_get(table, span_from(in, end + 1), &value, &err) <=
			    LOOKUP_CONFIG);
		table_close(&table);
	}
	table_env_fini(&env);
}
