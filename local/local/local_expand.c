/* SPDX-License-Identifier: ISC */
/* Walks the destinations in an alias, a .forward file or a list. */
#include "local/local/local_int.h"
#include "local/local/local_token.h"

/* Commands and files are allowed where the administrator says so. */
static bool
is_allowed(struct local_job *job, const struct local_at *at, unsigned allowed, const char *what)
{
	if (at->source & allowed)
		return true;
	local_refused(job, at, ERR_PERM, "5.7.1", "mail to %s is restricted", what);
	return false;
}

/* What has a different meaning under different rights is a different thing. */
static const char *
under_rights(struct local_job *job, const struct local_at *at, const char *what)
{
	return arena_printf(job->arena, "%s %lld", what,
	    at->rights == NULL ? -1LL : (long long) at->rights->ids.uid);
}

static void
deliver_token(struct local_job *job, const struct local_at *at, const struct local_token *token)
{
	switch (token->kind) {
	case TOKEN_ADDRESS:
	case TOKEN_DIRECT:
		local_deliver_address(job, *at, token->text, token->kind == TOKEN_DIRECT);
		break;
	case TOKEN_COMMAND:
		if (is_allowed(job, at, job->local->commands_from, "command") &&
		    local_is_first(job, under_rights(job, at, "command"), token->text))
			local_deliver_command(job, at, at->rights, token->text);
		break;
	case TOKEN_FILE:
		if (is_allowed(job, at, job->local->files_from, "file") &&
		    local_is_first(job, under_rights(job, at, "file"), token->text))
			local_deliver_file(job, at, token->text);
		break;
	case TOKEN_INCLUDE:
		if (local_is_first(job, under_rights(job, at, "include"), token->text))
			local_deliver_include(job, *at, token->text);
		break;
	case TOKEN_BAD:
		local_refused(job, at, ERR_PERM, "5.1.3", "bad recipient address syntax: \"%.*s\"",
		    SPAN_ARG(token->text));
		break;
	}
}

size_t
local_expand_list(struct local_job *job, const struct local_at *at, struct span text)
{
	struct local_token token;
	size_t count = 0;

	while (local_token_next(&text, job->arena, &token)) {
		count++;
		if (arena_is_over(job->arena)) {
			local_refused(job, at, ERR_TEMP, "4.3.0",
			    "expansion of %.*s takes too much memory", SPAN_ARG(at->address));
			break;
		}
		deliver_token(job, at, &token);
	}
	return count;
}

size_t
local_expand_lines(struct local_job *job, const struct local_at *at, struct span text)
{
	struct span line;
	size_t count = 0;

	while (local_token_line(&text, &line))
		count += local_expand_list(job, at, line);
	return count;
}
