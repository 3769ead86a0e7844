/* SPDX-License-Identifier: ISC */
/*
 * The two ways a library ends the process: a fault of the program (abort, so that there is a core
 * file) and no memory (status 71, so that the supervisor starts a new one). The hook is the only
 * mutable static of lib/base: a fault has nobody to pass a context down.
 */
#include "lib/base/panic.h"

#include <errno.h>
#include <unistd.h>

enum { EXIT_NO_MEMORY = 71 };

static void (*panic_hook)(const char *text);

/* Write without stdio, which may be what broke. */
static void
write_stderr(const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(STDERR_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t) n;
		}
	}
}

void
panic(const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	(void) vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_stderr("panic: ");
	write_stderr(text);
	write_stderr("\n");
	if (panic_hook != NULL)
		panic_hook(text);
	abort();
}

void
panic_set_hook(void (*hook)(const char *text))
{
	panic_hook = hook;
}

/* Pass memory on, or end. */
static void *
demand_memory(void *p)
{
	if (p == NULL) {
		write_stderr("fatal: out of memory\n");
		_exit(EXIT_NO_MEMORY);
	}
	return p;
}

void *
xmalloc(size_t size)
{
	return demand_memory(malloc(size > 0 ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
	return demand_memory(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
xrealloc(void *old, size_t size)
{
	return demand_memory(realloc(old, size > 0 ? size : 1));
}

char *
xstrdup(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(xmalloc(size), text, size);
}
