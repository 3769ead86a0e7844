/* SPDX-License-Identifier: ISC */
/*
 * Requests, and the questions they share. An inquiry is one question on its way upstream with the
 * list of places that wait for its answer; a request is answered when none of its places waits any
 * more. A caller that leaves is forgotten by its requests, which are dropped when their inquiries end.
 */
#include "master/dnsd/resolver.h"

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/panic.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "master/dnsd/dns_cache.h"
#include "master/dnsd/dns_hosts.h"
#include "master/dnsd/dns_packet.h"

enum {
	KEY_MAX = DNS_NAME_TEXT_MAX + 8,
	CALLER_FRAME_MAX = 128 << 10,
	ANSWERS_BYTES_MAX = 600 << 10, /* of one reply, counted roughly */
	RECORD_OVERHEAD = 160,         /* names of attributes and numbers of one record */
	REQUEST_ARENA_BYTES = 8 << 20,
	REQUESTS_MAX = 1000, /* of one caller, unanswered */
	BOGUS_TEXT_MAX = 300,
};

struct resolver {
	struct loop *loop;
	const struct dns_hosts *hosts;
	const struct dns_search_list *search;
	struct dns_upstream upstream;
	struct resolver_limits limits;
	struct dns_cache *cache;
	struct map *inquiries; /* by key */
	struct list callers;
};

struct caller {
	struct list link;
	struct resolver *resolver;
	struct peer *peer;
	struct list requests;
	size_t request_count;
	void (*gone)(void *ctx);
	void *ctx;
};

/* One place of a request; linked while it waits for an inquiry. */
struct place {
	struct list link;
	struct request *request;
	size_t index;
	struct span name; /* asked for now: the question's, or completed with a search domain */
	size_t steps;     /* names of the question that have had their turn */
};

struct request {
	struct list link;      /* of its caller */
	struct caller *caller; /* NULL: it has left */
	struct arena *arena;
	int64_t id, search;
	bool use_hosts;
	struct dns_question *questions;
	struct dns_answer *answers;
	struct place *places;
	size_t count, waiting, bytes;
};

struct inquiry {
	struct resolver *resolver;
	struct list places;
	char key[KEY_MAX];
	size_t key_len;
	struct span name; /* in key */
	int type;
};

static const char *
status_text(enum dns_status status)
{
	switch (status) {
	case DNS_FOUND:
		return "";
	case DNS_NO_DATA:
		return "Host found but no data record of requested type";
	case DNS_NO_NAME:
		return "Host not found";
	case DNS_RETRY:
	case DNS_BOGUS:
		return "Host not found, try again";
	case DNS_INVALID:
		return "Malformed or unexpected name server reply";
	}
	return "";
}

/* The key of a question: its type and the name in lower case without final dot. */
static size_t
make_key(struct span name, int64_t type, char *key)
{
	size_t len = (size_t) snprintf(key, KEY_MAX, "%d ", (int) type);

	if (name.p[name.len - 1] == '.')
		name.len--;
	for (size_t i = 0; i < name.len; i++)
		key[len++] = ascii_lower(name.p[i]);
	return len;
}

/* ---- Requests ---- */

static void
request_free(struct request *request)
{
	list_remove(&request->link);
	if (request->caller != NULL)
		request->caller->request_count--;
	arena_free(&request->arena);
	free(request);
}

/* All places have their answers. */
static void
request_finish(struct request *request)
{
	struct dns_answers answers = { .id = request->id,
		.answers = { request->answers, request->count } };
	struct err err = { 0 };

	if (request->caller != NULL &&
	    !peer_send(request->caller->peer, &dns_answers_desc, &answers, &err))
		log_warn_err("answer to a caller", &err);
	request_free(request);
}

static size_t
answer_bytes(const struct dns_answer *answer)
{
	const struct dns_record *records = answer->records.items;
	size_t bytes = RECORD_OVERHEAD;

	for (size_t i = 0; i < answer->records.count; i++)
		bytes += RECORD_OVERHEAD + records[i].name.len + records[i].data.len;
	return bytes;
}

static bool ask_next(struct resolver *r, struct request *request, size_t index);

static bool
is_failure(const struct dns_answer *answer)
{
	return answer->status == DNS_RETRY || answer->status == DNS_BOGUS;
}

/*
 * Put an answer into its place; one that does not fit into the frame any more becomes "try again".
 * While there is none, the question's next name has its turn; a failure of one outweighs the absence of another.
 */
static void
set_answer(struct request *request, size_t index, const struct dns_answer *answer)
{
	struct dns_answer *out = &request->answers[index];

	if (answer->status == DNS_FOUND || !is_failure(out) || request->places[index].steps == 1)
		*out = *answer;
	if (answer->status != DNS_FOUND && request->caller != NULL &&
	    ask_next(request->caller->resolver, request, index))
		return;
	answer = out;
	request->bytes += answer_bytes(answer);
	if (request->bytes > ANSWERS_BYTES_MAX) {
		request->bytes -= answer_bytes(answer);
		*out = (struct dns_answer){ .status = DNS_RETRY,
			.text = SPAN_INIT("answers are too large for one request") };
	}
	if (out->text.len == 0)
		out->text = span_of(status_text((enum dns_status) out->status));
}

/* Read a packet into an answer; age lowers the times to live. */
static uint32_t
read_packet(
    struct request *request, size_t index, struct span packet, bool is_secure, int64_t age_us)
{
	const struct dns_question *question = &request->questions[index];
	struct dns_answer answer = { .is_secure = is_secure };
	struct dns_reply reply;

	dns_reply_read(packet, request->places[index].name, (int) question->type, request->arena,
	    &reply);
	for (size_t i = 0; i < reply.records.count; i++) {
		int64_t left = reply.records.v[i].ttl - age_us / CLOCK_SECOND_US;

		reply.records.v[i].ttl = left > 0 ? left : 0;
	}
	answer.status = reply.status;
	answer.is_secure = is_secure && reply.status <= DNS_NO_NAME;
	answer.records = (struct msg_list){ reply.records.v, reply.records.count };
	set_answer(request, index, &answer);
	return reply.ttl;
}

/* ---- Inquiries ---- */

/* How long the packet may be remembered, by its own word and our limits. */
static int64_t
ttl_us(const struct resolver *r, const struct inquiry *inquiry, struct span packet)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("dns answer", 1 << 20);
	struct dns_reply reply;
	int64_t ttl, max;

	dns_reply_read(packet, inquiry->name, inquiry->type, arena, &reply);
	ttl = (int64_t) reply.ttl * CLOCK_SECOND_US;
	max = reply.status == DNS_FOUND ? r->limits.max_ttl_us : r->limits.max_negative_ttl_us;
	return ttl < max ? ttl : max;
}

/* Give one place what came. */
static void
answer_place(struct place *place, const struct dns_raw *raw)
{
	struct request *request = place->request;
	struct dns_answer none = { .status = raw->bogus ? DNS_BOGUS : DNS_RETRY };

	list_remove(&place->link);
	if (raw->packet.len > 0 && raw->bogus == NULL) {
		(void) read_packet(request, place->index, raw->packet, raw->is_secure, 0);
	} else {
		if (raw->bogus != NULL)
			none.text = span_of(arena_printf(request->arena,
			    "DNSSEC validation failed: %.*s", BOGUS_TEXT_MAX, raw->bogus));
		set_answer(request, place->index, &none);
	}
	if (--request->waiting == 0)
		request_finish(request);
}

static void
inquiry_done(void *ctx, const struct dns_raw *raw)
{
	struct inquiry *inquiry = ctx;
	struct resolver *r = inquiry->resolver;
	struct span key = span_make(inquiry->key, inquiry->key_len);

	(void) map_remove(r->inquiries, key);
	if (raw->packet.len > 0 && raw->bogus == NULL)
		dns_cache_put(r->cache, key, raw->packet, raw->is_secure, clock_now_us(),
		    ttl_us(r, inquiry, raw->packet));
	while (!list_is_empty(&inquiry->places))
		answer_place(LIST_ENTRY(inquiry->places.next, struct place, link), raw);
	free(inquiry);
}

/* Wait for the answer, asking upstream when nobody has yet. */
static void
join_inquiry(struct resolver *r, struct request *request, size_t index, struct span key)
{
	const struct dns_question *question = &request->questions[index];
	struct inquiry *inquiry = map_get(r->inquiries, key);
	bool is_new = inquiry == NULL;

	if (is_new) {
		inquiry = xcalloc(1, sizeof(*inquiry));
		inquiry->resolver = r;
		inquiry->type = (int) question->type;
		inquiry->key_len = key.len;
		memcpy(inquiry->key, key.p, key.len);
		inquiry->name = span_from(
		    span_make(inquiry->key, key.len), span_find(key, ' ') + 1);
		list_init(&inquiry->places);
		(void) map_set(r->inquiries, key, inquiry);
	}
	list_append(&inquiry->places, &request->places[index].link);
	request->waiting++;
	if (is_new)
		r->upstream.ask(
		    r->upstream.self, inquiry->name, inquiry->type, inquiry_done, inquiry);
}

/* Find the answer for the name that a place has now, at once or later. */
static void
ask_name(struct resolver *r, struct request *request, size_t index)
{
	struct span name = request->places[index].name;
	int64_t type = request->questions[index].type;
	struct dns_answer answer = { .status = DNS_INVALID,
		.text = SPAN_INIT("Invalid host or domain name") };
	struct dns_cached cached;
	char key[KEY_MAX];
	struct span key_span;

	if (!dns_name_is_askable(name)) {
		set_answer(request, index, &answer);
		return;
	}
	if (request->use_hosts && r->hosts != NULL &&
	    dns_hosts_find(r->hosts, name, (int) type, request->arena, &answer) == LOOKUP_FOUND) {
		set_answer(request, index, &answer);
		return;
	}
	key_span = span_make(key, make_key(name, type, key));
	if (dns_cache_get(r->cache, key_span, clock_now_us(), &cached))
		(void) read_packet(request, index, cached.packet, cached.is_secure, cached.age_us);
	else
		join_inquiry(r, request, index, key_span);
}

/* returns false when all names of the question have been asked for */
static bool
ask_next(struct resolver *r, struct request *request, size_t index)
{
	struct place *place = &request->places[index];

	if (!dns_search_name(r->search, request->search, request->questions[index].name,
		place->steps, request->arena, &place->name))
		return false;
	place->steps++;
	ask_name(r, request, index);
	return true;
}

/* ---- Callers ---- */

static struct request *
request_new(struct caller *caller, struct dns_ask *ask, struct arena *arena)
{
	struct request *request = xcalloc(1, sizeof(*request));
	struct dns_question *questions = ask->questions.items;

	request->caller = caller;
	request->arena = arena;
	request->id = ask->id;
	request->search = ask->search;
	request->use_hosts = ask->use_hosts;
	request->count = ask->questions.count;
	request->questions = questions;
	for (size_t i = 0; i < request->count; i++) /* they point into the frame */
		questions[i].name = arena_dup(arena, questions[i].name);
	request->answers = ARENA_ARRAY(arena, struct dns_answer, request->count);
	request->places = ARENA_ARRAY(arena, struct place, request->count);
	for (size_t i = 0; i < request->count; i++)
		request->places[i] = (struct place){ .request = request, .index = i };
	list_append(&caller->requests, &request->link);
	caller->request_count++;
	return request;
}

static void
caller_end(struct caller *caller)
{
	list_remove(&caller->link);
	LIST_EACH_SAFE (cursor, next, &caller->requests) {
		struct request *request = LIST_ENTRY(cursor, struct request, link);

		list_remove(&request->link);
		request->caller = NULL;
	}
	peer_free(&caller->peer);
	caller->gone(caller->ctx);
	free(caller);
}

static void
on_frame(void *ctx, struct peer *peer UNUSED, struct frame *frame)
{
	struct caller *caller = ctx;
	struct arena *arena = arena_new("dns request", REQUEST_ARENA_BYTES);
	struct request *request;
	struct dns_ask ask;
	struct err err = { 0 };

	if (!frame_is(frame, &dns_ask_desc) || caller->request_count >= REQUESTS_MAX ||
	    msg_decode(&dns_ask_desc, frame, arena, &ask, &err) != PARSE_OK) {
		log_warn("%s: %s", peer_name(caller->peer),
		    err.class ? err.text : "unexpected or too many requests");
		arena_free(&arena);
		caller_end(caller);
		return;
	}
	request = request_new(caller, &ask, arena);
	request->waiting = 1;
	for (size_t i = 0; i < request->count; i++)
		(void) ask_next(caller->resolver, request, i);
	if (--request->waiting == 0)
		request_finish(request);
}

static void
on_end(void *ctx, struct peer *peer, const struct err *err)
{
	if (err->errnum != 0)
		log_warn_err(peer_name(peer), err);
	caller_end(ctx);
}

void
resolver_add_caller(
    struct resolver *resolver, int fd, const char *name, void (*gone)(void *ctx), void *ctx)
{
	static const struct peer_events events = { .on_frame = on_frame, .on_end = on_end };
	struct caller *caller = xcalloc(1, sizeof(*caller));

	caller->resolver = resolver;
	caller->gone = gone;
	caller->ctx = ctx;
	list_init(&caller->requests);
	list_append(&resolver->callers, &caller->link);
	caller->peer = peer_new(fd, name[0] != '\0' ? name : "caller", CALLER_FRAME_MAX);
	peer_attach(caller->peer, resolver->loop, &events, caller);
}

struct resolver *
resolver_new(struct loop *loop, const struct dns_hosts *hosts, const struct dns_search_list *search,
    const struct dns_upstream *upstream, const struct resolver_limits *limits)
{
	struct resolver *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->hosts = hosts;
	r->search = search;
	r->upstream = *upstream;
	r->limits = *limits;
	r->cache = dns_cache_new(limits->cache_packets, limits->cache_bytes);
	r->inquiries = map_new();
	list_init(&r->callers);
	return r;
}

/* An inquiry whose answer will never come. */
static void
drop_inquiry(void *value)
{
	struct inquiry *inquiry = value;

	LIST_EACH_SAFE (cursor, next, &inquiry->places) {
		struct request *request = LIST_ENTRY(cursor, struct place, link)->request;

		list_remove(cursor);
		if (--request->waiting == 0)
			request_free(request);
	}
	free(inquiry);
}

void
resolver_free(struct resolver **resolver)
{
	struct resolver *r = *resolver;

	if (r == NULL)
		return;
	while (!list_is_empty(&r->callers))
		caller_end(LIST_ENTRY(r->callers.next, struct caller, link));
	map_free(&r->inquiries, drop_inquiry);
	dns_cache_free(&r->cache);
	free(r);
	*resolver = NULL;
}

size_t
resolver_pending(const struct resolver *resolver)
{
	return map_count(resolver->inquiries);
}
