/* SPDX-License-Identifier: ISC */
/* Delivery to a command: whose rights, which environment, which directory. */
#include <unistd.h>

#include "lib/store/deliver_headers.h"
#include "local/local/local_exec.h"
#include "local/local/local_int.h"

#define SAFE_PATH "/usr/bin:/bin"

struct environment {
	struct local_job *job;
	ARRAY(char *) words;
};

/* NAME=value; a value that is not there gives no word. */
static void
add(struct environment *env, const char *name, struct span value)
{
	if (value.p == NULL || span_has_nul(value))
		return;
	*ARRAY_ADD(env->job->arena, &env->words) = arena_printf(
	    env->job->arena, "%s=%.*s", name, SPAN_ARG(value));
}

/* A stranger's value, harmless to a shell that is careless with it. */
static void
add_foreign(struct environment *env, const char *name, struct span value)
{
	if (value.len > 0)
		add(env, name,
		    local_macro_filter(
			value, env->job->local->conf.command_expansion_filter, env->job->arena));
}

/* export_environment: NAME, or NAME=value. */
static void
add_exported(struct environment *env)
{
	struct span rest = span_of(env->job->request->program->mail->export_environment), item;

	while (main_cf_list_next(&rest, &item, NULL)) {
		const char *name = arena_cstr(env->job->arena, item);

		if (span_find(item, '=') < item.len)
			*ARRAY_ADD(env->job->arena, &env->words) = arena_strdup(
			    env->job->arena, name);
		else
			add(env, name, span_of(getenv(name)));
	}
}

/* What describes the message and its client. */
static void
add_message(struct environment *env, const struct local_at *at)
{
	const struct deliver *deliver = env->job->request->deliver;
	const struct deliver_rcpt *rcpt = &env->job->request->recipients[env->job->index];

	add_foreign(env, "EXTENSION", at->extension);
	add_foreign(env, "DOMAIN", at->domain);
	add_foreign(env, "LOCAL", at->local);
	add_foreign(env, "RECIPIENT", at->address);
	add_foreign(
	    env, "ORIGINAL_RECIPIENT", rcpt->original.len > 0 ? rcpt->original : rcpt->address);
	add_foreign(env, "SENDER", at->sender.len > 0 ? at->sender : SPAN("MAILER-DAEMON"));
	add_foreign(env, "ENVID", deliver->dsn_envid);
	add_foreign(env, "CLIENT_ADDRESS", deliver->client_address);
	add_foreign(env, "CLIENT_HELO", deliver->client_helo);
	add_foreign(env, "CLIENT_HOSTNAME", deliver->client_name);
	add_foreign(env, "CLIENT_PROTOCOL", deliver->client_protocol);
	add_foreign(env, "SASL_METHOD", deliver->sasl_method);
	add_foreign(env, "SASL_SENDER", deliver->sasl_sender);
	add_foreign(env, "SASL_USERNAME", deliver->sasl_username);
}

static char *const *
environment_of(struct local_job *job, const struct local_at *at, const struct local_user *user)
{
	struct environment env = { .job = job };

	add(&env, "SHELL", span_of(user != NULL ? user->shell : NULL));
	add(&env, "HOME", span_of(user != NULL ? user->home : NULL));
	add_foreign(&env, "USER", at->user);
	add_foreign(&env, "LOGNAME", at->user);
	add_message(&env, at);
	add(&env, "PATH", SPAN(SAFE_PATH));
	add_exported(&env);
	*ARRAY_ADD(job->arena, &env.words) = NULL;
	return env.words.v;
}

/* command_execution_directory, or the queue's as Postfix has it. */
static bool
find_directory(struct local_job *job, const struct local_at *at, const struct local_user *user,
    const char **out, struct err *err)
{
	const struct local_conf *conf = &job->local->conf;

	*out = job->request->program->mail->queue_directory;
	if (conf->command_execution_directory[0] == '\0')
		return true;
	if (local_macro_expand(conf->command_execution_directory, local_macros(job, at, user),
		conf->execution_directory_expansion_filter, job->arena, out) == PARSE_OK &&
	    (*out)[0] == '/')
		return true;
	return err_config(
	    err, "bad value of command_execution_directory: %s", conf->command_execution_directory);
}

static bool
run(struct local_job *job, const struct local_at *at, const struct local_user *user,
    const char *command, struct str *diagnostic, struct err *err)
{
	const struct deliver *deliver = job->request->deliver;
	bool is_ours = user != NULL && user->ids.uid != 0;
	CLEANUP(str_fini) struct str prefix = { .max = DELIVER_HEADERS_MAX };
	struct store_content content = {
		.fd = deliver->fd,
		.header_offset = deliver->header_offset,
		.header_bytes = deliver->header_bytes,
		.body_offset = deliver->body_offset,
		.body_bytes = deliver->body_bytes,
	};
	struct local_exec exec = {
		.command = command,
		.shell = job->local->conf.local_command_shell,
		.environment = environment_of(job, at, user),
		.user = is_ours ? user->ids : job->local->default_privs,
		.limit_us = job->local->conf.command_time_limit.us,
		.content = &content,
	};

	if (!priv_is_root() && exec.user.uid != geteuid())
		return err_set(err, ERR_TEMP, "4.3.5",
		    "cannot run a command as user %u: this system was not started by root",
		    (unsigned) exec.user.uid);
	local_add_prefix(job, at, true, LOCAL_TO_COMMAND, &prefix);
	content.prefix = str_span(&prefix);
	return find_directory(job, at, user, &exec.directory, err) &&
	    local_exec_run(&exec, job->arena, diagnostic, err);
}

void
local_deliver_command(struct local_job *job, const struct local_at *at,
    const struct local_user *user, struct span name)
{
	const char *command = arena_cstr(job->arena, name);
	CLEANUP(str_fini) struct str diagnostic = { .max = LOCAL_OUTPUT_MAX };
	struct err err = { 0 };

	if (job->request->deliver->is_verify)
		local_sent(job, at, "delivers to command: %s", command);
	else if (run(job, at, user, command, &diagnostic, &err))
		local_sent(job, at, "delivered to command: %s", command);
	else
		local_failed_as(job, at, &err, str_span(&diagnostic));
}
