/* SPDX-License-Identifier: ISC */
/* The table of commands, from smtpd_cmds.def, and what several of them need. */
#include "smtpd/smtpd/smtpd_cmd.h"
#include "smtpd/smtpd/smtpd_session.h"

const struct smtpd_cmd smtpd_cmds[SMTPD_CMD_COUNT] = {
#define SMTPD_CMD(FN, NAME, FLAGS) [SMTPD_CMD_##NAME] = { #NAME, FLAGS, smtpd_cmd_##FN },
#include "smtpd/smtpd/smtpd_cmds.def"
#undef SMTPD_CMD
	[SMTPD_CMD_UNKNOWN] = { "UNKNOWN", 0, NULL },
};

static const struct ehlo_word {
	const char *name;
	unsigned bit;
} ehlo_words[] = {
	{ "8bitmime", EHLO_8BITMIME },
	{ "auth", EHLO_AUTH },
	{ "chunking", EHLO_CHUNKING },
	{ "dsn", EHLO_DSN },
	{ "enhancedstatuscodes", EHLO_ENHANCEDSTATUSCODES },
	{ "etrn", EHLO_ETRN },
	{ "pipelining", EHLO_PIPELINING },
	{ "requiretls", EHLO_REQUIRETLS },
	{ "size", EHLO_SIZE },
	{ "smtputf8", EHLO_SMTPUTF8 },
	{ "starttls", EHLO_STARTTLS },
	{ "verp", EHLO_VERP },
	{ "vrfy", EHLO_VRFY },
	{ "xclient", EHLO_XCLIENT },
	{ "xforward", EHLO_XFORWARD },
	{ "silent-discard", EHLO_SILENT },
};

enum smtpd_cmd_index
smtpd_cmd_find(struct span verb)
{
	for (unsigned i = 0; i < SMTPD_CMD_UNKNOWN; i++)
		if (span_eq_str_ci(verb, smtpd_cmds[i].name))
			return (enum smtpd_cmd_index) i;
	return SMTPD_CMD_UNKNOWN;
}

bool
smtpd_offers_requiretls(const struct session *s)
{
	return s->smtpd->mail->requiretls_enable && s->tls != NULL &&
	    (s->ehlo_discard & EHLO_REQUIRETLS) == 0;
}

struct smtp_grammar
smtpd_grammar(const struct session *s)
{
	const struct smtpd *smtpd = s->smtpd;
	unsigned hidden = s->ehlo_discard;
	bool knows_utf8 = smtpd->mail->smtputf8_enable && (hidden & EHLO_SMTPUTF8) == 0;

	return (struct smtp_grammar){
		.params = SMTP_PARAM_SIZE | SMTP_PARAM_BODY |
		    ((hidden & EHLO_DSN) == 0 ? SMTP_PARAM_DSN : 0) |
		    (knows_utf8 ? SMTP_PARAM_SMTPUTF8 : 0) |
		    (sasl_is_offered(s) ? SMTP_PARAM_AUTH : 0) |
		    (s->may_verp ? SMTP_PARAM_XVERP : 0) |
		    (smtpd_offers_requiretls(s) ? SMTP_PARAM_REQUIRETLS : 0),
		.null_domain = smtpd->resolves_null_domain ? smtpd->mail->myhostname : NULL,
		.verp_filter = smtpd->mail->verp_delimiter_filter,
		.path_flags = (smtpd->access->strict_rfc821_envelopes ? ADDR_PATH_STRICT : 0) |
		    (knows_utf8 ? ADDR_PATH_UTF8 : 0),
		.needs_smtputf8 = smtpd->access->strict_smtputf8,
		.allows_hyphen = smtpd->allows_hyphen,
	};
}

static unsigned
ehlo_bit(struct span word)
{
	for (size_t i = 0; i < COUNT_OF(ehlo_words); i++)
		if (span_eq_str_ci(word, ehlo_words[i].name))
			return ehlo_words[i].bit;
	return 0;
}

void
smtpd_ehlo_words(unsigned mask, struct str *out)
{
	for (size_t i = 0; i < COUNT_OF(ehlo_words); i++) {
		if ((mask & ehlo_words[i].bit) == 0 || ehlo_words[i].bit == EHLO_SILENT)
			continue;
		str_add_char(out, ' ');
		for (const char *p = ehlo_words[i].name; *p != '\0'; p++)
			str_add_char(out, ascii_upper(*p));
	}
}

unsigned
smtpd_ehlo_mask(struct span list, char *unknown_out, size_t unknown_size)
{
	unsigned mask = 0;
	struct span word;
	size_t used = 0;

	unknown_out[0] = '\0';
	while (span_token(&list, ", \t\r\n", &word)) {
		unsigned bit = ehlo_bit(word);

		mask |= bit;
		if (bit != 0 || used + word.len + 2 > unknown_size)
			continue;
		used += (size_t) snprintf(unknown_out + used, unknown_size - used, "%s%.*s",
		    used ? " " : "", SPAN_ARG(word));
	}
	return mask;
}
