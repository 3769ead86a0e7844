/* SPDX-License-Identifier: ISC */
/* Any bytes as an alias or a .forward file: the parser ends, and what it gives can be used. */
#include "fuzz.h"

#include "local/local/local_macro.h"
#include "local/local/local_token.h"

FUZZ_TARGET(local_token, in)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("fuzz", (size_t) 256 << 20);
	static const struct local_macro macros[] = {
		{ "user", SPAN_INIT("anna") }, { "extension", { NULL, 0 } }, { NULL, { NULL, 0 } },
	};
	struct span rest = in, line, list;
	struct local_token token;
	const char *out;

	while (local_token_line(&rest, &line)) {
		list = line;
		while (local_token_next(&list, arena, &token)) {
			FUZZ_CHECK(token.kind == TOKEN_BAD || (token.text.len > 0 && !span_has_nul(token.text)));
			FUZZ_CHECK(token.kind != TOKEN_FILE || token.text.p[0] == '/');
			FUZZ_CHECK(token.kind != TOKEN_ADDRESS || span_find(token.text, '\n') == token.text.len);
		}
	}
	(void) !local_macro_expand(arena_cstr(arena, in), macros, "abc", arena, &out);
	FUZZ_CHECK(out != NULL);
}
