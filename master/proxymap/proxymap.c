/* SPDX-License-Identifier: ISC */
/*
 * Opens lookup tables for processes that cannot, and shares them: proxymap for reading (many
 * processes), proxywrite for caches that are changed (one process). Only tables that the
 * configuration names with "proxy:" in proxy_read_maps or proxy_write_maps are opened, as
 * mail_owner. A table that changes on disk is opened anew at the next request.
 */
#include "lib/base/array.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "lib/table/index_write.h"
#include "lib/table/proxy_proto.h"
#include "lib/table/table.h"
#include "lib/table/table_conf.h"
#include "lib/table/table_list.h"
#include "master/proxymap/proxymap_conf.h"

enum {
	REQUEST_ARENA_MAX = 16 << 20,
	REPLY_BYTES_MAX = MSG_FRAME_MAX -
	    (MSG_FRAME_MAX >> 3), /* of keys and values in one reply */
	CLIENT_FLAGS = TABLE_FOLD | TABLE_UTF8 | TABLE_NO_REGSUB | TABLE_ALIAS_KEYS |
	    TABLE_FILE_VALUES,
};

struct proxymap {
	struct table_conf table_conf;
	struct proxymap_conf conf;
	struct table_env env;
	struct map *allowed;   /* names without "proxy:"; the values mean nothing */
	struct map *tables;    /* "flags:type:name" -> struct table */
	struct str key, value; /* scratch of one look-up */
	struct str table_key;  /* scratch of finding a table */
	bool is_writer;        /* this is proxywrite */
};

struct session {
	struct program *program;
	struct peer *peer;
	struct arena *arena; /* of one request */
};

/* Fill the set of allowed tables: the items of the list that begin with "proxy:". */
static bool
load_allowed(struct proxymap *proxymap, const char *list, struct err *err)
{
	struct span rest = span_of(list), item;

	proxymap->allowed = map_new();
	while (table_list_next(&rest, &item, err)) {
		if (!span_starts_with(item, SPAN("proxy:")))
			continue;
		while (span_starts_with(item, SPAN("proxy:")))
			item = span_from(item, sizeof("proxy:") - 1);
		(void) map_set(proxymap->allowed, item, proxymap);
	}
	return err->class == ERR_NONE ||
	    err_prefix(err, "%s", proxymap->is_writer ? "proxy_write_maps" : "proxy_read_maps");
}

static void
open_env(struct proxymap *proxymap, struct program *program)
{
	table_env_init(&proxymap->env, &proxymap->table_conf, program->cf, NULL);
	proxymap->env.writing_kinds = index_writing_kinds;
}

static bool
before_drop(struct program *program, struct err *err)
{
	struct proxymap *proxymap = program->state;

	proxymap->is_writer = strcmp(program->service_name,
				  program->mail->proxywrite_service_name) == 0;
	proxymap->tables = map_new();
	str_init(&proxymap->key, PROXY_KEY_MAX);
	str_init(&proxymap->value, PROXY_VALUE_MAX);
	str_init(&proxymap->table_key, 2 * PROXY_KEY_MAX);
	open_env(proxymap, program);
	return load_allowed(proxymap,
	    proxymap->is_writer ? proxymap->conf.proxy_write_maps : proxymap->conf.proxy_read_maps,
	    err);
}

static void
close_table(void *table)
{
	struct table *closing = table;

	table_close(&closing);
}

/* Something has changed on disk: forget all that was opened. */
static void
reopen_if_stale(struct program *program)
{
	struct proxymap *proxymap = program->state;

	if (!table_any_stale(&proxymap->env))
		return;
	map_free(&proxymap->tables, close_table);
	proxymap->tables = map_new();
	table_env_fini(&proxymap->env);
	open_env(proxymap, program);
}

/* The table of a request, opened at its first use. */
static struct table *
find_table(struct proxymap *proxymap, const struct proxy_request *request, struct arena *arena,
    struct err *err)
{
	unsigned flags = (unsigned) request->flags & CLIENT_FLAGS;
	struct table *table;

	str_clear(&proxymap->table_key);
	(void) str_addf(&proxymap->table_key, "%u:", flags);
	(void) str_add(&proxymap->table_key, request->table);
	table = map_get(proxymap->tables, str_span(&proxymap->table_key));
	if (table != NULL)
		return table;
	if (proxymap->is_writer)
		flags |= TABLE_WRITE | TABLE_CREATE;
	table = table_open(&proxymap->env, arena_cstr(arena, request->table), flags, err);
	if (table != NULL)
		(void) map_set(proxymap->tables, str_span(&proxymap->table_key), table);
	return table;
}

static enum proxy_status
status_of_lookup(enum lookup found)
{
	switch (found) {
	case LOOKUP_FOUND:
		return PROXY_STATUS_OK;
	case LOOKUP_NONE:
		return PROXY_STATUS_NOKEY;
	case LOOKUP_TEMP:
		return PROXY_STATUS_RETRY;
	case LOOKUP_CONFIG:
		return PROXY_STATUS_BAD;
	}
	return PROXY_STATUS_BAD;
}

/* Do one operation; key and value of the answer are in the scratch. */
static enum proxy_status
run_op(struct proxymap *proxymap, struct table *table, enum proxy_op op,
    const struct proxy_item *item, struct err *err)
{
	str_clear(&proxymap->key);
	str_clear(&proxymap->value);
	switch (op) {
	case PROXY_OP_GET:
		return status_of_lookup(table_get(table, item->key, &proxymap->value, err));
	case PROXY_OP_FIRST:
	case PROXY_OP_NEXT:
		return status_of_lookup(
		    table_next(table, op == PROXY_OP_FIRST, &proxymap->key, &proxymap->value, err));
	case PROXY_OP_PUT:
		if (table_put(table, item->key, item->value, true, err) == TABLE_PUT_DONE &&
		    table_sync(table, err))
			return PROXY_STATUS_OK;
		return PROXY_STATUS_RETRY;
	case PROXY_OP_REMOVE:
		return status_of_lookup(table_remove(table, item->key, err));
	}
	return PROXY_STATUS_BAD;
}

/* All items of a request, as far as one reply holds the answers. */
static void
run_items(struct proxymap *proxymap, struct table *table, const struct proxy_request *request,
    struct arena *arena, struct proxy_reply *reply, struct err *err)
{
	bool is_walk = request->op == PROXY_OP_FIRST || request->op == PROXY_OP_NEXT;
	size_t count = is_walk ? 1 : request->items.count, bytes = 0;
	struct proxy_result *results = ARENA_ARRAY(arena, struct proxy_result, count);
	static const struct proxy_item nothing;

	for (size_t i = 0; i < count; i++) {
		const struct proxy_item *item = is_walk
		    ? &nothing
		    : (const struct proxy_item *) request->items.items + i;
		enum proxy_status status = run_op(
		    proxymap, table, (enum proxy_op) request->op, item, err);

		bytes += proxymap->key.len + proxymap->value.len;
		if (bytes > REPLY_BYTES_MAX) {
			status = PROXY_STATUS_RETRY;
			(void) err_temp(err, "the values of all keys are too long for one reply");
		}
		results[i].status = status;
		if (status == PROXY_STATUS_OK) {
			results[i].key = arena_dup(arena, str_span(&proxymap->key));
			results[i].value = arena_dup(arena, str_span(&proxymap->value));
		} else if (status != PROXY_STATUS_NOKEY && reply->status == PROXY_STATUS_OK) {
			reply->status = status;
		}
	}
	reply->results = (struct msg_list){ results, count };
}

static void
answer(struct session *session, const struct proxy_request *request, struct proxy_reply *reply,
    struct err *err)
{
	struct proxymap *proxymap = session->program->state;
	bool is_change = request->op == PROXY_OP_PUT || request->op == PROXY_OP_REMOVE;
	struct table *table;

	if (map_get(proxymap->allowed, request->table) == NULL) {
		log_warn("%s service is not configured for table \"%.*s\"",
		    session->program->service_name, SPAN_ARG(request->table));
		reply->status = PROXY_STATUS_DENY;
	} else if (is_change && !proxymap->is_writer) {
		reply->status = PROXY_STATUS_BAD;
		(void) err_config(err, "only proxywrite changes tables");
	} else if ((table = find_table(proxymap, request, session->arena, err)) == NULL) {
		reply->status = PROXY_STATUS_RETRY;
	} else {
		run_items(proxymap, table, request, session->arena, reply, err);
	}
	reply->error = span_of(err->text);
}

static void
end_session(struct session *session)
{
	struct program *program = session->program;

	peer_free(&session->peer);
	arena_free(&session->arena);
	free(session);
	service_client_done(program);
}

static void
on_frame(void *ctx, struct peer *peer, struct frame *frame)
{
	struct session *session = ctx;
	struct proxy_request request;
	struct proxy_reply reply = { .status = PROXY_STATUS_OK };
	struct err err = { 0 };

	arena_clear(session->arena);
	if (!frame_is(frame, &proxy_request_desc) ||
	    msg_decode(&proxy_request_desc, frame, session->arena, &request, &err) != PARSE_OK) {
		log_warn("%s: not a request for a table: %s", peer_name(peer), err.text);
		end_session(session);
		return;
	}
	reopen_if_stale(session->program);
	answer(session, &request, &reply, &err);
	if (!peer_send(peer, &proxy_reply_desc, &reply, &err)) {
		log_warn("%s: %s", peer_name(peer), err.text);
		end_session(session);
	}
}

static void
on_end(void *ctx, struct peer *peer UNUSED, const struct err *err UNUSED)
{
	end_session(ctx);
}

static const struct peer_events session_events = { .on_frame = on_frame, .on_end = on_end };

static void
on_accept(struct program *program, struct client *client)
{
	struct session *session = xcalloc(1, sizeof(*session));

	session->program = program;
	session->arena = arena_new("proxymap request", REQUEST_ARENA_MAX);
	session->peer = peer_new(fd_take(&client->fd), client->caller, MSG_FRAME_MAX);
	peer_attach(session->peer, program->loop, &session_events, session);
}

static void
on_exit_close(struct program *program)
{
	struct proxymap *proxymap = program->state;

	map_free(&proxymap->tables, close_table);
	map_free(&proxymap->allowed, NULL);
	table_env_fini(&proxymap->env);
}

static const struct service_params proxymap_service_params[] = {
	{ &table_params, offsetof(struct proxymap, table_conf), NULL },
	{ &proxymap_params, offsetof(struct proxymap, conf), NULL },
	{ NULL, 0, NULL },
};

static const struct service proxymap_service = {
	.manifest = &proxymap_manifest,
	.state_size = sizeof(struct proxymap),
	.params = proxymap_service_params,
	.before_drop = before_drop,
	.on_accept = on_accept,
	.on_exit = on_exit_close,
};

int
main(int argc, char **argv)
{
	return service_main(&proxymap_service, argc, argv);
}
