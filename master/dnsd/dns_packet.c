/* SPDX-License-Identifier: ISC */
/*
 * DNS packets. The reader is bounded by the packet and by counts: a name has at most 255 bytes and
 * each of its pointers points before the last one, so no packet keeps it busy. Every record is read
 * within its own length. Deliberately without a cache of glue: only the answer section counts, and
 * the SOA record of the authority section.
 */
#include "master/dnsd/dns_packet.h"

#include "lib/base/encode.h"

#include <arpa/inet.h>

enum {
	HEAD_BYTES = 12,
	FLAG_ANSWER = 0x8000,
	FLAG_TRUNCATED = 0x0200,
	FLAG_RECURSE = 0x0100,
	FLAG_AUTHENTIC = 0x0020,
	CLASS_IN = 1,
	TYPE_OPT = 41,
	EDNS_DO = 0x8000,
	ALIASES_MAX = 16,
	LABEL_MAX = 63,
	WIRE_NAME_MAX = 255,
	RECORDS_LOOKED_AT = 4096,
};

/* ---- Questions ---- */

bool
dns_name_is_askable(struct span name)
{
	size_t label = 0;

	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	if (name.len == 0 || name.len > DNS_NAME_TEXT_MAX)
		return false;
	for (size_t i = 0; i <= name.len; i++) {
		bool ends = i == name.len || name.p[i] == '.';

		if (ends ? label == 0 || label > LABEL_MAX
			 : !ascii_is_print(name.p[i]) || name.p[i] == ' ')
			return false;
		label = ends ? 0 : label + 1;
	}
	return true;
}

static unsigned char *
put16(unsigned char *at, unsigned value)
{
	*at++ = (unsigned char) (value >> 8 & 0xff);
	*at++ = (unsigned char) (value & 0xff);
	return at;
}

/* domain-name = *(length label) 0   (RFC 1035 4.1.2) */
static unsigned char *
put_name(unsigned char *at, struct span name)
{
	struct span label;

	while (span_cut(&name, '.', &label) && label.len > 0) {
		*at++ = (unsigned char) label.len;
		memcpy(at, label.p, label.len);
		at += label.len;
	}
	*at++ = 0;
	return at;
}

size_t
dns_query_write(struct span name, int type, uint16_t id, bool is_plain, unsigned char *out)
{
	unsigned char *at = put16(out, id);

	at = put16(at, FLAG_RECURSE | FLAG_AUTHENTIC);
	at = put16(at, 1);
	at = put16(at, 0);
	at = put16(at, 0);
	at = put16(at, is_plain ? 0 : 1);
	at = put_name(at, name);
	at = put16(at, (unsigned) type);
	at = put16(at, CLASS_IN);
	if (is_plain)
		return (size_t) (at - out);
	*at++ = 0;
	at = put16(at, TYPE_OPT);
	at = put16(at, DNS_EDNS_BYTES);
	at = put16(at, 0);
	at = put16(at, EDNS_DO);
	at = put16(at, 0);
	return (size_t) (at - out);
}

/* ---- Reading ---- */

/* A place in a packet. Past its end everything is zero and `bad` is set. */
struct reader {
	const unsigned char *p;
	size_t len, at;
	bool bad;
};

/* A name as read: text without final dot. */
struct wire_name {
	char text[WIRE_NAME_MAX + 1];
	size_t len;
	bool is_odd; /* a label holds bytes that no host name has */
};

static unsigned
get8(struct reader *r)
{
	if (r->at >= r->len) {
		r->bad = true;
		return 0;
	}
	return r->p[r->at++];
}

static unsigned
get16(struct reader *r)
{
	unsigned high = get8(r);

	return high << 8 | get8(r);
}

static uint32_t
get32(struct reader *r)
{
	uint32_t high = get16(r);

	return high << 16 | get16(r);
}

static bool
is_host_byte(unsigned char c)
{
	return ascii_is_alnum((char) c) || c == '-' || c == '_';
}

/* Append one label to the text. returns false when the name grows too long. */
static bool
take_label(struct reader *r, unsigned length, struct wire_name *name)
{
	if (r->at + length > r->len || name->len + length + 1 > WIRE_NAME_MAX)
		return false;
	if (name->len > 0)
		name->text[name->len++] = '.';
	for (unsigned i = 0; i < length; i++) {
		unsigned char c = r->p[r->at++];

		name->is_odd = name->is_odd || !is_host_byte(c);
		name->text[name->len++] = c > ' ' && c < 0x7f && c != '.' ? (char) c : '?';
	}
	return true;
}

/* domain-name = *(length label) (0 / pointer)   (RFC 1035 4.1.4). A pointer points to before this name's part. */
static void
get_name(struct reader *r, struct wire_name *name)
{
	struct reader part = *r;
	size_t limit = r->at;
	bool jumped = false;

	*name = (struct wire_name){ .len = 0 };
	for (;;) {
		unsigned length = get8(&part);

		if (part.bad)
			break;
		if ((length & 0xc0) == 0xc0) {
			size_t target = (length & 0x3f) << 8 | get8(&part);

			if (part.bad || target >= limit)
				break;
			if (!jumped)
				r->at = part.at;
			jumped = true;
			part.at = limit = target;
		} else if (length == 0) {
			if (!jumped)
				r->at = part.at;
			return;
		} else if (length > LABEL_MAX || !take_label(&part, length, name)) {
			break;
		}
	}
	r->bad = true;
}

static bool
name_is(const struct wire_name *name, struct span text)
{
	if (text.len > 0 && text.p[text.len - 1] == '.')
		text.len--;
	return span_eq_ci(span_make(name->text, name->len), text);
}

/* The head and counts of a packet. */
struct packet_head {
	unsigned id, flags, questions, answers, authorities;
};

static struct packet_head
get_head(struct reader *r)
{
	struct packet_head head;

	head.id = get16(r);
	head.flags = get16(r);
	head.questions = get16(r);
	head.answers = get16(r);
	head.authorities = get16(r);
	(void) get16(r);
	return head;
}

enum parse
dns_head_read(
    struct span packet, uint16_t id, struct span name, int type, struct dns_head *head_out)
{
	struct reader r = { .p = (const unsigned char *) packet.p, .len = packet.len };
	struct packet_head head = get_head(&r);
	struct wire_name asked;

	if (r.bad || head.id != id || (head.flags & FLAG_ANSWER) == 0 || head.questions != 1)
		return PARSE_BAD;
	get_name(&r, &asked);
	if (r.bad || !name_is(&asked, name) || get16(&r) != (unsigned) type ||
	    get16(&r) != CLASS_IN || r.bad)
		return PARSE_BAD;
	head_out->rcode = (int) (head.flags & 0xf);
	head_out->is_truncated = (head.flags & FLAG_TRUNCATED) != 0;
	head_out->is_authentic = (head.flags & FLAG_AUTHENTIC) != 0;
	return PARSE_OK;
}

/* ---- Records ---- */

/* One record: its data is read through `data`, which ends where the record's length says. */
struct wire_record {
	struct wire_name owner;
	unsigned type, class;
	uint32_t ttl;
	struct reader data;
};

static bool
get_record(struct reader *r, struct wire_record *record)
{
	unsigned length;

	get_name(r, &record->owner);
	record->type = get16(r);
	record->class = get16(r);
	record->ttl = get32(r);
	length = get16(r);
	if (r->bad || r->at + length > r->len)
		return false;
	if (record->ttl > INT32_MAX) /* RFC 2181 8 */
		record->ttl = 0;
	record->data = (struct reader){ .p = r->p, .len = r->at + length, .at = r->at };
	r->at += length;
	return true;
}

static bool
at_end(const struct reader *data)
{
	return !data->bad && data->at == data->len;
}

/* A host name, or the root as the empty text. Pointers may lead out of the record but not past its end. */
static bool
read_host(struct reader *data, struct arena *arena, struct span *host_out)
{
	struct wire_name name;

	get_name(data, &name);
	if (!at_end(data) || name.is_odd)
		return false;
	*host_out = arena_dup(arena, span_make(name.text, name.len));
	return true;
}

static bool
read_address(
    struct reader *data, int family, size_t bytes, struct arena *arena, struct span *text_out)
{
	char text[INET6_ADDRSTRLEN];

	if (data->len - data->at != bytes ||
	    inet_ntop(family, data->p + data->at, text, sizeof(text)) == NULL)
		return false;
	*text_out = arena_dup(arena, span_of(text));
	return true;
}

/* TXT-DATA = 1*(length text): the pieces are joined; NUL cannot be passed on. */
static bool
read_txt(struct reader *data, struct arena *arena, struct span *text_out)
{
	char *text = arena_alloc(arena, data->len - data->at);
	size_t used = 0;

	if (data->at == data->len)
		return false;
	while (data->at < data->len) {
		size_t length = get8(data);

		if (length > data->len - data->at)
			return false;
		for (; length > 0; length--) {
			char c = (char) get8(data);

			text[used++] = c == '\0' ? '?' : c;
		}
	}
	*text_out = span_make(text, used);
	return true;
}

/* TLSA: usage selector matching data, as "3 1 1 ab12...". (RFC 6698 2.1) */
static bool
read_tlsa(struct reader *data, struct arena *arena, struct span *text_out)
{
	CLEANUP(str_fini) struct str text = { .max = DNS_PACKET_MAX * 2 + 16 };
	unsigned usage = get8(data), selector = get8(data), matching = get8(data);

	if (data->bad || data->at == data->len)
		return false;
	str_addf(&text, "%u %u %u ", usage, selector, matching);
	if (!hex_encode(&text, span_make((const char *) data->p + data->at, data->len - data->at)))
		return false;
	*text_out = arena_dup(arena, str_span(&text));
	return true;
}

static bool
read_srv(struct reader *data, struct arena *arena, struct dns_record *out)
{
	out->preference = get16(data);
	out->weight = get16(data);
	out->port = get16(data);
	return read_host(data, arena, &out->data);
}

/* The data of a record whose type was asked for. returns false when it is malformed. */
static bool
read_data(struct wire_record *record, struct arena *arena, struct dns_record *out)
{
	struct reader *data = &record->data;

	switch (record->type) {
	case DNS_A:
		return read_address(data, AF_INET, 4, arena, &out->data);
	case DNS_AAAA:
		return read_address(data, AF_INET6, 16, arena, &out->data);
	case DNS_MX:
		out->preference = get16(data);
		return read_host(data, arena, &out->data);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return read_host(data, arena, &out->data) && out->data.len > 0;
	case DNS_SRV:
		return read_srv(data, arena, out);
	case DNS_TXT:
		return read_txt(data, arena, &out->data);
	case DNS_TLSA:
		return read_tlsa(data, arena, &out->data);
	default:
		return false;
	}
}

/* SOA: the primary server as data; minimum_out is the time for negative answers (RFC 2308 5). */
static bool
read_soa(struct wire_record *record, struct wire_name *primary, uint32_t *minimum_out)
{
	struct reader *data = &record->data;
	struct wire_name mailbox;

	get_name(data, primary);
	get_name(data, &mailbox);
	for (int i = 0; i < 4; i++)
		(void) get32(data);
	*minimum_out = get32(data);
	return at_end(data);
}

/* ---- Answers ---- */

/* A reading of one answer. */
struct answer_reader {
	struct reader start; /* at the first record of the answer section */
	unsigned answers, authorities;
	int type;
	struct arena *arena;
	struct dns_reply *reply;
	size_t text_bytes;
	unsigned malformed;
};

static void
keep_record(struct answer_reader *a, struct wire_record *record)
{
	struct dns_record out = { .type = record->type, .ttl = record->ttl };
	struct wire_name primary;
	uint32_t minimum;
	bool good;

	if (a->reply->records.count >= DNS_RECORDS_MAX || a->text_bytes > DNS_ANSWER_TEXT_MAX)
		return;
	if (record->type == DNS_SOA) {
		good = read_soa(record, &primary, &minimum);
		out.data = good ? arena_dup(a->arena, span_make(primary.text, primary.len))
				: out.data;
	} else {
		good = read_data(record, a->arena, &out);
	}
	a->text_bytes += out.data.len;
	if (!good || a->text_bytes > DNS_ANSWER_TEXT_MAX) {
		a->malformed++;
		return;
	}
	out.name = arena_dup(a->arena, span_make(record->owner.text, record->owner.len));
	*ARRAY_ADD(a->arena, &a->reply->records) = out;
}

static void
lower_ttl(struct dns_reply *reply, uint32_t ttl)
{
	if (ttl < reply->ttl)
		reply->ttl = ttl;
}

/*
 * Go through the answer section for records of one owner: those of the type asked for are kept, and
 * an alias is noted. returns true when there was an alias and no record.
 */
static bool
scan_owner(struct answer_reader *a, const struct wire_name *owner, struct wire_name *alias_out)
{
	struct reader r = a->start;
	struct wire_record record;
	bool has_alias = false, has_record = false;

	for (unsigned i = 0; i < a->answers && i < RECORDS_LOOKED_AT && get_record(&r, &record);
	     i++) {
		if (record.class != CLASS_IN ||
		    !name_is(&record.owner, span_make(owner->text, owner->len)))
			continue;
		if (record.type == (unsigned) a->type) {
			has_record = true;
			lower_ttl(a->reply, record.ttl);
			keep_record(a, &record);
		} else if (record.type == DNS_CNAME && !has_alias) {
			get_name(&record.data, alias_out);
			has_alias = at_end(&record.data);
			lower_ttl(a->reply, record.ttl);
		}
	}
	return has_alias && !has_record;
}

/* How long an absence may be remembered: what the SOA record in the authority section says. */
static uint32_t
negative_ttl(const struct answer_reader *a)
{
	struct reader r = a->start;
	struct wire_record record;
	struct wire_name primary;
	uint32_t minimum;

	for (unsigned i = 0;
	     i < a->answers + a->authorities && i < RECORDS_LOOKED_AT && get_record(&r, &record);
	     i++)
		if (i >= a->answers && record.type == DNS_SOA && record.class == CLASS_IN &&
		    read_soa(&record, &primary, &minimum))
			return minimum < record.ttl ? minimum : record.ttl;
	return 0;
}

/* Follow aliases from name on until records are found. */
static void
follow(struct answer_reader *a, struct span name)
{
	struct wire_name owner = { .len = 0 }, alias;

	if (name.len > 0 && name.p[name.len - 1] == '.')
		name.len--;
	owner.len = name.len < WIRE_NAME_MAX ? name.len : WIRE_NAME_MAX;
	memcpy(owner.text, name.p, owner.len);
	for (int i = 0; i < ALIASES_MAX && scan_owner(a, &owner, &alias); i++)
		owner = alias;
}

/* What the records found, or their absence, mean. */
static enum dns_status
judge(const struct answer_reader *a, unsigned rcode)
{
	if (rcode == DNS_RCODE_NXDOMAIN)
		return DNS_NO_NAME;
	if (rcode != DNS_RCODE_OK)
		return DNS_RETRY;
	if (a->reply->records.count > 0)
		return DNS_FOUND;
	return a->malformed > 0 ? DNS_INVALID : DNS_NO_DATA;
}

void
dns_reply_read(struct span packet, struct span name, int type, struct arena *arena,
    struct dns_reply *reply_out)
{
	struct reader r = { .p = (const unsigned char *) packet.p, .len = packet.len };
	struct packet_head head = get_head(&r);
	struct answer_reader a = { .type = type, .arena = arena, .reply = reply_out };
	struct wire_name skipped;

	*reply_out = (struct dns_reply){ .status = DNS_INVALID, .ttl = INT32_MAX };
	for (unsigned i = 0; i < head.questions && !r.bad; i++) {
		get_name(&r, &skipped);
		(void) get32(&r);
	}
	if (r.bad) {
		reply_out->ttl = 0;
		return;
	}
	a.start = r;
	a.answers = head.answers;
	a.authorities = head.authorities;
	if ((head.flags & 0xf) == DNS_RCODE_OK)
		follow(&a, name);
	reply_out->status = judge(&a, head.flags & 0xf);
	if (reply_out->status == DNS_NO_NAME || reply_out->status == DNS_NO_DATA)
		lower_ttl(reply_out, negative_ttl(&a));
	else if (reply_out->status != DNS_FOUND)
		reply_out->ttl = 0;
}
