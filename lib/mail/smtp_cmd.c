/* SPDX-License-Identifier: ISC */
/*
 * Commands of the SMTP server. Parameters are rows: name, the extension that allows it, and a
 * function that reads its value; MAIL and RCPT share the walk over them.
 */
#include "lib/mail/smtp_cmd.h"

#include "lib/base/encode.h"
#include "lib/mail/verp.h"

static const char *const verb_names[SMTP_VERB_COUNT] = {
	[SMTP_UNKNOWN] = "UNKNOWN",
	[SMTP_HELO] = "HELO",
	[SMTP_EHLO] = "EHLO",
	[SMTP_LHLO] = "LHLO",
	[SMTP_MAIL] = "MAIL",
	[SMTP_RCPT] = "RCPT",
	[SMTP_DATA] = "DATA",
	[SMTP_BDAT] = "BDAT",
	[SMTP_RSET] = "RSET",
	[SMTP_NOOP] = "NOOP",
	[SMTP_VRFY] = "VRFY",
	[SMTP_EXPN] = "EXPN",
	[SMTP_ETRN] = "ETRN",
	[SMTP_HELP] = "HELP",
	[SMTP_QUIT] = "QUIT",
	[SMTP_STARTTLS] = "STARTTLS",
	[SMTP_AUTH] = "AUTH",
	[SMTP_XCLIENT] = "XCLIENT",
	[SMTP_XFORWARD] = "XFORWARD",
};

const char *
smtp_verb_name(enum smtp_verb verb)
{
	return verb_names[verb];
}

struct smtp_cmd
smtp_cmd_parse(struct span line)
{
	struct smtp_cmd cmd = { .verb = SMTP_UNKNOWN };
	size_t end;

	line = span_trim_set(line, " \t");
	end = span_find_any(line, " \t");
	cmd.name = span_slice(line, 0, end);
	cmd.args = span_trim_set(span_from(line, end), " \t");
	for (unsigned i = SMTP_UNKNOWN + 1; i < SMTP_VERB_COUNT; i++)
		if (span_eq_str_ci(cmd.name, verb_names[i]))
			cmd.verb = (enum smtp_verb) i;
	return cmd;
}

/* Fill a fault; the value is false, so that a parser may end with it. */
static bool PRINTF_LIKE(4, 5)
    set_fault(struct smtp_fault *fault, int code, const char *dsn, const char *fmt, ...)
{
	va_list ap;

	fault->code = code;
	fault->path = span_make(NULL, 0);
	fault->is_shape = false;
	(void) snprintf(fault->dsn, sizeof(fault->dsn), "%s", dsn);
	va_start(ap, fmt);
	(void) vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
	va_end(ap);
	return false;
}

static bool
set_shape_fault(struct smtp_fault *fault, const char *command)
{
	(void) set_fault(fault, 501, "5.5.4", "Syntax: %s:<address>", command);
	fault->is_shape = true;
	return false;
}

/* What the reading of one command needs. */
struct reading {
	const struct smtp_grammar *grammar;
	struct arena *pool;
	struct smtp_fault *fault;
	struct smtp_mail *mail;
	struct smtp_rcpt *rcpt;
	unsigned seen; /* rows already met */
};

/* A decoded text in the pool; p is not NULL, also when it is empty. */
static bool
keep_decoded(struct reading *r, struct span value,
    enum parse (*decode)(struct span text, struct str *out), struct span *text_out)
{
	CLEANUP(str_fini) struct str text = { .max = value.len };

	if (decode(value, &text) != PARSE_OK)
		return false;
	*text_out = arena_dup(r->pool, str_span(&text));
	return true;
}

/* size-value ::= 1*20DIGIT (RFC 1870 6); one that fits no number is only too large */
static bool
read_size(struct reading *r, struct span value)
{
	if (value.len == 0 || span_run(value, "0123456789") < value.len)
		return set_fault(r->fault, 501, "5.5.4", "Bad message size syntax");
	if (!span_to_u64(value, UINT64_MAX, &r->mail->size))
		r->mail->size = UINT64_MAX;
	return true;
}

/* body-value ::= "7BIT" / "8BITMIME" (RFC 6152 2) / "BINARYMIME" (RFC 3030 3) */
static bool
read_body(struct reading *r, struct span value)
{
	if (span_eq_str_ci(value, "7BIT"))
		r->mail->body = SMTP_BODY_7BIT;
	else if (span_eq_str_ci(value, "8BITMIME"))
		r->mail->body = SMTP_BODY_8BITMIME;
	else if (span_eq_str_ci(value, "BINARYMIME") &&
	    (r->grammar->params & SMTP_PARAM_BINARYMIME) != 0)
		r->mail->body = SMTP_BODY_BINARYMIME;
	else
		return set_fault(r->fault, 555, "5.5.4", "Unsupported option: BODY=%.*s",
		    SPAN_ARG(span_slice(value, 0, 50)));
	return true;
}

static bool
read_smtputf8(struct reading *r, struct span value)
{
	(void) value;
	r->mail->smtputf8 = true;
	return true;
}

static bool
read_requiretls(struct reading *r, struct span value)
{
	(void) value;
	r->mail->requiretls = true;
	return true;
}

static bool
read_ret(struct reading *r, struct span value)
{
	return dsn_ret_parse(value, &r->mail->ret) == PARSE_OK ||
	    set_fault(r->fault, 501, "5.5.4", "Bad RET parameter syntax");
}

static bool
read_envid(struct reading *r, struct span value)
{
	return keep_decoded(r, value, dsn_envid_decode, &r->mail->envid) ||
	    set_fault(r->fault, 501, "5.5.4", "Bad ENVID parameter syntax");
}

/* AUTH= xtext of a mailbox, or "<>" (RFC 4954 5) */
static enum parse
decode_auth(struct span text, struct str *out)
{
	if (text.len == 0 || xtext_decode(out, text) != PARSE_OK)
		return PARSE_BAD;
	return span_is_printable(str_span(out)) || utf8_is_valid(str_span(out)) ? PARSE_OK
										: PARSE_BAD;
}

static bool
read_auth(struct reading *r, struct span value)
{
	return keep_decoded(r, value, decode_auth, &r->mail->auth) ||
	    set_fault(r->fault, 501, "5.5.4", "Bad AUTH parameter syntax");
}

/* XVERP or XVERP=xy, two delimiters */
static bool
read_xverp(struct reading *r, struct span value)
{
	r->mail->verp = value.p == NULL ? SPAN("") : value;
	if (value.p == NULL || verp_is_good(value, r->grammar->verp_filter))
		return true;
	return set_fault(r->fault, 501, "5.5.4", "Error: XVERP needs two characters from %s",
	    r->grammar->verp_filter);
}

static bool
read_notify(struct reading *r, struct span value)
{
	return dsn_notify_parse(value, &r->rcpt->notify) == PARSE_OK ||
	    set_fault(r->fault, 501, "5.5.4", "Error: Bad NOTIFY parameter syntax");
}

static bool
read_orcpt(struct reading *r, struct span value)
{
	return keep_decoded(r, value, dsn_orcpt_decode, &r->rcpt->orcpt) ||
	    set_fault(r->fault, 501, "5.5.4", "Error: Bad ORCPT parameter syntax");
}

/* Does a parameter have a value behind "="? One of the wrong form is another, unknown parameter. */
enum param_form { PARAM_WORD, PARAM_VALUE, PARAM_EITHER };

struct param {
	const char *name;
	unsigned allowed_by;
	enum param_form form;
	bool (*take_value)(struct reading *r, struct span value);
};

static const struct param mail_params[] = {
	{ "SIZE", SMTP_PARAM_SIZE, PARAM_VALUE, read_size },
	{ "BODY", SMTP_PARAM_BODY, PARAM_VALUE, read_body },
	{ "SMTPUTF8", SMTP_PARAM_SMTPUTF8, PARAM_WORD, read_smtputf8 },
	{ "RET", SMTP_PARAM_DSN, PARAM_VALUE, read_ret },
	{ "ENVID", SMTP_PARAM_DSN, PARAM_VALUE, read_envid },
	{ "AUTH", SMTP_PARAM_AUTH, PARAM_VALUE, read_auth },
	{ "REQUIRETLS", SMTP_PARAM_REQUIRETLS, PARAM_WORD, read_requiretls },
	{ "XVERP", SMTP_PARAM_XVERP, PARAM_EITHER, read_xverp },
};

static const struct param rcpt_params[] = {
	{ "NOTIFY", SMTP_PARAM_DSN, PARAM_VALUE, read_notify },
	{ "ORCPT", SMTP_PARAM_DSN, PARAM_VALUE, read_orcpt },
};

static bool
has_form(enum param_form form, struct span value)
{
	return form == PARAM_EITHER || (form == PARAM_VALUE) == (value.p != NULL);
}

/* esmtp-param = esmtp-keyword ["=" esmtp-value] */
static bool
read_param(struct reading *r, const struct param *params, size_t count, struct span word)
{
	size_t equals = span_find(word, '=');
	struct span name = span_slice(word, 0, equals);
	struct span value = equals == word.len ? span_make(NULL, 0) : span_from(word, equals + 1);

	for (size_t i = 0; i < count; i++) {
		if (!span_eq_str_ci(name, params[i].name) ||
		    (r->grammar->params & params[i].allowed_by) == 0 ||
		    !has_form(params[i].form, value))
			continue;
		if ((r->seen & 1U << i) != 0)
			return set_fault(
			    r->fault, 501, "5.5.4", "Duplicate %s parameter", params[i].name);
		r->seen |= 1U << i;
		return params[i].take_value(r, value);
	}
	return set_fault(
	    r->fault, 555, "5.5.4", "Unsupported option: %.*s", SPAN_ARG(span_slice(word, 0, 100)));
}

static bool
read_params(struct reading *r, const struct param *params, size_t count, struct span rest)
{
	struct span word;

	while (span_token(&rest, " \t", &word))
		if (!read_param(r, params, count, word))
			return false;
	return true;
}

/* "FROM:" or "TO:" in front of the path; a blank before the colon only when lenient. */
static bool
take_keyword(struct span *args, const char *keyword, unsigned path_flags)
{
	struct span rest = *args;

	if (!span_starts_with_ci(rest, span_of(keyword)))
		return false;
	rest = span_from(rest, strlen(keyword));
	if ((path_flags & ADDR_PATH_STRICT) == 0)
		rest = span_from(rest, span_run(rest, " \t"));
	if (rest.len == 0 || rest.p[0] != ':')
		return false;
	*args = span_from(rest, 1);
	return args->len > 0;
}

static bool
check_utf8(const struct addr_path *path, const struct smtp_grammar *grammar, bool smtputf8,
    struct smtp_fault *fault)
{
	if (smtputf8 || !grammar->needs_smtputf8 ||
	    (span_is_ascii(path->addr.local) && span_is_ascii(path->addr.domain)))
		return true;
	return set_fault(fault, 553, "5.6.7", "Must declare SMTPUTF8 to send unicode address");
}

/* The address as it came, for the log: to the blank behind it. */
static struct span
path_text(struct span args)
{
	size_t close;

	args = span_trim_set(args, " \t");
	close = args.len > 0 && args.p[0] == '<' ? span_find(args, '>') : 0;
	return span_slice(args, 0, close + span_find_any(span_from(args, close), " \t"));
}

static bool
set_path_fault(struct smtp_fault *fault, const char *dsn, const char *whose, struct span args)
{
	(void) set_fault(fault, 501, dsn, "Bad %s address syntax", whose);
	fault->path = path_text(args);
	return false;
}

/* A domain that can be one: the leniency of paths is for local parts. */
static bool
has_good_domain(const struct addr_path *path, bool may_be_utf8)
{
	struct span domain = path->addr.domain;

	if (domain.len > 1 && domain.p[domain.len - 1] == '.')
		domain.len--;
	return domain.len == 0 ||
	    (addr_is_domain(domain, true) && (may_be_utf8 || span_is_ascii(domain)));
}

/* An address that begins with a hyphen could be taken for an option of a command. */
static bool
is_good_path(const struct addr_path *path, const struct smtp_grammar *grammar, bool may_be_utf8)
{
	return has_good_domain(path, may_be_utf8) &&
	    (grammar->allows_hyphen || !span_starts_with(path->addr.local, SPAN("-")));
}

/* A path, completed. */
static bool
take_path(struct span args, unsigned flags, const struct smtp_grammar *grammar, struct arena *pool,
    struct addr_path *path_out, size_t *used_out)
{
	if (grammar->null_domain != NULL)
		flags |= ADDR_PATH_NULL_DOMAIN;
	if (addr_path_parse(args, flags, pool, path_out, used_out) != PARSE_OK)
		return false;
	if (path_out->has_null_domain)
		path_out->addr.domain = span_of(grammar->null_domain);
	return true;
}

bool
smtp_mail_parse(struct span args, const struct smtp_grammar *grammar, struct arena *pool,
    struct smtp_mail *mail_out, struct smtp_fault *fault_out)
{
	struct reading r = {
		.grammar = grammar, .pool = pool, .fault = fault_out, .mail = mail_out
	};
	size_t used;

	*mail_out = (struct smtp_mail){ .size = 0 };
	if (!take_keyword(&args, "FROM", grammar->path_flags))
		return set_shape_fault(fault_out, "MAIL FROM");
	if (!take_path(args, grammar->path_flags | ADDR_PATH_NULL, grammar, pool, &mail_out->path,
		&used))
		return set_path_fault(fault_out, "5.1.7", "sender", args);
	if (!read_params(&r, mail_params, COUNT_OF(mail_params), span_from(args, used)) ||
	    !check_utf8(&mail_out->path, grammar, mail_out->smtputf8, fault_out))
		return false;
	return is_good_path(&mail_out->path, grammar, mail_out->smtputf8) ||
	    set_path_fault(fault_out, "5.1.7", "sender", args);
}

bool
smtp_rcpt_parse(struct span args, const struct smtp_grammar *grammar, bool smtputf8,
    struct arena *pool, struct smtp_rcpt *rcpt_out, struct smtp_fault *fault_out)
{
	struct reading r = {
		.grammar = grammar, .pool = pool, .fault = fault_out, .rcpt = rcpt_out
	};
	unsigned flags = grammar->path_flags & ~(unsigned) ADDR_PATH_NULL;
	size_t used;

	*rcpt_out = (struct smtp_rcpt){ .notify = 0 };
	if (!take_keyword(&args, "TO", grammar->path_flags))
		return set_shape_fault(fault_out, "RCPT TO");
	if (!take_path(args, flags, grammar, pool, &rcpt_out->path, &used))
		return set_path_fault(fault_out, "5.1.3", "recipient", args);
	if (!check_utf8(&rcpt_out->path, grammar, smtputf8, fault_out))
		return false;
	if (!is_good_path(&rcpt_out->path, grammar, smtputf8))
		return set_path_fault(fault_out, "5.1.3", "recipient", args);
	return read_params(&r, rcpt_params, COUNT_OF(rcpt_params), span_from(args, used));
}

/* Cut SMTPUTF8 off the end of VRFY's arguments. */
static bool
take_last_smtputf8(struct span *args)
{
	size_t len = strlen("SMTPUTF8");

	if (args->len <= len || !ascii_is_wsp(args->p[args->len - len - 1]) ||
	    !span_eq_str_ci(span_from(*args, args->len - len), "SMTPUTF8"))
		return false;
	*args = span_trim_set(span_slice(*args, 0, args->len - len), " \t");
	return true;
}

bool
smtp_vrfy_parse(struct span args, const struct smtp_grammar *grammar, struct arena *pool,
    struct addr_path *path_out, struct span *text_out, struct smtp_fault *fault_out)
{
	unsigned flags = grammar->path_flags & ~(unsigned) (ADDR_PATH_NULL | ADDR_PATH_STRICT);
	bool smtputf8 = (grammar->params & SMTP_PARAM_SMTPUTF8) != 0 && take_last_smtputf8(&args);
	size_t used;

	*text_out = args;
	if (!take_path(args, flags, grammar, pool, path_out, &used) || used != args.len ||
	    !is_good_path(path_out, grammar, true)) {
		(void) set_path_fault(fault_out, "5.1.3", "recipient", args);
		fault_out->path = args;
		return false;
	}
	return check_utf8(path_out, grammar, smtputf8, fault_out);
}

/* bdat-cmd ::= "BDAT" SP chunk-size [ SP end-marker ] */
bool
smtp_bdat_parse(
    struct span args, uint64_t *size_out, bool *is_last_out, struct smtp_fault *fault_out)
{
	struct span size, last;

	*is_last_out = false;
	if (!span_token(&args, " \t", &size) || !span_to_u64(size, INT64_MAX / 4, size_out))
		return set_fault(fault_out, 501, "5.5.4", "Syntax: BDAT count [LAST]");
	if (!span_token(&args, " \t", &last))
		return true;
	*is_last_out = span_eq_str_ci(last, "LAST");
	if (!*is_last_out || span_token(&args, " \t", &last))
		return set_fault(fault_out, 501, "5.5.4", "Syntax: BDAT count [LAST]");
	return true;
}

bool
smtp_helo_parse(const struct smtp_cmd *cmd, struct span *name_out, struct smtp_fault *fault_out)
{
	*name_out = cmd->args;
	return cmd->args.len > 0 ||
	    set_fault(fault_out, 501, "", "Syntax: %s hostname", smtp_verb_name(cmd->verb));
}

enum { XATTR_VALUE_MAX = 255 };

/* xtext of UTF-8 without control characters, bounded */
static enum parse
decode_xattr(struct span text, struct str *out)
{
	if (text.len == 0 || xtext_decode(out, text) != PARSE_OK || out->len > XATTR_VALUE_MAX ||
	    !utf8_is_valid(str_span(out)))
		return PARSE_BAD;
	for (size_t i = 0; i < out->len; i++)
		if ((unsigned char) out->p[i] < ' ' || out->p[i] == 0x7f)
			return PARSE_BAD;
	return PARSE_OK;
}

/* attribute-command = ( "XCLIENT" / "XFORWARD" ) 1*( SP name "=" xtext ) */
enum parse
smtp_xattr_next(struct span *args, struct span *name_out, struct span *text_out)
{
	struct span word;
	size_t equals;

	if (!span_token(args, " \t", &word))
		return PARSE_MORE;
	equals = span_find(word, '=');
	*name_out = span_slice(word, 0, equals);
	*text_out = span_from(word, equals + 1);
	return equals < word.len ? PARSE_OK : PARSE_BAD;
}

bool
smtp_xattr_decode(struct span text, struct arena *pool, struct smtp_xattr *xattr_out)
{
	struct reading r = { .pool = pool };

	*xattr_out = (struct smtp_xattr){ .is_missing = false };
	if (!keep_decoded(&r, text, decode_xattr, &xattr_out->value))
		return false;
	xattr_out->is_temporary = span_eq_str_ci(xattr_out->value, "[TEMPUNAVAIL]");
	xattr_out->is_missing = xattr_out->is_temporary ||
	    span_eq_str_ci(xattr_out->value, "[UNAVAILABLE]");
	return true;
}
