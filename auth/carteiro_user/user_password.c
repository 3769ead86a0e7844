/* SPDX-License-Identifier: ISC */
/* Where a password comes from. On a terminal Ctrl-C is a byte, so that the echo comes back whatever is typed. */
#include <fcntl.h>
#include <sys/random.h>
#include <termios.h>
#include <unistd.h>

#include "auth/carteiro_user/user_int.h"
#include "lib/auth/password.h"
#include "lib/sys/file.h"

enum { INTERRUPT = 3, GROUPS = 4, GROUP_LETTERS = 6 };

/* One line without its end. */
static bool
read_line(int fd, struct str *line, struct err *err)
{
	char c;
	ssize_t got;

	while ((got = read(fd, &c, 1)) == 1 && c != '\n' && c != INTERRUPT)
		str_add_char(line, c);
	if (got == 1 && c == INTERRUPT)
		return err_config(err, "interrupted");
	if (line->len > 0 && line->p[line->len - 1] == '\r')
		str_truncate(line, line->len - 1);
	if (line->overflowed)
		return err_config(err, "the password is longer than %d bytes", PASSWORD_MAX);
	if (span_has_nul(str_span(line)))
		return err_config(err, "the password has a NUL byte");
	return line->len > 0 || err_config(err, "no password was given");
}

/* Nothing that is typed once the prompt is seen can show, or be lost. */
static bool
read_hidden(int fd, const char *prompt, struct str *line, struct err *err)
{
	struct termios before, hidden;
	bool is_read;

	if (tcgetattr(fd, &before) != 0)
		return err_temp_errno(err, "ask on the terminal");
	hidden = before;
	hidden.c_lflag &= (tcflag_t) ~(ECHO | ISIG);
	if (tcsetattr(fd, TCSAFLUSH, &hidden) != 0)
		return err_temp_errno(err, "hide what is typed");
	is_read = fd_write_all(fd, span_of(prompt), "terminal", err) && read_line(fd, line, err);
	(void) tcsetattr(fd, TCSAFLUSH, &before);
	return fd_write_all(fd, SPAN("\n"), "terminal", err) && is_read;
}

static bool
ask_twice(int fd, const char *prompt, struct str *password, struct err *err)
{
	CLEANUP(str_fini) struct str again = { .max = PASSWORD_MAX };
	bool is_same;

	if (!read_hidden(fd, prompt, password, err) || !read_hidden(fd, "Again: ", &again, err))
		return false;
	is_same = span_eq(str_span(password), str_span(&again));
	str_wipe(&again);
	return is_same || err_config(err, "the two passwords differ");
}

bool
user_ask_password(const char *prompt, bool is_new, struct str *password, struct err *err)
{
	CLEANUP(fd_close) int fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY) : -1;

	if (!isatty(STDIN_FILENO))
		return read_line(STDIN_FILENO, password, err);
	if (fd < 0)
		return err_temp_errno(err, "open the terminal");
	return is_new ? ask_twice(fd, prompt, password, err) : read_hidden(fd, prompt, password, err);
}

/* Letters and digits that are not taken for one another; 32 of them, so that no byte is wasted. */
bool
user_make_password(struct str *password, struct err *err)
{
	static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789A";
	unsigned char bytes[GROUPS * GROUP_LETTERS];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes))
		return err_temp_errno(err, "get random numbers");
	for (size_t i = 0; i < sizeof(bytes); i++) {
		if (i > 0 && i % GROUP_LETTERS == 0)
			str_add_char(password, '-');
		str_add_char(password, letters[bytes[i] % 32]);
	}
	explicit_bzero(bytes, sizeof(bytes));
	return true;
}
