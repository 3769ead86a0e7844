/* SPDX-License-Identifier: ISC */
/* master.cf: columns, defaults, arguments, errors, a stock file. */
#include "tests/unit/t.h"

#include "lib/sys/master_cf.h"

static struct master_cf *
parse(struct arena *arena, const char *main_text, const char *text, struct err *err)
{
	struct main_cf *cf = main_cf_parse(span_of(main_text), "main.cf", "/etc/test", arena, err);

	return cf == NULL ? NULL : master_cf_parse(cf, span_of(text), "master.cf", arena, err);
}

static const struct fault_case {
	const char *name, *text, *want;
} faults[] = {
	{ "private", "smtp inet z - - - - smtpd",
	    "master.cf, line 1: field \"private\": bad value: \"z\": expected y, n or -" },
	{ "unprivileged", "# c\nsmtp inet n yes - - - smtpd",
	    "master.cf, line 2: field \"unprivileged\": bad value: \"yes\": expected y, n or -" },
	{ "chroot", "smtp inet n - 1 - - smtpd",
	    "master.cf, line 1: field \"chroot\": bad value: \"1\": expected y, n or -" },
	{ "wakeup", "smtp inet n - n x - smtpd",
	    "master.cf, line 1: field \"wakeup\": bad value: \"x\": expected a number of seconds, "
	    "perhaps with '?', or -" },
	{ "wakeup of ? alone", "smtp inet n - n ? - smtpd",
	    "master.cf, line 1: field \"wakeup\": bad value: \"?\": expected a number of seconds, "
	    "perhaps with '?', or -" },
	{ "process limit", "smtp inet n - n - -1 smtpd",
	    "master.cf, line 1: field \"process_limit\": bad value: \"-1\": expected a number (0 "
	    "for no limit) or -" },
	{ "type", "smtp tcp n - n - - smtpd",
	    "master.cf, line 1: field \"type\": bad value: \"tcp\": expected inet, unix, "
	    "unix-dgram, fifo or pass" },
	{ "path as command", "smtp inet n - n - - ../smtpd",
	    "master.cf, line 1: field \"command\": bad value: \"../smtpd\": expected the name of a "
	    "program in "
	    "daemon_directory" },
	{ "too few fields", "smtp inet n - n -",
	    "master.cf, line 1: bad field count: expected 8 fields (service type private unpriv "
	    "chroot wakeup maxproc "
	    "command), found 6" },
	{ "open brace", "smtp inet n - n - - smtpd -o { a = b",
	    "master.cf, line 1: missing '}' in \"{ a = b\"" },
	{ "blank first", "  -o a=b",
	    "master.cf, line 1: a service must not begin with a blank (nothing is there to "
	    "continue)" },
};

TEST(faults)
{
	EACH_CASE(t, c, faults) {
		struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
		struct err err = { 0 };

		T_TRUE(t, parse(arena, "", c->text, &err) == NULL);
		T_STR(t, err.text, c->want);
	}
}

TEST(columns)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct master_cf *mcf = parse(arena,
	    "compatibility_level = 3.6\ndefault_process_limit = 42\n",
	    "127.0.0.1:2525 inet y n y 60 0 smtpd\n"
	    "flush unix n - - 1000? - flush\n"
	    "log unix-dgram - y - - 1 postlogd\n"
	    "f fifo - - - 0? 3 pickup\np pass - - - - - smtpd",
	    &err);

	T_NEED(t, mcf != NULL);
	T_INT(t, mcf->count, 5);
	const struct master_entry *e = mcf->entries;
	T_STR(t, e[0].name, "127.0.0.1:2525");
	T_FALSE(t, e[0].is_private);
	T_FALSE(t, e[0].is_unprivileged);
	T_TRUE(t, e[0].is_chrooted);
	T_INT(t, e[0].wakeup_s, 60);
	T_INT(t, e[0].max_processes, 0);
	T_STR(t, e[0].command, "smtpd");
	T_FALSE(t, e[1].is_private);
	T_TRUE(t, e[1].is_unprivileged);
	T_FALSE(t, e[1].is_chrooted);
	T_INT(t, e[1].wakeup_s, 1000);
	T_TRUE(t, e[1].wakeup_only_if_used);
	T_INT(t, e[1].max_processes, 42);
	T_TRUE(t, e[2].is_private);
	T_INT(t, e[2].type, MASTER_UNIX_DGRAM);
	T_INT(t, e[3].type, MASTER_FIFO);
	T_INT(t, e[4].type, MASTER_PASS);
	T_STR(t, master_type_name(e[2].type), "unix-dgram");
}

TEST(old_chroot_default)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct master_cf *mcf = parse(arena, "", "smtp inet n - - - - smtpd\n", &err);

	T_NEED(t, mcf != NULL);
	T_TRUE(t, mcf->entries[0].is_chrooted);
	T_INT(t, mcf->entries[0].max_processes, 100);
}

TEST(arguments)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct master_cf *mcf = parse(arena, "",
	    "smtp inet n - n - - smtpd\n  -o a=b\n# comment\n  -o { c = d  e }\n\t-v {} {x{y} z}\n",
	    &err);
	const char *const want[] = { "-o", "a=b", "-o", "c = d  e", "-v", "", "x{y} z" };

	T_NEED(t, mcf != NULL && mcf->count == 1);
	T_NEED(t, mcf->entries[0].arg_count == COUNT_OF(want));
	for (size_t i = 0; i < COUNT_OF(want); i++)
		T_STR(t, mcf->entries[0].args[i], want[i]);
	T_TRUE(t, mcf->entries[0].args[COUNT_OF(want)] == NULL);
}

TEST(last_wins_at_the_first_place)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct master_cf *mcf = parse(arena, "",
	    "a unix - - n - - smtp\nb unix - - n - - smtp\na unix - - n - - lmtp -v\na inet n - n "
	    "- - smtpd\n",
	    &err);

	T_NEED(t, mcf != NULL && mcf->count == 3);
	T_STR(t, mcf->entries[0].command, "lmtp");
	T_INT(t, mcf->entries[0].line, 3);
	T_STR(t, master_cf_find(mcf, "a", MASTER_INET)->command, "smtpd");
	T_TRUE(t, master_cf_find(mcf, "b", MASTER_INET) == NULL);
}

/* The services of a stock file, with the parts that are hard to read. */
TEST(stock_file)
{
	struct arena *arena CLEANUP(arena_free) = arena_new("test", 1 << 20);
	struct err err = { 0 };
	struct master_cf *mcf = parse(arena, "compatibility_level = 3.6\n",
	    "smtp      inet  n       -       y       -       -       smtpd\n"
	    "#submission inet n       -       y       -       -       smtpd\n"
	    "#  -o syslog_name=postfix/submission\n"
	    "pickup    unix  n       -       y       60      1       pickup\n"
	    "cleanup   unix  n       -       y       -       0       cleanup\n"
	    "qmgr      unix  n       -       n       300     1       qmgr\n"
	    "tlsmgr    unix  -       -       y       1000?   1       tlsmgr\n"
	    "relay     unix  -       -       y       -       -       smtp\n"
	    "        -o syslog_name=postfix/$service_name\n"
	    "#       -o smtp_helo_timeout=5 -o smtp_connect_timeout=5\n"
	    "postlog   unix-dgram n  -       n       -       1       postlogd\n"
	    "maildrop  unix  -       n       n       -       -       pipe\n"
	    "  flags=DRXhu user=vmail argv=/usr/bin/maildrop -d ${recipient}\n"
	    "mailman   unix  -       n       n       -       -       pipe\n"
	    "  flags=FRX user=list argv=/usr/lib/mailman/bin/postfix-to-mailman.py ${nexthop} "
	    "${user}\n",
	    &err);

	T_NEED(t, mcf != NULL);
	T_INT(t, mcf->count, 9);
	T_FALSE(t, master_entry_is_transport(master_cf_find(mcf, "smtp", MASTER_INET)));
	T_TRUE(t, master_entry_is_transport(master_cf_find(mcf, "relay", MASTER_UNIX)));
	T_TRUE(t, master_entry_is_transport(master_cf_find(mcf, "mailman", MASTER_UNIX)));
	T_FALSE(t, master_entry_is_transport(master_cf_find(mcf, "qmgr", MASTER_UNIX)));
	T_STR(t, master_cf_find(mcf, "maildrop", MASTER_UNIX)->args[4], "${recipient}");
}
