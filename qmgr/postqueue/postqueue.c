/* SPDX-License-Identifier: ISC */
/*
 * postqueue(1), also as mailq: what unprivileged users may ask of the queue. Set-gid, so that it
 * reaches the sockets in public/; it opens no file of the queue itself (only root without the mail
 * system running reads it directly).
 */
#include <getopt.h>
#include <pwd.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/queue/queue_command.h"
#include "lib/queue/queue_id.h"
#include "lib/queue/queue_list.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "lib/sys/peer.h"
#include "lib/sys/trigger.h"
#include "lib/table/match_list.h"
#include "lib/table/table_conf.h"
#include "qmgr/postqueue/queue_print.h"

enum { OUT_MAX = 4 << 20, OUT_FLUSH = 64 << 10, PIECE_ARENA_BYTES = 4 << 20, REQUEST_MAX = 90 };

struct postqueue {
	struct queue_command command;
	struct queue_print print;
	bool wants_json;
	struct str out;
};

NORETURN static void
usage(void)
{
	fatal_status(EX_UNAVAILABLE,
	    "usage: postqueue -f | postqueue -i queueid | postqueue -j | postqueue -p | postqueue -s site");
}

/* --- who may --- */

static void
check_permission(struct postqueue *pq, const char *parameter, const char *value, const char *what)
{
	const struct passwd *pw = getpwuid(getuid());
	struct table_conf conf = { 0 };
	struct table_env env = { .conf = &conf, .cf = pq->command.cf };
	struct match_list *list;
	struct err err = { 0 };
	enum lookup result;

	if (getuid() == 0)
		return;
	if (pw == NULL)
		fatal_status(EX_NOPERM, "unknown user %ld may not %s", (long) getuid(), what);
	if (!param_load(pq->command.cf, &table_params, NULL, &conf, pq->command.arena, &err))
		fatal("%s", err.text);
	list = match_list_open(&env, parameter, value, MATCH_STRING, 0, &err);
	if (list == NULL)
		fatal("%s", err.text);
	result = match_list_has(list, span_of(pw->pw_name), SPAN(""), &err);
	match_list_close(&list);
	if (result != LOOKUP_FOUND)
		fatal_status(EX_NOPERM, "User %s(%ld) is not allowed to %s", pw->pw_name, (long) getuid(), what);
}

/* --- listing --- */

static void
write_out(struct postqueue *pq)
{
	if (fwrite(str_cstr(&pq->out), 1, pq->out.len, stdout) != pq->out.len || fflush(stdout) != 0)
		fatal_errno("write to standard output");
	str_clear(&pq->out);
}

static bool
print_piece(void *ctx, const struct showq_message *message)
{
	struct postqueue *pq = ctx;

	if (pq->wants_json)
		queue_print_json(&pq->print, message, &pq->out);
	else
		queue_print_table(&pq->print, message, &pq->out);
	if (pq->out.len >= OUT_FLUSH)
		write_out(pq);
	return true;
}

static void
receive_listing(struct postqueue *pq, int fd)
{
	CLEANUP(peer_free) struct peer *peer = peer_new(fd, "showq", MSG_FRAME_MAX);
	CLEANUP(arena_free) struct arena *arena = arena_new("queue listing", PIECE_ARENA_BYTES);
	struct showq_message message;
	struct frame frame;
	struct err err = { 0 };

	for (;;) {
		if (!peer_recv(peer, &frame, clock_deadline(pq->command.mail.ipc_timeout.us), &err))
			fatal("queue listing: %s", err.text);
		if (frame_is(&frame, &showq_end_desc))
			return;
		if (!frame_is(&frame, &showq_message_desc) ||
		    msg_decode(&showq_message_desc, &frame, arena, &message, &err) != PARSE_OK)
			fatal("queue listing: bad answer from showq: %s", err.text);
		print_piece(pq, &message);
		arena_clear(arena);
	}
}

static int
show_queue(struct postqueue *pq)
{
	const struct mail_conf *mail = &pq->command.mail;
	struct err err = { 0 };
	int fd;

	check_permission(pq, "authorized_mailq_users", mail->authorized_mailq_users, "view the mail queue");
	fd = public_connect(mail->queue_directory, mail->showq_service_name, mail->trigger_timeout.us, &err);
	if (fd >= 0) {
		receive_listing(pq, fd);
	} else if (geteuid() == 0) {
		queue_command_open_queue(&pq->command);
		queue_list(pq->command.queue, print_piece, pq);
	} else {
		fatal_status(EX_UNAVAILABLE, "Queue report unavailable - mail system is down");
	}
	if (pq->wants_json)
		queue_print_json_end(&pq->print, &pq->out);
	else
		queue_print_table_end(&pq->print, &pq->out);
	write_out(pq);
	return 0;
}

/* --- flushing --- */

static int
trigger(struct postqueue *pq, struct span request)
{
	const struct mail_conf *mail = &pq->command.mail;
	struct err err = { 0 };

	check_permission(pq, "authorized_flush_users", mail->authorized_flush_users, "flush the mail queue");
	if (!trigger_send(mail->queue_directory, mail->queue_service_name, request, mail->trigger_timeout.us, &err))
		fatal_status(EX_UNAVAILABLE, "Cannot flush mail queue - mail system is down");
	return 0;
}

static int
flush_one(struct postqueue *pq, const char *id)
{
	char request[REQUEST_MAX];

	if (!queue_id_may_be_asked(span_of(id)))
		fatal_status(EX_UNAVAILABLE, "Cannot flush queue ID - invalid name: \"%s\"", id);
	snprintf(request, sizeof(request), "i%s", id);
	return trigger(pq, span_of(request));
}

/* Only sites that fast_flush_domains lists, and those through the service flush. */
static int
flush_site(const struct postqueue *pq, const char *site)
{
	const struct mail_conf *mail = &pq->command.mail;
	char request[REQUEST_MAX + 200];
	struct err err = { 0 };

	snprintf(request, sizeof(request), "s%s", site);
	if (!trigger_send(mail->queue_directory, mail->flush_service_name, span_of(request), mail->trigger_timeout.us, &err))
		fatal_status(EX_UNAVAILABLE, "Flush service is not configured for destination \"%s\"", site);
	return 0;
}

static int
run(struct postqueue *pq, int mode, const char *argument)
{
	switch (mode) {
	case 'j':
	case 'p':
		pq->wants_json = mode == 'j';
		return show_queue(pq);
	case 'f':
		return trigger(pq, SPAN("FADI"));
	case 'i':
		return flush_one(pq, argument);
	case 's':
		return flush_site(pq, argument);
	default:
		usage();
	}
}

int
main(int argc, char **argv)
{
	struct postqueue pq = { .out = { .max = OUT_MAX } };
	const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *directory = NULL, *argument = NULL;
	int mode = strcmp(name, "mailq") == 0 ? 'p' : 0;
	int verbose = 0, c;

	queue_command_name("postqueue");
	while ((c = getopt(argc, argv, "c:fi:jps:v")) != -1) {
		switch (c) {
		case 'c': directory = optarg; break;
		case 'v': verbose++; break;
		case '?': usage();
		default:
			if (mode != 0 && mode != c)
				usage();
			mode = c;
			argument = optarg;
		}
	}
	if (mode == 0 || optind < argc)
		usage();
	queue_command_init(&pq.command, "postqueue", directory, getuid() == 0 ? verbose : 0);
	queue_print_init(&pq.print, pq.command.mail.enable_long_queue_ids);
	return run(&pq, mode, argument);
}
