/* SPDX-License-Identifier: ISC */
/*
 * What TLS servers and clients share: getting OpenSSL ready, loading keys and authorities while
 * that
 * is allowed, choosing protocols and ciphers. Errors name the file and what OpenSSL said of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/conf.h>
#include <openssl/err.h>
#include <unistd.h>

#include "lib/net/tls_int.h"
#include "lib/sys/clock.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"

enum { TLS_ARENA = 256 * 1024, TLS_LIST_MAX = 8 * 1024 };

bool
tls_error(struct err *err, const char *fmt, ...)
{
	unsigned long code = ERR_get_error();
	char what[300], why[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (code == 0)
		return err_temp(
		    err, "%s: %s", what, errno != 0 ? strerror(errno) : "connection closed");
	ERR_error_string_n(code, why, sizeof(why));
	ERR_clear_error();
	return err_temp(err, "%s: %s", what, why);
}

/* tls_config_file: "default", "none" or a file of its own. */
static bool
tls_init_openssl(const struct tls_conf *conf, struct err *err)
{
	OPENSSL_INIT_SETTINGS *settings = OPENSSL_INIT_new();
	uint64_t flags = OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS;
	bool is_ready;

	if (settings == NULL)
		return tls_error(err, "prepare OpenSSL");
	if (strcmp(conf->config_file, "none") == 0)
		flags |= OPENSSL_INIT_NO_LOAD_CONFIG;
	else
		flags |= OPENSSL_INIT_LOAD_CONFIG;
	if (conf->config_file[0] == '/')
		OPENSSL_INIT_set_config_filename(settings, conf->config_file);
	if (conf->config_name[0] != '\0')
		OPENSSL_INIT_set_config_appname(settings, conf->config_name);
	is_ready = OPENSSL_init_ssl(flags, settings) == 1;
	OPENSSL_INIT_free(settings);
	return is_ready ||
	    tls_error(err, "prepare OpenSSL with tls_config_file = %s", conf->config_file);
}

bool
tls_loglevel_parse(const char *parameter, const char *text, int *level_out, struct err *err)
{
	uint64_t level;

	if (!span_to_u64(span_trim(span_of(text)), 4, &level))
		return err_config(
		    err, "parameter %s: expected 0 to 4, found \"%s\"", parameter, text);
	*level_out = (int) level;
	return true;
}

/* ---- Options ---- */

static const struct tls_option {
	const char *name;
	uint64_t bit;
} tls_options[] = {
	{ "ENABLE_MIDDLEBOX_COMPAT", SSL_OP_ENABLE_MIDDLEBOX_COMPAT }, { "LEGACY_SERVER_CONNECT", SSL_OP_LEGACY_SERVER_CONNECT },
	{ "NO_COMPRESSION", SSL_OP_NO_COMPRESSION }, { "NO_RENEGOTIATION", SSL_OP_NO_RENEGOTIATION },
	{ "NO_SESSION_RESUMPTION_ON_RENEGOTIATION", SSL_OP_NO_SESSION_RESUMPTION_ON_RENEGOTIATION },
	{ "NO_TICKET", SSL_OP_NO_TICKET }, { "PRIORITIZE_CHACHA", SSL_OP_PRIORITIZE_CHACHA },
	{ "NO_ENCRYPT_THEN_MAC", SSL_OP_NO_ENCRYPT_THEN_MAC }, { "ENABLE_KTLS", SSL_OP_ENABLE_KTLS },
}, tls_workarounds[] = {
	{ "CRYPTOPRO_TLSEXT_BUG", SSL_OP_CRYPTOPRO_TLSEXT_BUG }, { "DONT_INSERT_EMPTY_FRAGMENTS", SSL_OP_DONT_INSERT_EMPTY_FRAGMENTS },
	{ "TLSEXT_PADDING", SSL_OP_TLSEXT_PADDING }, { "SAFARI_ECDHE_ECDSA_BUG", SSL_OP_SAFARI_ECDHE_ECDSA_BUG },
};

static uint64_t
tls_option_bit(const struct tls_option *options, size_t count, struct span name)
{
	for (size_t i = 0; i < count; i++)
		if (span_eq_str_ci(name, options[i].name))
			return options[i].bit;
	return 0;
}

static bool
tls_set_options(struct tls_base *base, struct err *err)
{
	uint64_t on = SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION, off = 0;
	struct span rest = span_of(base->conf.ssl_options), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		uint64_t bit = tls_option_bit(tls_options, COUNT_OF(tls_options), word);

		if (bit == 0)
			return err_config(err, "parameter tls_ssl_options: unknown option \"%.*s\"",
			    SPAN_ARG(word));
		on |= bit;
	}
	rest = span_of(base->conf.disable_workarounds);
	while (span_token(&rest, ", \t\r\n", &word))
		off |= tls_option_bit(tls_workarounds, COUNT_OF(tls_workarounds), word);
	if (base->conf.preempt_cipherlist)
		on |= SSL_OP_CIPHER_SERVER_PREFERENCE;
	SSL_CTX_clear_options(base->ctx, SSL_OP_ALL);
	SSL_CTX_set_options(base->ctx, on & ~off);
	SSL_CTX_set_mode(base->ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
		SSL_MODE_RELEASE_BUFFERS);
	return true;
}

bool
tls_base_init(
    struct tls_base *base, const SSL_METHOD *method, struct program *program, struct err *err)
{
	*base = (struct tls_base){ .arena = arena_new("TLS", TLS_ARENA) };
	if (!param_load(program->cf, &tls_params, NULL, &base->conf, base->arena, err) ||
	    !tls_init_openssl(&base->conf, err))
		return false;
	base->ctx = SSL_CTX_new(method);
	if (base->ctx == NULL)
		return tls_error(err, "make a TLS context");
	return tls_set_options(base, err);
}

void
tls_base_fini(struct tls_base *base)
{
	for (size_t i = 0; i < base->files.count; i++) {
		close(base->files.v[i].fd);
		close(base->files.v[i].link_fd);
	}
	SSL_CTX_free(base->ctx);
	base->ctx = NULL;
	arena_free(&base->arena);
}

/* ---- Files and their changes ---- */

/*
 * A file that is replaced by rename(2) loses its name, so its link count says so even from an
 * empty root directory.
 */
void
tls_base_watch(struct tls_base *base, const char *path)
{
	struct tls_file file = { .fd = open(path, O_PATH | O_CLOEXEC),
		.link_fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) };
	struct stat st;

	if (file.fd < 0 || file.link_fd < 0 || fstat(file.fd, &st) != 0) {
		close(file.fd);
		close(file.link_fd);
		return;
	}
	file.changed = st.st_mtim;
	file.size = st.st_size;
	*ARRAY_ADD(base->arena, &base->files) = file;
}

static bool
tls_file_is_stale(const struct tls_file *file)
{
	struct stat st, link_st;

	if (fstat(file->fd, &st) != 0 || fstat(file->link_fd, &link_st) != 0)
		return false;
	return st.st_nlink == 0 || link_st.st_nlink == 0 || st.st_size != file->size ||
	    st.st_mtim.tv_sec != file->changed.tv_sec ||
	    st.st_mtim.tv_nsec != file->changed.tv_nsec;
}

bool
tls_base_is_stale(struct tls_base *base)
{
	int64_t now_us = clock_now_us();

	if (base->is_stale || now_us - base->asked_stale_us < CLOCK_SECOND_US)
		return base->is_stale;
	base->asked_stale_us = now_us;
	for (size_t i = 0; !base->is_stale && i < base->files.count; i++)
		base->is_stale = tls_file_is_stale(&base->files.v[i]);
	return base->is_stale;
}

/* ---- Keys ---- */

static bool
tls_load_pair(struct tls_base *base, const char *cert, const char *key, struct err *err)
{
	ERR_clear_error();
	errno = 0;
	if (SSL_CTX_use_certificate_chain_file(base->ctx, cert) != 1)
		return tls_error(err, "load certificate chain %s", cert);
	if (SSL_CTX_use_PrivateKey_file(base->ctx, key, SSL_FILETYPE_PEM) != 1)
		return tls_error(err, "load private key %s", key);
	if (SSL_CTX_check_private_key(base->ctx) != 1)
		return tls_error(
		    err, "private key %s does not belong to certificate %s", key, cert);
	tls_base_watch(base, cert);
	if (strcmp(cert, key) != 0)
		tls_base_watch(base, key);
	return true;
}

bool
tls_base_load_keys(struct tls_base *base, const struct tls_key_files *files, struct err *err)
{
	if (files->chain_files[0] != '\0')
		return tls_base_load_chains(base, files->chain_files, err);
	if (files->cert_file[0] != '\0' && strcasecmp(files->cert_file, "none") != 0 &&
	    !tls_load_pair(base, files->cert_file, files->key_file, err))
		return false;
	return files->eccert_file[0] == '\0' ||
	    tls_load_pair(base, files->eccert_file, files->eckey_file, err);
}

bool
tls_base_load_trust(
    struct tls_base *base, const char *ca_file, const char *ca_path, struct err *err)
{
	ERR_clear_error();
	errno = 0;
	if (ca_file[0] != '\0' && SSL_CTX_load_verify_file(base->ctx, ca_file) != 1)
		return tls_error(err, "load certificate authorities %s", ca_file);
	if (ca_path[0] != '\0' && SSL_CTX_load_verify_dir(base->ctx, ca_path) != 1)
		return tls_error(err, "use certificate authorities in %s", ca_path);
	if (base->conf.append_default_CA && SSL_CTX_set_default_verify_file(base->ctx) != 1)
		return tls_error(err, "load the system's certificate authorities");
	if (ca_file[0] != '\0')
		tls_base_watch(base, ca_file);
	return true;
}

bool
tls_base_set_digest(struct tls_base *base, const char *name, struct err *err)
{
	base->fingerprint_digest = EVP_get_digestbyname(name);
	return base->fingerprint_digest != NULL ||
	    err_config(err, "fingerprint digest \"%s\" is not known to OpenSSL", name);
}

/* ---- Groups ---- */

/* Add what this OpenSSL knows of a list of groups, separated by colons. */
static void
tls_add_groups(struct tls_base *base, struct str *groups, const char *list)
{
	struct span rest = span_of(list), word;

	while (span_token(&rest, ", :\t\r\n", &word)) {
		const char *name = arena_cstr(base->arena, word);

		if (SSL_CTX_set1_groups_list(base->ctx, name) == 1)
			str_addf(groups, "%s%s", groups->len ? ":" : "", name);
		else
			ERR_clear_error();
	}
}

bool
tls_base_set_groups(struct tls_base *base, const char *grade, struct err *err)
{
	struct str groups;
	bool is_set;

	str_init(&groups, TLS_LIST_MAX);
	if (strcasecmp(grade, "auto") == 0)
		tls_add_groups(base, &groups, base->conf.eecdh_auto_curves);
	else if (strcasecmp(grade, "strong") == 0)
		tls_add_groups(base, &groups, "prime256v1");
	else if (strcasecmp(grade, "ultra") == 0)
		tls_add_groups(base, &groups, "secp384r1");
	else if (strcasecmp(grade, "none") != 0)
		return err_config(
		    err, "parameter smtpd_tls_eecdh_grade: unknown grade \"%s\"", grade);
	tls_add_groups(base, &groups, base->conf.ffdhe_auto_groups);
	is_set = groups.len == 0 || SSL_CTX_set1_groups_list(base->ctx, str_cstr(&groups)) == 1;
	str_fini(&groups);
	return is_set || tls_error(err, "set key exchange groups");
}

/* ---- Protocols and ciphers ---- */

static const struct tls_version {
	const char *name;
	int version;
	uint64_t off;
} tls_versions[] = {
	{ "SSLv2", 0, 0 },
	{ "SSLv3", SSL3_VERSION, SSL_OP_NO_SSLv3 },
	{ "TLSv1", TLS1_VERSION, SSL_OP_NO_TLSv1 },
	{ "TLSv1.0", TLS1_VERSION, SSL_OP_NO_TLSv1 },
	{ "TLSv1.1", TLS1_1_VERSION, SSL_OP_NO_TLSv1_1 },
	{ "TLSv1.2", TLS1_2_VERSION, SSL_OP_NO_TLSv1_2 },
	{ "TLSv1.3", TLS1_3_VERSION, SSL_OP_NO_TLSv1_3 },
};

struct tls_protocols {
	int lowest, highest; /* 0: no bound */
	uint64_t off;        /* SSL_OP_NO_... */
	uint64_t named;      /* versions listed without '!': all others are off */
};

static const struct tls_version *
tls_find_version(struct span name)
{
	for (size_t i = 0; i < COUNT_OF(tls_versions); i++)
		if (span_eq_str_ci(name, tls_versions[i].name))
			return &tls_versions[i];
	return NULL;
}

/* ">=TLSv1.2", "<=TLSv1.3", "!SSLv3", "TLSv1.2" */
static bool
tls_read_protocol(struct tls_protocols *p, struct span word, struct err *err)
{
	bool is_low = span_starts_with(word, SPAN(">=")),
	     is_high = span_starts_with(word, SPAN("<="));
	bool is_off = span_starts_with(word, SPAN("!"));
	struct span name = span_from(word, is_low || is_high ? 2 : is_off ? 1 : 0);
	const struct tls_version *version = tls_find_version(name);

	if (version == NULL)
		return err_config(err, "unknown TLS protocol \"%.*s\"", SPAN_ARG(word));
	if (is_low)
		p->lowest = version->version;
	else if (is_high)
		p->highest = version->version;
	else if (is_off)
		p->off |= version->off;
	else
		p->named |= version->off;
	return true;
}

static bool
tls_read_protocols(struct tls_protocols *p, const char *list, struct err *err)
{
	struct span rest = span_of(list), word;

	*p = (struct tls_protocols){ 0 };
	while (span_token(&rest, ", :\t\r\n", &word))
		if (!tls_read_protocol(p, word, err))
			return false;
	for (size_t i = 0; p->named != 0 && i < COUNT_OF(tls_versions); i++)
		if ((p->named & tls_versions[i].off) == 0)
			p->off |= tls_versions[i].off;
	return true;
}

static bool
tls_apply_protocols(struct tls_base *base, SSL *ssl, const char *list, struct err *err)
{
	struct tls_protocols p;
	bool is_set;

	if (!tls_read_protocols(&p, list, err))
		return false;
	if (ssl != NULL) {
		SSL_set_options(ssl, p.off);
		is_set = (p.lowest == 0 || SSL_set_min_proto_version(ssl, p.lowest) == 1) &&
		    (p.highest == 0 || SSL_set_max_proto_version(ssl, p.highest) == 1);
	} else {
		SSL_CTX_set_options(base->ctx, p.off);
		is_set = (p.lowest == 0 ||
			     SSL_CTX_set_min_proto_version(base->ctx, p.lowest) == 1) &&
		    (p.highest == 0 || SSL_CTX_set_max_proto_version(base->ctx, p.highest) == 1);
	}
	return is_set || tls_error(err, "allow TLS protocols %s", list);
}

/* The grade's list; what is excluded follows as ":!name". */
static bool
tls_cipher_list(
    struct tls_base *base, const struct tls_choice *choice, struct str *list, struct err *err)
{
	const char *const excludes[] = { choice->exclude, choice->exclude_more };

	if (strcasecmp(choice->grade, "high") == 0)
		str_add_str(list, base->conf.high_cipherlist);
	else if (strcasecmp(choice->grade, "null") == 0)
		str_add_str(list, "eNULL:!aNULL");
	else if (strcasecmp(choice->grade, "medium") == 0 ||
	    strcasecmp(choice->grade, "low") == 0 || strcasecmp(choice->grade, "export") == 0)
		str_add_str(list, base->conf.medium_cipherlist);
	else
		return err_config(err, "unknown TLS cipher grade \"%s\"", choice->grade);
	for (size_t i = 0; i < COUNT_OF(excludes); i++) {
		struct span rest = span_of(excludes[i]), word;

		while (span_token(&rest, ", :\t\r\n", &word))
			str_addf(list, ":!%.*s", SPAN_ARG(word));
	}
	return true;
}

static bool
tls_apply_ciphers(struct tls_base *base, SSL *ssl, const struct tls_choice *choice, struct err *err)
{
	struct str list;
	bool is_set;

	str_init(&list, TLS_LIST_MAX);
	is_set = tls_cipher_list(base, choice, &list, err);
	if (is_set &&
	    (ssl != NULL ? SSL_set_cipher_list(ssl, str_cstr(&list))
			 : SSL_CTX_set_cipher_list(base->ctx, str_cstr(&list))) != 1)
		is_set = tls_error(err, "use cipher list %s", str_cstr(&list));
	str_fini(&list);
	return is_set;
}

bool
tls_choice_apply(struct tls_base *base, SSL *ssl, const struct tls_choice *choice, struct err *err)
{
	return (choice->protocols == NULL ||
		   tls_apply_protocols(base, ssl, choice->protocols, err)) &&
	    (choice->grade == NULL || tls_apply_ciphers(base, ssl, choice, err));
}
