/* SPDX-License-Identifier: ISC */
/*
 * Paths and address lists: any bytes; a list prints back as it came; the external form reads back.
 */
#include "fuzz.h"

#include "lib/mail/addr_list.h"
#include "lib/mail/addr_path.h"

static void
try_path(struct span in, unsigned flags, struct arena *pool)
{
	struct addr_path path;
	size_t used;

	if (addr_path_parse(in, flags, pool, &path, &used) != PARSE_OK)
		return;
	FUZZ_CHECK(used <= in.len);
	FUZZ_CHECK(path.is_null == (path.addr.local.len == 0));
	FUZZ_CHECK((flags & ADDR_PATH_STRICT) == 0 || !path.is_odd);
}

/*
 * What we print must be read back as the same local part, unless bytes that no header may hold were
 * left out.
 */
static void
try_external(struct addr addr, struct arena *pool)
{
	struct span text = addr_external(pool, addr);
	struct addr back;

	if (addr.local.len == 0 || span_find_any(addr.local, "\r\n") != addr.local.len ||
	    span_has_nul(addr.local))
		return;
	if (addr.domain.len > 0 && !addr_is_domain(addr.domain, true))
		return;
	FUZZ_CHECK(addr_list_one(text, pool, &back) == PARSE_OK);
	FUZZ_CHECK(span_eq(back.local, addr.local) && span_eq(back.domain, addr.domain));
}

FUZZ_TARGET(addr, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	CLEANUP(str_fini) struct str out = { .max = in.len };
	struct addr_list list;

	for (unsigned flags = 0; flags < 8; flags++)
		try_path(in, flags, pool);
	addr_list_parse(in, 1000, pool, &list);
	FUZZ_CHECK(addr_list_print(&list, &out));
	FUZZ_CHECK(span_eq(str_span(&out), in));
	for (size_t i = 0; i < list.boxes.count && i < 100; i++)
		try_external(list.boxes.v[i].addr, pool);
}
