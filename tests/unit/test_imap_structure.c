/* SPDX-License-Identifier: ISC */
/* Parts of messages, ENVELOPE and BODYSTRUCTURE: own rows, and 1292 messages beside two other servers. */
#include "t.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "json.h"
#include "lib/base/encode.h"
#include "lib/mail/imap_structure.h"
#include "lib/mail/imap_text.h"

/* ---- What we write, read back ---- */

/* An IMAP value as JSON: NIL is null. Aborts on what is no value: that is our own output. */
static struct json
read_imap(struct span *in, struct arena *pool)
{
	struct json value = { .kind = JSON_NUMBER };

	if (in->len == 0)
		abort();
	if (in->p[0] == '(') {
		value.kind = JSON_LIST;
		*in = span_from(*in, 1);
		while (in->len > 0 && in->p[0] != ')') {
			*in = span_from(*in, span_run(*in, " "));
			*ARRAY_ADD(pool, &value.items) = read_imap(in, pool);
		}
		*in = span_from(*in, 1);
	} else if (in->p[0] == '"') {
		struct str text = { .max = 100000000 };
		size_t i = 1;

		for (; in->p[i] != '"'; i++) {
			if (in->p[i] == '\\')
				i++;
			(void) str_add_char(&text, in->p[i]);
		}
		*in = span_from(*in, i + 1);
		value = (struct json){ JSON_STRING, .text = arena_dup(pool, str_span(&text)) };
		str_fini(&text);
	} else if (in->p[0] == '{') {
		uint64_t len;
		size_t close = span_find(*in, '}');

		if (!span_to_u64(span_slice(*in, 1, close), in->len, &len))
			abort();
		value = (struct json){ JSON_STRING, .text = span_slice(*in, close + 3, close + 3 + len) };
		*in = span_from(*in, close + 3 + len);
	} else {
		value.text = span_slice(*in, 0, span_find_any(*in, " ()"));
		*in = span_from(*in, value.text.len);
		if (span_eq_str(value.text, "NIL"))
			value.kind = JSON_NULL;
	}
	return value;
}

/* ---- Comparison, with the differences that the data's README names taken away ---- */

/* JSON text U+0000..U+00FF as octets, blanks collapsed. */
static struct span
normal(struct span text, bool is_json, struct arena *pool)
{
	char *to = arena_alloc(pool, text.len + 1), *start = to;

	for (size_t i = 0; i < text.len; i++) {
		unsigned c = (unsigned char) text.p[i];

		if (is_json && c >= 0xc0 && i + 1 < text.len)
			c = ((c & 3) << 6) | ((unsigned char) text.p[++i] & 63);
		if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			if (to > start && to[-1] != ' ')
				*to++ = ' ';
		} else {
			*to++ = (char) c;
		}
	}
	while (to > start && to[-1] == ' ')
		to--;
	return span_make(start, (size_t) (to - start));
}

/* Names that stand for a broken address, and nothing. */
static bool
is_nothing(const struct json *value)
{
	return value->kind == JSON_NULL || value->text.len == 0 || span_eq_str(value->text, "MISSING_DOMAIN") ||
	    span_eq_str(value->text, "MISSING_MAILBOX") || span_eq_str(value->text, "unspecified-domain");
}

static bool
same_text(const struct json *ours, const struct json *theirs, bool fold, struct arena *pool)
{
	struct span a, b;

	if (ours->kind == JSON_LIST || theirs->kind == JSON_LIST)
		return ours->kind == theirs->kind;
	if (is_nothing(ours) && is_nothing(theirs))
		return true;
	a = normal(ours->text, false, pool);
	b = normal(theirs->text, true, pool);
	return fold ? span_eq_ci(a, b) : span_eq(a, b);
}

static const struct json *
item(const struct json *list, size_t i)
{
	static const struct json none = { .kind = JSON_NULL };

	return list->kind == JSON_LIST && i < list->items.count ? &list->items.v[i] : &none;
}

static bool
same_envelope(const struct json *ours, const struct json *theirs, struct arena *pool)
{
	for (size_t i = 0; i < 10; i++) {
		const struct json *a = item(ours, i), *b = item(theirs, i);

		if (i < 2 || i > 7) {
			if (!same_text(a, b, false, pool))
				return false;
			continue;
		}
		if (a->items.count != b->items.count)
			return false;
		for (size_t n = 0; n < a->items.count; n++)
			for (size_t k = 0; k < 4; k++)
				if (!same_text(item(&a->items.v[n], k), item(&b->items.v[n], k), false, pool))
					return false;
	}
	return true;
}

/* In a text part "charset=us-ascii" says what goes without saying. */
static bool
is_default_charset(const struct json *params, size_t i)
{
	return span_eq_str_ci(item(params, i)->text, "charset") &&
	    span_eq_str_ci(item(params, i + 1)->text, "us-ascii");
}

static bool
same_params(const struct json *ours, const struct json *theirs, bool is_text, struct arena *pool)
{
	size_t a = 0, b = 0;

	for (;; a += 2, b += 2) {
		bool fold;

		while (is_text && a < ours->items.count && is_default_charset(ours, a))
			a += 2;
		while (is_text && b < theirs->items.count && is_default_charset(theirs, b))
			b += 2;
		if (a >= ours->items.count && b >= theirs->items.count)
			return true;
		fold = span_eq_str_ci(item(ours, a)->text, "charset");
		if (!same_text(item(ours, a), item(theirs, b), true, pool) ||
		    !same_text(item(ours, a + 1), item(theirs, b + 1), fold, pool))
			return false;
	}
}

static bool
same_extension(const struct json *ours, const struct json *theirs, size_t at, struct arena *pool)
{
	const struct json *a = item(ours, at), *b = item(theirs, at), *la = item(ours, at + 1), *lb = item(theirs, at + 1);

	if (!same_text(item(a, 0), item(b, 0), true, pool) || !same_params(item(a, 1), item(b, 1), false, pool))
		return false;
	if (lb->kind == JSON_STRING) {
		if (la->items.count != 1 || !same_text(item(la, 0), lb, true, pool))
			return false;
	} else {
		for (size_t i = 0; i < la->items.count || i < lb->items.count; i++)
			if (!same_text(item(la, i), item(lb, i), true, pool))
				return false;
	}
	return same_text(item(ours, at + 2), item(theirs, at + 2), false, pool);
}

static bool
same_structure(const struct json *ours, const struct json *theirs, struct arena *pool)
{
	static const struct json text = { JSON_STRING, .text = SPAN_INIT("text") };
	static const struct json message = { JSON_STRING, .text = SPAN_INIT("message") };
	size_t n = 0, at = 7;
	bool is_text, is_message;

	if (item(ours, 0)->kind == JSON_LIST) {
		for (; item(ours, n)->kind == JSON_LIST && n < ours->items.count; n++)
			if (item(theirs, n)->kind != JSON_LIST || !same_structure(item(ours, n), item(theirs, n), pool))
				return false;
		return same_text(item(ours, n), item(theirs, n), true, pool) &&
		    same_params(item(ours, n + 1), item(theirs, n + 1), false, pool) &&
		    same_extension(ours, theirs, n + 2, pool);
	}
	is_text = same_text(item(ours, 0), &text, true, pool);
	is_message = same_text(item(ours, 0), &message, true, pool) && item(ours, 7)->kind == JSON_LIST &&
	    item(ours, 8)->kind == JSON_LIST;
	for (size_t i = 0; i < 7; i++)
		if (i == 2 ? !same_params(item(ours, i), item(theirs, i), is_text, pool)
			   : !same_text(item(ours, i), item(theirs, i), i < 2 || i == 5, pool))
			return false;
	if (is_message) {
		if (!same_envelope(item(ours, 7), item(theirs, 7), pool) ||
		    !same_structure(item(ours, 8), item(theirs, 8), pool) ||
		    !same_text(item(ours, 9), item(theirs, 9), false, pool))
			return false;
		at = 10;
	} else if (is_text) {
		if (!same_text(item(ours, 7), item(theirs, 7), false, pool))
			return false;
		at = 8;
	}
	return same_text(item(ours, at), item(theirs, at), false, pool) && same_extension(ours, theirs, at + 1, pool);
}

/* ---- Sections ---- */

/* The octets that BODY[section] stands for; p NULL when there is no such section. */
static struct span
section_of(struct span message, const struct mime_part *root, struct span section)
{
	unsigned numbers[200];
	size_t count = 0;
	struct span word, rest = section;
	const struct mime_part *part;
	const struct mime_extent *place;
	uint64_t n;

	while (span_cut(&rest, '.', &word) && span_to_u64(word, 10000, &n)) {
		numbers[count++] = (unsigned) n;
		word = span_make(NULL, 0);
	}
	part = mime_part_find(root, numbers, count);
	if (part == NULL)
		return span_make(NULL, 0);
	if (count > 0 && !span_eq_str(word, "MIME") && word.p != NULL)
		part = part->child;
	if (part == NULL)
		return span_make(NULL, 0);
	place = span_eq_str(word, "MIME") || span_eq_str(word, "HEADER") ? &part->head : &part->body;
	return span_slice(message, place->from, place->to);
}

static bool
is_digest_of(struct span octets, struct span hex16)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct str hex CLEANUP(str_fini) = { .max = 200 };

	if (EVP_Digest(octets.p, octets.len, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	(void) hex_encode(&hex, span_make((const char *) digest, 8));
	return span_eq(str_span(&hex), hex16);
}

static bool
same_section(struct span octets, const struct json *theirs)
{
	uint64_t size;

	return octets.p != NULL && theirs->kind == JSON_LIST && theirs->items.count == 2 &&
	    span_to_u64(theirs->items.v[0].text, UINT64_MAX, &size) && size == octets.len &&
	    is_digest_of(octets, theirs->items.v[1].text);
}

/* ---- Own rows ---- */

static const struct structure_case {
	const char *name, *in, *want;
	size_t nesting, parts; /* 0: no limit to speak of */
} structure_cases[] = {
	{ .name = "no header", .in = "\nx\n", .want = "(text plain (charset us-ascii) NIL NIL 7bit 3 1)" },
	{ .name = "nothing", .in = "", .want = "(text plain (charset us-ascii) NIL NIL 7bit 0 0)" },
	{ .name = "LF counts as CRLF", .in = "A: b\n\n1\n2\r\n3", .want = "(text plain (charset us-ascii) NIL NIL 7bit 7 2)" },
	{ .name = "no line end at the end", .in = "Content-Type: a/b\n\nx", .want = "(a b NIL NIL NIL 7bit 1)" },
	{ .name = "parts", .in = "Content-Type: multipart/m; boundary=b\n\npre\n--b\n\n1\n--b\nContent-Type: a/b\n\n22\n\n--b--\nepi\n",
	  .want = "((text plain (charset us-ascii) NIL NIL 7bit 1 0)(a b NIL NIL NIL 7bit 4) m)" },
	{ .name = "two types", .in = "Content-Type: multipart/m; boundary=b\nContent-Type: a/b\n\n--b\nContent-Type: a/b\nContent-Type: c/d\n\n22\n--b--\n",
	  .want = "((a b NIL NIL NIL 7bit 2) m)" },
	{ .name = "end missing", .in = "Content-Type: multipart/m; boundary=b\n\n--b\n\n1\n", .want = "((text plain (charset us-ascii) NIL NIL 7bit 3 1) m)" },
	{ .name = "outer ends inner", .in = "Content-Type: multipart/m; boundary=b\n\n--b\nContent-Type: multipart/n; boundary=c\n\n--c\n\n1\n--b--\n",
	  .want = "(((text plain (charset us-ascii) NIL NIL 7bit 1 0) n) m)" },
	{ .name = "longer boundary first", .in = "Content-Type: multipart/m; boundary=b\n\n--b\nContent-Type: multipart/n; boundary=bb\n\n--bb\n\n1\n--bb--\n--b--\n",
	  .want = "(((text plain (charset us-ascii) NIL NIL 7bit 1 0) n) m)" },
	{ .name = "digest", .in = "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: s\n\nx\n--b--\n",
	  .want = "((message rfc822 NIL NIL NIL 7bit 15 (NIL s NIL NIL NIL NIL NIL NIL NIL NIL)"
	      " (text plain (charset us-ascii) NIL NIL 7bit 1 0) 2) digest)" },
	{ .name = "no boundary", .in = "Content-Type: multipart/m\n\nx", .want = "((text plain (charset us-ascii) NIL NIL 7bit 0 0) m)" },
	{ .name = "bad type", .in = "Content-Type: text\n\nx", .want = "(text plain (charset us-ascii) NIL NIL 7bit 1 0)" },
	{ .name = "encoding with more", .in = "Content-Type: a/b\nContent-Transfer-Encoding: base64 x\n\nx", .want = "(a b NIL NIL NIL 7bit 1)" },
	{ .name = "encoding with comment", .in = "Content-Type: a/b\nContent-Transfer-Encoding: (y) BASE64 (x)\n\nx", .want = "(a b NIL NIL NIL BASE64 1)" },
	{ .name = "too deep", .in = "Content-Type: multipart/m; boundary=b\n\n--b\nContent-Type: multipart/n; boundary=c\n\n--c\n\n1\n--b--\n", .nesting = 1,
	  .want = "((application octet-stream (boundary c) NIL NIL 7bit 8) m)" },
	{ .name = "too many", .in = "Content-Type: multipart/m; boundary=b\n\n--b\n\n1\n--b\n\n2\n--b\n\n3\n--b--\n", .parts = 3,
	  .want = "((text plain (charset us-ascii) NIL NIL 7bit 1 0)(text plain (charset us-ascii) NIL NIL 7bit 1 0) m)" },
	{ .name = "too deep for a message", .in = "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nA: b\n", .nesting = 1,
	  .want = "(message rfc822 NIL NIL NIL 7bit 38 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
	      " (application octet-stream NIL NIL NIL 7bit 6) 3)" },
};

TEST(imap_structure)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 10000000);

	EACH_CASE (t, c, structure_cases) {
		struct mime_part_limits limits = { c->nesting > 0 ? c->nesting : 20, c->parts > 0 ? c->parts : 50 };
		CLEANUP(str_fini) struct str out = { .max = IMAP_STRUCTURE_MAX };
		CLEANUP(str_fini) struct str bare = { .max = IMAP_STRUCTURE_MAX };
		struct span in = t_exact(t, c->in);
		const struct mime_part *part = mime_part_parse(in, &limits, pool);

		T_TRUE(t, imap_add_structure(&out, in, part, false, pool));
		for (size_t i = 0; i < out.len; i++)
			if (out.p[i] != '"')
				(void) str_add_char(&bare, out.p[i]);
		T_SPAN(t, str_span(&bare), c->want);
	}
}

static const struct envelope_case {
	const char *name, *in, *want;
} envelope_cases[] = {
	{ .name = "all", .in = "Date: d\nSubject: s\nFrom: A <a@b>\nSender: c@d\nReply-To: e@f\nTo: g@h\nCc: i@j\nBcc: k@l\nIn-Reply-To: <m>\nMessage-ID: <n>\n",
	  .want = "(d s ((A NIL a b)) ((NIL NIL c d)) ((NIL NIL e f)) ((NIL NIL g h)) ((NIL NIL i j)) ((NIL NIL k l)) <m> <n>)" },
	{ .name = "sender and reply-to fall back", .in = "From: a@b\nReply-To:\n", .want = "(NIL NIL ((NIL NIL a b)) ((NIL NIL a b)) ((NIL NIL a b)) NIL NIL NIL NIL NIL)" },
	{ .name = "last subject", .in = "Subject: 1\nSubject: 2\n", .want = "(NIL 2 NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ .name = "addresses add up", .in = "To: a@b\nTo: c@d\n", .want = "(NIL NIL NIL NIL NIL ((NIL NIL a b)(NIL NIL c d)) NIL NIL NIL NIL)" },
	{ .name = "groups", .in = "To: x: a@b, c@d;, e@f, y:;\n",
	  .want = "(NIL NIL NIL NIL NIL ((NIL NIL x NIL)(NIL NIL a b)(NIL NIL c d)(NIL NIL NIL NIL)(NIL NIL e f)(NIL NIL y NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)" },
	{ .name = "group not closed", .in = "To: x: a@b\n", .want = "(NIL NIL NIL NIL NIL ((NIL NIL x NIL)(NIL NIL a b)(NIL NIL NIL NIL)) NIL NIL NIL NIL)" },
	{ .name = "route", .in = "To: <@a,@b:c@d>\n", .want = "(NIL NIL NIL NIL NIL ((NIL @a,@b c d)) NIL NIL NIL NIL)" },
	{ .name = "comment is a name only without brackets", .in = "To: <a@b> (x), c@d (y)\n", .want = "(NIL NIL NIL NIL NIL ((NIL NIL a b)(y NIL c d)) NIL NIL NIL NIL)" },
	{ .name = "words", .in = "To: Some Body\n", .want = "(NIL NIL NIL NIL NIL ((Some Body NIL  )) NIL NIL NIL NIL)" },
	{ .name = "stray bracket", .in = "To: a@b>\n", .want = "(NIL NIL NIL NIL NIL ((NIL NIL a b)) NIL NIL NIL NIL)" },
	{ .name = "folded", .in = "Subject: a\n  b\n", .want = "(NIL a  b NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ .name = "8 bit is a literal", .in = "Subject: \xe9\n", .want = "(NIL {1}\r\n\xe9 NIL NIL NIL NIL NIL NIL NIL NIL)" },
	{ .name = "line that is no field", .in = "x\nSubject: s\n", .want = "(NIL s NIL NIL NIL NIL NIL NIL NIL NIL)" },
};

TEST(imap_envelope)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 10000000);

	EACH_CASE (t, c, envelope_cases) {
		CLEANUP(str_fini) struct str out = { .max = IMAP_STRUCTURE_MAX };
		CLEANUP(str_fini) struct str bare = { .max = IMAP_STRUCTURE_MAX };

		T_TRUE(t, imap_add_envelope(&out, t_exact(t, c->in), pool));
		for (size_t i = 0; i < out.len; i++)
			if (out.p[i] != '"')
				(void) str_add_char(&bare, out.p[i]);
		T_SPAN(t, str_span(&bare), c->want);
	}
}

static const struct string_case {
	const char *name;
	struct span in;
	const char *string, *astring;
} string_cases[] = {
	{ .name = "atom", .in = SPAN_INIT("abc"), .string = "\"abc\"", .astring = "abc" },
	{ .name = "empty", .in = SPAN_INIT(""), .string = "\"\"", .astring = "\"\"" },
	{ .name = "nil", .in = SPAN_INIT("nil"), .string = "\"nil\"", .astring = "\"nil\"" },
	{ .name = "quotes", .in = SPAN_INIT("a\"b\\c"), .string = "\"a\\\"b\\\\c\"", .astring = "\"a\\\"b\\\\c\"" },
	{ .name = "blank", .in = SPAN_INIT("a b"), .string = "\"a b\"", .astring = "\"a b\"" },
	{ .name = "bracket", .in = SPAN_INIT("a]"), .string = "\"a]\"", .astring = "a]" },
	{ .name = "line end", .in = SPAN_INIT("a\nb"), .string = "{3}\r\na\nb", .astring = "{3}\r\na\nb" },
	{ .name = "NUL", .in = SPAN_INIT("a\0b"), .string = "{3}\r\na\x80" "b", .astring = "{3}\r\na\x80" "b" },
};

TEST(imap_string)
{
	EACH_CASE (t, c, string_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };

		T_TRUE(t, imap_add_nstring(&out, c->in));
		T_SPAN(t, str_span(&out), c->string);
		str_clear(&out);
		T_TRUE(t, imap_add_astring(&out, c->in));
		T_SPAN(t, str_span(&out), c->astring);
		str_clear(&out);
		T_TRUE(t, imap_add_nstring(&out, span_make(NULL, 0)));
		T_SPAN(t, str_span(&out), "NIL");
	}
}

static const struct find_case {
	const char *name;
	unsigned numbers[4];
	size_t count;
	const char *body; /* NULL: no such part */
} find_cases[] = {
	{ .name = "first", .numbers = { 1 }, .count = 1, .body = "one" },
	{ .name = "no more", .numbers = { 3 }, .count = 1 },
	{ .name = "zero", .numbers = { 0 }, .count = 1 },
	{ .name = "inside a leaf", .numbers = { 1, 1 }, .count = 2 },
	{ .name = "the message", .numbers = { 2 }, .count = 1, .body = "Subject: s\n\ntwo" },
	{ .name = "its body", .numbers = { 2, 1 }, .count = 2, .body = "two" },
	{ .name = "its second part", .numbers = { 2, 2 }, .count = 2 },
	{ .name = "inside its body", .numbers = { 2, 1, 1 }, .count = 3 },
};

TEST(mime_part_find)
{
	static const char message[] = "Content-Type: multipart/m; boundary=b\n\n--b\n\none\n--b\nContent-Type: message/rfc822\n\nSubject: s\n\ntwo\n--b--\n";
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 10000000);

	EACH_CASE (t, c, find_cases) {
		struct span in = t_exact(t, message);
		const struct mime_part *root = mime_part_parse(in, &mime_part_default_limits, pool);
		const struct mime_part *part = mime_part_find(root, c->numbers, c->count);

		T_INT(t, part != NULL, c->body != NULL);
		if (part != NULL && c->body != NULL)
			T_SPAN(t, span_slice(in, part->body.from, part->body.to), c->body);
		T_TRUE(t, mime_part_find(root, NULL, 0) == root);
	}
}

/* ---- The shared messages ---- */

/* Where we say something else than both servers, and why. */
static const struct {
	const char *id, *what, *reason;
} known_differences[] = {
	{ "flanker-enclosed-global", "bodystructure", "RFC 9051: message/global has an envelope and a structure" },
	{ "mail-parser-007_2", "bodystructure", "a header without its empty line: the boundary is the one that it names" },
	{ "mail-parser-007_2", "sections", "the same" },
	{ "flanker-enclosed-global", "sections", "as both do for message/rfc822" },
	{ "mail-auth-001", "bodystructure", "words without an address are a name" },
	{ "bounce-arf-11", "bodystructure", "words without an address are a name" },
	{ "bounce-arf-24", "bodystructure", "a display name may hold an at sign" },
	{ "bounce-lhost-sendgrid-03", "bodystructure", "a display name may hold an at sign" },
	{ "ruby-mail-raw_email_with_at_display_name", "envelope", "a display name may hold an at sign" },
};

struct compared {
	size_t messages, sections;
	bool met[COUNT_OF(known_differences)];
};

/* Note a difference; false: nobody knows of it. */
static bool
is_known(struct compared *sum, struct span id, const char *what)
{
	for (size_t i = 0; i < COUNT_OF(known_differences); i++)
		if (span_eq_str(id, known_differences[i].id) && strcmp(what, known_differences[i].what) == 0)
			return sum->met[i] = true;
	return false;
}

static struct span
map_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes = NULL;

	if (fd < 0 || fstat(fd, &st) != 0)
		abort();
	if (st.st_size > 0)
		bytes = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return span_make(bytes, (size_t) st.st_size);
}

/* Either server's answer counts. */
static void
compare_sections(struct t *t, const struct json *one, struct span message, const struct mime_part *root, struct compared *sum)
{
	struct json dovecot = json_get(one, "dovecot"), cyrus = json_get(one, "cyrus"), id = json_get(one, "id");
	struct json theirs = json_get(&dovecot, "sections"), others = json_get(&cyrus, "sections");

	for (size_t i = 0; i < theirs.items.count; i++) {
		struct span name = theirs.names.v[i];
		struct span octets = section_of(message, root, name);
		struct json other = { .kind = JSON_NULL };
		bool is_missing = octets.p == NULL && others.kind == JSON_OBJECT;

		for (size_t n = 0; n < others.names.count; n++)
			if (span_eq(others.names.v[n], name)) {
				other = others.items.v[n];
				is_missing = false;
			}
		sum->sections++;
		if (is_missing || same_section(octets, &theirs.items.v[i]) || same_section(octets, &other))
			continue;
		if (is_known(sum, id.text, "sections"))
			continue;
		t->failures++;
		printf("section differs: %.*s %.*s: %zu octets, %.*s\n", SPAN_ARG(id.text), SPAN_ARG(name), octets.len,
		    SPAN_ARG(theirs.items.v[i].items.v[0].text));
	}
}

static void
compare_message(struct t *t, const struct json *one, struct compared *sum, struct arena *pool)
{
	CLEANUP(arena_free) struct arena *scratch = arena_new("test", 100000000);
	struct json file = json_get(one, "file"), dovecot = json_get(one, "dovecot"), cyrus = json_get(one, "cyrus");
	struct json id = json_get(one, "id");
	const char *names[2] = { "envelope", "bodystructure" };
	struct span message = map_file(t_shared(t, arena_printf(pool, "mime/%.*s", SPAN_ARG(file.text))));
	const struct mime_part *part = mime_part_parse(message, &mime_part_default_limits, scratch);

	sum->messages++;
	for (size_t i = 0; i < 2; i++) {
		struct str out = { .max = IMAP_STRUCTURE_MAX };
		struct json a = json_get(&dovecot, names[i]), b = json_get(&cyrus, names[i]), ours;
		struct span text;
		bool same;

		if (i == 0)
			(void) imap_add_envelope(&out, span_slice(message, 0, part->head.to), scratch);
		else
			(void) imap_add_structure(&out, message, part, true, scratch);
		text = str_span(&out);
		ours = read_imap(&text, pool);
		same = (i == 0 ? same_envelope : same_structure)(&ours, &a, pool) ||
		    (b.kind == JSON_LIST && (i == 0 ? same_envelope : same_structure)(&ours, &b, pool));
		if (!same && !is_known(sum, id.text, names[i])) {
			printf("differs: %.*s %s\n%s\n", SPAN_ARG(id.text), names[i], str_cstr(&out));
			T_TRUE(t, same);
		}
		str_fini(&out);
	}
	compare_sections(t, one, message, part, sum);
	if (message.len > 0)
		munmap((void *) (uintptr_t) message.p, message.len);
}

TEST(imap_shared_messages)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("test", 1000000000);
	struct span lines = map_file(t_shared(t, "mime/index.jsonl")), line;
	struct compared sum = { 0 };

	while (span_cut(&lines, '\n', &line)) {
		struct arena_mark mark = arena_mark(pool);
		struct json_reader r = { .in = line, .pool = pool };
		struct json one;

		if (line.len == 0)
			continue;
		one = json_read_value(&r);
		compare_message(t, &one, &sum, pool);
		arena_reset(pool, mark);
	}
	T_TRUE(t, sum.messages > 1000 && sum.sections > 7000);
	for (size_t i = 0; i < COUNT_OF(known_differences); i++)
		if (!sum.met[i])
			printf("no longer differs: %s %s\n", known_differences[i].id, known_differences[i].what);
	for (size_t i = 0; i < COUNT_OF(known_differences); i++)
		T_TRUE(t, sum.met[i]);
}
