/* SPDX-License-Identifier: ISC */
/*
 * postsuper(1): the administrator's hand in the queue. Messages move by rename(2) only, so that one
 * is always in exactly one queue; the queue manager notices what is gone.
 */
#include <getopt.h>
#include <unistd.h>

#include "lib/queue/queue_id.h"
#include "lib/sys/log.h"
#include "lib/sys/trigger.h"
#include "qmgr/postsuper/postsuper_int.h"

enum { ID_LINE_MAX = 200 };

NORETURN static void
usage(void)
{
	fatal("usage: postsuper [-c config_dir] [-d id] [-e id] [-f id] [-h id] [-H id] [-p] [-r id] [-s] [-S] [-v] [queue...]");
}

/* One ID in the queues where this action looks. returns how many files were acted on: 0 or 1. */
static int64_t
act_on_id(struct postsuper *ps, const struct action *action, struct span id)
{
	for (const char *const *queue = ps->queues; *queue != NULL; queue++)
		if (action_applies(action, *queue) && action->run(ps, *queue, id))
			return 1;
	return 0;
}

/* What somebody wrote for an ID: one that cannot be here is found nowhere, nonsense is told. */
static int64_t
act_on_name(struct postsuper *ps, const struct action *action, struct span name)
{
	if (queue_id_is_valid(name))
		return act_on_id(ps, action, name);
	if (!queue_id_may_be_asked(name))
		log_warn("invalid mail queue id: %.*s", SPAN_ARG(name));
	return 0;
}

/* A scan sees a file that moved into a queue that is still to come; acting again does nothing. */
static int64_t
act_on_queue(struct postsuper *ps, const struct action *action, const char *queue_name)
{
	struct err err = { 0 };
	struct queue_scan *scan = queue_scan_open(ps->command.queue, queue_name, &err);
	struct span id;
	int64_t count = 0;

	if (scan == NULL)
		fatal("%s", err.text);
	while (queue_scan_next(scan, &id))
		count += action->run(ps, queue_name, id) ? 1 : 0;
	queue_scan_close(&scan);
	return count;
}

static int64_t
act_on_all(struct postsuper *ps, const struct action *action)
{
	int64_t count = 0;

	for (const char *const *queue = ps->queues; *queue != NULL; queue++)
		if (action_applies(action, *queue))
			count += act_on_queue(ps, action, *queue);
	return count;
}

static int64_t
act_on_input(struct postsuper *ps, const struct action *action)
{
	char line[ID_LINE_MAX];
	int64_t count = 0;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct span id = span_trim(span_of(line));

		if (id.len > 0)
			count += act_on_name(ps, action, id);
	}
	return count;
}

/* "Deleted: 1 message". */
static void
run_action(struct postsuper *ps, const struct action *action, const char *what)
{
	int64_t count;

	if (strcmp(what, "ALL") == 0)
		count = act_on_all(ps, action);
	else if (strcmp(what, "-") == 0)
		count = act_on_input(ps, action);
	else if (strcasecmp(what, "ALL") == 0)
		fatal("invalid mail queue id: %s (ALL is written in capitals)", what);
	else
		count = act_on_name(ps, action, span_of(what));
	log_info("%s: %lld message%s", action->total, (long long) count, count == 1 ? "" : "s");
}

/* What was asked for, in the order of the command line. */
static void
parse_requests(struct postsuper *ps, int argc, char **argv, const char **directory_out, int *verbose_out)
{
	int c;

	while ((c = getopt(argc, argv, "c:d:e:f:h:H:pr:sSv")) != -1) {
		switch (c) {
		case 'c': *directory_out = optarg; break;
		case 'v': (*verbose_out)++; break;
		case 'p': ps->wants_purge = true; break;
		case 's': ps->wants_structure = true; break;
		case 'S': ps->wants_structure = true; break;
		case '?': usage();
		default:
			if (ps->request_count == REQUESTS_MAX)
				fatal("more than %d requests", REQUESTS_MAX);
			ps->requests[ps->request_count++] = (struct request){ action_find(c), optarg };
		}
	}
}

/* The rest of the command line names queues; without it the usual ones. */
static void
choose_queues(struct postsuper *ps, char **names)
{
	static const char *const usual[] = { "maildrop", "incoming", "active", "deferred", "hold", NULL };

	ps->queues = usual;
	if (names[0] == NULL)
		return;
	for (char **name = names; *name != NULL; name++) {
		bool is_known = false;

		for (size_t i = 0; usual[i] != NULL; i++)
			is_known = is_known || strcmp(usual[i], *name) == 0;
		if (!is_known)
			fatal("invalid directory name: %s", *name);
	}
	ps->queues = (const char *const *) names;
}

/* New mail in incoming, released mail in deferred, requeued mail in maildrop: nobody need wait for a timer. */
static void
wake_others(const struct postsuper *ps)
{
	const struct mail_conf *mail = &ps->command.mail;
	const char *queue = mail->queue_directory;

	if (ps->has_released && !trigger_send(queue, mail->queue_service_name, SPAN("D"), mail->trigger_timeout.us, NULL))
		log_debug("the queue manager is not running");
	if (ps->has_requeued && !trigger_send(queue, mail->pickup_service_name, SPAN("W"), mail->trigger_timeout.us, NULL))
		log_debug("pickup is not running");
}

int
main(int argc, char **argv)
{
	struct postsuper ps = { 0 };
	const char *directory = NULL;
	int verbose = 0;

	queue_command_name("postsuper");
	parse_requests(&ps, argc, argv, &directory, &verbose);
	queue_command_init(&ps.command, "postsuper", directory, verbose);
	postsuper_become_owner(&ps.command);
	choose_queues(&ps, argv + optind);
	queue_command_open_queue(&ps.command);
	if (ps.wants_structure || (ps.request_count == 0 && !ps.wants_purge))
		postsuper_mend_structure(&ps);
	if (ps.wants_purge)
		postsuper_purge(&ps);
	for (size_t i = 0; i < ps.request_count; i++)
		run_action(&ps, ps.requests[i].action, ps.requests[i].what);
	postsuper_sync(&ps);
	wake_others(&ps);
	return 0;
}
