/* SPDX-License-Identifier: ISC */
#include "lib/queue/notify_class.h"

#include "lib/base/span.h"
#include "lib/sys/log.h"

static unsigned
class_of(struct span word)
{
	static const struct {
		const char *word;
		enum notify_class class;
	} classes[] = { { "bounce", NOTIFY_BOUNCE }, { "2bounce", NOTIFY_DOUBLEBOUNCE },
		{ "data", NOTIFY_DATA }, { "delay", NOTIFY_DELAY }, { "policy", NOTIFY_POLICY },
		{ "protocol", NOTIFY_PROTOCOL }, { "resource", NOTIFY_RESOURCE },
		{ "software", NOTIFY_SOFTWARE } };

	for (size_t i = 0; i < COUNT_OF(classes); i++)
		if (span_eq_str_ci(word, classes[i].word))
			return classes[i].class;
	return 0;
}

unsigned
notify_classes_read(const char *list)
{
	struct span rest = span_of(list), word;
	unsigned mask = 0;

	while (span_token(&rest, ", \t\r\n", &word)) {
		unsigned class = class_of(word);

		if (class == 0)
			log_warn("notify_classes: unknown class \"%.*s\"", SPAN_ARG(word));
		mask |= class;
	}
	return mask;
}
