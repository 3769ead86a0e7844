/* SPDX-License-Identifier: ISC */
/*
 * ${domain_to_ascii{name}}: U-labels to A-labels. libidn2 is loaded only when a configuration asks
 * for it with a name that needs it, so that processes that never do stay small.
 */
#include "lib/sys/main_cf_int.h"

#include "lib/base/encode.h"

#include <dlfcn.h>

/* Of <idn2.h>: normalise the input; IDNA 2008 without the transitional mappings. */
enum { IDN_NFC_INPUT = 1, IDN_NONTRANSITIONAL = 8 };

/*
 * A function from a library, as the type that it has: ISO C knows no cast from an object to a
 * function.
 */
union idn_symbol {
	void *object;
	int (*to_ascii)(const char *text, char **ascii_out, int flags);
};

static const char *
idn_lower(const char *text, struct arena *arena)
{
	char *copy = arena_strdup(arena, text);

	for (char *c = copy; *c != '\0'; c++)
		*c = ascii_lower(*c);
	return copy;
}

bool
main_cf_domain_to_ascii(
    const char *text, struct arena *arena, const char **ascii_out, struct err *err)
{
	union idn_symbol symbol;
	char *ascii = NULL;

	if (span_is_ascii(span_of(text))) {
		*ascii_out = idn_lower(text, arena);
		return true;
	}

	void *library = dlopen("libidn2.so.0", RTLD_NOW);
	symbol.object = library == NULL ? NULL : dlsym(library, "idn2_to_ascii_8z");
	if (symbol.object == NULL)
		return err_config(err, "domain_to_ascii: %s", dlerror());

	bool converted = symbol.to_ascii(text, &ascii, IDN_NFC_INPUT | IDN_NONTRANSITIONAL) == 0;
	if (converted)
		*ascii_out = arena_strdup(arena, ascii);
	free(ascii);
	(void) dlclose(library);
	return converted ||
	    err_config(err, "domain_to_ascii: \"%.100s\" is not a domain name", text);
}
