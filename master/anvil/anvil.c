/* SPDX-License-Identifier: ISC */
/*
 * anvil: counts of connections and rates of events per client, in memory. It answers numbers; what
 * is too much is decided by who asked. The connections that a process had open are forgotten when
 * the
 * process goes.
 */
#include <time.h>

#include "lib/base/list.h"
#include "lib/base/panic.h"
#include "lib/net/anvil_client.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "master/anvil/anvil_conf.h"
#include "master/anvil/anvil_count.h"

enum { ANVIL_FRAME_MAX = 4096 };

struct anvil {
	struct anvil_conf conf;
	struct anvil_counts *counts;
	struct loop_timer report, expire;
};

/* A connection that a process told us of, so that it can be taken back. */
struct anvil_open {
	struct list link;
	char *service, *client;
};

struct anvil_asker {
	struct program *program;
	struct peer *peer;
	struct list open;
};

static const struct service_params anvil_service_params[] = {
	{ &anvil_params, offsetof(struct anvil, conf), NULL },
	{ NULL, 0, NULL },
};

/* ---- What the log says from time to time ---- */

static void
log_peak(struct anvil *anvil, enum anvil_event event, const char *what, bool is_rate)
{
	const struct anvil_peak *peak = anvil_counts_peak(anvil->counts, event);
	time_t at = (time_t) (peak->at_wall_us / CLOCK_SECOND_US);
	char date[32], unit[32] = "";
	struct tm tm;

	if (peak->value == 0)
		return;
	localtime_r(&at, &tm);
	strftime(date, sizeof(date), "%b %e %H:%M:%S", &tm);
	if (is_rate)
		snprintf(unit, sizeof(unit), "/%llds",
		    (long long) (anvil->conf.rate_time_unit.us / CLOCK_SECOND_US));
	log_info("statistics: max %s %lld%s for (%s) at %s", what, (long long) peak->value, unit,
	    peak->who, date);
}

static void
log_statistics(struct anvil *anvil)
{
	log_peak(anvil, ANVIL_CONNECT, "connection rate", true);
	log_peak(anvil, ANVIL_DISCONNECT, "connection count", false);
	log_peak(anvil, ANVIL_MAIL, "message rate", true);
	log_peak(anvil, ANVIL_RCPT, "recipient rate", true);
	log_peak(anvil, ANVIL_TLS, "newtls rate", true);
	log_peak(anvil, ANVIL_AUTH, "auth rate", true);
	if (anvil_counts_largest(anvil->counts) > 0)
		log_info("statistics: max cache size %zu", anvil_counts_largest(anvil->counts));
	anvil_counts_reset_peaks(anvil->counts);
}

static void
on_report(void *ctx)
{
	struct anvil *anvil = ctx;

	log_statistics(anvil);
	loop_timer_set(&anvil->report, anvil->conf.status_update_time.us);
}

static void
on_expire(void *ctx)
{
	struct anvil *anvil = ctx;

	anvil_counts_expire(anvil->counts, clock_now_us());
	loop_timer_set(&anvil->expire, anvil->conf.rate_time_unit.us);
}

/* ---- Processes that ask ---- */

static char *
copy_text(struct span text)
{
	char *copy = xcalloc(1, text.len + 1);

	memcpy(copy, text.p, text.len);
	return copy;
}

static void
forget_open(struct anvil_open *open)
{
	list_remove(&open->link);
	free(open->service);
	free(open->client);
	free(open);
}

static void
note_open(struct anvil_asker *asker, const struct anvil_ask *ask)
{
	struct anvil_open *open = xcalloc(1, sizeof(*open));

	open->service = copy_text(ask->service);
	open->client = copy_text(ask->client);
	list_append(&asker->open, &open->link);
}

/* Take back one connection of the same client. false: there is none */
static bool
drop_open(struct anvil_asker *asker, const struct anvil_ask *ask)
{
	LIST_EACH (link, &asker->open) {
		struct anvil_open *open = LIST_ENTRY(link, struct anvil_open, link);

		if (span_eq_str(ask->service, open->service) &&
		    span_eq_str(ask->client, open->client)) {
			forget_open(open);
			return true;
		}
	}
	return false;
}

static void
end_asker(struct anvil_asker *asker)
{
	struct program *program = asker->program;
	struct anvil *anvil = program->state;
	struct anvil_report report;

	LIST_EACH_SAFE (link, next, &asker->open) {
		struct anvil_open *open = LIST_ENTRY(link, struct anvil_open, link);
		struct anvil_ask ask = { .event = ANVIL_DISCONNECT,
			.service = span_of(open->service),
			.client = span_of(open->client) };

		anvil_counts_add(anvil->counts, &ask, clock_now_us(), &report);
		forget_open(open);
	}
	peer_free(&asker->peer);
	free(asker);
	service_client_done(program);
}

static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	end_asker(ctx);
}

static bool
count(struct anvil_asker *asker, const struct anvil_ask *ask, struct err *err)
{
	struct anvil *anvil = asker->program->state;
	struct anvil_report report;

	if (ask->event == ANVIL_DISCONNECT && !drop_open(asker, ask))
		return true;
	if (ask->event == ANVIL_CONNECT && !ask->is_peek)
		note_open(asker, ask);
	anvil_counts_add(anvil->counts, ask, clock_now_us(), &report);
	return ask->event == ANVIL_DISCONNECT ||
	    peer_send(asker->peer, &anvil_report_desc, &report, err);
}

static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("anvil request", ANVIL_FRAME_MAX);
	struct anvil_asker *asker = ctx;
	struct anvil_ask ask;
	struct err err = { 0 };

	if (msg_decode(&anvil_ask_desc, frame, arena, &ask, &err) == PARSE_OK &&
	    count(asker, &ask, &err))
		return;
	log_warn_err(peer_name(peer), &err);
	end_asker(asker);
}

static const struct peer_events asker_events = { .on_frame = on_frame, .on_end = on_end };

static void
on_accept(struct program *program, struct client *client)
{
	struct anvil_asker *asker = xcalloc(1, sizeof(*asker));

	asker->program = program;
	list_init(&asker->open);
	asker->peer = peer_new(fd_take(&client->fd), client->caller, ANVIL_FRAME_MAX);
	peer_attach(asker->peer, program->loop, &asker_events, asker);
}

static bool
after_drop(struct program *program, struct err *err UNUSED)
{
	struct anvil *anvil = program->state;

	anvil->counts = anvil_counts_new(anvil->conf.rate_time_unit.us);
	loop_timer_init(&anvil->report, program->loop, on_report, anvil);
	loop_timer_init(&anvil->expire, program->loop, on_expire, anvil);
	loop_timer_set(&anvil->report, anvil->conf.status_update_time.us);
	loop_timer_set(&anvil->expire, anvil->conf.rate_time_unit.us);
	return true;
}

static void
on_exit_report(struct program *program)
{
	struct anvil *anvil = program->state;

	if (anvil->counts != NULL)
		log_statistics(anvil);
}

static const struct service anvil_service = {
	.manifest = &anvil_manifest,
	.state_size = sizeof(struct anvil),
	.params = anvil_service_params,
	.after_drop = after_drop,
	.on_accept = on_accept,
	.on_exit = on_exit_report,
};

int
main(int argc, char **argv)
{
	return service_main(&anvil_service, argc, argv);
}
