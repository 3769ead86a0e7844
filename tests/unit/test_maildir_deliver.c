/* SPDX-License-Identifier: ISC */
/* Delivery into Maildirs: names, sizes, failures, and what is left behind. */
#include "tests/unit/store_t.h"

#include "lib/store/maildir_deliver.h"

#include <sys/stat.h>

static bool
deliver(struct t_store *x, const char *maildir, int64_t limit, char *name)
{
	struct durable_memory durable = { .is_set = false };
	const struct maildir_delivery delivery = {
		.path = maildir,
		.host = "mail/ex:ample",
		.size_limit = limit,
		.content = &x->content,
		.durable = &durable,
	};

	err_clear(&x->err);
	return maildir_deliver(&delivery, name, &x->err);
}

static void
check_name(struct t *t, const struct t_store *x, const char *path, const char *name)
{
	struct stat st;
	char want[300];
	unsigned long long dev, ino;
	long long seconds, usec;

	T_NEED(t, stat(path, &st) == 0);
	T_INT(t, st.st_mode & 07777, 0600);
	T_INT(t, st.st_size, store_content_size(&x->content));
	T_INT(t, sscanf(name, "%lld.V%llxI%llxM%lld.", &seconds, &dev, &ino, &usec), 4);
	snprintf(want, sizeof(want), "%lld.V%llxI%llxM%lld.mail_ex_ample,S=%lld", seconds,
	    (unsigned long long) st.st_dev, (unsigned long long) st.st_ino, usec,
	    (long long) st.st_size);
	T_STR(t, name, want);
}

TEST(new_maildir)
{
	struct t_store x;
	char name[MAILDIR_NAME_MAX + 1];
	struct stat st;

	t_store_begin(t, &x, "Subject: a\n", "From b\nline\n");
	const char *maildir = t_store_path(t, &x, "deep/Maildir");
	T_NEED(t, deliver(&x, maildir, 0, name));
	const char *path = t_store_path3(t, maildir, "/new/", name);
	check_name(t, &x, path, name);
	T_STR(t, t_store_read(t, path), "Return-Path: <>\nSubject: a\n\nFrom b\nline\n");
	T_NEED(t, stat(maildir, &st) == 0);
	T_INT(t, st.st_mode & 07777, 0700);
	T_INT(t, t_store_count(t_store_path3(t, maildir, "/tmp", "")), 0);
	T_INT(t, t_store_count(t_store_path3(t, maildir, "/cur", "")), 0);

	/* A second one has another name. */
	char again[MAILDIR_NAME_MAX + 1];
	T_NEED(t, deliver(&x, maildir, 0, again));
	T_TRUE(t, strcmp(name, again) != 0);
	t_store_end(&x);
}

TEST(large_body)
{
	struct t_store x;
	char name[MAILDIR_NAME_MAX + 1];
	size_t size = 300001;
	char *body = t_own(t, malloc(size + 1));

	for (size_t i = 0; i < size; i++)
		body[i] = i % 77 == 76 ? '\n' : (char) ('a' + i % 23);
	body[size] = '\0';
	t_store_begin(t, &x, "Subject: large\n", body);
	const char *maildir = t_store_path(t, &x, "Maildir");
	T_NEED(t, deliver(&x, maildir, 0, name));
	const char *got = t_store_read(t, t_store_path3(t, maildir, "/new/", name));
	T_INT(t, strlen(got), store_content_size(&x.content));
	T_TRUE(t, strcmp(got + strlen(got) - size, body) == 0);
	t_store_end(&x);
}

TEST(failures)
{
	struct t_store x;
	char name[MAILDIR_NAME_MAX + 1];

	t_store_begin(t, &x, "Subject: a\n", "text\n");
	const char *maildir = t_store_path(t, &x, "Maildir");
	T_FALSE(t, deliver(&x, maildir, 10, name));
	T_STR(t, x.err.dsn, "5.3.4");
	T_INT(t, x.err.class, ERR_PERM);

	/* A file where the directory should be. */
	t_store_write(t, &x, "file", "x");
	T_FALSE(t, deliver(&x, t_store_path(t, &x, "file/Maildir"), 0, name));
	T_STR(t, x.err.dsn, "4.2.0");

	/* A queue file that is shorter than it says: nothing is left. */
	x.content.body_bytes += 1000;
	T_FALSE(t, deliver(&x, maildir, 0, name));
	T_INT(t, x.err.class, ERR_TEMP);
	T_INT(t, t_store_count(t_store_path3(t, maildir, "/tmp", "")), 0);
	T_INT(t, t_store_count(t_store_path3(t, maildir, "/new", "")), 0);
	t_store_end(&x);
}
