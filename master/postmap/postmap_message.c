/* SPDX-License-Identifier: ISC */
/*
 * postmap -h -b -m -q -: a message on standard input is taken apart as cleanup(8) does, and its
 * header fields and body lines are the keys, as for header_checks(5) and body_checks(5). Without -m
 * everything behind the first header is body.
 */
#include "lib/mail/mime_scan.h"
#include "lib/sys/log.h"
#include "master/postmap/postmap_int.h"

struct message {
	struct postmap *postmap;
	struct table **tables;
	struct str value;
	bool is_found;
};

/* One key: a whole field with its continuations, or a body line; without the final line end. */
static void
look_up(struct message *message, struct span key)
{
	if (span_ends_with(key, SPAN("\n")))
		key.len--;
	if (!postmap_find(message->tables, key, &message->value))
		return;
	message->is_found = true;
	postmap_print(message->postmap, key, str_span(&message->value));
}

static void
on_header(void *ctx, enum mime_head head UNUSED, const struct header_field *field)
{
	struct message *message = ctx;

	if ((message->postmap->parts & POSTMAP_HEADERS) != 0)
		look_up(message, field->raw);
}

static void
on_body(void *ctx, struct span line)
{
	struct message *message = ctx;

	if ((message->postmap->parts & POSTMAP_BODY) != 0)
		look_up(message, line);
}

static const struct mime_events message_events = { .header = on_header, .body = on_body };

bool
postmap_query_message(struct postmap *postmap, char *const *specs)
{
	struct message message = { .postmap = postmap, .tables = postmap_open_all(postmap, specs) };
	struct mime_options options = {
		.nesting_limit = (size_t) postmap->mail.mime_nesting_limit,
		.boundary_limit = (size_t) postmap->mail.mime_boundary_length_limit,
		.header_limit = (size_t) postmap->mail.header_size_limit,
		.line_limit = (size_t) postmap->mail.line_length_limit,
		.is_disabled = (postmap->parts & POSTMAP_MIME) == 0,
		.wants_lines = true,
	};
	struct mime_scan *scan = mime_scan_new(&options, &message_events, &message);
	char buffer[1 << 14];
	size_t len;

	str_init(&message.value, POSTMAP_VALUE_MAX);
	while ((len = fread(buffer, 1, sizeof(buffer), stdin)) > 0)
		mime_scan_feed(scan, span_make(buffer, len));
	if (ferror(stdin))
		fatal_errno("read standard input");
	mime_scan_finish(scan);
	mime_scan_free(&scan);
	str_fini(&message.value);
	postmap_close_all(message.tables);
	return message.is_found;
}
