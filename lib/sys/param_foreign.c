/* SPDX-License-Identifier: ISC */
/* Parameters that Postfix has and this suite does not act on, with what to use instead. */
#include "lib/sys/param.h"

const struct param_foreign param_foreign[] = {
	{ NULL, NULL, NULL },
};
