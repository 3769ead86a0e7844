/* SPDX-License-Identifier: ISC */
#ifndef ERR_H
#define ERR_H

#include "lib/base/attr.h"

/*
 * Why something failed now: the class decides between 4xx and 5xx, the enhanced status code
 * (RFC 3463) and one sentence go to the log and to the sender. The text names the object and the
 * operation: "open queue file 4XyZ: Permission denied". The zero value means no error.
 */
enum err_class { ERR_NONE, ERR_TEMP, ERR_PERM };

struct err {
	enum err_class class;
	char dsn[12];           /* "4.3.0"; its first digit agrees with the class */
	int errnum;             /* errno, or 0 */
	char text[500];         /* longer texts are cut */
};

/*
 * Fill *err and return false, so that a function may end with `return err_set(...)`. err may be
 * NULL.
 */
bool err_set(struct err *err, enum err_class class, const char *dsn, const char *fmt,
    ...) PRINTF_LIKE(4, 5);

/* The same, with errno noted and ": strerror(errno)" added to the text. */
bool err_set_errno(struct err *err, enum err_class class, const char *dsn, const char *fmt,
    ...) PRINTF_LIKE(4, 5);

/* Shorthands: temporary failure of this system (4.3.0), configuration error (4.3.5). */
bool err_temp(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool err_temp_errno(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
bool err_config(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Put "what: " in front of the text. */
bool err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

void err_clear(struct err *err);

#endif
