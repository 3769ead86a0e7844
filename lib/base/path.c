/* SPDX-License-Identifier: ISC */
/* The only constructors of file names out of foreign bytes. */
#include "lib/base/path.h"

enum { PATH_COMPONENT_MAX = 255 };

static bool
is_safe_component(struct span name)
{
	if (name.len == 0 || name.len > PATH_COMPONENT_MAX)
		return false;
	if (span_eq_str(name, ".") || span_eq_str(name, ".."))
		return false;
	return span_find(name, '/') == name.len && !span_has_nul(name);
}

const char *
path_join(struct arena *arena, const char *dir, struct span name)
{
	if (!is_safe_component(name))
		return NULL;
	return path_under(arena, dir, arena_cstr(arena, name));
}

const char *
path_under(struct arena *arena, const char *dir, const char *rest)
{
	size_t len = strlen(dir);
	bool has_slash = len > 0 && dir[len - 1] == '/';

	if (rest[0] == '/')
		return arena_strdup(arena, rest);
	return arena_printf(arena, "%s%s%s", dir, has_slash || len == 0 ? "" : "/", rest);
}
