/* SPDX-License-Identifier: ISC */
/* SASL mechanisms against the client of the same library, which knows nothing of our side. */
#include "t.h"

#include <sasl/sasl.h>
#include <sasl/saslplug.h>

#include "auth/authd/authd_mech.h"
#include "lib/base/encode.h"

static const char scram_256[] = "{SCRAM-SHA-256}4096,2RT4mZSHT1uuehBBow2kUw==,eVN0Npa9vHQxAV8LkGKix4PCjTKox8EX+43+Y+Atl4Q=,"
				"aa/BymebdBIztEZft3cQer2ppuPU01d4p4ZzDRP3imQ=";
static const char scram_1[] = "{SCRAM-SHA-1}4096,tMag0xUw0bX3b+TDwFHiRw==,60J4iyTtk1Roeli3nfjKzB+2arc=,oIgFZLHL8PnpCrxMgMQBGqGnRlI=";
static const char all_mechs[] = "plain login scram-sha-256 scram-sha-1 scram-sha-256-plus, external";

static const struct exchange_case {
	const char *name, *mech, *user, *acts_as, *password;
	const char *stored;      /* of ann; NULL: she has no keys */
	const char *binding;     /* the client's and (unless other) the server's */
	const char *other;       /* the server's */
	enum mech_step want;
	const char *want_password;
	enum lookup failure;     /* of the look-up of keys */
} cases[] = {
	{ "PLAIN", "PLAIN", "ann", "ann", "secret", NULL, NULL, NULL, MECH_CHECK, "secret", 0 },
	{ "PLAIN for another", "PLAIN", "ann", "bob", "secret", NULL, NULL, NULL, MECH_CHECK, "secret", 0 },
	{ "LOGIN", "LOGIN", "ann", "ann", "s e cret", NULL, NULL, NULL, MECH_CHECK, "s e cret", 0 },
	{ "SCRAM-SHA-256", "SCRAM-SHA-256", "ann", "ann", "secret", scram_256, NULL, NULL, MECH_PROVED, "", 0 },
	{ "SCRAM-SHA-256 for another", "SCRAM-SHA-256", "ann", "bob", "secret", scram_256, NULL, NULL, MECH_PROVED, "", 0 },
	{ "SCRAM-SHA-1", "SCRAM-SHA-1", "ann", "ann", "secret", scram_1, NULL, NULL, MECH_PROVED, "", 0 },
	{ "SCRAM from plain text", "SCRAM-SHA-256", "ann", "ann", "secret", "secret", NULL, NULL, MECH_PROVED, "", 0 },
	{ "SCRAM with a wrong password", "SCRAM-SHA-256", "ann", "ann", "Secret", scram_256, NULL, NULL, MECH_WRONG, "", 0 },
	{ "SCRAM of nobody", "SCRAM-SHA-256", "zoe", "zoe", "secret", scram_256, NULL, NULL, MECH_WRONG, "", 0 },
	{ "SCRAM-SHA-1 of nobody", "SCRAM-SHA-1", "zoe", "zoe", "secret", scram_1, NULL, NULL, MECH_WRONG, "", 0 },
	{ "SCRAM without keys", "SCRAM-SHA-256", "ann", "ann", "secret", NULL, NULL, NULL, MECH_WRONG, "", 0 },
	{ "a source that does not answer", "SCRAM-SHA-256", "ann", "ann", "secret", NULL, NULL, NULL, MECH_WRONG, "", LOOKUP_TEMP },
	{ "bound to the channel", "SCRAM-SHA-256-PLUS", "ann", "ann", "secret", scram_256, "0123456789abcdef", NULL, MECH_PROVED, "", 0 },
	{ "bound to another channel", "SCRAM-SHA-256-PLUS", "ann", "ann", "secret", scram_256, "0123456789abcdef", "fedcba9876543210", MECH_BROKEN, "", 0 },
	{ "no channel", "SCRAM-SHA-256-PLUS", "ann", "ann", "secret", scram_256, "0123456789abcdef", "", MECH_BROKEN, "", 0 },
	{ "EXTERNAL", "EXTERNAL", "ann", "", NULL, NULL, NULL, NULL, MECH_PROVED, "", 0 },
	{ "EXTERNAL for another", "EXTERNAL", "ann", "bob", NULL, NULL, NULL, NULL, MECH_PROVED, "", 0 },
};

/* ---- The client ---- */

static int
on_name(void *ctx, int id, const char **result, unsigned *len)
{
	const struct exchange_case *c = ctx;

	*result = id == SASL_CB_USER ? c->acts_as : c->user;
	if (len != NULL)
		*len = (unsigned) strlen(*result);
	return SASL_OK;
}

static int
on_secret(sasl_conn_t *conn UNUSED, void *ctx, int id UNUSED, sasl_secret_t **result)
{
	static union {
		sasl_secret_t secret;
		char room[200];
	} place;
	const struct exchange_case *c = ctx;

	place.secret.len = strlen(c->password);
	memcpy(place.secret.data, c->password, place.secret.len + 1);
	*result = &place.secret;
	return SASL_OK;
}

#define CLIENT_CALLBACK(ID, PROC, CTX)  { (ID), (sasl_callback_ft) (void (*)(void)) (PROC), (void *) (uintptr_t) (CTX) }

/* ---- Both ---- */

static enum lookup
on_keys(void *ctx, struct span user, struct str *stored_out)
{
	const struct exchange_case *c = ctx;

	if (c->failure != LOOKUP_FOUND)
		return c->failure;
	if (!span_eq_str(user, "ann") || c->stored == NULL)
		return LOOKUP_NONE;
	str_add_str(stored_out, c->stored);
	return LOOKUP_FOUND;
}

static struct mech_run *
begin(struct t *t, const struct mech_set *set, const struct exchange_case *c, struct str *base64)
{
	struct auth_begin begin = { .mechanism = span_of(c->mech), .service = SPAN("smtp") };
	struct mech_run *run;
	struct err err = { 0 };

	base64_encode(base64, span_of(c->other != NULL ? c->other : c->binding));
	begin.tls_exporter = str_span(base64);
	if (strcmp(c->mech, "EXTERNAL") == 0)
		begin.certificate_user = SPAN("ann");
	run = mech_run_new(set, &begin, on_keys, (void *) (uintptr_t) c, &err);
	T_NEED(t, run != NULL);
	return run;
}

/* Words go to and fro until one side has an end. */
static enum mech_step
talk(struct mech_run *run, sasl_conn_t *client, const char *mech, bool *client_is_happy)
{
	CLEANUP(str_fini) struct str challenge = { .max = 10000 };
	const char *words = NULL, *chosen;
	unsigned len = 0;
	int status = sasl_client_start(client, mech, NULL, &words, &len, &chosen);
	enum mech_step step = MECH_CHALLENGE;
	bool has_words = words != NULL, has_out;
	struct err err = { 0 };

	while (status == SASL_OK || status == SASL_CONTINUE) {
		str_clear(&challenge);
		step = mech_step(run, has_words, span_make(words, len), &challenge, &has_out, &err);
		if (step != MECH_CHALLENGE && !(step == MECH_PROVED && has_out))
			break;
		status = sasl_client_step(client, str_cstr(&challenge), (unsigned) challenge.len, NULL, &words, &len);
		has_words = true;
		if (step == MECH_PROVED)
			break;
	}
	*client_is_happy = status == SASL_OK;
	return step;
}

static sasl_conn_t *
open_client(struct t *t, sasl_callback_t *callbacks, const struct exchange_case *c)
{
	sasl_conn_t *client = NULL;
	static sasl_channel_binding_t binding = { "tls-exporter", 1, 0, NULL };      /* the library keeps the pointer */

	T_NEED(t, sasl_client_new("smtp", "localhost", NULL, NULL, callbacks, 0, &client) == SASL_OK);
	if (c->binding != NULL) {
		binding.data = (const unsigned char *) c->binding;
		binding.len = strlen(c->binding);
		T_INT(t, sasl_setprop(client, SASL_CHANNEL_BINDING, &binding), SASL_OK);
	}
	if (strcmp(c->mech, "EXTERNAL") == 0)
		T_INT(t, sasl_setprop(client, SASL_AUTH_EXTERNAL, "ann"), SASL_OK);
	return client;
}

static void
run_case(struct t *t, const struct mech_set *set, const struct exchange_case *c)
{
	CLEANUP(str_fini) struct str base64 = { .max = 1000 };
	sasl_callback_t callbacks[] = { CLIENT_CALLBACK(SASL_CB_USER, on_name, c),
		CLIENT_CALLBACK(SASL_CB_AUTHNAME, on_name, c), CLIENT_CALLBACK(SASL_CB_PASS, on_secret, c),
		{ SASL_CB_LIST_END, NULL, NULL } };
	struct mech_run *run = begin(t, set, c, &base64);
	sasl_conn_t *client = open_client(t, callbacks, c);
	bool client_is_happy;
	bool acts = c->acts_as[0] != '\0' && strcmp(c->acts_as, c->user) != 0;

	T_INT(t, talk(run, client, c->mech, &client_is_happy), c->want);
	if (c->want == MECH_CHECK || c->want == MECH_PROVED) {
		T_TRUE(t, client_is_happy);
		T_SPAN(t, mech_user(run), c->user);
		T_SPAN(t, mech_acts_as(run), acts ? c->acts_as : "");
		T_SPAN(t, mech_password(run), c->want_password);
	}
	sasl_dispose(&client);
	mech_run_free(&run);
}

TEST(exchanges)
{
	struct err err = { 0 };
	struct mech_set *set = mech_set_new(all_mechs, &err);
	const struct auth_mechanism *mechs;
	size_t count;

	T_STR(t, err.text, "");
	T_NEED(t, set != NULL && sasl_client_init(NULL) == SASL_OK);
	mechs = mech_set_all(set, &count);
	T_INT(t, count, 6);
	T_SPAN(t, mechs[2].name, "SCRAM-SHA-256");
	T_INT(t, mechs[0].traits, AUTH_MECH_PLAINTEXT);
	EACH_CASE(t, c, cases) run_case(t, set, c);
	sasl_done();
	free(set);
}

static const struct bad_case {
	const char *name, *mech, *first, *then;
} bad_cases[] = {
	{ "no such mechanism", "GSSAPI", "", NULL },
	{ "not offered", "CRAM-MD5", "", NULL },
	{ "PLAIN of one part", "PLAIN", "ann", NULL },
	{ "PLAIN of nothing", "PLAIN", "", NULL },
	{ "SCRAM of rubbish", "SCRAM-SHA-256", "\x01\x02\x03", NULL },
	{ "SCRAM that stops making sense", "SCRAM-SHA-256", "n,,n=ann,r=abcdefghijklmnop", "nonsense" },
};

TEST(clients_that_break_the_rules)
{
	struct err err = { 0 };
	struct mech_set *set = mech_set_new(all_mechs, &err);
	static const struct exchange_case nobody = { .failure = LOOKUP_NONE };

	T_NEED(t, set != NULL);
	EACH_CASE(t, c, bad_cases) {
		CLEANUP(str_fini) struct str out = { .max = 10000 };
		struct auth_begin begin = { .mechanism = span_of(c->mech), .service = SPAN("smtp") };
		struct mech_run *run = mech_run_new(set, &begin, on_keys, (void *) (uintptr_t) &nobody, &err);
		enum mech_step step;
		bool has_out;

		T_NEED(t, run != NULL);
		err_clear(&err);
		step = mech_step(run, true, span_of(c->first), &out, &has_out, &err);
		if (c->then != NULL) {
			T_INT(t, step, MECH_CHALLENGE);
			step = mech_step(run, true, span_of(c->then), &out, &has_out, &err);
		}
		T_TRUE(t, step == MECH_BROKEN || step == MECH_WRONG);
		T_TRUE(t, err.text[0] != '\0');
		mech_run_free(&run);
	}
	free(set);
}

TEST(lists_of_mechanisms)
{
	struct err err = { 0 };

	T_TRUE(t, mech_set_new("plain, gssapi", &err) == NULL);
	T_STR(t, err.text, "auth_mechanisms: there is no mechanism \"gssapi\"");
}
