/* SPDX-License-Identifier: ISC */
/*
 * :include: files. A file is read with the rights of whoever named it; one that root's alias names is
 * read, and its commands run, with the rights of its owner, so that a list's owner gains nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "local/local/local_int.h"

enum { FILE_NAME_MAX = 4000 };

/* A file of root's, named by root. */
static enum lookup
read_as_root(struct local_job *job, const char *path, struct span *text_out, struct err *err)
{
	int fd CLEANUP(fd_close) = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0) {
		err_temp_errno(err, "open %s", path);
		return LOOKUP_TEMP;
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || st.st_size > WORK_FILE_MAX) {
		err_temp(err, "include file %s: expected a file of root with at most %d bytes",
		    path, WORK_FILE_MAX);
		return LOOKUP_TEMP;
	}
	text = arena_alloc(job->arena, (size_t) st.st_size);
	*text_out = span_make(text, (size_t) st.st_size);
	return fd_pread_all(fd, text, (size_t) st.st_size, 0, path, err) ? LOOKUP_FOUND
									 : LOOKUP_TEMP;
}

static enum lookup
read_as_user(struct local_job *job, const struct local_user *user, const char *path,
    struct span *text_out, struct err *err)
{
	const struct worker_place place = {
		.owner = user->ids,
		.tree = worker_tree(job->arena, user->home, path),
	};
	enum lookup result = worker_read(
	    job->local->workers, &place, path, false, job->arena, text_out, err);

	return result == LOOKUP_FOUND ? result : LOOKUP_TEMP;
}

/* Named by root: the file's owner stands in. */
static enum lookup
read_with_owner(struct local_job *job, struct local_at *at, const char *path, struct span *text_out,
    struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		err_temp_errno(err, "open include file %s", path);
		return LOOKUP_TEMP;
	}
	if (st.st_uid == 0)
		return read_as_root(job, path, text_out, err);
	at->rights = local_user_of(job->arena, st.st_uid);
	if (at->rights != NULL)
		return read_as_user(job, at->rights, path, text_out, err);
	err_temp(err, "cannot find owner of include file %s", path);
	return LOOKUP_TEMP;
}

void
local_deliver_include(struct local_job *job, struct local_at at, struct span name)
{
	const char *path = arena_cstr(job->arena, name);
	struct span text = { 0 };
	struct err err = { 0 };
	enum lookup result;

	if (path[0] != '/' || name.len > FILE_NAME_MAX) {
		local_refused(job, &at, ERR_PERM, "5.2.0", "bad include file name: %.200s", path);
		return;
	}
	if (++at.level > LOCAL_LEVEL_MAX) {
		local_refused(job, &at, ERR_PERM, "5.4.6", "possible alias database loop for %.*s",
		    SPAN_ARG(at.address));
		return;
	}
	result = at.rights == NULL ? read_with_owner(job, &at, path, &text, &err)
				   : read_as_user(job, at.rights, path, &text, &err);
	if (result != LOOKUP_FOUND) {
		local_refused(job, &at, ERR_TEMP, "4.2.0", "%s", err.text);
		return;
	}
	if (!(job->local->propagates & LOCAL_INCLUDE))
		at.unmatched = (struct span){ 0 };
	at.source = LOCAL_INCLUDE;
	(void) local_expand_lines(job, &at, text);
}
