/* SPDX-License-Identifier: ISC */
/*
 * One row per search key. Keys that say "without" are their counterparts, negated. Parentheses, NOT
 * and OR nest at most IMAP_DEPTH_MAX deep.
 */
#include "lib/mail/imap_search.h"

#include "lib/base/encode.h"

const char SEARCH_BAD_CHARSET[] = "Unknown charset";

/* What follows the word. */
enum argument {
	ARG_NONE,
	ARG_STRING,
	ARG_FIELD,              /* a header field's name, then a string */
	ARG_KEYWORD,
	ARG_DATE,
	ARG_NUMBER,
	ARG_SECONDS,
	ARG_UIDS,
	ARG_MODSEQ,
	ARG_ID,
	ARG_KEY,
	ARG_TWO_KEYS,
};

struct row {
	const char *word;
	enum search_kind kind;
	enum argument argument;
	bool is_negated;
	const char *text;       /* of flags: which; of addresses: the field */
};

static const struct row rows[] = {
	{ "ALL", SEARCH_ALL, ARG_NONE, false, NULL },
	{ "ANSWERED", SEARCH_FLAG, ARG_NONE, false, "\\Answered" },
	{ "BCC", SEARCH_ADDRESS, ARG_STRING, false, "Bcc" },
	{ "BEFORE", SEARCH_BEFORE, ARG_DATE, false, NULL },
	{ "BODY", SEARCH_BODY, ARG_STRING, false, NULL },
	{ "CC", SEARCH_ADDRESS, ARG_STRING, false, "Cc" },
	{ "DELETED", SEARCH_FLAG, ARG_NONE, false, "\\Deleted" },
	{ "DRAFT", SEARCH_FLAG, ARG_NONE, false, "\\Draft" },
	{ "EMAILID", SEARCH_EMAILID, ARG_ID, false, NULL },
	{ "FLAGGED", SEARCH_FLAG, ARG_NONE, false, "\\Flagged" },
	{ "FROM", SEARCH_ADDRESS, ARG_STRING, false, "From" },
	{ "HEADER", SEARCH_HEADER, ARG_FIELD, false, NULL },
	{ "KEYWORD", SEARCH_FLAG, ARG_KEYWORD, false, NULL },
	{ "LARGER", SEARCH_LARGER, ARG_NUMBER, false, NULL },
	{ "MODSEQ", SEARCH_MODSEQ, ARG_MODSEQ, false, NULL },
	{ "NEW", SEARCH_AND, ARG_NONE, false, NULL },
	{ "NOT", SEARCH_AND, ARG_KEY, true, NULL },
	{ "OLD", SEARCH_RECENT, ARG_NONE, true, NULL },
	{ "OLDER", SEARCH_OLDER, ARG_SECONDS, false, NULL },
	{ "ON", SEARCH_ON, ARG_DATE, false, NULL },
	{ "OR", SEARCH_OR, ARG_TWO_KEYS, false, NULL },
	{ "RECENT", SEARCH_RECENT, ARG_NONE, false, NULL },
	{ "SAVEDATESUPPORTED", SEARCH_SAVE_DATE_SUPPORTED, ARG_NONE, false, NULL },
	{ "SAVEDBEFORE", SEARCH_SAVED_BEFORE, ARG_DATE, false, NULL },
	{ "SAVEDON", SEARCH_SAVED_ON, ARG_DATE, false, NULL },
	{ "SAVEDSINCE", SEARCH_SAVED_SINCE, ARG_DATE, false, NULL },
	{ "SEEN", SEARCH_FLAG, ARG_NONE, false, "\\Seen" },
	{ "SENTBEFORE", SEARCH_SENT_BEFORE, ARG_DATE, false, NULL },
	{ "SENTON", SEARCH_SENT_ON, ARG_DATE, false, NULL },
	{ "SENTSINCE", SEARCH_SENT_SINCE, ARG_DATE, false, NULL },
	{ "SINCE", SEARCH_SINCE, ARG_DATE, false, NULL },
	{ "SMALLER", SEARCH_SMALLER, ARG_NUMBER, false, NULL },
	{ "SUBJECT", SEARCH_HEADER, ARG_STRING, false, "Subject" },
	{ "TEXT", SEARCH_TEXT, ARG_STRING, false, NULL },
	{ "THREADID", SEARCH_THREADID, ARG_ID, false, NULL },
	{ "TO", SEARCH_ADDRESS, ARG_STRING, false, "To" },
	{ "UID", SEARCH_UID, ARG_UIDS, false, NULL },
	{ "UNANSWERED", SEARCH_FLAG, ARG_NONE, true, "\\Answered" },
	{ "UNDELETED", SEARCH_FLAG, ARG_NONE, true, "\\Deleted" },
	{ "UNDRAFT", SEARCH_FLAG, ARG_NONE, true, "\\Draft" },
	{ "UNFLAGGED", SEARCH_FLAG, ARG_NONE, true, "\\Flagged" },
	{ "UNKEYWORD", SEARCH_FLAG, ARG_KEYWORD, true, NULL },
	{ "UNSEEN", SEARCH_FLAG, ARG_NONE, true, "\\Seen" },
	{ "YOUNGER", SEARCH_YOUNGER, ARG_SECONDS, false, NULL },
};

struct parser {
	struct imap_args *args;
	const struct search_sets *sets;
	bool has_charset;
	int depth;
};

static struct search_key *parse_key(struct parser *p);

static struct search_key *
new_key(struct parser *p, enum search_kind kind)
{
	struct search_key *key = ARENA_NEW(p->args->pool, struct search_key);

	key->kind = kind;
	return key;
}

static bool
add_key(struct parser *p, struct search_key *parent, struct search_key *key)
{
	if (key == NULL)
		return false;
	*ARRAY_ADD(p->args->pool, &parent->keys) = key;
	return true;
}

/* ---- Arguments ---- */

/* "$" or a sequence-set. */
static bool
take_set(struct parser *p, bool is_uid, struct imap_set *set_out)
{
	const struct imap_set *saved = is_uid ? p->sets->saved_uids : p->sets->saved;

	*set_out = (struct imap_set){ .ranges = { 0 } };
	if (!imap_args_next_is(p->args, '$'))
		return imap_args_set(
		    p->args, is_uid ? p->sets->uid_max : p->sets->messages, set_out);
	if (saved != NULL)
		*set_out = *saved;
	return imap_args_char(p->args, '$');
}

/* The text is UTF-8, or ASCII where no charset was named. */
static bool
take_text(struct parser *p, struct span *text_out)
{
	if (!imap_args_astring(p->args, text_out))
		return false;
	if (span_is_ascii(*text_out) || ((p->has_charset || p->args->is_utf8) && utf8_is_valid(*text_out)))
		return true;
	return imap_args_fail(p->args, SEARCH_BAD_CHARSET);
}

/* ["/flags/NAME" SP ("all" / "shared" / "priv") SP] mod-sequence-valzer; the entry does not matter */
static bool
take_modseq(struct parser *p, uint64_t *number_out)
{
	struct span entry;

	if (imap_args_next_is(p->args, '"') &&
	    !(imap_args_string(p->args, &entry) && imap_args_space(p->args) &&
		imap_args_atom(p->args, &entry) && imap_args_space(p->args)))
		return false;
	return imap_args_number(p->args, 0, INT64_MAX, number_out);
}

static bool
take_two_keys(struct parser *p, struct search_key *key)
{
	return add_key(p, key, parse_key(p)) && imap_args_space(p->args) &&
	    add_key(p, key, parse_key(p));
}

static bool
take_argument(struct parser *p, enum argument argument, struct search_key *key)
{
	struct imap_args *args = p->args;

	if (argument != ARG_NONE && !imap_args_space(args))
		return false;
	switch (argument) {
	case ARG_NONE:
		return true;
	case ARG_STRING:
		return take_text(p, &key->text);
	case ARG_FIELD:
		return imap_args_astring(args, &key->field) && imap_args_space(args) &&
		    take_text(p, &key->text);
	case ARG_KEYWORD:
		return imap_args_atom(args, &key->text);
	case ARG_DATE:
		return imap_args_date(args, &key->date);
	case ARG_NUMBER:
		return imap_args_number(args, 0, INT64_MAX, &key->number);
	case ARG_SECONDS:
		return imap_args_number(args, 1, UINT32_MAX, &key->number);
	case ARG_UIDS:
		return take_set(p, true, &key->set);
	case ARG_MODSEQ:
		return take_modseq(p, &key->number);
	case ARG_ID:
		return imap_args_astring(args, &key->text);
	case ARG_KEY:
		return add_key(p, key, parse_key(p));
	case ARG_TWO_KEYS:
		return take_two_keys(p, key);
	}
	return false;
}

/* ---- Keys ---- */

/* NEW = RECENT UNSEEN */
static void
fill_new(struct parser *p, struct search_key *key)
{
	struct search_key *seen = new_key(p, SEARCH_FLAG);

	seen->text = SPAN("\\Seen");
	seen->is_negated = true;
	(void) add_key(p, key, new_key(p, SEARCH_RECENT));
	(void) add_key(p, key, seen);
}

static struct search_key *
parse_word(struct parser *p, const struct row *row)
{
	struct search_key *key = new_key(p, row->kind);

	key->is_negated = row->is_negated;
	if (row->kind == SEARCH_FLAG && row->text != NULL)
		key->text = span_of(row->text);
	else if (row->text != NULL)
		key->field = span_of(row->text);
	if (row->kind == SEARCH_AND && row->argument == ARG_NONE)
		fill_new(p, key);
	return take_argument(p, row->argument, key) ? key : NULL;
}

/* "(" search-key *(SP search-key) ")" */
static struct search_key *
parse_list(struct parser *p)
{
	struct search_key *key = new_key(p, SEARCH_AND);

	if (!imap_args_char(p->args, '('))
		return NULL;
	do {
		if (!add_key(p, key, parse_key(p)))
			return NULL;
	} while (imap_args_next_is(p->args, ' ') && imap_args_space(p->args));
	return imap_args_char(p->args, ')') ? key : NULL;
}

static bool
begins_set(const struct imap_args *args)
{
	char c = imap_args_at_end(args) ? '\0' : args->in.p[args->at];

	return ascii_is_digit(c) || c == '*' || c == '$';
}

static struct search_key *
parse_plain(struct parser *p)
{
	struct search_key *key;

	if (imap_args_next_is(p->args, '('))
		return parse_list(p);
	if (begins_set(p->args)) {
		key = new_key(p, SEARCH_SET);
		return take_set(p, false, &key->set) ? key : NULL;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (imap_args_word(p->args, rows[i].word))
			return parse_word(p, &rows[i]);
	(void) imap_args_fail(p->args, "Unknown search key");
	return NULL;
}

static struct search_key *
parse_key(struct parser *p)
{
	struct search_key *key;

	if (p->depth == IMAP_DEPTH_MAX) {
		(void) imap_args_fail(p->args, "Search keys are nested too deeply");
		return NULL;
	}
	p->depth++;
	key = parse_plain(p);
	p->depth--;
	return key;
}

/* "CHARSET" SP charset SP */
static bool
take_charset(struct parser *p, struct span *charset_out)
{
	if (!imap_args_word(p->args, "CHARSET"))
		return true;
	if (!imap_args_space(p->args) || !imap_args_astring(p->args, charset_out) ||
	    !imap_args_space(p->args))
		return false;
	p->has_charset = span_eq_str_ci(*charset_out, "UTF-8");
	return p->has_charset || span_eq_str_ci(*charset_out, "US-ASCII") ||
	    imap_args_fail(p->args, SEARCH_BAD_CHARSET);
}

struct search_key *
search_parse(struct imap_args *args, const struct search_sets *sets, struct span *charset_out)
{
	struct parser p = { .args = args, .sets = sets };
	struct search_key *all = new_key(&p, SEARCH_AND);

	*charset_out = span_make(NULL, 0);
	if (!take_charset(&p, charset_out))
		return NULL;
	do {
		if (!add_key(&p, all, parse_key(&p)))
			return NULL;
	} while (!imap_args_at_end(args) && imap_args_space(args));
	return imap_args_end(args) ? all : NULL;
}

bool
search_parse_return(struct imap_args *args, unsigned *returns_out)
{
	static const struct {
		const char *word;
		unsigned bit;
	} options[] = { { "MIN", SEARCH_RETURN_MIN }, { "MAX", SEARCH_RETURN_MAX },
		{ "ALL", SEARCH_RETURN_ALL }, { "COUNT", SEARCH_RETURN_COUNT },
		{ "SAVE", SEARCH_RETURN_SAVE } };

	*returns_out = 0;
	if (!imap_args_word(args, "RETURN"))
		return args->error == NULL;
	if (!imap_args_space(args) || !imap_args_char(args, '('))
		return false;
	while (!imap_args_next_is(args, ')')) {
		unsigned before = *returns_out;

		if (before != 0 && !imap_args_space(args))
			return false;
		for (size_t i = 0; i < COUNT_OF(options); i++)
			if (imap_args_word(args, options[i].word))
				*returns_out |= options[i].bit;
		if (*returns_out == before)
			return imap_args_fail(args, "Unknown or repeated RETURN option");
	}
	if (*returns_out == 0)
		*returns_out = SEARCH_RETURN_ALL;
	return imap_args_char(args, ')') && imap_args_space(args);
}

/* ---- Cost ---- */

static enum search_cost
own_cost(enum search_kind kind)
{
	switch (kind) {
	case SEARCH_BODY:
	case SEARCH_TEXT:
		return SEARCH_COST_BODY;
	case SEARCH_HEADER:
	case SEARCH_ADDRESS:
	case SEARCH_SENT_BEFORE:
	case SEARCH_SENT_ON:
	case SEARCH_SENT_SINCE:
		return SEARCH_COST_HEADER;
	case SEARCH_ALL:
	case SEARCH_AND:
	case SEARCH_OR:
	case SEARCH_SET:
	case SEARCH_UID:
	case SEARCH_FLAG:
	case SEARCH_RECENT:
	case SEARCH_BEFORE:
	case SEARCH_ON:
	case SEARCH_SINCE:
	case SEARCH_SAVED_BEFORE:
	case SEARCH_SAVED_ON:
	case SEARCH_SAVED_SINCE:
	case SEARCH_SAVE_DATE_SUPPORTED:
	case SEARCH_OLDER:
	case SEARCH_YOUNGER:
	case SEARCH_LARGER:
	case SEARCH_SMALLER:
	case SEARCH_MODSEQ:
	case SEARCH_EMAILID:
	case SEARCH_THREADID:
		return SEARCH_COST_FACTS;
	}
	return SEARCH_COST_FACTS;
}

enum search_cost
search_cost(const struct search_key *key)
{
	enum search_cost cost = own_cost(key->kind);

	for (size_t i = 0; i < key->keys.count; i++) {
		enum search_cost inner = search_cost(key->keys.v[i]);

		if (inner > cost)
			cost = inner;
	}
	return cost;
}
