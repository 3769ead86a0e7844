/* SPDX-License-Identifier: ISC */
/* Names of messages in a Maildir. */
#include "t.h"

#include "lib/store/maildir_name.h"

static const struct name_case {
	const char *name, *in, *base, *again; /* base NULL: no message; again NULL: as it was */
	unsigned flags;
	uint32_t keywords;
	uint64_t size, crlf_size;
	uint32_t uid_validity, uid;
} name_cases[] = {
	{ .name = "new", .in = "1.M2P3.host", .base = "1.M2P3.host" },
	{ .name = "of Dovecot", .in = "1.M2P3.host,S=100,W=110:2,S", .base = "1.M2P3.host,S=100,W=110", .flags = MAILDIR_SEEN, .size = 100, .crlf_size = 110 },
	{ .name = "ours", .in = "1.M2.h,S=1,W=2,I=1700.9:2,", .base = "1.M2.h,S=1,W=2,I=1700.9", .size = 1, .crlf_size = 2, .uid_validity = 1700, .uid = 9 },
	{ .name = "all flags", .in = "a:2,DFPRST", .base = "a", .flags = 0x3f },
	{ .name = "keywords", .in = "a:2,Sacz", .base = "a", .flags = MAILDIR_SEEN, .keywords = 1 | 1 << 2 | 1 << 25 },
	{ .name = "out of order", .in = "a:2,zTaS", .base = "a", .again = "a:2,STaz", .flags = MAILDIR_SEEN | MAILDIR_DELETED, .keywords = 1 | 1 << 25 },
	{ .name = "unknown flags", .in = "a:2,SX7", .base = "a", .flags = MAILDIR_SEEN },
	{ .name = "another comma", .in = "a:2,S,x=1", .base = "a", .flags = MAILDIR_SEEN },
	{ .name = "other info", .in = "a:1,x", .base = "a:1,x" },
	{ .name = "bad numbers", .in = "a,S=x,W=-1,I=0.1", .base = "a,S=x,W=-1,I=0.1" },
	{ .name = "numbers too big", .in = "a,S=99999999999999999999,I=4294967296.1", .base = "a,S=99999999999999999999,I=4294967296.1" },
	{ .name = "hidden", .in = ".a" },
	{ .name = "only info", .in = ":2,S" },
	{ .name = "empty", .in = "" },
};

TEST(maildir_name)
{
	EACH_CASE (t, c, name_cases) {
		CLEANUP(str_fini) struct str out = { .max = 1000 };
		struct maildir_name name;

		T_INT(t, maildir_name_parse(t_exact(t, c->in), &name), c->base != NULL);
		if (c->base == NULL)
			continue;
		T_SPAN(t, name.base, c->base);
		T_INT(t, name.flags, c->flags);
		T_INT(t, name.keywords, c->keywords);
		T_INT(t, name.has_size ? name.size : 0, c->size);
		T_INT(t, name.has_crlf_size ? name.crlf_size : 0, c->crlf_size);
		T_INT(t, name.has_uid ? name.uid : 0, c->uid);
		T_INT(t, name.has_uid ? name.uid_validity : 0, c->uid_validity);
		T_TRUE(t, maildir_name_print(&out, &name));
		T_SPAN(t, str_span(&out), c->again != NULL ? c->again : c->in);
	}
}

TEST(maildir_name_flags)
{
	CLEANUP(str_fini) struct str out = { .max = 1000 };
	struct maildir_name name;

	T_TRUE(t, maildir_name_parse(SPAN("a,S=1"), &name));
	name.flags = MAILDIR_SEEN | MAILDIR_ANSWERED;
	name.keywords = 2;
	T_TRUE(t, maildir_name_print(&out, &name));
	T_STR(t, str_cstr(&out), "a,S=1:2,RSb");
}
