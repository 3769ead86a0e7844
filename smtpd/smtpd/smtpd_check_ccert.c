/* SPDX-License-Identifier: ISC */
/*
 * Primitives about the client's certificate. Its fingerprints are made with
 * smtpd_tls_fingerprint_digest.
 */
#include "smtpd/smtpd/smtpd_check_ccert.h"
#include "lib/table/table_list.h"
#include "smtpd/smtpd/smtpd_access.h"
#include "smtpd/smtpd/smtpd_check.h"
#include "smtpd/smtpd/smtpd_session.h"

static const struct ccert_word {
	const char *name;
	enum ccert_key key;
} ccert_words[] = {
	{ "cert_fingerprint", CCERT_CERTIFICATE },
	{ "pubkey_fingerprint", CCERT_PUBLIC_KEY },
};

static bool
ccert_read_order(struct span words, struct restrict_step *step, struct err *err)
{
	struct span word;
	size_t count = 0;

	step->ccert_keys[0] = step->ccert_keys[1] = CCERT_NO_KEY;
	while (span_token(&words, ", \t\r\n", &word)) {
		size_t i = 0;

		while (i < COUNT_OF(ccert_words) && !span_eq_str_ci(word, ccert_words[i].name))
			i++;
		if (i == COUNT_OF(ccert_words) || count == CCERT_KEYS)
			return err_config(err,
			    "check_ccert_access: bad search_order: expected cert_fingerprint or "
			    "pubkey_fingerprint, found \"%.*s\"",
			    SPAN_ARG(word));
		step->ccert_keys[count++] = ccert_words[i].key;
	}
	return count > 0 || err_config(err, "check_ccert_access: empty search_order");
}

/* "{ search_order = ... }" */
static bool
ccert_read_option(struct span option, struct restrict_step *step, struct err *err)
{
	struct span name, value;

	if (!table_list_unbrace(option, &value, err))
		return false;
	if (!span_cut(&value, '=', &name) || !span_eq_str_ci(span_trim(name), "search_order"))
		return err_config(err, "check_ccert_access: unknown option \"%.*s\"",
		    SPAN_ARG(span_trim(name)));
	return ccert_read_order(value, step, err);
}

bool
ccert_read_argument(struct span *arg, struct restrict_step *step, struct err *err)
{
	struct span rest, option;

	step->ccert_keys[0] = CCERT_CERTIFICATE;
	step->ccert_keys[1] = CCERT_PUBLIC_KEY;
	if (arg->p[0] != '{')
		return true;
	if (!table_list_unbrace(*arg, &rest, err))
		return false;
	if (!table_list_next(&rest, arg, err))
		return err_config(err, "check_ccert_access: expected a table in braces");
	while (table_list_next(&rest, &option, err))
		if (!ccert_read_option(option, step, err))
			return false;
	return err->class == ERR_NONE;
}

static struct span
ccert_print(const struct session *s, enum ccert_key key)
{
	if (s->tls == NULL || key == CCERT_NO_KEY)
		return span_make(NULL, 0);
	return span_of(
	    key == CCERT_CERTIFICATE ? s->tls->peer_fingerprint : s->tls->peer_pubkey_fingerprint);
}

/* relay_clientcerts: who signed the certificate does not matter. */
CHECK_FUNCTION(permit_tls_clientcerts)
{
	static const enum ccert_key keys[] = { CCERT_CERTIFICATE, CCERT_PUBLIC_KEY };
	enum lookup found = LOOKUP_NONE;
	struct str value;
	struct err err = { 0 };

	str_init(&value, 4096);
	for (size_t i = 0; found == LOOKUP_NONE && i < COUNT_OF(keys); i++) {
		struct span print = ccert_print(s, keys[i]);

		if (print.len > 0)
			found = maps_get(s->smtpd->relay_clientcerts, print, 0, &value, &err);
	}
	str_fini(&value);
	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
		return restrict_fail(s, found, subject, &err);
	return found == LOOKUP_FOUND ? VERDICT_PERMIT : VERDICT_DUNNO;
}

CHECK_FUNCTION(permit_tls_all_clientcerts)
{
	return s->tls != NULL && s->tls->is_peer_trusted ? VERDICT_PERMIT : VERDICT_DUNNO;
}

/* In the search order of the step. */
CHECK_FUNCTION(ccert_access)
{
	struct restrict_subject client = { s->client.id, "Client certificate" };
	enum verdict verdict = VERDICT_DUNNO;

	for (size_t i = 0; verdict == VERDICT_DUNNO && i < CCERT_KEYS; i++) {
		struct span print = ccert_print(s, step->ccert_keys[i]);

		if (print.len > 0)
			verdict = access_by_domain(s, step->maps, print, &client);
	}
	return verdict;
}
