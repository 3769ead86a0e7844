/* SPDX-License-Identifier: ISC */
/* XFORWARD as a client. One command carries all attributes; what is not known is [UNAVAILABLE]. */
#include "smtp/smtp/smtp_xforward.h"

#include "lib/base/encode.h"

static const struct {
	const char *name;
	size_t offset; /* of a struct span in struct deliver */
} attributes[] = {
	{ "NAME", offsetof(struct deliver, client_name) },
	{ "ADDR", offsetof(struct deliver, client_address) },
	{ "PORT", offsetof(struct deliver, client_port) },
	{ "HELO", offsetof(struct deliver, client_helo) },
	{ "PROTO", offsetof(struct deliver, client_protocol) },
	{ "IDENT", offsetof(struct deliver, queue_id) },
	{ "SOURCE", offsetof(struct deliver, rewrite_context) },
};

enum { COMMAND_TEXT_MAX = 4096 };

void
smtp_xforward_take_offer(struct client_session *s)
{
	struct span rest = str_span(&s->reply.text), line, word;

	s->xforward = 0;
	while (span_cut(&rest, '\n', &line)) {
		line = span_from(line, 4);
		if (!span_token(&line, " \t", &word) || !span_eq_str_ci(word, "XFORWARD"))
			continue;
		while (span_token(&line, " \t", &word))
			for (size_t i = 0; i < COUNT_OF(attributes); i++)
				if (span_eq_str_ci(word, attributes[i].name))
					s->xforward |= 1u << i;
	}
}

static void
add_value(struct str *out, const struct deliver *deliver, size_t index)
{
	struct span value;

	memcpy(&value, (const char *) deliver + attributes[index].offset, sizeof(value));
	if (strcmp(attributes[index].name, "SOURCE") == 0)
		str_add_str(out, span_eq_str(value, "local") ? "LOCAL" : "REMOTE");
	else if (value.len == 0)
		str_add_str(out, "[UNAVAILABLE]");
	else
		(void) xtext_encode(out, value);
}

void
smtp_xforward_say(struct client_session *s, const struct deliver *deliver)
{
	CLEANUP(str_fini) struct str command = { .max = COMMAND_TEXT_MAX };

	str_add_str(&command, "XFORWARD");
	for (size_t i = 0; i < COUNT_OF(attributes); i++)
		if (s->xforward & 1u << i) {
			str_addf(&command, " %s=", attributes[i].name);
			add_value(&command, deliver, i);
		}
	(void) session_say(s, "%s", str_cstr(&command));
}
