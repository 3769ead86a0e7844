/* SPDX-License-Identifier: ISC */
/* The SMTP server: one client at a time, in an empty root directory as a user who holds nothing. */
#include <fcntl.h>

#include "lib/net/tls_server_conf.h"
#include "lib/route/rewrite_conf.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/sys/service.h"
#include "lib/table/table_conf.h"
#include "smtpd/smtpd/smtpd_session.h"

struct smtpd_program {
	struct smtpd smtpd;
	struct smtpd_conf conf;
	struct smtpd_access_conf access;
	struct tls_server_conf tls;
	struct smtpd_sasl_conf sasl;
	struct table_conf table;
	struct rewrite_conf rewrite;
	struct table_env env;
	struct maps *sni_maps;
};

static const struct service_params smtpd_service_params[] = {
	{ &smtpd_params, offsetof(struct smtpd_program, conf), NULL },
	{ &smtpd_access_params, offsetof(struct smtpd_program, access), NULL },
	{ &tls_server_params, offsetof(struct smtpd_program, tls), NULL },
	{ &smtpd_sasl_params, offsetof(struct smtpd_program, sasl), NULL },
	{ &table_params, offsetof(struct smtpd_program, table), NULL },
	{ &rewrite_params, offsetof(struct smtpd_program, rewrite), NULL },
	{ NULL, 0, NULL },
};

/*
 * tls_server_sni_maps: values are the contents of files, made by postmap -F. A parent domain is
 * ".domain".
 */
static enum lookup
smtpd_find_name(void *ctx, struct span host, struct str *pem_out)
{
	struct err err = { 0 };
	enum lookup found = maps_get_domain(ctx, host, MAPS_DOMAINS, pem_out, &err);

	if (found == LOOKUP_TEMP || found == LOOKUP_CONFIG)
		log_warn_err("tls_server_sni_maps", &err);
	return found;
}

static bool
smtpd_open_names(struct smtpd_program *p, struct err *err)
{
	const char *text = tls_server_sni_maps(p->smtpd.tls);
	struct tls_names names = { .find = smtpd_find_name };

	if (*text == '\0')
		return true;
	p->sni_maps = maps_open(
	    &p->env, "tls_server_sni_maps", text, TABLE_FOLD | TABLE_FILE_VALUES, err);
	names.ctx = p->sni_maps;
	if (p->sni_maps != NULL)
		tls_server_set_names(p->smtpd.tls, names);
	return p->sni_maps != NULL;
}

/* Certificates and keys are read while root may; without a certificate there is no STARTTLS. */
static bool
smtpd_load_tls(struct smtpd_program *p, struct err *err)
{
	struct smtpd *smtpd = &p->smtpd;
	const char *level = smtpd->tls_conf->security_level;

	smtpd->demands_tls = strcasecmp(level, "encrypt") == 0;
	if (!tls_loglevel_parse(
		"smtpd_tls_loglevel", smtpd->tls_conf->loglevel, &smtpd->tls_loglevel, err))
		return false;
	if (!smtpd->demands_tls && !smtpd->tls_conf->wrappermode && strcasecmp(level, "may") != 0) {
		if (*level == '\0' || strcasecmp(level, "none") == 0)
			return true;
		return err_config(
		    err, "parameter smtpd_tls_security_level: unknown level \"%s\"", level);
	}
	smtpd->tls = tls_server_new(smtpd->tls_conf, smtpd->program, err);
	return smtpd->tls != NULL && smtpd_open_names(p, err);
}

static bool
smtpd_before_drop(struct program *program, struct err *err)
{
	struct smtpd_program *p = program->state;
	struct smtpd *smtpd = &p->smtpd;

	table_env_init(&p->env, &p->table, program->cf, program);
	*smtpd = (struct smtpd){ .conf = &p->conf,
		.access = &p->access,
		.tls_conf = &p->tls,
		.sasl = &p->sasl,
		.rewrite = &p->rewrite,
		.mail = program->mail,
		.service_name = program->service_name,
		.program = program,
		.arena = program->arena,
		.peers = service_peers(program) };
	auth_client_init(&smtpd->auth, program->mail, smtpd->peers);
	smtpd->queue_dir = open(program->mail->queue_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (smtpd->queue_dir < 0)
		return err_temp_errno(err, "open %s", program->mail->queue_directory);
	smtpd->allows_hyphen = p->rewrite.allow_min_user;
	smtpd->resolves_null_domain = p->rewrite.resolve_null_domain;
	if (!smtpd_setup(smtpd, program->cf, &p->env, err) || !smtpd_load_tls(p, err))
		return false;
	smtpd->route = route_open(&p->env, &p->rewrite, program->mail, err);
	return smtpd->route != NULL;
}

static void
smtpd_on_client(struct program *program, struct client *client)
{
	struct smtpd_program *p = program->state;

	session_serve(&p->smtpd, fd_take(&client->fd), NULL);
}

static bool
smtpd_is_stale(struct program *program)
{
	struct smtpd_program *p = program->state;

	return table_any_stale(&p->env) ||
	    (p->smtpd.tls != NULL && tls_server_is_stale(p->smtpd.tls));
}

static const struct service smtpd_service = {
	.manifest = &smtpd_manifest,
	.state_size = sizeof(struct smtpd_program),
	.params = smtpd_service_params,
	.before_drop = smtpd_before_drop,
	.on_client = smtpd_on_client,
	.is_stale = smtpd_is_stale,
};

int
main(int argc, char **argv)
{
	return service_main(&smtpd_service, argc, argv);
}
