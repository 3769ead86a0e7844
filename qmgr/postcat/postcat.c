/* SPDX-License-Identifier: ISC */
/*
 * postcat(1): print queue files, in the layout that Postfix's command has: envelope, content,
 * recipients. Our format has the content in one piece, so -r (records in the order of the file) shows
 * the same as no option, -o the offsets of what has one (content and recipients), and -d the types that
 * Postfix gives such records.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <time.h>
#include <unistd.h>

#include "lib/mail/addr.h"
#include "lib/queue/queue_command.h"
#include "lib/queue/queue_file.h"
#include "lib/queue/queue_id.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { SHOW_ENVELOPE = 1, SHOW_HEADER = 2, SHOW_BODY = 4, SHOW_ALL = 7 };
enum { BLOCK_BYTES = 65536, TEXT_MAX = 8000, FILE_ARENA_BYTES = 64 << 20 };

struct postcat {
	struct queue_command command;
	unsigned show;                  /* mask of SHOW_* */
	bool wants_offsets, wants_prefix, wants_types, is_verbose;
	bool asks_by_id;
	int64_t from_offset;
};

/* One file being printed. */
struct printed {
	const struct postcat *postcat;
	const char *name;
	struct arena *arena;
	int fd;
	struct queue_envelope envelope;
	struct queue_content content;
};

NORETURN static void
usage(void)
{
	fatal("usage: postcat [-bdefhoqrv] [-c config_dir] [-s offset] [file or queue ID...]");
}

/* --- lines --- */

/* type: of the record that this would be in a file of Postfix. */
static void
begin_line(const struct printed *p, char type, int64_t offset)
{
	if (p->postcat->wants_prefix)
		printf("%s: ", p->name);
	if (p->postcat->wants_offsets)
		printf("%9lld ", (long long) offset);
	if (p->postcat->wants_types && type != '\0')
		printf("%3d ", type);
}

static void
put_title(const struct printed *p, char type, const char *title)
{
	if (p->postcat->show != SHOW_ALL || p->postcat->from_offset > 0)
		return;
	if (type != '\0')
		begin_line(p, type, type == 'M' ? p->content.header_offset : 0);
	else if (p->postcat->wants_prefix)
		printf("%s: ", p->name);
	printf("*** %s %s ***\n", title, p->name);
}

static void
put_text(const struct printed *p, char type, int64_t offset, const char *name, struct span value)
{
	begin_line(p, type, offset);
	printf("%s: %.*s\n", name, SPAN_ARG(value));
}

static void
put_address(const struct printed *p, char type, int64_t offset, const char *name, struct span internal)
{
	CLEANUP(str_fini) struct str external = { .max = TEXT_MAX };

	addr_add_external(&external, addr_from_internal(internal));
	put_text(p, type, offset, name, str_span(&external));
}

static void
put_time(const struct printed *p, char type, const char *name, int64_t when_us)
{
	time_t when = (time_t) (when_us / CLOCK_SECOND_US);
	struct tm tm;
	char text[60] = "";

	if (when_us != 0 && localtime_r(&when, &tm) != NULL && strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &tm) > 0)
		put_text(p, type, 0, name, span_of(text));
}

static void
put_attribute(const struct printed *p, int64_t offset, const char *name, struct span value)
{
	begin_line(p, 'A', offset);
	printf("named_attribute: %s=%.*s\n", name, SPAN_ARG(value));
}

/* --- sections --- */

static void
put_attributes(const struct printed *p)
{
	const struct queue_envelope *e = &p->envelope;
	const struct {
		const char *name;
		struct span value;
	} rows[] = {
		{ "encoding", e->encoding }, { "envelope_id", e->dsn_envid }, { "dsn_ret", e->dsn_ret },
		{ "message_id", e->message_id }, { "client_name", e->client_name },
		{ "reverse_client_name", e->reverse_client_name }, { "client_address", e->client_address },
		{ "client_port", e->client_port }, { "helo_name", e->client_helo },
		{ "protocol_name", e->client_protocol }, { "log_ident", e->log_ident },
		{ "sasl_method", e->sasl_method }, { "sasl_username", e->sasl_username },
		{ "sasl_sender", e->sasl_sender }, { "rewrite_context", e->rewrite_context },
		{ "content_filter", e->content_filter }, { "redirect_to", e->redirect }, { "verp_delimiters", e->verp },
		{ "fullname", e->full_name },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].value.len > 0)
			put_attribute(p, 0, rows[i].name, rows[i].value);
	}
}

static const char *
record_name(const struct queue_recipient *rcpt)
{
	if ((rcpt->dsn_notify & QUEUE_NOTIFY_EXPANDED) != 0)
		return "expanded_recipient";
	return rcpt->is_done ? "done_recipient" : "recipient";
}

static void
put_recipient(const struct printed *p, const struct queue_recipient *rcpt)
{
	if (rcpt->dsn_orcpt.len > 0)
		put_attribute(p, rcpt->offset, "dsn_orig_rcpt", rcpt->dsn_orcpt);
	if (rcpt->dsn_notify != 0) {
		begin_line(p, 'A', rcpt->offset);
		printf("named_attribute: notify_flags=%lld\n", (long long) rcpt->dsn_notify);
	}
	if (rcpt->original.len > 0)
		put_address(p, 'O', rcpt->offset, "original_recipient", rcpt->original);
	put_address(p, rcpt->is_done ? 'D' : 'R', rcpt->offset, record_name(rcpt), rcpt->address);
}

static void
put_recipients(const struct printed *p)
{
	int64_t position = 0;
	struct err err = { 0 };

	while (position >= 0) {
		struct queue_recipient *list;
		size_t count;

		if (queue_file_recipients(p->fd, p->name, &position, QUEUE_READ_MAX, true, p->arena, &list, &count, &err) !=
		    PARSE_OK)
			fatal("%s", err.text);
		for (size_t i = 0; i < count; i++)
			put_recipient(p, &list[i]);
	}
}

static void
put_envelope(const struct printed *p)
{
	put_title(p, '\0', "ENVELOPE RECORDS");
	begin_line(p, 'C', 0);
	printf("message_size: %15lld %15lld %15lld %15d %15lld\n", (long long) p->content.size_crlf,
	    (long long) p->content.header_offset, (long long) (p->content.recipient_count - p->envelope.expanded), 0,
	    (long long) (p->content.header_bytes + p->content.body_bytes));
	put_time(p, 'T', "message_arrival_time", p->envelope.arrival_us);
	put_time(p, 'A', "create_time", p->envelope.created_us);
	put_attributes(p);
	put_address(p, 'S', 0, "sender", p->envelope.sender);
	put_recipients(p);
}

static void
put_content_line(const struct printed *p, int64_t offset, struct span line)
{
	begin_line(p, 'N', offset);
	printf("%s%.*s\n", p->postcat->is_verbose ? "regular_text: " : "", SPAN_ARG(line));
}

/* Lines longer than a block are printed in pieces. */
static void
put_extent(const struct printed *p, int64_t offset, int64_t bytes)
{
	char *block = arena_alloc(p->arena, BLOCK_BYTES);
	struct err err = { 0 };

	while (bytes > 0) {
		size_t now = bytes < BLOCK_BYTES ? (size_t) bytes : BLOCK_BYTES;
		struct span rest, line;
		size_t end;

		if (!fd_pread_all(p->fd, block, now, offset, p->name, &err))
			fatal("%s", err.text);
		end = span_rfind(span_make(block, now), '\n');
		if (end < now)
			now = end + 1;
		rest = span_make(block, end < now ? end : now);
		for (int64_t at = offset; span_cut(&rest, '\n', &line); at += (int64_t) line.len + 1)
			if (at >= p->postcat->from_offset)
				put_content_line(p, at, line);
		offset += (int64_t) now;
		bytes -= (int64_t) now;
	}
}

static void
put_content(const struct printed *p)
{
	unsigned show = p->postcat->show;

	if ((show & (SHOW_HEADER | SHOW_BODY)) == 0)
		return;
	put_title(p, 'M', "MESSAGE CONTENTS");
	if ((show & SHOW_HEADER) != 0)
		put_extent(p, p->content.header_offset, p->content.header_bytes);
	if ((show & SHOW_HEADER) != 0 && (show & SHOW_BODY) != 0)
		put_content_line(p, p->content.body_offset, SPAN(""));
	if ((show & SHOW_BODY) != 0)
		put_extent(p, p->content.body_offset, p->content.body_bytes);
}

static void
print_open_file(const struct postcat *postcat, const char *name, int fd)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(name, FILE_ARENA_BYTES);
	struct printed p = { .postcat = postcat, .name = name, .arena = arena, .fd = fd };
	struct err err = { 0 };

	switch (queue_file_read(fd, name, arena, &p.envelope, &p.content, &err)) {
	case PARSE_OK:
		break;
	case PARSE_MORE:
		fatal("%s: the file is not complete", name);
	case PARSE_BAD:
		fatal("%s", err.text);
	}
	if ((postcat->show & SHOW_ENVELOPE) != 0)
		put_envelope(&p);
	put_content(&p);
	put_title(&p, 'X', "HEADER EXTRACTED");
	put_title(&p, 'E', "MESSAGE FILE END");
}

/* --- which files --- */

static void
print_by_id(struct postcat *postcat, const char *id)
{
	static const char *const queues[] = { "maildrop", "incoming", "active", "deferred", "hold", "corrupt" };

	if (!queue_id_may_be_asked(span_of(id)))
		fatal("bad mail queue ID: %s", id);
	for (size_t i = 0; queue_id_is_valid(span_of(id)) && i < COUNT_OF(queues); i++) {
		CLEANUP(fd_close) int fd = -1;
		const char *path = queue_path(postcat->command.queue, queues[i], span_of(id), postcat->command.arena);

		if (!queue_open_file(postcat->command.queue, queues[i], span_of(id), O_RDONLY, 0, &fd, NULL))
			continue;
		print_open_file(postcat, path, fd);
		return;
	}
	errno = ENOENT;
	fatal_errno("open queue file %s", id);
}

static void
print_by_name(const struct postcat *postcat, const char *name)
{
	CLEANUP(fd_close) int fd = open(name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		fatal_errno("open queue file %s", name);
	print_open_file(postcat, name, fd);
}

static void
parse_options(struct postcat *postcat, int argc, char **argv, const char **directory_out)
{
	int c;
	int64_t offset;

	while ((c = getopt(argc, argv, "bc:defhoqrs:v")) != -1) {
		switch (c) {
		case 'b': postcat->show |= SHOW_BODY; break;
		case 'c': *directory_out = optarg; break;
		case 'd': postcat->wants_types = true; break;
		case 'e': postcat->show |= SHOW_ENVELOPE; break;
		case 'f': postcat->wants_prefix = true; break;
		case 'h': postcat->show |= SHOW_HEADER; break;
		case 'o': postcat->wants_offsets = true; break;
		case 'q': postcat->asks_by_id = true; break;
		case 'r': break;
		case 's':
			if (!span_to_i64(span_of(optarg), 0, INT64_MAX, &offset))
				fatal("bad offset: %s", optarg);
			postcat->from_offset = offset;
			break;
		case 'v': postcat->is_verbose = true; break;
		default: usage();
		}
	}
	if (postcat->show == 0)
		postcat->show = SHOW_ALL;
}

int
main(int argc, char **argv)
{
	struct postcat postcat = { 0 };
	const char *directory = NULL;

	queue_command_name("postcat");
	parse_options(&postcat, argc, argv, &directory);
	queue_command_init(&postcat.command, "postcat", directory, 0);
	if (postcat.asks_by_id)
		queue_command_open_queue(&postcat.command);
	if (optind == argc)
		print_open_file(&postcat, "stdin", STDIN_FILENO);
	for (; optind < argc; optind++) {
		if (postcat.asks_by_id)
			print_by_id(&postcat, argv[optind]);
		else
			print_by_name(&postcat, argv[optind]);
	}
	if (fflush(stdout) != 0)
		fatal_errno("write to standard output");
	return 0;
}
