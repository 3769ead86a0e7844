/* SPDX-License-Identifier: ISC */
/*
 * Source "passwd-file": read whole when the process starts; a change is only noticed, a fresh process
 * reads it. A file that is not there is an empty one, with a warning: a new system has no accounts yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/auth/auth_source.h"
#include "lib/auth/passwd_file.h"
#include "lib/base/panic.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"
#include "lib/table/file_watch.h"

enum { FILE_MAX = 256 << 20 };

struct passwd_source {
	struct passwd_file *file;
	struct file_watch watch;
	const char *path;
};

static void
on_complaint(void *ctx, size_t line, const char *what)
{
	const struct passwd_source *state = ctx;

	log_warn("%s, line %zu: %s; the line is left out", state->path, line, what);
}

static bool
read_file(struct passwd_source *state, struct arena *arena, struct err *err)
{
	CLEANUP(fd_close) int fd = open(state->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct span text;

	if (fd < 0)
		return err_temp_errno(err, "open %s", state->path);
	if (!fd_read_all(fd, state->path, FILE_MAX, arena, &text, err) ||
	    !file_watch_open(&state->watch, state->path, fd, err))
		return false;
	state->file = passwd_file_new(text, arena, on_complaint, state);
	return true;
}

static bool
passwd_open(struct auth_source *source, struct arena *arena, struct err *err)
{
	struct passwd_source *state = ARENA_NEW(arena, struct passwd_source);

	state->path = source->argument;
	state->watch.dirfd = -1;
	source->state = state;
	if (state->path[0] != '/')
		return err_config(err, "passwd-file: \"%s\" is not an absolute path", state->path);
	if (read_file(state, arena, err))
		return true;
	if (err->errnum != ENOENT)
		return false;
	log_warn("%s; there are no accounts in it", err->text);
	err_clear(err);
	state->file = passwd_file_new((struct span){ 0 }, arena, NULL, NULL);
	return file_watch_open(&state->watch, state->path, -1, err);
}

static void
passwd_close(struct auth_source *source)
{
	struct passwd_source *state = source->state;

	passwd_file_free(&state->file);
	file_watch_close(&state->watch);
}

static void
copy_entry(const struct passwd_entry *entry, struct auth_account *account_out)
{
	*account_out = (struct auth_account){ .user = entry->user, .password = entry->password,
		.uid = entry->uid, .gid = entry->gid, .home = entry->home, .extra = entry->extra };
}

static enum lookup
passwd_find(struct auth_source *source, struct span key, struct arena *arena UNUSED,
    struct auth_account *account_out, struct err *err UNUSED)
{
	const struct passwd_source *state = source->state;
	const struct passwd_entry *entry = passwd_file_find(state->file, key);

	if (entry == NULL)
		return LOOKUP_NONE;
	copy_entry(entry, account_out);
	return LOOKUP_FOUND;
}

static bool
passwd_has_changed(const struct auth_source *source)
{
	const struct passwd_source *state = source->state;

	return file_watch_has_changed(&state->watch);
}

static bool
passwd_list(struct auth_source *source, size_t i, struct auth_account *account_out)
{
	const struct passwd_source *state = source->state;
	const struct passwd_entry *entry = passwd_file_at(state->file, i);

	if (entry == NULL)
		return false;
	copy_entry(entry, account_out);
	return true;
}

const struct auth_source_kind auth_source_passwd_file = {
	.name = "passwd-file",
	.open = passwd_open,
	.close = passwd_close,
	.find = passwd_find,
	.has_changed = passwd_has_changed,
	.list = passwd_list,
};
