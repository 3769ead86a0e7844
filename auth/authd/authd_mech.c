/* SPDX-License-Identifier: ISC */
/*
 * The mechanisms of libsasl2, without its stores of passwords and its configuration files: every option
 * it asks for is answered here. Its own check of a password only notes the password; the worker's word
 * counts, and a run that ends with a noted password is not done. A user whom nobody knows is given keys
 * that fit no password, so that a stranger cannot tell who exists.
 */
#include "auth/authd/authd_mech.h"

#include <sasl/sasl.h>
#include <sasl/saslplug.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/auth/scram_keys.h"
#include "lib/base/encode.h"
#include "lib/base/panic.h"
#include "lib/sys/log.h"

enum { MECHS_MAX = 50, STORED_MAX = 4096, BINDING_MAX = 150, SEED_BYTES = 32 };

struct mech_set {
	struct auth_mechanism mechs[MECHS_MAX];
	char names[MECHS_MAX][40];
	size_t count;
	char list[1024];                /* for the library's option mech_list */
	unsigned char seed[SEED_BYTES]; /* of the keys of users who do not exist */
	sasl_callback_t callbacks[8];
};

struct mech_run {
	const struct mech_set *set;
	sasl_conn_t *conn;
	sasl_callback_t callbacks[4];
	char mechanism[40];
	bool has_begun, is_of_nobody, has_failed;
	char certificate_user[AUTH_USER_MAX + 1];
	char exporter[BINDING_MAX], unique[BINDING_MAX];
	size_t exporter_len, unique_len;
	sasl_channel_binding_t binding;
	char user[AUTH_USER_MAX + 1], acts_as[AUTH_USER_MAX + 1];
	struct str password;
	bool has_password;
	mech_find_keys *find_keys;
	void *ctx;
};

/* The library keeps callbacks of all kinds as one type of pointer. */
#define CALLBACK(ID, PROC, CTX)  ((sasl_callback_t){ (ID), (sasl_callback_ft) (void (*)(void)) (PROC), (CTX) })
#define CALLBACK_END             ((sasl_callback_t){ SASL_CB_LIST_END, NULL, NULL })

/* Our source of keys, among the library's plug-ins. */
static char plug_name[] = "carteiro";

/* ---- What the library asks of the process ---- */

/* The values of the options that we set; all others have the library's defaults. */
static int
on_option(void *ctx, const char *plugin UNUSED, const char *option, const char **result, unsigned *len)
{
	const struct mech_set *set = ctx;

	*result = strcmp(option, "auxprop_plugin") == 0 ? plug_name
	    : strcmp(option, "pwcheck_method") == 0     ? "auxprop"
	    : strcmp(option, "mech_list") == 0          ? set->list
	                                                : NULL;
	if (*result == NULL)
		return SASL_FAIL;
	if (len != NULL)
		*len = (unsigned) strlen(*result);
	return SASL_OK;
}

/* Failures of clients are logged by who asked; what is left are faults of the library's plug-ins. */
static int
on_log(void *ctx UNUSED, int level, const char *text)
{
	if (level == SASL_LOG_ERR)
		log_debug("SASL: %s", text);
	return SASL_OK;
}

/* No configuration file of the library counts. */
static int
on_config_path(void *ctx UNUSED, char **path)
{
	static char nowhere[] = "/nonexistent";

	*path = nowhere;
	return SASL_OK;
}

/* ---- What the library asks of one exchange ---- */

static bool
keep_name(char *place, const char *name, size_t len)
{
	if (len > AUTH_USER_MAX || span_has_nul(span_make(name, len)))
		return false;
	if (len > 0)
		memcpy(place, name, len);
	place[len] = '\0';
	return true;
}

/* Any password is right here: it is kept for the worker. */
static int
on_password(sasl_conn_t *conn UNUSED, void *ctx, const char *user, const char *password,
    unsigned len, struct propctx *props UNUSED)
{
	struct mech_run *run = ctx;

	if (!keep_name(run->user, user, strlen(user)) || !str_add(&run->password, span_make(password, len)))
		return SASL_BADAUTH;
	run->has_password = true;
	return SASL_OK;
}

/* Anybody may ask to act as anybody: whether that is allowed is decided when the exchange is over. */
static int
on_authorize(sasl_conn_t *conn UNUSED, void *ctx, const char *acts_as, unsigned acts_as_len,
    const char *user, unsigned user_len, const char *realm UNUSED, unsigned realm_len UNUSED,
    struct propctx *props UNUSED)
{
	struct mech_run *run = ctx;

	return keep_name(run->user, user, user_len) && keep_name(run->acts_as, acts_as, acts_as_len)
	    ? SASL_OK
	    : SASL_BADAUTH;
}

/* ---- Keys: the library's "auxiliary properties" ---- */

/* The run that a plug-in works for: the context of its own callback. */
static struct mech_run *
run_of(const sasl_utils_t *utils)
{
	sasl_callback_ft proc;
	void *ctx = NULL;

	return utils->getcallback(utils->conn, SASL_CB_PROXY_POLICY, &proc, &ctx) == SASL_OK ? ctx : NULL;
}

/* "{SCRAM-SHA-256}rounds,salt,stored,server" as "SCRAM-SHA-256$rounds:salt$stored:server" (RFC 5803). */
static void
give_scram_keys(const sasl_server_params_t *params, const char *property, struct span stored)
{
	CLEANUP(str_fini) struct str out = { .max = STORED_MAX };
	struct span scheme = { 0 }, rounds = { 0 }, salt = { 0 }, key = { 0 };

	(void) span_cut(&stored, '}', &scheme);
	(void) span_cut(&stored, ',', &rounds);
	(void) span_cut(&stored, ',', &salt);
	(void) span_cut(&stored, ',', &key);
	str_addf(&out, "%.*s$%.*s:%.*s$%.*s:%.*s", SPAN_ARG(span_from(scheme, 1)), SPAN_ARG(rounds),
	    SPAN_ARG(salt), SPAN_ARG(key), SPAN_ARG(stored));
	(void) params->utils->prop_set(params->propctx, property, str_cstr(&out), (int) out.len);
}

/* Keys for a name that nobody has: always the same ones, and of no password. */
static void
make_false_keys(struct mech_run *run, const char *user, struct str *stored_out)
{
	bool is_sha1 = strncmp(run->mechanism, "SCRAM-SHA-1", 11) == 0 &&
	    (run->mechanism[11] == '\0' || run->mechanism[11] == '-');
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned mac_len = 0;
	struct scram_keys keys = { .rounds = SCRAM_ROUNDS_MIN, .salt_len = 16, .key_len = is_sha1 ? 20 : 32 };

	run->is_of_nobody = true;
	if (HMAC(EVP_sha256(), run->set->seed, SEED_BYTES, (const unsigned char *) user, strlen(user), mac,
		&mac_len) == NULL)
		return;
	memcpy(keys.salt, mac, keys.salt_len);
	memcpy(keys.stored_key, mac, keys.key_len);
	memcpy(keys.server_key, mac, keys.key_len);
	str_addf(stored_out, "{%s}", is_sha1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256");
	(void) scram_keys_print(&keys, stored_out);
}

/* One property that a mechanism asked for. */
static void
give_keys(struct mech_run *run, const sasl_server_params_t *params, const char *property,
    const char *user)
{
	CLEANUP(str_fini) struct str stored = { .max = STORED_MAX };
	enum lookup found = run->find_keys(run->ctx, span_of(user), &stored);

	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
		run->has_failed = true;
	if (found != LOOKUP_FOUND)
		make_false_keys(run, user, &stored);
	if (span_starts_with(str_span(&stored), SPAN("{SCRAM-")))
		give_scram_keys(params, "*authPassword", str_span(&stored));
	else if (strcmp(property, "*userPassword") == 0)
		(void) params->utils->prop_set(params->propctx, property, str_cstr(&stored), (int) stored.len);
	str_wipe(&stored);
}

static int
on_properties(void *global UNUSED, sasl_server_params_t *params, unsigned flags, const char *user,
    unsigned user_len)
{
	struct mech_run *run = run_of(params->utils);
	const struct propval *wanted = params->utils->prop_get(params->propctx);
	char name[AUTH_USER_MAX + 1];

	if (run == NULL || (flags & SASL_AUXPROP_AUTHZID) || wanted == NULL)
		return SASL_OK;
	if (!keep_name(name, user, user_len))
		return SASL_NOUSER;
	memcpy(run->user, name, user_len + 1);  /* also when the proof will be wrong */
	for (; wanted->name != NULL; wanted++)
		if (strcmp(wanted->name, "*userPassword") == 0)
			give_keys(run, params, wanted->name, name);
	return SASL_OK;
}

static sasl_auxprop_plug_t property_plug = { .auxprop_lookup = on_properties, .name = plug_name };

static int
init_properties(const sasl_utils_t *utils UNUSED, int max_version UNUSED, int *version,
    sasl_auxprop_plug_t **plug, const char *name UNUSED)
{
	*version = SASL_AUXPROP_PLUG_VERSION;
	*plug = &property_plug;
	return SASL_OK;
}

/* ---- The set ---- */

static const struct {
	const char *name;
	int64_t traits;
} known_mechs[] = {
	{ "PLAIN", AUTH_MECH_PLAINTEXT },
	{ "LOGIN", AUTH_MECH_PLAINTEXT },
	{ "SCRAM-SHA-1", AUTH_MECH_MUTUAL | AUTH_MECH_DICTIONARY },
	{ "SCRAM-SHA-256", AUTH_MECH_MUTUAL | AUTH_MECH_DICTIONARY },
	{ "SCRAM-SHA-1-PLUS", AUTH_MECH_MUTUAL | AUTH_MECH_DICTIONARY | AUTH_MECH_BINDING },
	{ "SCRAM-SHA-256-PLUS", AUTH_MECH_MUTUAL | AUTH_MECH_DICTIONARY | AUTH_MECH_BINDING },
	{ "EXTERNAL", AUTH_MECH_EXTERNAL },
};

static bool
add_mech(struct mech_set *set, struct span name, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(known_mechs) && set->count < MECHS_MAX; i++) {
		if (!span_eq_str_ci(name, known_mechs[i].name))
			continue;
		(void) snprintf(set->names[set->count], sizeof(set->names[0]), "%s", known_mechs[i].name);
		set->mechs[set->count] = (struct auth_mechanism){ span_of(set->names[set->count]),
			known_mechs[i].traits };
		set->count++;
		return true;
	}
	return err_config(err, "auth_mechanisms: there is no mechanism \"%.*s\"", SPAN_ARG(name));
}

/* The library's list has the names without -PLUS. */
static void
fill_list(struct mech_set *set)
{
	CLEANUP(str_fini) struct str list = { .max = sizeof(set->list) - 1 };

	for (size_t i = 0; i < set->count; i++) {
		struct span name = set->mechs[i].name;

		if (span_ends_with(name, SPAN("-PLUS")))
			name.len -= strlen("-PLUS");
		str_addf(&list, "%s%.*s", list.len > 0 ? " " : "", SPAN_ARG(name));
	}
	memcpy(set->list, str_cstr(&list), list.len + 1);
}

/* The library found the plug-in of a mechanism. */
static bool
has_plugin(struct span name)
{
	const char **all = sasl_global_listmech();

	if (span_ends_with(name, SPAN("-PLUS")))
		name.len -= strlen("-PLUS");
	for (; all != NULL && *all != NULL; all++)
		if (span_eq_str(name, *all))
			return true;
	return span_eq_str(name, "EXTERNAL");
}

static bool
start_library(struct mech_set *set, struct err *err)
{
	static const char missing[] = "auth_mechanisms: mechanism %.*s needs a plug-in of Cyrus SASL that is "
	                              "not installed (package libsasl2-modules)";
	size_t n = 0;

	set->callbacks[n++] = CALLBACK(SASL_CB_GETOPT, on_option, set);
	set->callbacks[n++] = CALLBACK(SASL_CB_LOG, on_log, NULL);
	set->callbacks[n++] = CALLBACK(SASL_CB_GETCONFPATH, on_config_path, NULL);
	set->callbacks[n] = CALLBACK_END;
	if (sasl_auxprop_add_plugin(plug_name, init_properties) != SASL_OK ||
	    sasl_server_init(set->callbacks, "carteiro") != SASL_OK)
		return err_config(err, "the SASL library does not start");
	for (size_t i = 0; i < set->count; i++)
		if (!has_plugin(set->mechs[i].name))
			return err_config(err, missing, SPAN_ARG(set->mechs[i].name));
	return true;
}

struct mech_set *
mech_set_new(const char *names, struct err *err)
{
	struct mech_set *set = xcalloc(1, sizeof(*set));
	struct span rest = span_of(names), name;

	while (span_token(&rest, ", \t\r\n", &name))
		if (!add_mech(set, name, err))
			goto out;
	fill_list(set);
	if (start_library(set, err) && getrandom(set->seed, SEED_BYTES, 0) == SEED_BYTES)
		return set;
out:
	free(set);
	return NULL;
}

const struct auth_mechanism *
mech_set_all(const struct mech_set *set, size_t *count_out)
{
	*count_out = set->count;
	return set->mechs;
}

/* ---- One exchange ---- */

static const struct auth_mechanism *
find_mech(const struct mech_set *set, struct span name)
{
	for (size_t i = 0; i < set->count; i++)
		if (span_eq_ci(set->mechs[i].name, name))
			return &set->mechs[i];
	return NULL;
}

static size_t
keep_binding(char *place, struct span base64)
{
	CLEANUP(str_fini) struct str bytes = { .max = BINDING_MAX };

	if (base64_decode(&bytes, base64) != PARSE_OK || bytes.len == 0)
		return 0;
	memcpy(place, bytes.p, bytes.len);
	return bytes.len;
}

static bool
open_conn(struct mech_run *run, const struct auth_begin *begin, struct arena *arena)
{
	sasl_security_properties_t security = { .max_ssf = 0, .maxbufsize = 0 };

	run->callbacks[0] = CALLBACK(SASL_CB_SERVER_USERDB_CHECKPASS, on_password, run);
	run->callbacks[1] = CALLBACK(SASL_CB_PROXY_POLICY, on_authorize, run);
	run->callbacks[2] = CALLBACK_END;
	return sasl_server_new(arena_cstr(arena, begin->service), "localhost", NULL, NULL, NULL,
	           run->callbacks, SASL_SUCCESS_DATA, &run->conn) == SASL_OK &&
	    sasl_setprop(run->conn, SASL_SEC_PROPS, &security) == SASL_OK &&
	    (run->certificate_user[0] == '\0' ||
		sasl_setprop(run->conn, SASL_AUTH_EXTERNAL, run->certificate_user) == SASL_OK);
}

struct mech_run *
mech_run_new(const struct mech_set *set, const struct auth_begin *begin, mech_find_keys *find_keys,
    void *ctx, struct err *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new("SASL exchange", 4096);
	const struct auth_mechanism *mech = find_mech(set, begin->mechanism);
	struct mech_run *run = xcalloc(1, sizeof(*run));

	run->set = set;
	run->find_keys = find_keys;
	run->ctx = ctx;
	str_init(&run->password, 1024);
	if (!keep_name(run->certificate_user, begin->certificate_user.p, begin->certificate_user.len))
		run->certificate_user[0] = '\0';
	run->exporter_len = keep_binding(run->exporter, begin->tls_exporter);
	run->unique_len = keep_binding(run->unique, begin->tls_unique);
	if (mech != NULL)
		(void) snprintf(run->mechanism, sizeof(run->mechanism), "%.*s", SPAN_ARG(mech->name));
	if (open_conn(run, begin, arena))
		return run;
	(void) err_temp(err, "the SASL library cannot begin an exchange");
	mech_run_free(&run);
	return NULL;
}

void
mech_run_free(struct mech_run **run)
{
	if (*run == NULL)
		return;
	sasl_dispose(&(*run)->conn);
	str_wipe(&(*run)->password);
	str_fini(&(*run)->password);
	free(*run);
	*run = NULL;
}

/*
 * The client of a -PLUS mechanism says which binding it uses ("p=tls-exporter,,..."), and the library
 * knows only one at a time.
 */
static void
choose_binding(struct mech_run *run, struct span response)
{
	struct span kind;

	if (!span_ends_with(span_of(run->mechanism), SPAN("-PLUS")))
		return;
	(void) span_cut(&response, ',', &kind);
	if (span_eq_str(kind, "p=tls-exporter") && run->exporter_len > 0)
		run->binding = (sasl_channel_binding_t){ "tls-exporter", 1, run->exporter_len,
			(unsigned char *) run->exporter };
	else if (span_eq_str(kind, "p=tls-unique") && run->unique_len > 0)
		run->binding = (sasl_channel_binding_t){ "tls-unique", 1, run->unique_len,
			(unsigned char *) run->unique };
	if (run->binding.name != NULL)
		(void) sasl_setprop(run->conn, SASL_CHANNEL_BINDING, &run->binding);
}

/* "y" says: I know channel binding, you did not offer it (RFC 5802 6). If it was, somebody has taken it away. */
static bool
is_downgraded(const struct mech_run *run, struct span response)
{
	char plus[sizeof(run->mechanism) + sizeof("-PLUS")];

	(void) snprintf(plus, sizeof(plus), "%s-PLUS", run->mechanism);
	return span_starts_with(response, SPAN("y,")) && (run->exporter_len > 0 || run->unique_len > 0) &&
	    find_mech(run->set, span_of(plus)) != NULL;
}

/* What a status of the library means when the exchange does not go on. */
static enum mech_step
failure(const struct mech_run *run, int status, struct err *err)
{
	if (status == SASL_FAIL && run->user[0] == '\0')
		status = SASL_BADPROT;  /* before anything was asked of us: it is the client's message */
	switch (status) {
	case SASL_BADAUTH:
	case SASL_NOUSER:
	case SASL_NOAUTHZ:
	case SASL_NOVERIFY:
	case SASL_DISABLED:
	case SASL_EXPIRED:
	case SASL_BADBINDING:
		(void) err_set(err, ERR_PERM, "5.7.8", "%s",
		    run->is_of_nobody ? "unknown user" : "authentication failure");
		return MECH_WRONG;
	case SASL_BADPROT:
	case SASL_BADPARAM:
	case SASL_NOMECH:
	case SASL_TOOWEAK:
	case SASL_ENCRYPT:
	case SASL_UNAVAIL:
		(void) err_set(err, ERR_PERM, "5.5.4", "%s", sasl_errdetail(run->conn));
		return MECH_BROKEN;
	default:
		(void) err_temp(err, "%s", sasl_errdetail(run->conn));
		return MECH_FAILED;
	}
}

static enum mech_step
finish(struct mech_run *run, struct err *err)
{
	const void *user = NULL;

	if (run->has_failed) {
		(void) err_temp(err, "a source of accounts does not answer");
		return MECH_FAILED;
	}
	if (run->is_of_nobody)
		return failure(run, SASL_NOUSER, err);
	if (run->has_password)
		return MECH_CHECK;
	if (run->user[0] != '\0')
		return MECH_PROVED;
	if (sasl_getprop(run->conn, SASL_AUTHUSER, &user) != SASL_OK || user == NULL ||
	    !keep_name(run->user, user, strlen(user)))
		return failure(run, SASL_BADPROT, err);
	return MECH_PROVED;
}

enum mech_step
mech_step(struct mech_run *run, bool has_response, struct span response, struct str *out,
    bool *has_out_out, struct err *err)
{
	const char *in = has_response ? (response.p == NULL ? "" : response.p) : NULL, *reply = NULL;
	unsigned reply_len = 0;
	int status;

	*has_out_out = false;
	if (run->mechanism[0] == '\0') {
		(void) err_set(err, ERR_PERM, "5.5.4", "there is no such mechanism");
		return MECH_BROKEN;
	}
	if (!run->has_begun && is_downgraded(run, response)) {
		(void) err_set(err, ERR_PERM, "5.7.8", "the client was not offered the channel binding that there is");
		return MECH_BROKEN;
	}
	if (!run->has_begun) {
		choose_binding(run, response);
		status = sasl_server_start(run->conn, run->mechanism, in, (unsigned) response.len, &reply, &reply_len);
	} else {
		status = sasl_server_step(run->conn, in == NULL ? "" : in, (unsigned) response.len, &reply, &reply_len);
	}
	run->has_begun = true;
	if (status != SASL_OK && status != SASL_CONTINUE)
		return failure(run, status, err);
	*has_out_out = reply != NULL;
	if (reply != NULL && !str_add(out, span_make(reply, reply_len))) {
		(void) err_temp(err, "the challenge is too long");
		return MECH_FAILED;
	}
	return status == SASL_CONTINUE ? MECH_CHALLENGE : finish(run, err);
}

struct span
mech_user(const struct mech_run *run)
{
	return span_of(run->user);
}

struct span
mech_acts_as(const struct mech_run *run)
{
	return strcmp(run->acts_as, run->user) == 0 ? (struct span){ 0 } : span_of(run->acts_as);
}

struct span
mech_password(const struct mech_run *run)
{
	return str_span(&run->password);
}
