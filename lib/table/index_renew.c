/* SPDX-License-Identifier: ISC */
/* Index files made anew before they are changed. One process at a time, as for every change. */
#include "lib/table/index_renew.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/str.h"
#include "lib/sys/file.h"

#define TEMPORARY_SUFFIX ".tmp"

/* An empty file that nobody put there for us. */
static int
make_temporary(const char *path, struct err *err)
{
	int fd;

	(void) unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		(void) err_temp_errno(err, "open database %s", path);
	return fd;
}

/* All entries of one file into another, on stable storage. */
static bool
copy_all(const struct table_env *env, const struct table_kind *kind, const char *from,
    const char *to, struct err *err)
{
	struct table *table = table_open_index(
	    env, kind, to, 0600, TABLE_CREATE | TABLE_BULK, err);
	bool is_good;

	if (table == NULL)
		return false;
	is_good = table_copy_index(table, from, err) && table_sync(table, err);
	table_close(&table);
	return is_good;
}

static bool
replace(int fd, const char *from, const char *to, mode_t mode, struct err *err)
{
	return (fchmod(fd, mode) == 0 && fsync(fd) == 0 && rename(from, to) == 0) ||
	    err_temp_errno(err, "rename %s to %s", from, to);
}

bool
index_renew(const struct table_env *env, const struct table_kind *kind, const char *path,
    struct err *err)
{
	struct str temporary CLEANUP(str_fini);
	int fd CLEANUP(fd_close) = -1;
	struct stat st;

	str_init(&temporary, 4096);
	if (table_kind_for_writing(env, kind) == NULL || stat(path, &st) != 0 || st.st_size == 0)
		return true;
	if (!str_add_str(&temporary, path) || !str_add_str(&temporary, TEMPORARY_SUFFIX))
		return err_config(err, "open database %s: name too long", path);
	if ((fd = make_temporary(str_cstr(&temporary), err)) < 0)
		return false;
	if (copy_all(env, kind, path, str_cstr(&temporary), err) &&
	    replace(fd, str_cstr(&temporary), path, st.st_mode & 0777, err))
		return true;
	(void) unlink(str_cstr(&temporary));
	return false;
}
