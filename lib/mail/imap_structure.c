/* SPDX-License-Identifier: ISC */
#include "lib/mail/imap_structure.h"

#include "lib/mail/addr_list.h"
#include "lib/mail/imap_text.h"

enum { ADDRESSES_MAX = 10000, VALUE_MAX = 1024 * 1024 };

struct writer {
	struct str *out;
	struct span message;
	bool is_extended;
	struct arena *scratch;
};

/* ---- Header fields ---- */

/* The value on one line; p NULL stays. */
static struct span
one_line(struct span value, struct arena *scratch)
{
	struct str line CLEANUP(str_fini) = { .max = VALUE_MAX };

	if (value.p == NULL)
		return value;
	(void) header_unfold(&line, span_slice(value, 0, VALUE_MAX));
	return arena_dup(scratch, span_of(str_cstr(&line)));
}

static void
add_word(struct str *out, struct span text)
{
	(void) str_add_char(out, ' ');
	(void) imap_add_nstring(out, text);
}

/* ---- ENVELOPE ---- */

/* address = "(" addr-name SP addr-adl SP addr-mailbox SP addr-host ")" */
static void
add_address(struct str *out, const struct addr_box *box)
{
	struct span name = box->name, local = box->addr.local, host = box->addr.domain;

	/* Words without an address: a name. */
	if (host.len == 0 && name.p == NULL && span_find(local, ' ') < local.len) {
		name = local;
		local = SPAN("");
	}
	(void) str_add_char(out, '(');
	(void) imap_add_nstring(out, name);
	add_word(out, box->route);
	add_word(out, local.p == NULL ? SPAN("") : local);
	add_word(out, host.p == NULL ? SPAN("") : host);
	(void) str_add_char(out, ')');
}

static void
add_group_start(struct str *out, const struct addr_group *group)
{
	(void) str_add_str(out, "(NIL NIL ");
	(void) imap_add_string(out, group->name);
	(void) str_add_str(out, " NIL)");
}

/* env-from = "(" 1*address ")" / nil; groups are marked by addresses without host. */
static void
add_addresses(struct str *out, const struct addr_list *list)
{
	size_t group = 0;

	(void) str_add_char(out, '(');
	for (size_t box = 0;; box++) {
		for (; group < list->groups.count; group++) {
			if (list->groups.v[group].from > box)
				break;
			if (list->groups.v[group].from == box)
				add_group_start(out, &list->groups.v[group]);
			if (list->groups.v[group].to > box)
				break;
			(void) str_add_str(out, "(NIL NIL NIL NIL)");
		}
		if (box == list->boxes.count)
			break;
		add_address(out, &list->boxes.v[box]);
	}
	(void) str_add_char(out, ')');
}

/* The ten values; of a text that comes twice the last counts, addresses are joined. */
enum { ENV_DATE, ENV_SUBJECT, ENV_FROM, ENV_SENDER, ENV_REPLY_TO, ENV_TO, ENV_CC, ENV_BCC, ENV_IN_REPLY_TO, ENV_MESSAGE_ID, ENV_COUNT };

static const enum header_id env_fields[ENV_COUNT] = { HEADER_DATE, HEADER_SUBJECT, HEADER_FROM,
	HEADER_SENDER, HEADER_REPLY_TO, HEADER_TO, HEADER_CC, HEADER_BCC, HEADER_IN_REPLY_TO,
	HEADER_MESSAGE_ID };

static bool
env_is_address(unsigned i)
{
	return i >= ENV_FROM && i <= ENV_BCC;
}

static void
read_env(struct span head, struct span values[ENV_COUNT], struct arena *scratch)
{
	struct header_field field;

	while (mime_part_next_field(&head, &field)) {
		for (unsigned i = 0; i < ENV_COUNT; i++) {
			if (field.id != env_fields[i])
				continue;
			if (env_is_address(i) && values[i].p != NULL)
				values[i] = span_of(arena_printf(scratch, "%.*s,%.*s", SPAN_ARG(values[i]),
				    SPAN_ARG(field.value)));
			else
				values[i] = field.value;
		}
	}
}

/* The addresses of the value; where there are none, of `other`; NIL when there are none either. */
static void
add_address_field(struct str *out, struct span value, struct span other, struct arena *scratch)
{
	struct addr_list list = { .is_broken = false };

	if (value.p != NULL)
		addr_list_parse(span_slice(value, 0, VALUE_MAX), ADDRESSES_MAX, scratch, &list);
	if (list.boxes.count + list.groups.count == 0 && other.p != NULL)
		addr_list_parse(span_slice(other, 0, VALUE_MAX), ADDRESSES_MAX, scratch, &list);
	if (list.boxes.count + list.groups.count == 0)
		(void) str_add_str(out, "NIL");
	else
		add_addresses(out, &list);
}

/*
 * envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP
 *            env-cc SP env-bcc SP env-in-reply-to SP env-message-id ")"
 */
bool
imap_add_envelope(struct str *out, struct span head, struct arena *scratch)
{
	struct span values[ENV_COUNT] = { { NULL, 0 } };

	read_env(head, values, scratch);
	for (unsigned i = 0; i < ENV_COUNT; i++) {
		bool falls_back = i == ENV_SENDER || i == ENV_REPLY_TO;

		(void) str_add_char(out, i == 0 ? '(' : ' ');
		if (env_is_address(i))
			add_address_field(out, values[i],
			    falls_back ? values[ENV_FROM] : span_make(NULL, 0), scratch);
		else
			(void) imap_add_nstring(out, one_line(values[i], scratch));
	}
	return str_add_char(out, ')');
}

/* ---- BODYSTRUCTURE ---- */

/* What a part's header says of it: values on one line, p NULL for a missing field. */
struct facts {
	struct mime_value type;
	struct span type_text, id, description, encoding, md5, disposition, language, location;
};

static const struct fact {
	const char *name;
	size_t offset;
} fact_fields[] = {
	{ "Content-Type", offsetof(struct facts, type_text) },
	{ "Content-ID", offsetof(struct facts, id) },
	{ "Content-Description", offsetof(struct facts, description) },
	{ "Content-Transfer-Encoding", offsetof(struct facts, encoding) },
	{ "Content-MD5", offsetof(struct facts, md5) },
	{ "Content-Disposition", offsetof(struct facts, disposition) },
	{ "Content-Language", offsetof(struct facts, language) },
	{ "Content-Location", offsetof(struct facts, location) },
};

static void add_part(const struct writer *w, const struct mime_part *part);

static struct span
head_of(const struct writer *w, const struct mime_part *part)
{
	return span_slice(w->message, part->head.from, part->head.to);
}

static bool
is_token(struct span text)
{
	return text.len > 0 && span_is_printable(text) &&
	    span_find_any(text, " ()<>@,;:\\\"/[]?=") == text.len;
}

/* The Content-Type; text/plain in US-ASCII when there is none or it cannot be read. */
static void
read_type(const struct writer *w, const struct mime_part *part, struct facts *facts)
{
	struct mime_value *type = &facts->type;

	if (facts->type_text.p != NULL &&
	    mime_value_parse_written(facts->type_text, w->scratch, type) == PARSE_OK &&
	    is_token(type->type) && is_token(type->subtype)) {
		bool is_composite = part->kind == MIME_PART_LEAF &&
		    (span_eq_str_ci(type->type, "multipart") ||
			mime_value_is(type, "message", "rfc822") ||
			mime_value_is(type, "message", "global"));

		/* Too deep to be looked into. */
		if (is_composite) {
			type->type = SPAN("application");
			type->subtype = SPAN("octet-stream");
		}
		return;
	}
	*type = (struct mime_value){ .type = SPAN("text"), .subtype = SPAN("plain") };
	if (part->kind == MIME_PART_MESSAGE)
		*type = (struct mime_value){ .type = SPAN("message"), .subtype = SPAN("rfc822") };
	else
		*ARRAY_ADD(w->scratch, &type->params) = (struct mime_param){
			.name = SPAN("charset"), .value = SPAN("us-ascii")
		};
}

/* encoding := one token, "7bit" for anything else; blanks and comments around it do not count. */
static struct span
read_encoding(const struct writer *w, struct span text)
{
	struct mime_value value;

	if (text.p != NULL && mime_value_parse(text, w->scratch, &value) == PARSE_OK &&
	    value.subtype.p == NULL && is_token(value.type) &&
	    span_find_any(text, ";=") == text.len &&
	    span_find_any(span_trim(span_from(text, (size_t) (value.type.p - text.p) + value.type.len)), "(") == 0)
		return value.type;
	return SPAN("7bit");
}

static struct facts
read_facts(const struct writer *w, const struct mime_part *part)
{
	struct span head = head_of(w, part);
	struct header_field field;
	struct facts facts = { .id = { NULL, 0 } };

	while (mime_part_next_field(&head, &field)) {
		if (!span_starts_with_ci(field.name, SPAN("Content-")))
			continue;
		for (size_t i = 0; i < COUNT_OF(fact_fields); i++) {
			struct span *to = (struct span *) (void *) ((char *) &facts + fact_fields[i].offset);

			if (to->p == NULL && span_eq_str_ci(field.name, fact_fields[i].name))
				*to = one_line(field.value, w->scratch);
		}
	}
	read_type(w, part, &facts);
	facts.encoding = read_encoding(w, facts.encoding);
	return facts;
}

/* body-fld-param = "(" string SP string *(SP string SP string) ")" / nil */
static void
add_params(const struct writer *w, const struct mime_value *value)
{
	if (value->params.count == 0) {
		(void) str_add_str(w->out, "NIL");
		return;
	}
	for (size_t i = 0; i < value->params.count; i++) {
		(void) str_add_char(w->out, i == 0 ? '(' : ' ');
		(void) imap_add_string(w->out, value->params.v[i].name);
		add_word(w->out, value->params.v[i].value.p == NULL ? SPAN("")
								    : value->params.v[i].value);
	}
	(void) str_add_char(w->out, ')');
}

/* body-fld-dsp = "(" string SP body-fld-param ")" / nil */
static void
add_disposition(const struct writer *w, struct span text)
{
	struct mime_value value;

	(void) str_add_char(w->out, ' ');
	if (text.p == NULL || mime_value_parse_written(text, w->scratch, &value) != PARSE_OK) {
		(void) str_add_str(w->out, "NIL");
		return;
	}
	(void) str_add_char(w->out, '(');
	(void) imap_add_string(w->out, value.type);
	(void) str_add_char(w->out, ' ');
	add_params(w, &value);
	(void) str_add_char(w->out, ')');
}

/* body-fld-lang = nstring / "(" string *(SP string) ")" */
static void
add_languages(const struct writer *w, struct span text)
{
	bool is_first = true;
	struct span tag;

	while (span_token(&text, ", \t", &tag)) {
		(void) str_add_str(w->out, is_first ? " (" : " ");
		(void) imap_add_string(w->out, tag);
		is_first = false;
	}
	(void) str_add_str(w->out, is_first ? " NIL" : ")");
}

/* What every part has at its end: disposition, languages, location. */
static void
add_extension(const struct writer *w, const struct facts *facts)
{
	add_disposition(w, facts->disposition);
	add_languages(w, facts->language);
	add_word(w->out, facts->location);
}

/* body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart] */
static void
add_multipart(const struct writer *w, const struct mime_part *part, const struct facts *facts)
{
	for (const struct mime_part *child = part->child; child != NULL; child = child->next)
		add_part(w, child);
	add_word(w->out, facts->type.subtype);
	if (!w->is_extended)
		return;
	(void) str_add_char(w->out, ' ');
	add_params(w, &facts->type);
	add_extension(w, facts);
}

/* body-fields = body-fld-param SP body-fld-id SP body-fld-desc SP body-fld-enc SP body-fld-octets */
static void
add_fields(const struct writer *w, const struct mime_part *part, const struct facts *facts)
{
	(void) str_add_char(w->out, ' ');
	add_params(w, &facts->type);
	add_word(w->out, facts->id);
	add_word(w->out, facts->description);
	add_word(w->out, facts->encoding);
	(void) str_addf(w->out, " %zu", part->body.size);
}

/* body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part] */
static void
add_single(const struct writer *w, const struct mime_part *part, const struct facts *facts)
{
	(void) imap_add_string(w->out, facts->type.type);
	add_word(w->out, facts->type.subtype);
	add_fields(w, part, facts);
	if (part->kind == MIME_PART_MESSAGE) {
		(void) str_add_char(w->out, ' ');
		(void) imap_add_envelope(w->out, head_of(w, part->child), w->scratch);
		(void) str_add_char(w->out, ' ');
		add_part(w, part->child);
	}
	if (part->kind == MIME_PART_MESSAGE || span_eq_str_ci(facts->type.type, "text"))
		(void) str_addf(w->out, " %zu", part->body.lines);
	if (!w->is_extended)
		return;
	add_word(w->out, facts->md5);
	add_extension(w, facts);
}

/* body = "(" (body-type-1part / body-type-mpart) ")" */
static void
add_part(const struct writer *w, const struct mime_part *part)
{
	struct facts facts = read_facts(w, part);

	(void) str_add_char(w->out, '(');
	if (part->kind == MIME_PART_MULTIPART)
		add_multipart(w, part, &facts);
	else
		add_single(w, part, &facts);
	(void) str_add_char(w->out, ')');
}

bool
imap_add_structure(struct str *out, struct span message, const struct mime_part *part,
    bool is_extended, struct arena *scratch)
{
	struct writer w = { out, message, is_extended, scratch };

	add_part(&w, part);
	return !out->overflowed;
}
