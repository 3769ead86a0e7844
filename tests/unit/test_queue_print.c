/* SPDX-License-Identifier: ISC */

#include "tests/unit/t.h"

#include <time.h>

#include "qmgr/postqueue/queue_print.h"

/* Fri Nov 20 09:18:25 2026 UTC. */
static const int64_t when_us = INT64_C(1795166305) * 1000000;

static struct showq_rcpt hold_rcpts[] = {
	{ .address = SPAN_INIT("joe@vbox.example") },
};
static struct showq_rcpt warn_rcpts[] = {
	{ .address = SPAN_INIT("c@down.test"),
	  .delay_reason = SPAN_INIT("connect to 127.0.0.1[127.0.0.1]:10999: Connection refused") },
	{ .address = SPAN_INIT("d@down.test"),
	  .delay_reason = SPAN_INIT("connect to 127.0.0.1[127.0.0.1]:10999: Connection refused") },
	{ .address = SPAN_INIT("a@soft.test"),
	  .delay_reason = SPAN_INIT("host 127.0.0.1[127.0.0.1] said: 450 4.3.0 Error: command failed (in reply to RCPT TO command)") },
	{ .address = SPAN_INIT("e@new.test"), .original = SPAN_INIT("o@new.test") },
};

static const struct showq_message hold = {
	.queue_name = SPAN_INIT("hold"), .queue_id = SPAN_INIT("74192A76C92"), .arrival_us = when_us, .size_bytes = 319,
	.sender = SPAN_INIT("hold@sender.test"), .recipients = { hold_rcpts, COUNT_OF(hold_rcpts) },
};
static const struct showq_message warn = {
	.queue_name = SPAN_INIT("deferred"), .queue_id = SPAN_INIT("75885A76C93"), .arrival_us = when_us, .size_bytes = 1308,
	.sender = SPAN_INIT("warn@sender.test"), .recipients = { warn_rcpts, COUNT_OF(warn_rcpts) },
};
static const struct showq_message null_sender = {
	.queue_name = SPAN_INIT("active"), .queue_id = SPAN_INIT("4jW9BP50vDz1bgNy"), .arrival_us = when_us, .size_bytes = 276,
	.is_expire_forced = true, .recipients = { hold_rcpts, COUNT_OF(hold_rcpts) },
};

static void
set_zone(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
check_table(struct t *t, bool wants_long, const struct showq_message *const *list, const char *want)
{
	CLEANUP(str_fini) struct str out = { .max = 100000 };
	struct queue_print print;

	set_zone();
	queue_print_init(&print, wants_long);
	for (; *list != NULL; list++)
		queue_print_table(&print, *list, &out);
	queue_print_table_end(&print, &out);
	T_STR(t, str_cstr(&out), want);
	queue_print_fini(&print);
}

TEST(table_short)
{
	const struct showq_message *list[] = { &hold, &warn, NULL };

	check_table(t, false, list,
	    "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
	    "74192A76C92!     319 Fri Nov 20 09:18:25  hold@sender.test\n"
	    "                                         joe@vbox.example\n"
	    "\n"
	    "75885A76C93    1308 Fri Nov 20 09:18:25  warn@sender.test\n"
	    "                   (connect to 127.0.0.1[127.0.0.1]:10999: Connection refused)\n"
	    "                                         c@down.test\n"
	    "                                         d@down.test\n"
	    "(host 127.0.0.1[127.0.0.1] said: 450 4.3.0 Error: command failed (in reply to RCPT TO command))\n"
	    "                                         a@soft.test\n"
	    "                                                          (reason unavailable)\n"
	    "                                         e@new.test\n"
	    "\n"
	    "-- 1 Kbytes in 2 Requests.\n");
}

TEST(table_long)
{
	const struct showq_message *list[] = { &null_sender, NULL };

	check_table(t, true, list,
	    "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------\n"
	    "4jW9BP50vDz1bgNy*#      276 Fri Nov 20 09:18:25 MAILER-DAEMON\n"
	    "                                               joe@vbox.example\n"
	    "\n"
	    "-- 0 Kbytes in 1 Request.\n");
}

TEST(table_empty)
{
	const struct showq_message *list[] = { NULL };

	check_table(t, false, list, "Mail queue is empty\n");
}

TEST(pieces_are_one_message)
{
	struct showq_message more = warn;
	CLEANUP(str_fini) struct str out = { .max = 100000 };
	struct queue_print print;

	set_zone();
	more.is_continued = true;
	more.recipients = (struct msg_list){ hold_rcpts, 1 };
	queue_print_init(&print, false);
	queue_print_json(&print, &hold, &out);
	queue_print_json(&print, &more, &out);
	queue_print_json_end(&print, &out);
	T_STR(t, str_cstr(&out),
	    "{\"queue_name\": \"hold\", \"queue_id\": \"74192A76C92\", \"arrival_time\": 1795166305, \"message_size\": 319, "
	    "\"forced_expire\": false, \"sender\": \"hold@sender.test\", \"recipients\": "
	    "[{\"orig_address\": \"joe@vbox.example\", \"address\": \"joe@vbox.example\"}, "
	    "{\"orig_address\": \"joe@vbox.example\", \"address\": \"joe@vbox.example\"}]}\n");
	queue_print_fini(&print);
}

TEST(json_escapes)
{
	struct showq_rcpt rcpt = {
		.address = SPAN_INIT("\"a b\"@x"), .original = SPAN_INIT("\xc3\xa9@x"), .delay_reason = SPAN_INIT("say \"no\"\\\n\x01"),
		.bounce_reason = SPAN_INIT("\xff"),
	};
	struct showq_message message = null_sender;
	CLEANUP(str_fini) struct str out = { .max = 100000 };
	struct queue_print print;

	message.recipients = (struct msg_list){ &rcpt, 1 };
	queue_print_init(&print, false);
	queue_print_json(&print, &message, &out);
	queue_print_json_end(&print, &out);
	T_TRUE(t, strstr(str_cstr(&out), "\"delay_reason\": \"say \\\"no\\\"\\\\\\u000A\\u0001\"") != NULL);
	T_TRUE(t, strstr(str_cstr(&out), "\"bounce_reason\": \"?\"") != NULL);
	T_TRUE(t, strstr(str_cstr(&out), "\"orig_address\": \"\xc3\xa9@x\"") != NULL);
	T_TRUE(t, strstr(str_cstr(&out), "\"sender\": \"MAILER-DAEMON\"") != NULL);
	T_TRUE(t, strstr(str_cstr(&out), "\"forced_expire\": true") != NULL);
	queue_print_fini(&print);
}
