/* SPDX-License-Identifier: ISC */
/* postlogd lives but does not read: lines go to the file, and nobody waits for each of them. */
#include "tests/unit/t.h"

#include "lib/sys/clock.h"
#include "lib/sys/log.h"

#include <sys/socket.h>
#include <sys/un.h>

enum { LINES = 2000 };

/* A socket that nobody reads. */
static int
bind_silent(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	return fd >= 0 && bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0 ? fd : -1;
}

/* Lines of a file. */
static int
count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	int count = 0, c;

	while (file != NULL && (c = getc(file)) != EOF)
		count += c == '\n';
	if (file != NULL)
		fclose(file);
	return count;
}

TEST(log_does_not_wait_for_each_line)
{
	char directory[] = "/tmp/test_log_stuck.XXXXXX", socket_path[64], file_path[64];
	struct log_setup setup = { .tag = "test", .host = "host", .socket_path = socket_path, .file_path = file_path };
	int64_t start;
	int fd;

	T_NEED(t, mkdtemp(directory) != NULL);
	snprintf(socket_path, sizeof(socket_path), "%s/socket", directory);
	snprintf(file_path, sizeof(file_path), "%s/file", directory);
	fd = bind_silent(socket_path);
	T_NEED(t, fd >= 0);
	log_init(&setup);
	log_open();
	start = clock_now_us();
	for (int i = 0; i < LINES; i++)
		log_info("line %d", i);
	T_TRUE(t, count_lines(file_path) > LINES / 2);
	T_TRUE(t, clock_now_us() - start < 60 * CLOCK_SECOND_US);      /* it would be an hour */
	close(fd);
	(void) unlink(socket_path);
	(void) unlink(file_path);
	(void) rmdir(directory);
}
