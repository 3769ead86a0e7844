/* SPDX-License-Identifier: ISC */
/* TLS policy: levels by next hop. DANE is refused by name, so that nobody believes it is in force. */
#include "smtp/smtp/smtp_tls_policy.h"

#include "lib/net/tls.h"
#include "lib/sys/log.h"

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

/* tafile=path: once or more, where certificates are verified by their chain. */
static bool
parse_tafile(
    const char *value, struct arena *arena, struct smtp_tls_policy *policy, struct err *err)
{
	if (policy->level < TLS_LEVEL_VERIFY)
		return err_set(err, ERR_TEMP, "4.7.5",
		    "attribute \"tafile\" invalid at security level \"%s\"",
		    smtp_tls_level_word(policy->level));
	if (value[0] == '\0')
		return err_set(err, ERR_TEMP, "4.7.5", "attribute \"tafile\" has empty value");
	policy->tafiles = policy->tafiles == NULL
	    ? value
	    : arena_printf(arena, "%s %s", policy->tafiles, value);
	return true;
}

/* enable_rpk=yes or no */
static bool
parse_rpk(const char *value, struct smtp_tls_policy *policy, struct err *err)
{
	policy->wants_rpk = strcasecmp(value, "yes") == 0;
	return policy->wants_rpk || strcasecmp(value, "no") == 0 ||
	    err_set(err, ERR_TEMP, "4.7.5",
		"attribute \"enable_rpk\" has value \"%s\": expected yes or no", value);
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
	if (span_starts_with_ci(item, SPAN("tafile=")))
		return parse_tafile(value, arena, policy, err);
	if (span_starts_with_ci(item, SPAN("enable_rpk=")))
		return parse_rpk(value, policy, err);
	if (span_starts_with_ci(item, SPAN("connection_reuse=")))
		return true; /* a connection is used again with TLS as without */
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
	policy->match = policy->tafiles = NULL;
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
ask_table(struct maps *maps, const struct smtp_dest *dest, struct str *value, struct err *err)
{
	enum lookup found = maps_get(maps, dest->text, MAPS_FIXED_ONLY, value, err);

	if (found != LOOKUP_NONE || dest->is_unix)
		return found;
	return maps_get_domain(maps, dest->host, MAPS_DOMAINS, value, err);
}

/* The level where no table says, or what the table says. */
static bool
choose_policy(struct smtp_client *client, const struct smtp_dest *dest, struct arena *arena,
    struct smtp_tls_policy *policy, struct err *err)
{
	CLEANUP(str_fini) struct str value = { .max = POLICY_TEXT_MAX };

	if (!default_policy(client, policy, err))
		return false;
	if (client->maps.tls_policy == NULL || maps_is_empty(client->maps.tls_policy))
		return true;
	switch (ask_table(client->maps.tls_policy, dest, &value, err)) {
	case LOOKUP_FOUND:
		return smtp_tls_policy_parse(str_span(&value), arena, policy, err);
	case LOOKUP_NONE:
		return true;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		break;
	}
	return false;
}

/* What verify, secure and fingerprint compare with where nothing else is said. */
static void
fill_match(const struct tls_client_conf *conf, struct smtp_tls_policy *policy)
{
	if (policy->tafiles == NULL && policy->level >= TLS_LEVEL_VERIFY)
		policy->tafiles = conf->trust_anchor_file;
	if (policy->match != NULL)
		return;
	if (policy->level == TLS_LEVEL_VERIFY)
		policy->match = conf->verify_cert_match;
	if (policy->level == TLS_LEVEL_SECURE)
		policy->match = conf->secure_cert_match;
	if (policy->level == TLS_LEVEL_FINGERPRINT)
		policy->match = conf->fingerprint_cert_match;
}

/* What the policy leaves to the configuration. returns false when its trust anchors are not there */
static bool
complete_policy(const struct smtp_client *client, struct smtp_tls_policy *policy, struct err *err)
{
	fill_match(client->tls_conf, policy);
	return client->tls == NULL || policy->tafiles == NULL ||
	    tls_client_has_anchors(client->tls, span_of(policy->tafiles), err);
}

/* smtp_tls_loglevel_maps, which cost no mail when they fail; or smtp_tls_loglevel. */
static int
find_loglevel(const struct smtp_client *client, const struct smtp_dest *dest)
{
	CLEANUP(str_fini) struct str value = { .max = POLICY_TEXT_MAX };
	struct maps *maps = client->maps.tls_loglevel;
	struct err err = { 0 };
	int level = client->tls_loglevel;

	switch (maps_is_empty(maps) ? LOOKUP_NONE : ask_table(maps, dest, &value, &err)) {
	case LOOKUP_FOUND:
		if (!tls_loglevel_parse(maps_title(maps), str_cstr(&value), &level, &err))
			log_warn_err("TLS", &err);
		break;
	case LOOKUP_NONE:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		log_warn_err(maps_title(maps), &err);
		break;
	}
	return level;
}

/* Said once per process; the certificate is verified as without it. */
static void
warn_rpk(struct smtp_client *client, const struct smtp_dest *dest)
{
	if (client->warned_rpk)
		return;
	client->warned_rpk = true;
	log_warn("TLS policy for %.*s asks for raw public keys, which need OpenSSL 3.2: "
	         "certificates are used",
	    SPAN_ARG(dest->text));
}

bool
smtp_tls_policy_find(struct smtp_client *client, const struct smtp_dest *dest, struct arena *arena,
    struct smtp_tls_policy *policy_out, struct err *err)
{
	if (choose_policy(client, dest, arena, policy_out, err) &&
	    complete_policy(client, policy_out, err)) {
		policy_out->loglevel = find_loglevel(client, dest);
		if (policy_out->wants_rpk)
			warn_rpk(client, dest);
		return true;
	}
	log_warn("TLS policy for %.*s: %s", SPAN_ARG(dest->text), err->text);
	return err_set(err, ERR_TEMP, "4.7.5", "client TLS configuration problem");
}

void
smtp_tls_policy_require(const struct smtp_client *client, struct smtp_tls_policy *policy)
{
	const char *word = client->conf->requiretls_policy;

	if (strcmp(word, "enforce") == 0 && policy->level < TLS_LEVEL_FINGERPRINT) {
		policy->level = TLS_LEVEL_VERIFY;
		fill_match(client->tls_conf, policy);
	} else if (strcmp(word, "opportunistic+starttls") == 0 && policy->level < TLS_LEVEL_ENCRYPT) {
		policy->level = TLS_LEVEL_ENCRYPT;
	}
}
