/* SPDX-License-Identifier: ISC */
/*
 * :include: files. A file is read with the rights of whoever named it; one that root's alias names is
 * read, and its commands run, with the rights of its owner, so that a list's owner gains nothing.
 */
#include <sys/stat.h>

#include "lib/sys/log.h"
#include "local/local/local_int.h"

enum { FILE_NAME_MAX = 4000 };

static enum lookup
read_as(struct local_job *job, const struct local_user *user, const char *path,
    struct span *text_out, struct err *err)
{
	const struct worker_place place = {
		.owner = user->ids,
		.tree = worker_tree(job->arena, user->home, path),
	};

	return worker_read(job->local->workers, &place, path, false, job->arena, text_out, err);
}

/*
 * Named by root: the file's owner stands in. Root's own file gives its members no more rights than
 * root's aliases give theirs.
 */
static enum lookup
read_with_owner(struct local_job *job, struct local_at *at, const char *path, struct span *text_out,
    struct err *err)
{
	const struct local_user *owner;
	struct stat st;

	if (stat(path, &st) < 0) {
		err_temp_errno(err, "open include file %s", path);
		return LOOKUP_TEMP;
	}
	owner = local_user_of(job->arena, st.st_uid);
	if (owner == NULL) {
		err_temp(err, "cannot find owner of include file %s", path);
		return LOOKUP_TEMP;
	}
	at->rights = owner->ids.uid != 0 ? owner : NULL;
	return read_as(job, owner, path, text_out, err);
}

/* What only the administrator can mend: he reads why, the sender learns that it will take time. */
static void
refuse(struct local_job *job, const struct local_at *at, const struct err *err)
{
	log_warn_err("include", err);
	local_refused(job, at, ERR_TEMP, "4.3.5", "mail system configuration error");
}

void
local_deliver_include(struct local_job *job, struct local_at at, struct span name)
{
	const char *path = arena_cstr(job->arena, name);
	struct span text = { 0 };
	struct err err = { 0 };
	enum lookup result;

	at.level++;
	if (local_is_too_deep(job, &at, name))
		return;
	if (path[0] != '/' || name.len > FILE_NAME_MAX) {
		err_config(&err, "%.200s: expected an absolute path of at most %d bytes", path,
		    FILE_NAME_MAX);
		refuse(job, &at, &err);
		return;
	}
	result = at.rights == NULL ? read_with_owner(job, &at, path, &text, &err)
				   : read_as(job, at.rights, path, &text, &err);
	if (result != LOOKUP_FOUND) {
		refuse(job, &at, &err);
		return;
	}
	if (!(job->local->propagates & LOCAL_INCLUDE))
		at.unmatched = (struct span){ 0 };
	at.source = LOCAL_INCLUDE;
	(void) local_expand_lines(job, &at, text);
}
