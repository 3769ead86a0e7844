/* SPDX-License-Identifier: ISC */
/*
 * Writes maillog_file. Everybody sends finished lines as datagrams; what arrives from the public
 * socket is cleaned again, line by line, since any member of the group may write there. The file is
 * opened before privileges are dropped; a reload starts a fresh process, which opens it anew.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/encode.h"
#include "lib/sys/file.h"
#include "lib/sys/mail_log.h"
#include "lib/sys/service.h"

enum { LINE_MAX_BYTES = 8192, BATCH_BYTES = 128 << 10, REST_US = 5000 };

struct postlogd {
	int fd;
	const char *path;
	struct str out;
};

/* maillog_file_prefixes: only files below these may be written. */
static bool
is_allowed(const char *path, const char *prefixes)
{
	struct span rest = span_of(prefixes), prefix;

	while (span_token(&rest, ", \t\r\n", &prefix)) {
		struct span tail;

		if (!span_starts_with(span_of(path), prefix))
			continue;
		tail = span_from(span_of(path), prefix.len);
		if (tail.len == 0 || tail.p[0] == '/' || span_ends_with(prefix, SPAN("/")))
			return true;
	}
	return false;
}

/* The mode of a new file: 0600, 0640 or 0644. */
static bool
parse_mode(const char *text, mode_t *mode_out, struct err *err)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (*end != '\0' || (mode != 0600 && mode != 0640 && mode != 0644))
		return err_config(err, "maillog_file_permissions: \"%s\": expected 0600, 0640 or 0644", text);
	*mode_out = (mode_t) mode;
	return true;
}

/* Our own lines go straight into the file: nobody else reads our socket. */
static void
log_to_file(struct program *program)
{
	struct log_setup setup = mail_log_setup(program->mail, "postlogd", program->arena);

	setup.socket_path = NULL;
	log_init(&setup);
	log_open();
}

/* Open the file with root's rights. */
static bool
open_file(struct program *program, struct err *err)
{
	struct postlogd *postlogd = program->state;
	mode_t mode = 0600;

	postlogd->path = program->mail->maillog_file;
	if (*postlogd->path == '\0')
		return err_config(err, "maillog_file is empty: the service postlog in master.cf needs it");
	if (!is_allowed(postlogd->path, program->mail->maillog_file_prefixes))
		return err_config(err, "maillog_file = %s: not below any of maillog_file_prefixes = %s", postlogd->path,
		    program->mail->maillog_file_prefixes);
	if (!parse_mode(program->mail->maillog_file_permissions, &mode, err))
		return false;
	postlogd->fd = open(postlogd->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, mode);
	if (postlogd->fd < 0)
		return err_temp_errno(err, "open %s", postlogd->path);
	str_init(&postlogd->out, BATCH_BYTES);
	log_to_file(program);
	return true;
}

/* One line: every byte that a terminal or a parser could take for something else becomes '?'. */
static void
add_line(struct str *out, struct span line)
{
	bool is_utf8 = utf8_is_valid(line);
	size_t start = out->len;

	if (line.len == 0)
		return;
	str_add(out, span_slice(line, 0, LINE_MAX_BYTES));
	for (size_t i = start; i < out->len; i++) {
		unsigned char c = (unsigned char) out->p[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !is_utf8))
			out->p[i] = '?';
	}
	str_add_char(out, '\n');
}

/* Everything that has gathered, in one write. */
static void
write_out(struct postlogd *postlogd)
{
	struct err err = { 0 };

	if (postlogd->out.len > 0 &&
	    !fd_write_all(postlogd->fd, str_span(&postlogd->out), postlogd->path, &err))
		fprintf(stderr, "postlogd: %s\n", err.text);
	str_clear(&postlogd->out);
}

static void
on_turn_end(void *ctx)
{
	write_out(ctx);
}

/* One datagram of lines; they are written at the end of the turn, or when there are many. */
static void
on_datagram(struct program *program, struct span datagram)
{
	struct postlogd *postlogd = program->state;

	if (postlogd->out.len == 0)
		loop_at_turn_end(program->loop, on_turn_end, postlogd);
	for (struct span line; span_cut(&datagram, '\n', &line);) {
		if (postlogd->out.len + LINE_MAX_BYTES + 1 > BATCH_BYTES)
			write_out(postlogd);
		add_line(&postlogd->out, line);
	}
}

/* Lines of the last datagrams. */
static void
on_exit_program(struct program *program)
{
	write_out(program->state);
}

static const struct service postlogd_service = {
	.manifest = &postlogd_manifest,
	.state_size = sizeof(struct postlogd),
	.before_drop = open_file,
	.on_datagram = on_datagram,
	.rest_us = REST_US,
	.on_exit = on_exit_program,
};

int
main(int argc, char **argv)
{
	return service_main(&postlogd_service, argc, argv);
}
