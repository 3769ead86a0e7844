/* SPDX-License-Identifier: ISC */
#ifndef ATTR_H
#define ATTR_H

/*
 * Plain names for the compiler's attributes, and the functions that nobody may call.
 * Every .c file gets this through any other header of lib/base.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MUST_USE           __attribute__((warn_unused_result))
#define NORETURN           __attribute__((noreturn))
#define UNUSED             __attribute__((unused))
#define PRINTF_LIKE(F, A)  __attribute__((format(printf, F, A)))
#define CLEANUP(FN)        __attribute__((cleanup(FN)))
#define FALLTHROUGH        __attribute__((fallthrough))

/* Number of elements of a true array. */
#define COUNT_OF(A)  (sizeof(A) / sizeof((A)[0]))

/*
 * Unbounded or truncating copies: use struct str, struct span or an arena. (Some may be macros
 * already.)
 */
#undef alloca
#undef sprintf
#undef vsprintf
#pragma GCC poison strcpy strcat sprintf vsprintf strtok alloca strncpy strncat

#endif
