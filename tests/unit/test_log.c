/* SPDX-License-Identifier: ISC */
/*
 * The log: shape of lines, cleaning, holding, destinations. The log is process-wide, so each test
 * sets it up anew.
 */
#include "tests/unit/t.h"

#include "lib/base/str.h"
#include "lib/sys/file.h"
#include "lib/sys/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>

struct place {
	char dir[64], path[80];
};

static struct place
place_make(void)
{
	struct place p = { .dir = "/tmp/carteiro-test.XXXXXX" };

	if (mkdtemp(p.dir) == NULL)
		fail_msg("mkdtemp");
	(void) snprintf(p.path, sizeof(p.path), "%s/log", p.dir);
	return p;
}

static void
place_remove(struct place *p)
{
	(void) unlink(p->path);
	(void) rmdir(p->dir);
}

/* Everything in the file, the date and process ID cut off each line. */
static const char *
read_log(const char *path, struct arena *arena)
{
	struct span text, line;
	struct str out CLEANUP(str_fini);
	struct err err = { 0 };

	str_init(&out, 100000);
	if (!file_read(AT_FDCWD, path, 100000, arena, &text, &err))
		return err.text[0] == '\0' ? "" : arena_strdup(arena, err.text);
	while (span_cut(&text, '\n', &line)) {
		size_t bracket = span_find(line, '[');
		(void) str_add(&out, span_slice(line, 16, bracket));
		(void) str_add(&out, span_from(line, span_find(line, ']')));
		(void) str_add_char(&out, '|');
	}
	return arena_cstr(arena, str_span(&out));
}

static void
start_file(const char *path)
{
	log_init(&(struct log_setup){ .tag = "postfix/test", .host = "mail", .file_path = path });
	log_open();
}

TEST(shapes)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct place p CLEANUP(place_remove) = place_make();

	start_file(p.path);
	log_info("a=%d", 1);
	log_warn("b");
	log_error("c");
	log_debug("not shown");
	log_set_verbose(1);
	log_debug("shown");
	errno = ENOENT;
	log_warn_errno("open %s", "x");
	T_STR(t, read_log(p.path, arena),
	    "mail postfix/test]: a=1|mail postfix/test]: warning: b|mail postfix/test]: error: c|"
	    "mail postfix/test]: shown|mail postfix/test]: warning: open x: No such file or "
	    "directory||");
}

static const struct clean_case {
	const char *name, *in, *want;
} cleans[] = {
	{ "line end", "a\nb", "a?b" },
	{ "control characters", "a\033[1m\r\177", "a?[1m??" },
	{ "UTF-8 stays", "b\303\274cher", "b\303\274cher" },
	{ "broken UTF-8", "\303x\377", "?x?" },
	{ "C1 control", "\302\205x", "??x" },
	{ "four bytes", "\360\237\230\200", "\360\237\230\200" },
	{ "overlong", "\300\212", "??" },
};

TEST(cleaning)
{
	EACH_CASE(t, c, cleans) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
		struct place p CLEANUP(place_remove) = place_make();

		start_file(p.path);
		log_info("%s", c->in);
		T_STR(t, read_log(p.path, arena),
		    arena_printf(arena, "mail postfix/test]: %s||", c->want));
	}
}

TEST(holding)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct place p CLEANUP(place_remove) = place_make();

	start_file(p.path);
	log_hold();
	log_info("one");
	log_info("two");
	T_STR(t, read_log(p.path, arena), "|");
	log_flush();
	T_STR(t, read_log(p.path, arena), "mail postfix/test]: one|mail postfix/test]: two||");
	log_hold();
	log_info("three");
	log_warn("four");
	T_TRUE(
	    t, strstr(read_log(p.path, arena), "three|mail postfix/test]: warning: four") != NULL);
	for (int i = 0; i < 100; i++)
		log_info("line %d", i);
	log_flush();
	T_TRUE(t, strstr(read_log(p.path, arena), "line 99||") != NULL);
}

/* A child writes its own process number. */
TEST(child_has_its_own_number)
{
	struct place p CLEANUP(place_remove) = place_make();
	char want[40];
	int status, fd;
	char text[512];
	ssize_t len = 0;

	start_file(p.path);
	log_info("parent");
	pid_t pid = fork();
	if (pid == 0) {
		log_info("child");
		_exit(0);
	}
	T_NEED(t, pid > 0 && waitpid(pid, &status, 0) == pid);
	fd = open(p.path, O_RDONLY | O_CLOEXEC);
	T_NEED(t, fd >= 0 && (len = read(fd, text, sizeof(text) - 1)) > 0);
	(void) close(fd);
	text[len] = '\0';
	(void) snprintf(want, sizeof(want), "test[%ld]: child", (long) pid);
	T_TRUE(t, strstr(text, want) != NULL);
}

/* Datagrams as postlogd gets them; when it has gone, the file takes the lines. */
TEST(socket_then_file)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct place p CLEANUP(place_remove) = place_make();
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char got[4096];

	(void) snprintf(to.sun_path, sizeof(to.sun_path), "%s/socket", p.dir);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	T_NEED(t, fd >= 0 && bind(fd, (struct sockaddr *) &to, sizeof(to)) == 0);
	log_init(&(struct log_setup){ .tag = "postfix/test",
	    .host = "mail",
	    .socket_path = to.sun_path,
	    .file_path = p.path });
	log_open();
	log_hold();
	log_info("one");
	log_info("two");
	log_flush();
	ssize_t len = recv(fd, got, sizeof(got), MSG_DONTWAIT);
	T_NEED(t, len > 0);
	struct span lines = span_make(got, (size_t) len), line;
	T_TRUE(t, span_cut(&lines, '\n', &line) && span_ends_with(line, SPAN("]: one")));
	T_TRUE(t, span_cut(&lines, '\n', &line) && span_ends_with(line, SPAN("]: two")));
	T_INT(t, lines.len, 0);

	(void) close(fd);
	(void) unlink(to.sun_path);
	log_info("three");
	T_STR(t, read_log(p.path, arena), "mail postfix/test]: three||");
}

TEST(long_lines_are_cut)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct place p CLEANUP(place_remove) = place_make();
	char *text = arena_alloc(arena, 20001);

	memset(text, 'x', 20000);
	text[20000] = '\0';
	start_file(p.path);
	log_hold();
	for (int i = 0; i < 5; i++)
		log_info("%s", text);
	log_flush();
	size_t len = strlen(read_log(p.path, arena));
	T_TRUE(t, len > 5 * 7000 && len < 5 * 8000);
}

TEST(facilities)
{
	int facility = -1;

	T_TRUE(t, log_parse_facility("mail", &facility) && facility == LOG_MAIL);
	T_TRUE(t, log_parse_facility("LOCAL3", &facility) && facility == LOG_LOCAL3);
	T_FALSE(t, log_parse_facility("post", &facility));
}
