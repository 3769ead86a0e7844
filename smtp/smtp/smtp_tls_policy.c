/* SPDX-License-Identifier: ISC */
/* TLS policy: levels by next hop. DANE is refused by name, so that nobody believes it is in force. */
#include "smtp/smtp/smtp_tls_policy.h"

enum { POLICY_TEXT_MAX = 4096 };

static const char *const level_words[] = {
	[TLS_LEVEL_NONE] = "none",
	[TLS_LEVEL_MAY] = "may",
	[TLS_LEVEL_ENCRYPT] = "encrypt",
	[TLS_LEVEL_FINGERPRINT] = "fingerprint",
	[TLS_LEVEL_VERIFY] = "verify",
	[TLS_LEVEL_SECURE] = "secure",
};

const char *
smtp_tls_level_word(enum smtp_tls_level level)
{
	return level_words[level];
}

static bool
parse_level(struct span word, enum smtp_tls_level *level_out, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(level_words); i++)
		if (span_eq_str_ci(word, level_words[i])) {
			*level_out = (enum smtp_tls_level) i;
			return true;
		}
	return err_set(err, ERR_TEMP, "4.7.5",
	    "TLS security level \"%.*s\": expected none, may, encrypt, fingerprint, "
	    "verify or secure",
	    SPAN_ARG(word));
}

/* name=value */
static bool
parse_attribute(
    struct span item, struct arena *arena, struct smtp_tls_policy *policy, struct err *err)
{
	const struct {
		const char *name;
		const char **value;
	} fields[] = {
		{ "protocols", &policy->protocols },
		{ "ciphers", &policy->ciphers },
		{ "exclude", &policy->exclude },
		{ "match", &policy->match },
		{ "servername", &policy->servername },
	};
	size_t equal = span_find(item, '=');
	const char *value = arena_cstr(arena, span_from(item, equal + 1));

	for (size_t i = 0; equal < item.len && i < COUNT_OF(fields); i++) {
		if (!span_eq_str_ci(span_slice(item, 0, equal), fields[i].name))
			continue;
		if (fields[i].value == &policy->match &&
		    policy->match != NULL) /* match may be repeated */
			value = arena_printf(arena, "%s:%s", policy->match, value);
		*fields[i].value = value;
		return true;
	}
	return err_set(err, ERR_TEMP, "4.7.5", "TLS policy attribute \"%.*s\" is not supported",
	    SPAN_ARG(item));
}

bool
smtp_tls_policy_parse(
    struct span text, struct arena *arena, struct smtp_tls_policy *policy, struct err *err)
{
	struct span word;

	if (!span_token(&text, ", \t\r\n", &word))
		return err_set(err, ERR_TEMP, "4.7.5", "TLS policy without a level");
	if (!parse_level(word, &policy->level, err))
		return false;
	policy->match = NULL;
	while (span_token(&text, ", \t\r\n", &word))
		if (!parse_attribute(word, arena, policy, err))
			return false;
	return true;
}

/* The level where no table says. */
static bool
default_policy(const struct smtp_client *client, struct smtp_tls_policy *policy, struct err *err)
{
	const char *level = client->tls_conf->security_level;

	*policy = (struct smtp_tls_policy){ .level = TLS_LEVEL_NONE };
	return level[0] == '\0' || parse_level(span_of(level), &policy->level, err);
}

/* The next hop as written, and for a domain its parents. */
static enum lookup
ask_table(
    struct smtp_client *client, const struct smtp_dest *dest, struct str *value, struct err *err)
{
	enum lookup found = maps_get(
	    client->maps.tls_policy, dest->text, MAPS_FIXED_ONLY, value, err);

	if (found != LOOKUP_NONE || dest->is_unix)
		return found;
	return maps_get_domain(client->maps.tls_policy, dest->host, MAPS_DOMAINS, value, err);
}

bool
smtp_tls_policy_find(struct smtp_client *client, const struct smtp_dest *dest, struct arena *arena,
    struct smtp_tls_policy *policy_out, struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = POLICY_TEXT_MAX };
	const struct tls_client_conf *conf = client->tls_conf;

	if (!default_policy(client, policy_out, err))
		return false;
	if (client->maps.tls_policy != NULL && !maps_is_empty(client->maps.tls_policy)) {
		switch (ask_table(client, dest, &value, err)) {
		case LOOKUP_FOUND:
			if (!smtp_tls_policy_parse(str_span(&value), arena, policy_out, err))
				return false;
			break;
		case LOOKUP_NONE:
			break;
		case LOOKUP_TEMP:
		case LOOKUP_CONFIG:
			return err_set(err, ERR_TEMP, "4.7.5", "TLS policy lookup error for %.*s",
			    SPAN_ARG(dest->text));
		}
	}
	if (policy_out->match == NULL && policy_out->level == TLS_LEVEL_VERIFY)
		policy_out->match = conf->verify_cert_match;
	if (policy_out->match == NULL && policy_out->level == TLS_LEVEL_SECURE)
		policy_out->match = conf->secure_cert_match;
	if (policy_out->match == NULL && policy_out->level == TLS_LEVEL_FINGERPRINT)
		policy_out->match = conf->fingerprint_cert_match;
	return true;
}
