/* SPDX-License-Identifier: ISC */
/* Queue directories. */
#include "t.h"

#include "lib/queue/queue_dir.h"
#include "lib/queue/queue_file.h"
#include "lib/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

static int
remove_one(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *ftw UNUSED)
{
	return remove(path);
}

/* A queue directory of its own, open; removed by queue_end. */
static struct queue *
queue_start(struct t *t, char *root, const char *hash_names)
{
	static const char *const names[] = { "incoming", "active", "deferred", "hold" };
	struct err err = { 0 };
	struct queue *q;
	char path[100];

	T_NEED(t, mkdtemp(root) != NULL);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		T_NEED(t, mkdir(path, 0700) == 0);
	}
	q = queue_open(root, hash_names, 2, &err);
	T_NEED(t, q != NULL);
	return q;
}

static void
queue_end(struct queue **q, const char *root)
{
	queue_close(q);
	nftw(root, remove_one, 20, FTW_DEPTH | FTW_PHYS);
}

static void
make(struct t *t, struct queue *q, const char *name, const char *id)
{
	struct err err = { 0 };
	int fd;

	T_NEED(
	    t, queue_open_file(q, name, span_of(id), O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &err));
	fd_close(&fd);
}

TEST(queue_dir_files)
{
	char root[] = "/tmp/carteiro-test-XXXXXX";
	struct queue *q = queue_start(t, root, "deferred, defer");
	struct arena *arena = arena_new("test", 4096);
	struct err err = { 0 };
	int fd;

	T_STR(t, queue_path(q, "deferred", SPAN("A1B2C3D"), arena), "deferred/A/1/A1B2C3D");
	T_STR(t, queue_path(q, "incoming", SPAN("A1B2C3D"), arena), "incoming/A1B2C3D");
	T_TRUE(t, queue_path(q, "incoming", SPAN("../x"), arena) == NULL);
	T_TRUE(t, queue_path(q, "../incoming", SPAN("A1B2C3D"), arena) == NULL);
	make(t, q, "incoming", "A1B2C3D");
	T_FALSE(t,
	    queue_open_file(
		q, "incoming", SPAN("A1B2C3D"), O_WRONLY | O_CREAT | O_EXCL, 0600, &fd, &err));
	T_INT(t, err.errnum, EEXIST);
	T_TRUE(t, queue_move(q, "incoming", "deferred", SPAN("A1B2C3D"), &err));
	T_FALSE(t, queue_move(q, "incoming", "deferred", SPAN("A1B2C3D"), &err));
	T_INT(t, err.errnum, ENOENT);
	T_TRUE(t, queue_open_file(q, "deferred", SPAN("A1B2C3D"), O_RDONLY, 0, &fd, &err));
	fd_close(&fd);
	T_TRUE(t, queue_dir_fd(q, "deferred", SPAN("A1B2C3D"), &err) >= 0);
	T_INT(t, queue_dir_fd(q, "deferred", SPAN("A1B2C3E"), &err),
	    queue_dir_fd(q, "deferred", SPAN("A1B2C3D"), &err));
	T_INT(t, queue_dir_fd(q, "nowhere", SPAN("A1B2C3E"), &err), -1);
	T_TRUE(t, queue_remove(q, "deferred", SPAN("A1B2C3D"), &err));
	T_FALSE(t, queue_remove(q, "deferred", SPAN("A1B2C3D"), &err));
	T_INT(t, err.errnum, ENOENT);
	arena_free(&arena);
	queue_end(&q, root);
}

/* A symbolic link under a good name is not followed. */
TEST(queue_dir_no_links)
{
	char root[] = "/tmp/carteiro-test-XXXXXX", path[100];
	struct queue *q = queue_start(t, root, "");
	struct err err = { 0 };
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/incoming/A1B2C3D", root);
	T_NEED(t, symlink("/etc/passwd", path) == 0);
	T_FALSE(t, queue_open_file(q, "incoming", SPAN("A1B2C3D"), O_RDONLY, 0, &fd, &err));
	T_INT(t, err.errnum, ELOOP);
	T_FALSE(t, queue_stat_file(q, "incoming", SPAN("A1B2C3D"), &st, &err));
	T_INT(t, err.errnum, EINVAL);
	T_FALSE(t, queue_stat_file(q, "incoming", SPAN("A1B2C3E"), &st, &err));
	T_INT(t, err.errnum, ENOENT);
	queue_end(&q, root);
}

TEST(queue_dir_scan)
{
	char root[] = "/tmp/carteiro-test-XXXXXX", path[100];
	struct queue *q = queue_start(t, root, "deferred");
	struct err err = { 0 };
	struct queue_scan *scan;
	struct span id;
	unsigned seen = 0;

	make(t, q, "deferred", "A1B2C3D");
	make(t, q, "deferred", "A2B2C3D");
	make(t, q, "deferred", "B1B2C3D");
	snprintf(path, sizeof(path), "%s/deferred/A/junk.txt", root);
	T_NEED(t, mkdir(path, 0700) == 0);
	scan = queue_scan_open(q, "deferred", &err);
	T_NEED(t, scan != NULL);
	while (queue_scan_next(scan, &id)) {
		T_INT(t, id.len, 7);
		seen += id.p[0] == 'A' ? 1 : 10;
	}
	T_INT(t, seen, 12);
	queue_scan_close(&scan);
	T_TRUE(t, queue_scan_open(q, "nowhere", &err) == NULL);
	queue_end(&q, root);
}

/* The file of queue_writer_create appears with the first block, not before. */
TEST(queue_writer_is_lazy)
{
	char root[] = "/tmp/carteiro-test-XXXXXX";
	struct queue *q = queue_start(t, root, "");
	struct queue_writer *w = queue_writer_create(q, "incoming", SPAN("A1B2C3D"));
	struct queue_content content = { 0 };
	struct queue_envelope e = { .queue_id = SPAN("A1B2C3D"), .submit_uid = -1 };
	struct err err = { 0 };

	T_TRUE(t, queue_writer_body(w, SPAN("x\n"), &err));
	T_INT(t, queue_writer_fd(w), -1);
	T_TRUE(t, queue_writer_finish(w, SPAN("A: b\n"), &content, &e, NULL, 0, &err));
	T_TRUE(t, queue_writer_fd(w) >= 0);
	T_INT(t, queue_file_verify(queue_writer_fd(w), "test", &err), PARSE_OK);
	queue_writer_free(&w);
	T_TRUE(t, queue_remove(q, "incoming", SPAN("A1B2C3D"), &err));
	queue_end(&q, root);
}
