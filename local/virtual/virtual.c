/* SPDX-License-Identifier: ISC */
/*
 * The delivery agent for mailboxes that tables name. It looks up path and owner; a worker that has
 * become the owner writes (local/worker.h). No aliases, no commands, no .forward.
 */
#include "lib/mail/addr.h"
#include "lib/queue/agent.h"
#include "lib/route/rewrite_conf.h"
#include "lib/store/deliver_headers.h"
#include "lib/sys/clock.h"
#include "lib/sys/lock.h"
#include "lib/sys/log.h"
#include "lib/table/maps.h"
#include "lib/table/status_filter.h"
#include "lib/table/table_conf.h"
#include "local/virtual/virtual_conf.h"
#include "local/worker.h"

enum { VALUE_MAX = 4000 };

struct virtual
{
	struct virtual_conf conf;
	struct rewrite_conf rewrite;
	struct table_conf table;
	struct table_env env;
	struct maps *mailboxes, *uids, *gids, *status_filter;
	unsigned lock_styles;
	struct worker_pool *workers;
};

/* One recipient. */
struct delivery {
	struct virtual *virtual;
	struct agent_request *request;
	const struct deliver_rcpt *rcpt;
	struct worker_place place;
	const char *path;
	struct err err;
};

static enum lookup
look_up(struct delivery *d, struct maps *maps, struct str *value)
{
	struct addr addr = addr_from_internal(d->rcpt->address);
	const struct maps_query query = {
		.local = addr.local,
		.domain = addr.domain,
		.delimiter = d->request->program->mail->recipient_delimiter,
		.how = MAPS_MAILBOX,
	};

	return maps_get_address(maps, &query, value, NULL, &d->err);
}

/* A number that the administrator's tables owe us. */
static bool
look_up_id(struct delivery *d, struct maps *maps, const char *what, uint64_t min, uint32_t *id_out)
{
	CLEANUP(str_fini) struct str value = { .max = VALUE_MAX };
	uint64_t id = 0;

	switch (look_up(d, maps, &value)) {
	case LOOKUP_FOUND:
		if (span_to_u64(span_trim(str_span(&value)), UINT32_MAX - 1, &id) && id >= min) {
			*id_out = (uint32_t) id;
			return true;
		}
		log_warn("recipient %.*s: bad %s %s in %s", SPAN_ARG(d->rcpt->address), what,
		    str_cstr(&value), maps_title(maps));
		break;
	case LOOKUP_NONE:
		log_warn("recipient %.*s: not found in %s", SPAN_ARG(d->rcpt->address),
		    maps_title(maps));
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		return false;
	}
	return err_config(&d->err, "mail system configuration error");
}

/* A path that leaves the directory it begins in. */
static bool
climbs(struct span path)
{
	struct span part;

	while (span_cut(&path, '/', &part))
		if (span_eq_str(part, ".."))
			return true;
	return false;
}

/* Whose mailbox, where. */
static bool
find_mailbox(struct delivery *d)
{
	struct virtual *v = d->virtual;
	CLEANUP(str_fini) struct str value = { .max = VALUE_MAX };
	const char *base = v->conf.mailbox_base;
	uint32_t uid, gid;

	switch (look_up(d, v->mailboxes, &value)) {
	case LOOKUP_FOUND:
		break;
	case LOOKUP_NONE:
		return err_set(&d->err, ERR_PERM, "5.1.1", "unknown user: \"%.*s\"",
		    SPAN_ARG(d->rcpt->address));
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		return false;
	}
	if (!look_up_id(d, v->uids, "uid", (uint64_t) v->conf.minimum_uid, &uid) ||
	    !look_up_id(d, v->gids, "gid", 1, &gid))
		return false;
	d->path = arena_printf(
	    d->request->arena, "%s%s%s", base, base[0] != '\0' ? "/" : "", str_cstr(&value));
	if (climbs(str_span(&value))) {
		log_warn("recipient %.*s: path %s in %s has a \"..\" in it",
		    SPAN_ARG(d->rcpt->address), str_cstr(&value), maps_title(v->mailboxes));
		return err_config(&d->err, "mail system configuration error");
	}
	if (d->path[0] != '/') {
		log_warn("recipient %.*s: path of mailbox %s does not begin with \"/\"; set "
			 "virtual_mailbox_base", SPAN_ARG(d->rcpt->address), d->path);
		return err_config(&d->err, "mail system configuration error");
	}
	d->place.owner = (struct priv_user){ uid, gid };
	d->place.queue_id = d->request->deliver->queue_id;
	d->place.rcpt = d->rcpt->offset;
	d->place.tree = worker_tree(d->request->arena, base, d->path);
	return true;
}

/* Fill in what the worker writes on top. */
static void
add_prefix(const struct delivery *d, bool is_maildir, struct str *prefix)
{
	const struct deliver *deliver = d->request->deliver;
	const struct deliver_headers headers = {
		.sender = deliver->sender,
		.original = d->rcpt->original,
		.delivered = d->rcpt->address,
	};

	if (!is_maildir)
		deliver_headers_add_from_line(prefix, deliver->sender,
		    d->request->handoff_us / CLOCK_SECOND_US, worker_zone_minutes());
	deliver_headers_add(prefix, &headers);
}

static bool
write_mail(struct delivery *d, bool is_maildir)
{
	CLEANUP(str_fini) struct str prefix = { .max = DELIVER_HEADERS_MAX };
	struct work_deliver work = worker_describe(d->request->deliver, d->request->program->mail);

	add_prefix(d, is_maildir, &prefix);
	work.kind = is_maildir ? WORK_MAILDIR : WORK_MBOX;
	work.path = span_of(d->path);
	work.prefix = str_span(&prefix);
	work.size_limit = d->virtual->conf.mailbox_limit;
	work.lock_styles = d->virtual->lock_styles;
	if (worker_deliver(d->virtual->workers, &d->place, &work, &d->err))
		return true;
	return is_maildir ? err_prefix(&d->err, "maildir delivery failed")
			  : err_prefix(&d->err, "delivery failed to mailbox %s", d->path);
}

static enum deliver_status
failure_status(const struct delivery *d)
{
	return d->err.class == ERR_PERM ? DELIVER_BOUNCED : DELIVER_DEFERRED;
}

static void
report(const struct delivery *d, size_t index, bool ok, const char *text)
{
	struct agent_result result = {
		.status = ok ? DELIVER_SENT : failure_status(d),
		.dsn = ok ? SPAN("2.0.0") : span_of(d->err.dsn[0] != '\0' ? d->err.dsn : "4.3.0"),
		.text = span_of(ok ? text : d->err.text),
		.action = ok ? SPAN("delivered") : SPAN(""),
		.relay = span_of(d->request->program->service_name),
	};

	if (status_filter_apply(
		d->virtual->status_filter, d->request->arena, &result.dsn, &result.text) &&
	    !ok)
		result.status = result.dsn.p[0] == '4' ? DELIVER_DEFERRED : DELIVER_BOUNCED;
	agent_report(d->request, index, &result);
}

static void
deliver_one(struct virtual *virtual, struct agent_request *request, size_t index)
{
	struct delivery d = {
		.virtual = virtual, .request = request, .rcpt = &request->recipients[index]
	};
	const char *verb = request->deliver->is_verify ? "delivers" : "delivered";
	bool is_maildir, ok;

	if (!find_mailbox(&d)) {
		report(&d, index, false, NULL);
		return;
	}
	is_maildir = span_ends_with(span_of(d.path), SPAN("/"));
	ok = request->deliver->is_verify || write_mail(&d, is_maildir);
	report(&d, index, ok,
	    arena_printf(request->arena, "%s to %s", verb, is_maildir ? "maildir" : "mailbox"));
}

static void
virtual_deliver(void *ctx, struct agent_request *request)
{
	for (size_t i = 0; i < request->count; i++)
		deliver_one(ctx, request, i);
}

static void
virtual_client(struct program *program, struct client *client)
{
	agent_serve(program, client, virtual_deliver, program->state);
}

static bool
virtual_before_drop(struct program *program, struct err *err)
{
	struct virtual *v = program->state;
	unsigned flags = TABLE_FOLD | TABLE_NO_REGSUB | TABLE_NO_PROXY |
	    (program->mail->smtputf8_enable ? TABLE_UTF8 : 0);

	table_env_init(&v->env, &v->table, program->cf, program);
	v->workers = worker_pool_new(program);
	return lock_parse_styles(span_of(v->conf.mailbox_lock), &v->lock_styles, err) &&
	    (v->mailboxes = maps_open(
		 &v->env, "virtual_mailbox_maps", v->rewrite.virtual_mailbox_maps, flags, err)) &&
	    (v->uids = maps_open(&v->env, "virtual_uid_maps", v->conf.uid_maps, flags, err)) &&
	    (v->gids = maps_open(&v->env, "virtual_gid_maps", v->conf.gid_maps, flags, err)) &&
	    (v->status_filter = maps_open(&v->env, "virtual_delivery_status_filter",
		 v->conf.delivery_status_filter, 0, err));
}

static bool
virtual_is_stale(struct program *program)
{
	return table_any_stale(&((struct virtual *) program->state)->env);
}

static void
virtual_exit(struct program *program)
{
	worker_pool_free(&((struct virtual *) program->state)->workers);
}

static const struct service_params virtual_tables[] = {
	{ &virtual_params, offsetof(struct virtual, conf), NULL },
	{ &rewrite_params, offsetof(struct virtual, rewrite), NULL },
	{ &table_params, offsetof(struct virtual, table), NULL },
	{ NULL, 0, NULL },
};

static const struct service virtual_service = {
	.manifest = &virtual_manifest,
	.state_size = sizeof(struct virtual),
	.params = virtual_tables,
	.before_drop = virtual_before_drop,
	.on_client = virtual_client,
	.is_stale = virtual_is_stale,
	.on_exit = virtual_exit,
};

int
main(int argc, char **argv)
{
	return service_main(&virtual_service, argc, argv);
}
