/* SPDX-License-Identifier: ISC */
/* Files: reading, replacing, careful opening, directories. And the clock's arithmetic. */
#include "tests/unit/t.h"

#include "lib/sys/clock.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

struct place {
	char dir[64];
	struct arena *arena;
};

static struct place
place_make(void)
{
	struct place p = { .dir = "/tmp/carteiro-test.XXXXXX",
		.arena = arena_new("test", 1 << 20) };

	if (mkdtemp(p.dir) == NULL)
		fail_msg("mkdtemp");
	return p;
}

static void
place_remove(struct place *p)
{
	const char *command = arena_printf(p->arena, "rm -rf %s", p->dir);

	if (system(command) != 0)
		fail_msg("%s", command);
	arena_free(&p->arena);
}

static const char *
in_place(struct place *p, const char *name)
{
	return arena_printf(p->arena, "%s/%s", p->dir, name);
}

TEST(replace_and_read)
{
	struct place p CLEANUP(place_remove) = place_make();
	const char *path = in_place(&p, "main.cf");
	struct span text;
	struct err err = { 0 };
	struct stat st;

	T_TRUE(t, file_replace(path, SPAN("one\n"), 0640, &err));
	T_NEED(t, file_read(AT_FDCWD, path, 100, p.arena, &text, &err));
	T_SPAN(t, text, "one\n");
	T_TRUE(t, stat(path, &st) == 0 && (st.st_mode & 07777) == 0640);

	/* The mode of an existing file stays, and no temporary file is left. */
	T_TRUE(t, chmod(path, 0604) == 0 && file_replace(path, SPAN("two"), 0600, &err));
	T_TRUE(t, stat(path, &st) == 0 && (st.st_mode & 07777) == 0604 && st.st_size == 3);
	T_TRUE(t, unlink(path) == 0 && rmdir(p.dir) == 0 && mkdir(p.dir, 0700) == 0);

	T_FALSE(t, file_replace(in_place(&p, "no/such"), SPAN("x"), 0600, &err));
	T_INT(t, err.errnum, ENOENT);
}

TEST(replace_through_a_link)
{
	struct place p CLEANUP(place_remove) = place_make();
	const char *path = in_place(&p, "real"), *link = in_place(&p, "link");
	struct span text;
	struct stat st;
	struct err err = { 0 };

	T_TRUE(t, file_replace(path, SPAN("old"), 0600, &err) && symlink("real", link) == 0);
	T_TRUE(t, file_replace(link, SPAN("new"), 0600, &err));
	T_TRUE(t, lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	T_TRUE(t, file_read(AT_FDCWD, path, 100, p.arena, &text, &err));
	T_SPAN(t, text, "new");
}

TEST(read_limits)
{
	struct place p CLEANUP(place_remove) = place_make();
	const char *path = in_place(&p, "f");
	struct span text;
	struct err err = { 0 };

	T_TRUE(t, file_replace(path, SPAN("12345"), 0600, &err));
	T_TRUE(t, file_read(AT_FDCWD, path, 5, p.arena, &text, &err));
	T_FALSE(t, file_read(AT_FDCWD, path, 4, p.arena, &text, &err));
	T_INT(t, err.errnum, EFBIG);
	T_FALSE(t, file_read(AT_FDCWD, in_place(&p, "none"), 4, p.arena, &text, &err));
	T_INT(t, err.errnum, ENOENT);
	T_TRUE(t,
	    file_read(AT_FDCWD, "/proc/self/status", 100000, p.arena, &text, &err) &&
	        text.len > 100);
	T_TRUE(t, file_replace(path, (struct span){ 0 }, 0600, &err));
	T_TRUE(t, file_read(AT_FDCWD, path, 0, p.arena, &text, &err) && text.len == 0);
}

TEST(open_safely)
{
	struct place p CLEANUP(place_remove) = place_make();
	const char *path = in_place(&p, "f");
	struct err err = { 0 };
	int fd CLEANUP(fd_close) = -1;

	T_TRUE(t, file_open_safely(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT, 0600, &fd, &err));
	T_TRUE(t, fd_write_all(fd, SPAN("hello"), path, &err));
	T_INT(t, fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	T_TRUE(t, symlink("f", in_place(&p, "link")) == 0);
	T_FALSE(t, file_open_safely(AT_FDCWD, in_place(&p, "link"), O_RDONLY, 0, &fd, &err));
	T_INT(t, err.errnum, ELOOP);
	T_FALSE(t, file_open_safely(AT_FDCWD, p.dir, O_RDONLY, 0, &fd, &err));
	T_INT(t, err.errnum, EISDIR);
	T_TRUE(t, mkfifo(in_place(&p, "fifo"), 0600) == 0);
	T_FALSE(t, file_open_safely(AT_FDCWD, in_place(&p, "fifo"), O_RDONLY, 0, &fd, &err));
	T_INT(t, err.errnum, EISDIR);
	T_TRUE(t, link(path, in_place(&p, "second")) == 0);
	T_FALSE(t, file_open_safely(AT_FDCWD, path, O_RDONLY, 0, &fd, &err));
	T_INT(t, err.errnum, EMLINK);
}

TEST(at_offsets)
{
	struct place p CLEANUP(place_remove) = place_make();
	char got[4] = "";
	struct err err = { 0 };
	int fd CLEANUP(fd_close) = open(in_place(&p, "f"), O_RDWR | O_CREAT, 0600);

	T_TRUE(t,
	    fd_pwrite_all(fd, SPAN("abc"), 5, "f", &err) && fd_pread_all(fd, got, 3, 5, "f", &err));
	T_STR(t, got, "abc");
	T_FALSE(t, fd_pread_all(fd, got, 4, 5, "f", &err));
	T_STR(t, err.text, "read f at 8: the file ends 1 bytes early");
}

TEST(directories)
{
	struct place p CLEANUP(place_remove) = place_make();
	const char *path = in_place(&p, "a/b//c/");
	struct stat st;
	struct err err = { 0 };

	T_TRUE(t, dir_make_all(path, 0710, -1, -1, &err) && dir_make_all(path, 0700, -1, -1, &err));
	T_TRUE(t, stat(path, &st) == 0 && (st.st_mode & 07777) == 0710);
	T_TRUE(t, file_replace(in_place(&p, "file"), SPAN(""), 0600, &err));
	T_FALSE(t, dir_make_all(in_place(&p, "file/x"), 0700, -1, -1, &err));
}

TEST(clock)
{
	int64_t now = clock_now_us();

	T_INT(t, clock_deadline(CLOCK_NEVER), CLOCK_NEVER);
	T_INT(t, clock_left_ms(CLOCK_NEVER), -1);
	T_INT(t, clock_left_ms(now), 0);
	T_TRUE(t, clock_left_ms(clock_deadline(5 * CLOCK_SECOND_US)) > 4900);
	T_TRUE(t, clock_left_ms(clock_deadline(1)) <= 1);
	T_TRUE(t, clock_left_ms(CLOCK_NEVER - 1) > 0);
	T_TRUE(t, clock_wall_us() > INT64_C(1600000000) * CLOCK_SECOND_US);
}
