/* SPDX-License-Identifier: ISC */
/* A user's .forward: read by a worker with the user's rights, obeyed with the user's rights. */
#include "lib/sys/log.h"
#include "local/local/local_int.h"
#include "local/local/local_token.h"

/* What forward_path says. */
struct forward_file {
	const char *path;
	struct span text;
	bool has_extension; /* the path has the extension in it: it goes no further */
};

/* One path. LOOKUP_NONE also for files that must not be trusted, which the log tells. */
static enum lookup
read_one(struct local_job *job, const struct local_at *at, const struct local_user *user,
    struct span pattern, struct forward_file *file, struct err *err)
{
	const char *text = arena_cstr(job->arena, pattern);
	struct worker_place here = { .owner = user->ids };
	enum lookup result;

	if (local_macro_expand(text, local_macros(job, at, user),
		job->local->conf.forward_expansion_filter, job->arena, &file->path) != PARSE_OK ||
	    file->path[0] != '/' || strlen(file->path) > WORK_PATH_MAX)
		return LOOKUP_NONE;
	here.tree = worker_tree(job->arena, user->home, file->path);
	result = worker_read(
	    job->local->workers, &here, file->path, true, job->arena, &file->text, err);
	file->has_extension = strstr(text, "extension") != NULL;
	if (result != LOOKUP_CONFIG)
		return result;
	log_warn("%s", err->text);
	return LOOKUP_NONE;
}

/* The first file that is there. */
static enum lookup
find_file(struct local_job *job, const struct local_at *at, const struct local_user *user,
    struct forward_file *file, struct err *err)
{
	struct span rest = span_of(job->local->conf.forward_path), pattern;

	while (span_token(&rest, ", \t\r\n", &pattern)) {
		enum lookup result = read_one(job, at, user, pattern, file, err);

		if (result != LOOKUP_NONE)
			return result;
	}
	return LOOKUP_NONE;
}

/* A file with nothing but comments is as good as none. */
static bool
names_somebody(struct local_job *job, struct span text)
{
	struct local_token token;
	struct span line;

	while (local_token_line(&text, &line))
		if (local_token_next(&line, job->arena, &token))
			return true;
	return false;
}

bool
local_deliver_forward(struct local_job *job, struct local_at at, const struct local_user *user)
{
	struct forward_file file = { 0 };
	struct err err = { 0 };

	switch (find_file(job, &at, user, &file, &err)) {
	case LOOKUP_NONE:
		return false;
	case LOOKUP_FOUND:
		break;
	case LOOKUP_TEMP:
	case LOOKUP_CONFIG:
		local_failed(job, &at, &err);
		return true;
	}

	/* A user who is named in his own file is to have the mail in his mailbox. */
	if (!local_is_first(job, "forward", span_of(file.path)))
		return false;
	if (file.has_extension || !(job->local->propagates & LOCAL_FORWARD))
		at.unmatched = (struct span){ 0 };
	at.source = LOCAL_FORWARD;
	at.rights = user;
	at.owner = at.user;
	at.from = at.local;
	if (!names_somebody(job, file.text))
		return false;
	local_note_expansion(job, &at);
	(void) local_expand_lines(job, &at, file.text);
	return true;
}
