/* SPDX-License-Identifier: ISC */
#ifndef NOTIFY_CLASS_H
#define NOTIFY_CLASS_H

#include "lib/base/attr.h"

/* What postmasters can be told of: the words of notify_classes. */
enum notify_class {
	NOTIFY_BOUNCE       = 1 << 0,
	NOTIFY_DOUBLEBOUNCE = 1 << 1,   /* "2bounce" */
	NOTIFY_DATA         = 1 << 2,
	NOTIFY_DELAY        = 1 << 3,
	NOTIFY_POLICY       = 1 << 4,
	NOTIFY_PROTOCOL     = 1 << 5,
	NOTIFY_RESOURCE     = 1 << 6,
	NOTIFY_SOFTWARE     = 1 << 7,
};

/* The classes of a list; a word that is none is warned about in the log. */
unsigned notify_classes_read(const char *list);

#endif
