/* SPDX-License-Identifier: ISC */
/* Parameter tables: every row of the suite, types, limits, prefixes, compatibility, suggestions. */
#include "tests/unit/t.h"

#include "lib/sys/mail_conf.h"
#include "lib/sys/param.h"
#include "qmgr/qmgr/qmgr_transport_conf.h"
#include "smtp/smtp/smtp_conf.h"
#include "smtpd/smtpd/smtpd_conf.h"

static struct arena *
test_arena(void)
{
	return arena_new("test", (size_t) 64 << 20);
}

static struct main_cf *
parse(struct arena *arena, const char *text)
{
	struct err err = { 0 };
	struct main_cf *cf = main_cf_parse(span_of(text), "main.cf", "/etc/test", arena, &err);

	if (cf == NULL)
		fail_msg("%s", err.text);
	return cf;
}

/*
 * Each table of the registry can be filled from its defaults, at the oldest and the newest level.
 */
TEST(all_defaults_load)
{
	struct arena *arena CLEANUP(arena_free) = test_arena();
	const char *const texts[] = { "", "compatibility_level = 3.11\nmyhostname = a.example\n" };

	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct main_cf *cf = parse(arena, texts[i]);

		for (const struct param_table *const *table = param_registry; *table != NULL;
		     table++) {
			void *conf = arena_zalloc(arena, (*table)->size);
			const char *prefix = (*table)->prefix[0] == '$' ? "smtp_" : NULL;
			struct err err = { 0 };

			if (!param_load(cf, *table, prefix, conf, arena, &err))
				fail_msg("table %s: %s", (*table)->owner, err.text);
		}
	}
}

/* No name is declared twice, none is both acted on and foreign, and all have a sentence. */
TEST(names_are_unique)
{
	struct arena *arena CLEANUP(arena_free) = test_arena();

	for (const struct param_table *const *table = param_registry; *table != NULL; table++) {
		for (size_t i = 0; i < (*table)->count; i++) {
			const struct param *row = &(*table)->rows[i];
			const struct param_table *owner = NULL;

			if (param_is_removed(*table, row))
				continue;
			const char *name = arena_printf(arena, "%s%s",
			    (*table)->prefix[0] == '$' ? "x_" : (*table)->prefix, row->name);
			t->row = name;
			T_TRUE(t, param_find(name, &owner) == row && owner == *table);
			T_TRUE(t, param_find_foreign(name) == NULL);
			T_TRUE(t,
			    row->doc != NULL && strlen(row->doc) > 10 &&
			        row->doc[strlen(row->doc) - 1] == '.');
			T_TRUE(t, row->value != NULL);
		}
	}
	for (const struct param_foreign *f = param_foreign; f->name != NULL; f++) {
		t->row = f->name;
		T_TRUE(
		    t, f->value != NULL && f->instead != NULL && param_find_foreign(f->name) == f);
	}
}

static const struct time_case {
	const char *name, *in;
	char unit;
	int64_t want_s;         /* -1: refused */
} times[] = {
	{ "seconds", "30s", 0, 30 },
	{ "bare number has the row's unit", "2", 'h', 7200 },
	{ "bare number without a unit", "7", 0, 7 },
	{ "minutes", "5m", 's', 300 },
	{ "days", "5d", 's', 432000 },
	{ "weeks", "1w", 's', 604800 },
	{ "capital letter", "1H", 's', 3600 },
	{ "zero", "0", 's', 0 },
	{ "empty", "", 's', -1 },
	{ "unit alone", "s", 's', -1 },
	{ "unknown unit", "5x", 's', -1 },
	{ "negative", "-5s", 's', -1 },
	{ "blank inside", "5 s", 's', -1 },
	{ "number too large", "99999999999999999999s", 's', -1 },
};

TEST(times)
{
	EACH_CASE(t, c, times) {
		struct duration got = { .us = -1000000 };
		struct err err = { 0 };

		T_INT(t, param_parse_time(span_of(c->in), c->unit, &got, &err), c->want_s >= 0);
		if (c->want_s >= 0)
			T_INT(t, got.us, c->want_s * 1000000);
		else
			T_STR(t, err.text, "expected a time such as 30s, 5m, 1h, 2d or 1w");
	}
}

static const struct fault_case {
	const char *name, *in, *want;
} faults[] = {
	{ "bad time", "\n\nsmtpd_timeout = 5x\n",
	    "main.cf, line 3: smtpd_timeout = 5x: expected a time such as 30s, 5m, 1h, 2d or 1w" },
	{ "time too short", "smtpd_timeout = 0\n",
	    "main.cf, line 1: smtpd_timeout = 0: expected at least 1s" },
	{ "bad number", "smtpd_recipient_limit = ten\n",
	    "main.cf, line 1: smtpd_recipient_limit = ten: expected a whole number" },
	{ "number too small", "smtpd_recipient_limit = 0\n",
	    "main.cf, line 1: smtpd_recipient_limit = 0: expected at least 1" },
	{ "number too large", "smtpd_client_ipv4_prefix_length = 33\n",
	    "main.cf, line 1: smtpd_client_ipv4_prefix_length = 33: expected at most 32" },
	{ "bad bool", "smtpd_helo_required = on\n",
	    "main.cf, line 1: smtpd_helo_required = on: expected yes or no" },
	{ "too short", "smtpd_banner =\n",
	    "main.cf, line 1: smtpd_banner = : expected a text of at least 1 characters" },
	{ "bad expression", "smtpd_banner = ${\n",
	    "main.cf, line 1: parameter smtpd_banner: missing '}' at \"${\"" },
};

TEST(faults)
{
	EACH_CASE(t, c, faults) {
		struct arena *arena CLEANUP(arena_free) = test_arena();
		struct smtpd_conf conf;
		struct err err = { 0 };

		T_FALSE(
		    t, param_load(parse(arena, c->in), &smtpd_params, NULL, &conf, arena, &err));
		T_STR(t, err.text, c->want);
	}
}

TEST(fields_by_type)
{
	struct arena *arena CLEANUP(arena_free) = test_arena();
	struct smtpd_conf conf;
	struct err err = { 0 };
	struct main_cf *cf = parse(arena,
	    "stress = yes\nmyhostname = mx.example\nsmtpd_helo_required = YES\n"
	    "smtpd_expansion_filter = $myhostname\n");

	T_NEED(t, param_load(cf, &smtpd_params, NULL, &conf, arena, &err));
	T_STR(t, conf.banner, "mx.example ESMTP Postfix");
	T_TRUE(t, conf.helo_required);
	T_INT(t, conf.timeout.us, 10000000);
	T_INT(t, conf.hard_error_limit, 1);
	T_STR(t, conf.expansion_filter, "$myhostname");
}

/* One table for two prefixes: other defaults, rows left out. */
TEST(prefixes)
{
	struct arena *arena CLEANUP(arena_free) = test_arena();
	struct smtp_conf smtp, lmtp;
	struct err err = { 0 };
	struct main_cf *cf = parse(arena, "compatibility_level = 3.11\nmyhostname = mx.example\n");
	const struct param_table *table = NULL;

	T_NEED(t, param_load(cf, &smtp_params, NULL, &smtp, arena, &err));
	T_NEED(t, param_load(cf, &lmtp_params, NULL, &lmtp, arena, &err));
	T_STR(t, smtp.tcp_port, "smtp");
	T_STR(t, lmtp.tcp_port, "24");
	T_INT(t, smtp.connect_timeout.us, 30000000);
	T_INT(t, lmtp.connect_timeout.us, 0);
	T_STR(t, smtp.helo_name, "mx.example");
	T_STR(t, smtp.lhlo_name, "");
	T_STR(t, lmtp.lhlo_name, "mx.example");
	T_TRUE(t, param_find("lmtp_helo_name", &table) == NULL);
	T_TRUE(t, param_find("smtp_lhlo_timeout", &table) == NULL);
}

TEST(per_service)
{
	struct arena *arena CLEANUP(arena_free) = test_arena();
	struct qmgr_transport_conf conf;
	struct err err = { 0 };
	struct main_cf *cf = parse(
	    arena, "default_destination_concurrency_limit = 7\nslow_destination_rate_delay = 3s\n");

	T_NEED(t, param_load(cf, &qmgr_transport_params, "slow_", &conf, arena, &err));
	T_INT(t, conf.destination_concurrency_limit, 7);
	T_INT(t, conf.destination_rate_delay.us, 3000000);
	T_INT(t, conf.destination_recipient_limit, 50);
	T_NEED(t, param_load(cf, &qmgr_transport_params, "local_", &conf, arena, &err));
	T_INT(t, conf.destination_concurrency_limit, 2);
	T_INT(t, conf.destination_recipient_limit, 1);
	T_STR(t, param_find("smtp_destination_recipient_limit", NULL)->name,
	    "destination_recipient_limit");
	T_STR(t, param_find("smtp_recipient_limit", NULL)->name, "recipient_limit");
	T_TRUE(t, param_find("_recipient_limit", NULL) == NULL);
}

static const struct level_case {
	const char *name, *main_cf, *param, *want;
} levels[] = {
	{ "level 0", "", "append_dot_mydomain", "yes" },
	{ "level 1", "compatibility_level = 1\n", "append_dot_mydomain", "no" },
	{ "level 2 at 1", "compatibility_level = 1\nmydestination = d.example\n", "relay_domains",
	    "d.example" },
	{ "level 2 at 2", "compatibility_level = 2\n", "relay_domains", "" },
	{ "level 3.6 at 3.5", "compatibility_level = 3.5\n", "smtp_tls_fingerprint_digest", "md5" },
	{ "level 3.6 at 3.10", "compatibility_level = 3.10\n", "smtp_tls_fingerprint_digest",
	    "sha256" },
	{ "level 3.11 at 3.9", "compatibility_level = 3.9\n", "smtp_tls_security_level", "" },
	{ "level 3.11 at 3.11", "compatibility_level = 3.11\n", "smtp_tls_security_level", "may" },
	{ "level 3.11 for lmtp", "compatibility_level = 3.11\n", "lmtp_tls_security_level", "" },
	{ "set explicitly", "append_dot_mydomain = no\n", "append_dot_mydomain", "no" },
};

TEST(compatibility)
{
	EACH_CASE(t, c, levels) {
		struct arena *arena CLEANUP(arena_free) = test_arena();
		struct err err = { 0 };

		T_STR(t, main_cf_value(parse(arena, c->main_cf), c->param, arena, &err), c->want);
	}

	struct arena *arena CLEANUP(arena_free) = test_arena();
	T_STR(t, param_backwards_note(parse(arena, ""), "append_dot_mydomain", arena),
	    "using backwards-compatible default setting append_dot_mydomain=yes");
	T_TRUE(t,
	    param_backwards_note(
	        parse(arena, "append_dot_mydomain = yes"), "append_dot_mydomain", arena) == NULL);
	T_TRUE(t,
	    param_backwards_note(
	        parse(arena, "compatibility_level=2"), "append_dot_mydomain", arena) == NULL);
}

static const struct nearest_case {
	const char *name, *in, *want;
} nearest[] = {
	{ "a letter left out", "mydestinaton", "mydestination" },
	{ "letters swapped", "smtpd_bnaner", "smtpd_banner" },
	{ "a foreign name", "postscreen_greet_acton", "postscreen_greet_action" },
	{ "nothing like it", "zzzzqqqq", NULL },
	{ "short", "zz", NULL },
};

TEST(suggestions)
{
	EACH_CASE(t, c, nearest) {
		struct arena *arena CLEANUP(arena_free) = test_arena();

		T_STR(t, param_nearest(c->in, arena), c->want);
	}
}

/* The values that every program reads, with a word that nobody knows. */
TEST(mail_conf)
{
	struct arena *arena CLEANUP(arena_free) = test_arena();
	struct mail_conf conf;
	struct err err = { 0 };

	T_NEED(t, mail_conf_load(parse(arena, "myhostname = a.b.example\n"), &conf, arena, &err));
	T_STR(t, conf.mydomain, "b.example");
	T_STR(t, conf.mydestination, "a.b.example, localhost.b.example, localhost");
	T_STR(t, conf.syslog_name, "postfix");
	T_STR(t, conf.double_bounce_notice_recipient, "postmaster");
	T_STR(t, conf.config_directory, "/etc/test");
	T_FALSE(t, mail_conf_load(parse(arena, "dns_trust = maybe\n"), &conf, arena, &err));
	T_STR(t, err.text, "main.cf, line 1: dns_trust = maybe: expected ad or validate");
}
