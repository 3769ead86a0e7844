/* SPDX-License-Identifier: ISC */
/* Parameters and tables of a cleanup process, opened before privileges are dropped. */
#include "qmgr/cleanup/cleanup_settings.h"

#include "lib/sys/log.h"

static const struct class_name {
	const char *name;
	unsigned bit;
} class_names[] = {
	{ "envelope_sender", CLASS_ENVELOPE_SENDER },
	{ "envelope_recipient", CLASS_ENVELOPE_RECIPIENT },
	{ "header_sender", CLASS_HEADER_SENDER },
	{ "header_recipient", CLASS_HEADER_RECIPIENT },
};

static bool
read_classes(const char *parameter, const char *text, unsigned *mask_out, struct err *err)
{
	struct span rest = span_of(text), word;

	*mask_out = 0;
	while (span_token(&rest, ", \t\r\n", &word)) {
		size_t i = 0;

		while (i < COUNT_OF(class_names) && !span_eq_str(word, class_names[i].name))
			i++;
		if (i == COUNT_OF(class_names))
			return err_config(
			    err, "parameter %s: unknown class: %.*s", parameter, SPAN_ARG(word));
		*mask_out |= class_names[i].bit;
	}
	return true;
}

static bool
list_has(const char *list, const char *want)
{
	struct span rest = span_of(list), word;

	while (span_token(&rest, ", \t\r\n", &word))
		if (span_eq_str_ci(word, want))
			return true;
	return false;
}

static bool
read_words(const char *parameter, const char *text, struct span *words, size_t max,
    size_t *count_out, struct err *err)
{
	struct span rest = span_of(text), word;

	*count_out = 0;
	while (span_token(&rest, ", \t\r\n", &word)) {
		if (*count_out == max)
			return err_config(err, "parameter %s: more than %zu words", parameter, max);
		words[(*count_out)++] = word;
	}
	return true;
}

/* One character with C's escapes: \n \r \t \0 \ooo and the rest. */
static unsigned char
take_escaped(struct span *rest)
{
	static const char names[] = "abfnrtv\\\"'", values[] = "\a\b\f\n\r\t\v\\\"'";
	char c = rest->p[0];
	const char *name;
	unsigned value = 0;

	*rest = span_from(*rest, 1);
	if (c != '\\' || rest->len == 0)
		return (unsigned char) c;
	name = strchr(names, rest->p[0]);
	if (name != NULL && rest->p[0] != '\0') {
		*rest = span_from(*rest, 1);
		return (unsigned char) values[name - names];
	}
	for (int i = 0; i < 3 && rest->len > 0 && rest->p[0] >= '0' && rest->p[0] <= '7'; i++) {
		value = value * 8 + (unsigned) (rest->p[0] - '0');
		*rest = span_from(*rest, 1);
	}
	return (unsigned char) value;
}

static bool
read_characters(const char *text, bool set[256])
{
	struct span rest = span_of(text);
	bool any = false;

	while (rest.len > 0) {
		set[take_escaped(&rest)] = true;
		any = true;
	}
	return any;
}

static void
read_forms(struct cleanup *c)
{
	const struct rewrite_conf *conf = &c->rewrite;

	c->local_form = (struct rewrite_options){
		.swap_bangpath = conf->swap_bangpath,
		.allow_percent_hack = conf->allow_percent_hack,
		.append_at_myorigin = conf->append_at_myorigin,
		.append_dot_mydomain = conf->append_dot_mydomain,
		.origin = span_of(c->mail->myorigin),
		.domain = span_of(c->mail->mydomain),
	};
	c->remote_form = c->local_form;
	c->remote_form.origin = c->remote_form.domain = span_of(conf->remote_header_rewrite_domain);
	c->rewrites_remote = conf->remote_header_rewrite_domain[0] != '\0';
}

static void
read_utf8_classes(struct cleanup *c)
{
	const char *list = c->conf.smtputf8_autodetect_classes;
	bool all = list_has(list, "all");

	c->detects_utf8_sendmail = all || list_has(list, "sendmail");
	c->detects_utf8_smtpd = all || list_has(list, "smtpd");
	c->detects_utf8_verify = all || list_has(list, "verify");
	c->detects_utf8_bounce = all || list_has(list, "bounce") || list_has(list, "notify");
	c->detects_utf8_forward = all || list_has(list, "forward");
}

static bool
read_lists(struct cleanup *c, struct err *err)
{
	const struct cleanup_conf *conf = &c->conf;

	read_forms(c);
	read_utf8_classes(c);
	c->rejects_chars = read_characters(conf->message_reject_characters, c->reject_char);
	c->strips_chars = read_characters(conf->message_strip_characters, c->strip_char);
	c->propagates_canonical = list_has(conf->propagate_unmatched_extensions, "canonical");
	c->propagates_virtual = list_has(conf->propagate_unmatched_extensions, "virtual");
	return read_classes(
		   "canonical_classes", conf->canonical_classes, &c->canonical_classes, err) &&
	    read_classes("sender_canonical_classes", conf->sender_canonical_classes,
		&c->sender_canonical_classes, err) &&
	    read_classes("recipient_canonical_classes", conf->recipient_canonical_classes,
		&c->recipient_canonical_classes, err) &&
	    read_classes(
		"masquerade_classes", conf->masquerade_classes, &c->masquerade_classes, err) &&
	    read_words("masquerade_domains", conf->masquerade_domains, c->masquerade,
		MASQUERADES_MAX, &c->masquerade_count, err) &&
	    read_words("message_drop_headers", conf->message_drop_headers, c->drop_headers,
		DROP_HEADERS_MAX, &c->drop_header_count, err);
}

static bool
open_maps(struct cleanup *c, struct err *err)
{
	const struct cleanup_conf *conf = &c->conf;
	unsigned utf8 = c->mail->smtputf8_enable ? TABLE_UTF8 : 0;
	const struct {
		struct maps **maps;
		const char *title, *text;
		unsigned flags;
	} rows[] = {
		{ &c->canonical, "canonical_maps", conf->canonical_maps, TABLE_FOLD },
		{ &c->sender_canonical, "sender_canonical_maps", conf->sender_canonical_maps,
		    TABLE_FOLD },
		{ &c->recipient_canonical, "recipient_canonical_maps",
		    conf->recipient_canonical_maps, TABLE_FOLD },
		{ &c->virtual_alias, "virtual_alias_maps", c->rewrite.virtual_alias_maps,
		    TABLE_FOLD },
		{ &c->sender_bcc, "sender_bcc_maps", conf->sender_bcc_maps, TABLE_FOLD },
		{ &c->recipient_bcc, "recipient_bcc_maps", conf->recipient_bcc_maps, TABLE_FOLD },
		{ &c->header_checks, "header_checks", conf->header_checks, 0 },
		{ &c->mime_header_checks, "mime_header_checks", conf->mime_header_checks, 0 },
		{ &c->nested_header_checks, "nested_header_checks", conf->nested_header_checks, 0 },
		{ &c->body_checks, "body_checks", conf->body_checks, 0 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		*rows[i].maps = maps_open(
		    &c->env, rows[i].title, rows[i].text, rows[i].flags | utf8, err);
		if (*rows[i].maps == NULL)
			return err_prefix(err, "parameter %s", rows[i].title);
	}
	return true;
}

static bool
open_match_lists(struct cleanup *c, struct err *err)
{
	c->own = own_domains_open(&c->env, c->mail, err);
	c->masquerade_exceptions = match_list_open(&c->env, "masquerade_exceptions",
	    c->conf.masquerade_exceptions, MATCH_STRING, TABLE_FOLD, err);
	return c->own != NULL && c->masquerade_exceptions != NULL;
}

bool
cleanup_settings_open(
    struct cleanup *c, struct main_cf *cf, struct program *program, struct err *err)
{
	table_env_init(&c->env, &c->table, cf, program);
	return read_lists(c, err) && open_maps(c, err) && open_match_lists(c, err);
}

void
cleanup_settings_close(struct cleanup *c)
{
	maps_close(&c->canonical);
	maps_close(&c->sender_canonical);
	maps_close(&c->recipient_canonical);
	maps_close(&c->virtual_alias);
	maps_close(&c->sender_bcc);
	maps_close(&c->recipient_bcc);
	maps_close(&c->header_checks);
	maps_close(&c->mime_header_checks);
	maps_close(&c->nested_header_checks);
	maps_close(&c->body_checks);
	own_domains_close(&c->own);
	match_list_close(&c->masquerade_exceptions);
	table_env_fini(&c->env);
	queue_close(&c->queue);
}

bool
cleanup_drops_header(const struct cleanup *c, struct span name)
{
	for (size_t i = 0; i < c->drop_header_count; i++)
		if (span_eq_ci(name, c->drop_headers[i]))
			return true;
	return false;
}
