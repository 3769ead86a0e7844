/* SPDX-License-Identifier: ISC */
/*
 * Mailboxes that are one file. The lock file comes first, then the file, then the kernel's locks:
 * the order that other mail programs keep. What was appended in vain is cut off again while the
 * locks are held.
 */
#include "lib/store/mbox_deliver.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
take_lock_file(const struct mbox_access *access, struct mbox *mbox, struct err *err)
{
	struct err why = { 0 };

	if ((access->lock_styles & LOCK_STYLE_DOTLOCK) == 0)
		return true;
	if (lock_dot(access->path, access->lock_attempts, access->lock_delay_us,
		access->stale_lock_s, &why)) {
		mbox->held |= LOCK_STYLE_DOTLOCK;
		return true;
	}
	if (access->dotlock_may_fail && why.errnum != EEXIST)
		return true;
	errno = why.errnum;
	return store_failed(err, "unable to create lock file %s.lock", access->path);
}

/* An existing file, or a new one that nobody else can have made. */
static int
open_file(const struct mbox_access *access)
{
	int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = -1;

	for (int attempt = 0; attempt < 3 && fd < 0; attempt++) {
		fd = open(access->path, flags);
		if (fd >= 0 || errno != ENOENT)
			break;
		fd = open(access->path, flags | O_CREAT | O_EXCL, 0600);
		if (fd >= 0 && access->sets_owner && fchown(fd, access->owner, access->group) < 0)
			fd_close(&fd);
		else if (fd < 0 && errno == EEXIST)
			continue;
		break;
	}
	return fd;
}

static bool
check_file(const struct mbox_access *access, struct mbox *mbox, struct err *err)
{
	struct stat st;

	if (fstat(mbox->fd, &st) < 0)
		return store_failed(err, "examine %s", access->path);
	mbox->is_regular = S_ISREG(st.st_mode);
	if (!mbox->is_regular)
		return (access->may_be_special && S_ISCHR(st.st_mode)) ||
		    err_set(err, ERR_TEMP, "4.2.0", "destination %s is not a regular file",
			access->path);
	if (st.st_nlink > 1)
		return err_set(err, ERR_TEMP, "4.2.0", "destination %s has %lu names", access->path,
		    (unsigned long) st.st_nlink);
	if (access->is_strict && st.st_uid != access->owner)
		return err_set(err, ERR_TEMP, "4.2.0", "destination %s is not owned by recipient",
		    access->path);
	return fd_set_nonblocking(mbox->fd, false, err);
}

static bool
take_kernel_lock(
    const struct mbox_access *access, struct mbox *mbox, enum lock_style style, struct err *err)
{
	int64_t deadline = clock_deadline(access->lock_attempts * access->lock_delay_us);
	struct err why = { 0 };

	if ((access->lock_styles & style) == 0)
		return true;
	if (!lock_fd(mbox->fd, style, LOCK_KIND_EXCLUSIVE, deadline, &why)) {
		errno = why.errnum;
		return store_failed(err, "unable to lock %s for exclusive access", access->path);
	}
	mbox->held |= style;
	return true;
}

/* A mail reader may have put another file in this place while we waited. */
static bool
check_still_there(const struct mbox *mbox, struct err *err)
{
	struct stat now, then;

	if (lstat(mbox->path, &now) == 0 && fstat(mbox->fd, &then) == 0 &&
	    now.st_dev == then.st_dev && now.st_ino == then.st_ino)
		return true;
	return err_set(
	    err, ERR_TEMP, "4.2.0", "%s was replaced while it was being locked", mbox->path);
}

static bool
open_and_lock(const struct mbox_access *access, struct mbox *mbox, struct err *err)
{
	if (!take_lock_file(access, mbox, err))
		return false;
	mbox->fd = open_file(access);
	if (mbox->fd < 0)
		return store_failed(err, "unable to open %s", access->path);
	if (!check_file(access, mbox, err))
		return false;
	if (!mbox->is_regular)
		return true;
	return take_kernel_lock(access, mbox, LOCK_STYLE_FLOCK, err) &&
	    take_kernel_lock(access, mbox, LOCK_STYLE_FCNTL, err) && check_still_there(mbox, err);
}

bool
mbox_open(const struct mbox_access *access, struct mbox *mbox_out, struct err *err)
{
	*mbox_out = (struct mbox){ .path = access->path, .fd = -1 };
	if (open_and_lock(access, mbox_out, err))
		return true;
	mbox_close(mbox_out);
	return false;
}

/*
 * The kernel's locks belong to the open file, which another process may share: they are given up
 * by name.
 */
void
mbox_close(struct mbox *mbox)
{
	if (mbox->held & LOCK_STYLE_FCNTL)
		(void) lock_fd_release(mbox->fd, LOCK_STYLE_FCNTL);
	if (mbox->held & LOCK_STYLE_FLOCK)
		(void) lock_fd_release(mbox->fd, LOCK_STYLE_FLOCK);
	fd_close(&mbox->fd);
	if (mbox->held & LOCK_STYLE_DOTLOCK)
		lock_dot_release(mbox->path);
	*mbox = (struct mbox){ .fd = -1 };
}

static bool
append(const struct mbox *mbox, const struct store_content *content, struct err *err)
{
	if (!store_content_copy_quoted(content, mbox->fd, mbox->path, err))
		return false;
	return fsync(mbox->fd) == 0 || !mbox->is_regular ||
	    store_failed(err, "flush %s", mbox->path);
}

/* The directory entry of a file that was empty may be new. */
static bool
flush_directory(const char *path, struct err *err)
{
	char dir[4096];
	const char *slash = strrchr(path, '/');
	int fd CLEANUP(fd_close) = -1;

	if (slash == NULL || slash == path || (size_t) (slash - path) >= sizeof(dir))
		return true;
	memcpy(dir, path, (size_t) (slash - path));
	dir[slash - path] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		return true; /* the spool directory: whoever opened the file sees to it */
	return (fd >= 0 && fsync(fd) == 0) || store_failed(err, "flush directory %s", dir);
}

bool
mbox_append(const struct mbox *mbox, const struct store_content *content, int64_t size_limit,
    struct err *err)
{
	struct stat st;

	if (fstat(mbox->fd, &st) < 0)
		return store_failed(err, "examine %s", mbox->path);
	if (!mbox->is_regular)
		return append(mbox, content, err);
	if (size_limit > 0 && store_content_size(content) > size_limit)
		return err_set(err, ERR_PERM, "5.3.4",
		    "message of %lld bytes is larger than the mailbox may be",
		    (long long) store_content_size(content));
	if (size_limit > 0 && st.st_size + store_content_size(content) > size_limit)
		return err_set(err, ERR_PERM, "5.2.2", "mailbox %s is full: it may have %lld bytes",
		    mbox->path, (long long) size_limit);
	if (append(mbox, content, err) && (st.st_size > 0 || flush_directory(mbox->path, err)))
		return true;
	if (ftruncate(mbox->fd, st.st_size) < 0)
		(void) err_prefix(err, "%s could not be cut back to %lld bytes", mbox->path,
		    (long long) st.st_size);
	return false;
}
