/* SPDX-License-Identifier: ISC */
/* Filling struct err. errno is saved first, so that formatting cannot change it. */
#define _GNU_SOURCE 1
#include "lib/base/err.h"

#include <errno.h>

/* Copy a short text into a fixed array, cutting what does not fit. */
static void
copy_cut(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

static void PRINTF_LIKE(4, 0)
    fill(struct err *err, enum err_class class, const char *dsn, const char *fmt, va_list ap)
{
	err->class = class;
	err->errnum = 0;
	copy_cut(err->dsn, sizeof(err->dsn), dsn);
	(void) vsnprintf(err->text, sizeof(err->text), fmt, ap);
}

static void PRINTF_LIKE(4, 0)
    fill_errno(struct err *err, enum err_class class, const char *dsn, const char *fmt, va_list ap)
{
	int saved = errno;
	size_t len;

	fill(err, class, dsn, fmt, ap);
	err->errnum = saved;
	len = strlen(err->text);
	(void) snprintf(err->text + len, sizeof(err->text) - len, ": %s",
	    strerrordesc_np(saved) != NULL ? strerrordesc_np(saved) : "unknown error");
	errno = saved;
}

bool
err_set(struct err *err, enum err_class class, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill(err, class, dsn, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_set_errno(struct err *err, enum err_class class, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill_errno(err, class, dsn, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_temp(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill(err, ERR_TEMP, "4.3.0", fmt, ap);
	va_end(ap);
	return false;
}

bool
err_temp_errno(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill_errno(err, ERR_TEMP, "4.3.0", fmt, ap);
	va_end(ap);
	return false;
}

bool
err_config(struct err *err, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return false;
	va_start(ap, fmt);
	fill(err, ERR_TEMP, "4.3.5", fmt, ap);
	va_end(ap);
	return false;
}

bool
err_prefix(struct err *err, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	va_list ap;
	size_t len;

	if (err == NULL)
		return false;
	memcpy(old, err->text, sizeof(old));
	va_start(ap, fmt);
	(void) vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	(void) snprintf(err->text + len, sizeof(err->text) - len, ": %s", old);
	return false;
}

void
err_clear(struct err *err)
{
	if (err != NULL)
		*err = (struct err){ .class = ERR_NONE };
}
