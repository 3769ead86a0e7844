/* SPDX-License-Identifier: ISC */
/* Mailboxes of one file: quoting, locks of other processes, limits, and going back after a failure. */
#include "tests/unit/store_t.h"

#include "lib/store/deliver_headers.h"
#include "lib/store/mbox_deliver.h"
#include "lib/sys/lock.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static struct mbox_access
access_to(const char *path)
{
	return (struct mbox_access){
		.path = path,
		.lock_styles = LOCK_STYLE_FCNTL | LOCK_STYLE_DOTLOCK,
		.lock_attempts = 2,
		.lock_delay_us = 20000,
		.stale_lock_s = 500,
		.owner = getuid(),
		.is_strict = true,
	};
}

static bool
deliver(struct t_store *x, const struct mbox_access *access, int64_t limit)
{
	struct mbox mbox;
	bool ok;

	err_clear(&x->err);
	if (!mbox_open(access, &mbox, &x->err))
		return false;
	ok = mbox_append(&mbox, &x->content, limit, &x->err);
	mbox_close(&mbox);
	return ok;
}

static const struct quote_case {
	const char *name, *header, *body, *want;
} quote_cases[] = {
	{ .name = "plain",
	    .header = "Subject: a\n",
	    .body = "text\n",
	    .want = "Subject: a\n\ntext\n\n" },
	{ .name = "From at the start",
	    .header = "A: b\n",
	    .body = "From x\n",
	    .want = "A: b\n\n>From x\n\n" },
	{ .name = "From inside",
	    .header = "A: b\n",
	    .body = "x\nFrom y\n From z\nFromm\n",
	    .want = "A: b\n\nx\n>From y\n From z\nFromm\n\n" },
	{ .name = "From in the header",
	    .header = "A: b\nFrom c\n",
	    .body = "x\n",
	    .want = "A: b\n>From c\n\nx\n\n" },
	{ .name = "quoted already",
	    .header = "A: b\n",
	    .body = ">From x\n",
	    .want = "A: b\n\n>From x\n\n" },
	{ .name = "no final line end", .header = "A: b\n", .body = "x", .want = "A: b\n\nx\n\n" },
	{ .name = "no body", .header = "A: b\n", .body = "", .want = "A: b\n\n\n" },
};

TEST(quoting)
{
	EACH_CASE (t, c, quote_cases) {
		struct t_store x;

		t_store_begin(t, &x, c->header, c->body);
		const char *path = t_store_path(t, &x, "mbox");
		struct mbox_access access = access_to(path);
		T_TRUE(t, deliver(&x, &access, 0));
		T_STR(t, t_store_read(t, path), t_store_path3(t, "Return-Path: <>\n", c->want, ""));
		T_INT(t, t_store_count(x.dir), 2);
		t_store_end(&x);
	}
}

/* A "From " line that lies across the border of two blocks, at every place. */
TEST(quoting_across_blocks)
{
	for (size_t shift = 0; shift < 8; shift++) {
		size_t lead = 65536 - shift;
		char *body = t_own(t, calloc(1, lead + 20));
		struct t_store x;

		memset(body, 'x', lead - 1);
		memcpy(body + lead - 1, "\nFrom a\n", 9);
		t_store_begin(t, &x, "A: b\n", body);
		const char *path = t_store_path(t, &x, "mbox");
		struct mbox_access access = access_to(path);
		T_TRUE(t, deliver(&x, &access, 0));
		const char *got = t_store_read(t, path);
		T_STR(t, got + strlen(got) - 10, "\n>From a\n\n");
		t_store_end(&x);
	}
}

/* Another process holds a lock; the mailbox stays as it was. */
static void
check_locked(struct t *t, unsigned style)
{
	struct t_store x;
	int ready[2];
	char byte;

	t_store_begin(t, &x, "A: b\n", "x\n");
	const char *path = t_store_write(t, &x, "mbox", "old\n");
	struct mbox_access access = access_to(path);
	access.lock_styles = style;
	T_NEED(t, pipe(ready) == 0);
	pid_t child = fork();
	if (child == 0) {
		struct mbox mbox;

		if (!mbox_open(&access, &mbox, NULL) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	T_NEED(t, read(ready[0], &byte, 1) == 1);
	T_FALSE(t, deliver(&x, &access, 0));
	T_STR(t, x.err.dsn, "4.2.0");
	T_INT(t, x.err.class, ERR_TEMP);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	T_STR(t, t_store_read(t, path), "old\n");
	if (style != LOCK_STYLE_DOTLOCK)
		T_TRUE(t, deliver(&x, &access, 0));
	close(ready[0]);
	close(ready[1]);
	t_store_end(&x);
}

TEST(locked_by_fcntl)
{
	check_locked(t, LOCK_STYLE_FCNTL);
}
TEST(locked_by_flock)
{
	check_locked(t, LOCK_STYLE_FLOCK);
}
TEST(locked_by_dotlock)
{
	check_locked(t, LOCK_STYLE_DOTLOCK);
}

TEST(limits)
{
	struct t_store x;

	t_store_begin(t, &x, "A: b\n", "0123456789\n");
	const char *path = t_store_write(t, &x, "mbox", "old\n");
	struct mbox_access access = access_to(path);
	T_FALSE(t, deliver(&x, &access, 20));
	T_STR(t, x.err.dsn, "5.3.4");
	T_FALSE(t, deliver(&x, &access, store_content_size(&x.content) + 3));
	T_STR(t, x.err.dsn, "5.2.2");
	T_STR(t, t_store_read(t, path), "old\n");
	T_TRUE(t, deliver(&x, &access, store_content_size(&x.content) + 4));
	t_store_end(&x);
}

/* The write itself fails half-way (a quota would do the same): what was there remains. */
TEST(cut_back)
{
	struct t_store x;
	struct rlimit old, small = { 70000, RLIM_INFINITY };
	char *body = t_own(t, calloc(1, 200001));

	memset(body, 'x', 200000);
	t_store_begin(t, &x, "A: b\n", body);
	const char *path = t_store_write(t, &x, "mbox", "old\n");
	struct mbox_access access = access_to(path);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	T_NEED(t, setrlimit(RLIMIT_FSIZE, &small) == 0);
	T_FALSE(t, deliver(&x, &access, 0));
	setrlimit(RLIMIT_FSIZE, &old);
	T_STR(t, x.err.dsn, "5.2.2");
	T_INT(t, x.err.class, ERR_PERM);
	T_STR(t, t_store_read(t, path), "old\n");
	T_INT(t, t_store_count(x.dir), 2);
	t_store_end(&x);
}

TEST(refused_files)
{
	struct t_store x;

	t_store_begin(t, &x, "A: b\n", "x\n");
	const char *victim = t_store_write(t, &x, "victim", "mine\n");
	const char *link_path = t_store_path(t, &x, "soft"), *hard = t_store_path(t, &x, "hard");
	T_NEED(t, symlink(victim, link_path) == 0 && link(victim, hard) == 0);
	struct mbox_access soft_access = access_to(link_path), hard_access = access_to(hard);
	T_FALSE(t, deliver(&x, &soft_access, 0));
	T_FALSE(t, deliver(&x, &hard_access, 0));
	T_NEED(t, unlink(hard) == 0);

	struct mbox_access foreign = access_to(victim);
	foreign.owner = getuid() + 1;
	T_FALSE(t, deliver(&x, &foreign, 0));
	T_STR(t, x.err.dsn, "4.2.0");
	foreign.is_strict = false;
	T_TRUE(t, deliver(&x, &foreign, 0));

	struct mbox_access directory = access_to(x.dir);
	T_FALSE(t, deliver(&x, &directory, 0));
	struct mbox_access null = access_to("/dev/null");
	null.lock_styles = LOCK_STYLE_FCNTL;
	T_FALSE(t, deliver(&x, &null, 0));
	null.may_be_special = true;
	T_TRUE(t, deliver(&x, &null, 0));
	t_store_end(&x);
}

static const struct head_case {
	const char *name, *sender, *original, *delivered, *want;
} head_cases[] = {
	{ .name = "all",
	    .sender = "a@b.example",
	    .original = "o@b.example",
	    .delivered = "d@b.example",
	    .want =
		"Return-Path: <a@b.example>\nX-Original-To: o@b.example\nDelivered-To: d@b.example\n" },
	{ .name = "null sender",
	    .sender = "",
	    .original = "",
	    .delivered = "d@b",
	    .want = "Return-Path: <>\nDelivered-To: d@b\n" },
	{ .name = "quoted",
	    .sender = "a b@c",
	    .original = "",
	    .delivered = "",
	    .want = "Return-Path: <\"a b\"@c>\n" },
	{ .name = "no new lines",
	    .sender = "a@b",
	    .original = "",
	    .delivered = "x\nEvil: y@c",
	    .want = "Return-Path: <a@b>\nDelivered-To: \"xEvil: y\"@c\n" },
};

TEST(headers)
{
	EACH_CASE (t, c, head_cases) {
		CLEANUP(str_fini) struct str out = { .max = DELIVER_HEADERS_MAX };
		const struct deliver_headers headers = { span_of(c->sender), span_of(c->original),
			span_of(c->delivered) };

		T_TRUE(t, deliver_headers_add(&out, &headers));
		T_STR(t, str_cstr(&out), c->want);
	}
}

TEST(from_line)
{
	CLEANUP(str_fini) struct str out = { .max = DELIVER_HEADERS_MAX };

	T_TRUE(t, deliver_headers_add_from_line(&out, SPAN("a b@c.example"), 0, 60));
	T_TRUE(t, deliver_headers_add_from_line(&out, SPAN(""), 0, 0));
	T_STR(t, str_cstr(&out),
	    "From \"a_b\"@c.example Thu Jan  1 01:00:00 1970\nFrom MAILER-DAEMON Thu Jan  1 00:00:00 1970\n");
}
