/* SPDX-License-Identifier: ISC */
/* The file of accounts: read whole, changed in memory, replaced at once. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "auth/carteiro_user/user_int.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

enum { FILE_MAX = 256 << 20, NEW_MODE = 0600 };

static bool
read_text(struct user_command *command, struct span *text_out, struct err *err)
{
	if (file_read(AT_FDCWD, command->path, FILE_MAX, command->arena, text_out, err))
		return true;
	*text_out = (struct span){ 0 };
	if (err->errnum != ENOENT)
		return false;
	err_clear(err);
	return true;
}

static void
on_complaint(void *ctx, size_t line, const char *what)
{
	const struct user_command *command = ctx;

	log_warn("%s, line %zu: %s; it does not count", command->path, line, what);
}

bool
user_file_read(struct user_command *command, struct passwd_file **file_out, struct err *err)
{
	struct span text;

	if (!read_text(command, &text, err))
		return false;
	*file_out = passwd_file_new(text, command->arena, on_complaint, command);
	return true;
}

/* The lock is a file of its own, since the other one is replaced. */
static int
lock(struct user_command *command, struct err *err)
{
	const char *name = arena_printf(command->arena, "%s.lock", command->path);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, NEW_MODE);

	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	(void) err_temp_errno(err, "lock %s", name);
	fd_close(&fd);
	return -1;
}

bool
user_file_edit(struct user_command *command, struct span user,
    bool (*change)(struct user_command *command, struct span user, struct span old, struct str *line,
	struct err *err),
    struct err *err)
{
	CLEANUP(fd_close) int fd = lock(command, err);
	CLEANUP(str_fini) struct str line = { .max = PASSWD_LINE_MAX }, out = { .max = FILE_MAX };
	struct passwd_file *file;
	const struct passwd_entry *entry;
	struct span text, old = { 0 };
	bool is_changed;

	if (fd < 0 || !read_text(command, &text, err))
		return false;
	file = passwd_file_new(text, command->arena, NULL, NULL);
	entry = passwd_file_find(file, user);
	if (entry != NULL)
		old = entry->whole;
	passwd_file_free(&file);
	is_changed = change(command, user, old, &line, err);
	if (is_changed && line.overflowed)
		is_changed = err_config(err, "the line would be longer than %d bytes", PASSWD_LINE_MAX);
	if (is_changed && !passwd_text_edit(text, user, str_span(&line), &out))
		is_changed = err_config(err, "%s would be longer than %d bytes", command->path, FILE_MAX);
	if (is_changed)
		is_changed = file_replace(command->path, str_span(&out), NEW_MODE, err);
	str_wipe(&line);
	str_wipe(&out);
	return is_changed;
}
