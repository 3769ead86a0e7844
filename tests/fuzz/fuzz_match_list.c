/* SPDX-License-Identifier: ISC */
/*
 * Match lists: the first byte chooses kind and flags, the last two lines are the name and the
 * address that are asked for.
 */
#include "fuzz.h"

#include "lib/base/arena.h"
#include "lib/sys/log.h"
#include "lib/table/match_list.h"
#include "lib/table/table_conf.h"

/* Files and tables on disk are not for the fuzzer. */
static bool
may_open_something(struct span list)
{
	struct span rest = list, item;

	while (span_token(&rest, ", \t\r\n", &item)) {
		while (item.len > 0 && item.p[0] == '!')
			item = span_from(item, 1);
		if (item.len > 0 && item.p[0] == '/')
			return true;
		if (span_find(item, ':') < item.len && !span_starts_with(item, SPAN("static:")) &&
		    !span_starts_with(item, SPAN("inline:")) && item.p[0] != '[')
			return true;
	}
	return false;
}

FUZZ_TARGET(match_list, in)
{
	static const struct table_conf conf = { .daemon_table_open_error_is_fatal = true };
	struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", 1 << 24);
	struct span text, subject, address;
	struct match_list *list;
	struct table_env env;
	struct err err = { 0 };
	enum match_kind kind;
	enum lookup found;
	size_t end;

	if (in.len < 1 || in.len > 4096 || span_has_nul(in))
		return;
	log_init(&(struct log_setup){ .tag = "fuzz", .host = "h", .file_path = "/dev/null" });
	end = span_rfind(in, '\n');
	address = span_from(in, end + 1);
	text = span_slice(in, 1, end);
	end = span_rfind(text, '\n');
	subject = span_from(text, end + 1);
	text = span_slice(text, 0, end);
	if (may_open_something(text))
		return;
	table_env_init(&env, &conf, NULL, NULL);
	kind = (enum match_kind)((unsigned char) in.p[0] & 3);
	list = match_list_open(&env, "fuzz", arena_cstr(arena, text), kind,
	    ((unsigned char) in.p[0] & 4) != 0 ? TABLE_PARENT_DOMAIN : 0, &err);
	FUZZ_CHECK((list == NULL) == (err.class != ERR_NONE));
	if (list != NULL) {
		found = match_list_has(list, subject, address, &err);
		FUZZ_CHECK((found == LOOKUP_FOUND || found == LOOKUP_NONE) ==
		    (err.class == ERR_NONE));
		FUZZ_CHECK(found != LOOKUP_FOUND || !match_list_is_empty(list));
	}
	match_list_close(&list);
	table_env_fini(&env);
}
