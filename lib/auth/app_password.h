/* SPDX-License-Identifier: ISC */
#ifndef APP_PASSWORD_H
#define APP_PASSWORD_H

#include "lib/base/span.h"

/*
 * Further passwords of an account, one for each program or device, as extra fields of a passwd-file:
 *
 *     app_password_NAME={SCHEME}value
 *     app_password_NAME=2027-01-31,{SCHEME}value      good until the end of that day, UTC
 */
struct app_password {
	struct span name, until, stored;        /* until "": without end */
};

/* The next one among extra fields from *rest on; a field that is not of this form is stepped over. */
bool app_password_next(struct span *rest, struct app_password *out);

/* today: "YYYY-MM-DD". */
bool app_password_is_good(const struct app_password *password, const char *today);

/* A day of the calendar in the form YYYY-MM-DD. */
bool app_password_is_date(struct span text);

/* A name that may stand in a field: letters, digits, '-' and '_'; 1 to 64 bytes. */
bool app_password_is_name(struct span name);

#endif
