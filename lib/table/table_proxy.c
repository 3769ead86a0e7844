/* SPDX-License-Identifier: ISC */
/*
 * proxy:type:name: asked from the proxymap service (proxywrite for tables that are changed), which
 * opens it and folds the keys. A command, which has no program, opens the table itself. Look-ups
 * wait for the answer: for sequential daemons.
 */
#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/service.h"
#include "lib/table/proxy_proto.h"
#include "lib/table/table_kinds.h"

enum { PROXY_ARENA_MAX = 4 << 20, PROXY_ATTEMPTS = 2 };

struct proxy {
	struct program *program; /* NULL: direct is used */
	struct table *direct;
	char *name;
	unsigned flags;
	struct arena *arena; /* of one exchange */
};

static bool
proxy_open(const struct table_env *env, const char *name, unsigned flags, void **state_out,
    struct err *err)
{
	struct proxy *proxy = xcalloc(1, sizeof(*proxy));

	proxy->program = env->program;
	proxy->flags = flags & ~(unsigned) TABLE_NO_PROXY;
	proxy->name = xstrdup(name);
	proxy->arena = arena_new("proxy table", PROXY_ARENA_MAX);
	*state_out = proxy;
	if (env->program != NULL || (proxy->direct = table_open(env, name, flags, err)) != NULL)
		return true;
	arena_free(&proxy->arena);
	free(proxy->name);
	free(proxy);
	return false;
}

static void
proxy_close(void *state)
{
	struct proxy *proxy = state;

	table_close(&proxy->direct);
	arena_free(&proxy->arena);
	free(proxy->name);
	free(proxy);
}

/* One request, one reply; once more when a kept connection turns out to be dead. */
static bool
exchange(struct proxy *proxy, enum proxy_op op, const struct proxy_item *item,
    struct proxy_reply *reply, struct err *err)
{
	const struct mail_conf *mail = proxy->program->mail;
	const char *service = (proxy->flags & TABLE_WRITE) != 0 ? mail->proxywrite_service_name
								: mail->proxymap_service_name;
	struct proxy_item items[1] = { { .key = item->key, .value = item->value } };
	struct proxy_request request = { .op = op,
		.table = span_of(proxy->name),
		.flags = proxy->flags,
		.items = { items, op == PROXY_OP_FIRST || op == PROXY_OP_NEXT ? 0 : 1 } };

	arena_clear(proxy->arena);
	for (int attempt = 1; attempt <= PROXY_ATTEMPTS; attempt++) {
		struct peer *peer = service_peer(proxy->program, service, err);

		if (peer == NULL)
			return false;
		if (peer_call(peer, &proxy_request_desc, &request, &proxy_reply_desc, reply,
			proxy->arena, clock_deadline(mail->ipc_timeout.us), err))
			return true;
		service_forget(proxy->program, peer);
	}
	return err_prefix(err, "table proxy:%s", proxy->name);
}

/* What the status of a reply means. LOOKUP_FOUND: *result_out is the one result. */
static enum lookup
judge(const struct proxy *proxy, const struct proxy_reply *reply,
    const struct proxy_result **result_out, struct err *err)
{
	const struct proxy_result *results = reply->results.items;

	*result_out = results;
	switch ((enum proxy_status) reply->status) {
	case PROXY_STATUS_OK:
		if (reply->results.count == 1)
			return results->status == PROXY_STATUS_OK ? LOOKUP_FOUND : LOOKUP_NONE;
		break;
	case PROXY_STATUS_NOKEY:
		return LOOKUP_NONE;
	case PROXY_STATUS_RETRY:
		(void) err_temp(err, "table proxy:%s: %.*s", proxy->name, SPAN_ARG(reply->error));
		return LOOKUP_TEMP;
	case PROXY_STATUS_BAD:
		(void) err_config(err, "table proxy:%s: %.*s", proxy->name, SPAN_ARG(reply->error));
		return LOOKUP_CONFIG;
	case PROXY_STATUS_DENY:
		(void) err_config(
		    err, "proxymap service is not configured for table \"%s\"", proxy->name);
		return LOOKUP_CONFIG;
	}
	(void) err_temp(err, "table proxy:%s: malformed reply", proxy->name);
	return LOOKUP_TEMP;
}

static enum lookup
ask(struct proxy *proxy, enum proxy_op op, const struct proxy_item *item,
    const struct proxy_result **result_out, struct err *err)
{
	struct proxy_reply reply;

	if (!exchange(proxy, op, item, &reply, err))
		return LOOKUP_TEMP;
	return judge(proxy, &reply, result_out, err);
}

static enum lookup
proxy_get(void *state, struct span key, struct str *value_out, struct err *err)
{
	struct proxy *proxy = state;
	const struct proxy_item item = { .key = key };
	const struct proxy_result *result;
	enum lookup found;

	if (proxy->direct != NULL)
		return table_get(proxy->direct, key, value_out, err);
	found = ask(proxy, PROXY_OP_GET, &item, &result, err);
	if (found == LOOKUP_FOUND)
		(void) str_add(value_out, result->value);
	return found;
}

static enum lookup
proxy_next(void *state, bool first, struct str *key_out, struct str *value_out, struct err *err)
{
	struct proxy *proxy = state;
	const struct proxy_item item = { .key = { NULL, 0 } };
	const struct proxy_result *result;
	enum lookup found;

	if (proxy->direct != NULL)
		return table_next(proxy->direct, first, key_out, value_out, err);
	found = ask(proxy, first ? PROXY_OP_FIRST : PROXY_OP_NEXT, &item, &result, err);
	if (found == LOOKUP_FOUND) {
		(void) str_add(key_out, result->key);
		(void) str_add(value_out, result->value);
	}
	return found;
}

/* Values replace what is there: proxywrite serves caches. */
static enum table_put
proxy_put(void *state, struct span key, struct span value, bool replace, struct err *err)
{
	struct proxy *proxy = state;
	const struct proxy_item item = { .key = key, .value = value };
	const struct proxy_result *result;

	if (proxy->direct != NULL)
		return table_put(proxy->direct, key, value, replace, err);
	return ask(proxy, PROXY_OP_PUT, &item, &result, err) == LOOKUP_FOUND ? TABLE_PUT_DONE
									     : TABLE_PUT_FAILED;
}

static enum lookup
proxy_remove(void *state, struct span key, struct err *err)
{
	struct proxy *proxy = state;
	const struct proxy_item item = { .key = key };
	const struct proxy_result *result;

	if (proxy->direct != NULL)
		return table_remove(proxy->direct, key, err);
	return ask(proxy, PROXY_OP_REMOVE, &item, &result, err);
}

/* proxywrite syncs by itself. */
static bool
proxy_sync(void *state, struct err *err)
{
	struct proxy *proxy = state;

	return proxy->direct == NULL || table_sync(proxy->direct, err);
}

static const struct table_writer proxy_writer = {
	.open = NULL,
	.put = proxy_put,
	.remove = proxy_remove,
	.sync = proxy_sync,
};

/*
 * Folds at the other end, where the kind of the table is known: is_pattern here would keep it from
 * partial keys.
 */
const struct table_kind table_proxy = {
	.name = "proxy",
	.doc = "Another table, opened by proxymap(8)",
	.folds_itself = true,
	.open = proxy_open,
	.get = proxy_get,
	.close = proxy_close,
	.next = proxy_next,
	.writer = &proxy_writer,
};
