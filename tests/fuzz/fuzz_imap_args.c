/* SPDX-License-Identifier: ISC */
/* Any bytes as arguments: the bytes before the first NUL say what to take; sets print as they are read. */
#include "fuzz.h"

#include "lib/mail/imap_args.h"
#include "lib/mail/imap_text.h"

static void
check_set(const struct imap_set *set, struct arena *pool)
{
	CLEANUP(str_fini) struct str first = { .max = 10000000 };
	CLEANUP(str_fini) struct str second = { .max = 10000000 };
	struct imap_set again;

	FUZZ_CHECK(imap_set_print(set, &first));
	if (set->ranges.count == 0)
		return;
	FUZZ_CHECK(imap_set_parse(str_span(&first), 0, pool, &again) == PARSE_OK);
	FUZZ_CHECK(imap_set_print(&again, &second) && span_eq(str_span(&first), str_span(&second)));
}

/* What we write as an astring is read as the same. */
static void
check_string(struct span text, struct arena *pool)
{
	CLEANUP(str_fini) struct str out = { .max = 10000000 };
	struct imap_args args = { .pool = pool };
	struct span back;

	FUZZ_CHECK(imap_add_astring(&out, text));
	args.in = str_span(&out);
	FUZZ_CHECK(imap_args_astring(&args, &back) && imap_args_end(&args) && span_eq(back, text));
}

FUZZ_TARGET(imap_args, in)
{
	CLEANUP(arena_free) struct arena *pool = arena_new("fuzz", 100000000);
	struct imap_args args = { .pool = pool };
	size_t kinds = span_find(in, '\0');
	struct span text;
	struct imap_set set;
	uint64_t number;
	int64_t seconds;

	args.in = span_from(in, kinds + 1);
	for (size_t i = 0; i < kinds && args.error == NULL; i++) {
		size_t before = args.at;

		switch (in.p[i]) {
		case 's':
			if (imap_args_astring(&args, &text))
				check_string(text, pool);
			break;
		case 'n':
			(void) imap_args_nstring(&args, &text);
			break;
		case 'a':
			(void) imap_args_atom(&args, &text);
			break;
		case 'l':
			(void) imap_args_list_mailbox(&args, &text);
			break;
		case 'f':
			(void) imap_args_flag(&args, &text);
			break;
		case 'N':
			(void) imap_args_number(&args, 0, UINT64_MAX, &number);
			break;
		case 'S':
			if (imap_args_set(&args, 7, &set))
				check_set(&set, pool);
			break;
		case 'D':
			(void) imap_args_date_time(&args, &seconds);
			break;
		case 'd':
			(void) imap_args_date(&args, &seconds);
			break;
		default:
			(void) imap_args_char(&args, in.p[i]);
			break;
		}
		FUZZ_CHECK(args.at >= before && args.at <= args.in.len);
	}
	(void) imap_args_end(&args);
}
