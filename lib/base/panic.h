/* SPDX-License-Identifier: ISC */
#ifndef PANIC_H
#define PANIC_H

#include "lib/base/attr.h"

/*
 * End the process by abort(3): a fault in this program itself, never in what it was given.
 * The text goes to standard error and, when one is set, through the hook (the log).
 */
NORETURN void panic(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Take over reporting; called once with the finished text before abort(3). */
void panic_set_hook(void (*hook)(const char *text));

/* Allocation that never returns NULL: out of memory ends the process with status 71 (EX_OSERR). */
void *xmalloc(size_t size) MUST_USE;
void *xcalloc(size_t count, size_t size) MUST_USE;
void *xrealloc(void *old, size_t size) MUST_USE;
char *xstrdup(const char *text) MUST_USE;

#endif
