/* SPDX-License-Identifier: ISC */
/*
 * The delivery agent for the system's users. This process is root and decides: it looks up aliases
 * and users, parses lists, and launches. Mailboxes are written, and users' files read, by workers
 * that have become their owners (local/worker.h); commands are children of their own.
 */
#include "lib/sys/lock.h"
#include "local/local/local_int.h"

static const struct mask_word {
	const char *word;
	unsigned source, target;
} mask_words[] = {
	{ "alias", LOCAL_ALIAS, 0 },
	{ "forward", LOCAL_FORWARD, LOCAL_TO_FORWARD },
	{ "include", LOCAL_INCLUDE, 0 },
	{ "command", 0, LOCAL_TO_COMMAND },
	{ "file", 0, LOCAL_TO_FILE },
};

/* The words of a parameter as a mask of sources or of targets. */
static bool
parse_mask(
    const char *parameter, const char *value, bool is_target, unsigned *mask_out, struct err *err)
{
	struct span rest = span_of(value), word;

	while (span_token(&rest, ", \t\r\n", &word)) {
		unsigned bit = 0;

		for (size_t i = 0; i < COUNT_OF(mask_words); i++)
			if (span_eq_str_ci(word, mask_words[i].word))
				bit = is_target ? mask_words[i].target : mask_words[i].source;
		if (bit == 0)
			return err_config(
			    err, "parameter %s: unknown word \"%.*s\"", parameter, SPAN_ARG(word));
		*mask_out |= bit;
	}
	return true;
}

/* propagate_unmatched_extensions has words for others, too. */
static bool
parse_propagation(struct local *local, struct err *err)
{
	const char *value = main_cf_value(
	    local->program->cf, "propagate_unmatched_extensions", local->program->arena, err);
	struct span rest = span_of(value), word;

	while (span_token(&rest, ", \t\r\n", &word))
		for (size_t i = 0; i < COUNT_OF(mask_words); i++)
			if (span_eq_str_ci(word, mask_words[i].word))
				local->propagates |= mask_words[i].source;
	return value != NULL;
}

static bool
parse_masks(struct local *local, struct err *err)
{
	const struct local_conf *conf = &local->conf;

	if (conf->sun_mailtool_compatibility)
		local->lock_styles = LOCK_STYLE_DOTLOCK;
	else if (!lock_parse_styles(span_of(conf->mailbox_delivery_lock), &local->lock_styles, err))
		return false;
	return parse_mask("allow_mail_to_commands", conf->allow_mail_to_commands, false,
		   &local->commands_from, err) &&
	    parse_mask(
		"allow_mail_to_files", conf->allow_mail_to_files, false, &local->files_from, err) &&
	    parse_mask("prepend_delivered_header", conf->prepend_delivered_header, true,
		&local->delivered_to, err) &&
	    parse_propagation(local, err);
}

static bool
open_tables(struct local *local, struct err *err)
{
	const struct local_conf *conf = &local->conf;
	unsigned flags = TABLE_FOLD | TABLE_NO_REGSUB |
	    (local->program->mail->smtputf8_enable ? TABLE_UTF8 : 0);

	return (local->transports = maps_open(&local->env, "mailbox_transport_maps",
		    conf->mailbox_transport_maps, flags, err)) &&
	    (local->commands = maps_open(
		 &local->env, "mailbox_command_maps", conf->mailbox_command_maps, flags, err)) &&
	    (local->fallbacks = maps_open(&local->env, "fallback_transport_maps",
		 conf->fallback_transport_maps, flags, err)) &&
	    (local->status_filter = maps_open(&local->env, "local_delivery_status_filter",
		 conf->local_delivery_status_filter, 0, err)) &&
	    local_open_aliases(local, err) &&
	    (local->route = route_open(&local->env, &local->rewrite, local->program->mail, err));
}

static bool
local_before_drop(struct program *program, struct err *err)
{
	struct local *local = program->state;

	local->program = program;
	mail_client_init(&local->cleanup, program->mail, service_peers(program));
	local->workers = worker_pool_new(program);
	table_env_init(&local->env, &local->table, program->cf, program);
	return priv_find_user(program->mail->default_privs, &local->default_privs, err) &&
	    parse_masks(local, err) && open_tables(local, err);
}

static void
local_deliver(void *ctx, struct agent_request *request)
{
	struct map *delivered_to = local_read_delivered_to(request->deliver);

	for (size_t i = 0; i < request->count; i++) {
		struct local_job job = {
			.local = ctx,
			.request = request,
			.index = i,
			.arena = request->arena,
			.seen = map_new(),
			.delivered_to = delivered_to,
		};

		local_deliver_job(&job);
		map_free(&job.seen, NULL);
	}
	map_free(&delivered_to, NULL);
}

static void
local_client(struct program *program, struct client *client)
{
	agent_serve(program, client, local_deliver, program->state);
}

static bool
local_is_stale(struct program *program)
{
	return table_any_stale(&((struct local *) program->state)->env);
}

static void
local_exit(struct program *program)
{
	worker_pool_free(&((struct local *) program->state)->workers);
}

static const struct service_params local_tables[] = {
	{ &local_params, offsetof(struct local, conf), NULL },
	{ &rewrite_params, offsetof(struct local, rewrite), NULL },
	{ &table_params, offsetof(struct local, table), NULL },
	{ NULL, 0, NULL },
};

static const struct service local_service = {
	.manifest = &local_manifest,
	.state_size = sizeof(struct local),
	.params = local_tables,
	.before_drop = local_before_drop,
	.on_client = local_client,
	.is_stale = local_is_stale,
	.on_exit = local_exit,
};

int
main(int argc, char **argv)
{
	return service_main(&local_service, argc, argv);
}
