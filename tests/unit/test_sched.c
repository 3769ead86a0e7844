/* SPDX-License-Identifier: ISC */

/* The scheduler driven with a simulated clock. */

#include "tests/unit/t.h"

#include "qmgr/qmgr/sched.h"

#define SECOND  INT64_C(1000000)

struct world {
	struct sched *sched;
	struct sched_transport *transport;
	int64_t now_us;
};

static const struct sched_limits roomy = { .recipient_minimum = 10, .recipient_limit = 20000 };

/* The defaults of main.cf. */
static const struct sched_rules defaults = {
	.slot_cost = 5, .slot_loan = 3, .slot_discount = 50, .minimum_slots = 3,
	.window = { .initial = 5, .limit = 20, .failed_cohort_limit = 1, .positive = { .amount = 1 }, .negative = { .amount = 1 } },
	.destination_recipient_limit = 50,
	.dead_us = 300 * SECOND,
	.recipient_limit = 20000, .extra_recipient_limit = 1000,
	.refill_limit = 100, .refill_delay_us = 5 * SECOND,
	.transport_retry_us = 60 * SECOND,
};

static struct world
world_new(const struct sched_limits *limits, const struct sched_rules *rules)
{
	struct world w = { .sched = sched_new(limits), .now_us = 1000 * SECOND };

	w.transport = sched_transport_add(w.sched, SPAN("smtp"), rules);
	return w;
}

static void
world_end(struct t *t, struct world *w)
{
	T_INT(t, sched_recipients(w->sched), 0);
	sched_free(&w->sched);
}

static void
assign(struct sched_message *message, struct sched_transport *transport, const char *destination)
{
	struct sched_queue *queue = sched_queue_get(transport, span_of(destination), span_of(destination));

	sched_assign(message, queue, sched_rcpt_new(SPAN("a@b.example"), SPAN(""), SPAN("")));
}

/* A message whose user pointer is its name. */
static struct sched_message *
message_to(struct world *w, const char *name, const char *destination, int count)
{
	struct sched_message *message = sched_message_add(w->sched, 0, w->now_us, (void *) (uintptr_t) name);

	for (int i = 0; i < count; i++)
		assign(message, w->transport, destination);
	return message;
}

static struct sched_entry *
choose(struct world *w)
{
	return sched_choose(w->sched, NULL, NULL, w->now_us);
}

static const char *
entry_name(const struct sched_entry *entry)
{
	return entry == NULL ? "nothing" : entry->message->user;
}

static void
done(struct world *w, struct sched_entry *entry, enum sched_outcome outcome)
{
	struct sched_message *message = entry->message;

	sched_entry_done(&entry, outcome, "4.4.1 no route", w->now_us);
	if (message->entries == 0 && message->unread == 0)
		sched_message_remove(&message);
}

static void
drain(struct world *w)
{
	for (struct sched_entry *entry; (entry = choose(w)) != NULL;)
		done(w, entry, SCHED_REACHED);
}

/* Rules with one recipient per entry and one delivery at a time: the order of service is what is seen. */
static struct sched_rules
one_by_one(void)
{
	struct sched_rules rules = defaults;

	rules.destination_recipient_limit = 1;
	rules.window.limit = 1;
	return rules;
}

TEST(recipients_share_an_entry)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_entry *first, *second;

	message_to(&w, "m", "d.example", 70);
	first = choose(&w);
	second = choose(&w);
	T_NEED(t, first != NULL && second != NULL);
	T_INT(t, first->count, 50);
	T_INT(t, second->count, 20);
	T_TRUE(t, choose(&w) == NULL);
	done(&w, first, SCHED_REACHED);
	done(&w, second, SCHED_REACHED);
	world_end(t, &w);
}

TEST(window_bounds_a_destination)
{
	struct sched_rules rules = defaults;
	struct world w;
	struct sched_entry *out[5];

	rules.destination_recipient_limit = 1;
	w = world_new(&roomy, &rules);
	message_to(&w, "m", "d.example", 8);
	for (size_t i = 0; i < COUNT_OF(out); i++)
		T_NEED(t, (out[i] = choose(&w)) != NULL);
	T_TRUE(t, choose(&w) == NULL);
	for (size_t i = 0; i < COUNT_OF(out); i++)
		done(&w, out[i], SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

TEST(transports_take_turns)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_transport *other = sched_transport_add(w.sched, SPAN("local"), &defaults);
	struct sched_message *message;

	for (int i = 0; i < 3; i++)
		message_to(&w, "smtp", i == 0 ? "a" : i == 1 ? "b" : "c", 1);
	for (int i = 0; i < 3; i++) {
		message = sched_message_add(w.sched, 0, w.now_us, (void *) (uintptr_t) "local");
		assign(message, other, "h");
	}
	for (int i = 0; i < 6; i++) {
		struct sched_entry *entry = choose(&w);

		T_STR(t, entry_name(entry), i % 2 == 0 ? "smtp" : "local");
		done(&w, entry, SCHED_REACHED);
	}
	world_end(t, &w);
}

TEST(destinations_of_a_job_take_turns)
{
	struct sched_rules rules = one_by_one();
	struct world w;
	struct sched_message *message;
	char order[7] = "";

	rules.window.limit = 20;
	w = world_new(&roomy, &rules);
	message = message_to(&w, "m", "a", 3);
	for (int i = 0; i < 3; i++)
		assign(message, w.transport, "b");
	for (size_t i = 0; i < 6; i++) {
		struct sched_entry *entry = choose(&w);

		order[i] = entry->queue->name[0];
		done(&w, entry, SCHED_REACHED);
	}
	T_STR(t, order, "ababab");
	world_end(t, &w);
}

TEST(a_blocked_job_lets_others_pass)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	struct sched_entry *slow, *quick;

	message_to(&w, "slow", "a", 2);
	message_to(&w, "quick", "b", 1);
	slow = choose(&w);
	quick = choose(&w);
	T_STR(t, entry_name(slow), "slow");
	T_STR(t, entry_name(quick), "quick");
	T_TRUE(t, choose(&w) == NULL);
	done(&w, slow, SCHED_REACHED);
	done(&w, quick, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

/* How many entries of the list go before the small message that came a moment later. */
static int
wait_behind_list(struct t *t, const struct sched_rules *rules, int list_size)
{
	struct world w = world_new(&roomy, rules);
	int waited = -1;

	message_to(&w, "list", "d", list_size);
	w.now_us += SECOND;
	message_to(&w, "small", "d", 1);
	for (int i = 0; waited < 0; i++) {
		struct sched_entry *entry = choose(&w);

		T_NEED(t, entry != NULL);
		if (strcmp(entry_name(entry), "small") == 0)
			waited = i;
		done(&w, entry, SCHED_REACHED);
	}
	drain(&w);
	world_end(t, &w);
	return waited;
}

TEST(a_small_message_is_put_in_front_of_a_list)
{
	struct sched_rules rules = one_by_one();

	T_INT(t, wait_behind_list(t, &rules, 100), 0);
	rules.slot_cost = 0;
	T_INT(t, wait_behind_list(t, &rules, 100), 100);
}

TEST(a_short_list_is_not_interrupted)
{
	struct sched_rules rules = one_by_one();

	/* 14 entries can earn two slots of five: fewer than minimum_slots. */
	T_INT(t, wait_behind_list(t, &rules, 14), 14);
	T_INT(t, wait_behind_list(t, &rules, 15), 0);
}

TEST(loan_and_discount_bring_the_moment_forward)
{
	struct sched_rules rules = one_by_one();

	rules.slot_loan = 0;
	rules.slot_discount = 0;
	T_INT(t, wait_behind_list(t, &rules, 100), 5);
	rules.slot_loan = 1;
	T_INT(t, wait_behind_list(t, &rules, 100), 0);
	rules.slot_loan = 0;
	rules.slot_discount = 100;
	T_INT(t, wait_behind_list(t, &rules, 100), 0);
}

/* Small messages without end: the list must still get on. */
TEST(a_list_loses_no_more_than_its_slots)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	int list_left = 200, small = 0;

	message_to(&w, "list", "d", list_left);
	while (list_left > 0) {
		struct sched_entry *entry;

		w.now_us += SECOND;
		message_to(&w, "small", "d", 1);
		entry = choose(&w);
		if (strcmp(entry_name(entry), "list") == 0)
			list_left--;
		else
			small++;
		T_NEED(t, small < 1000);
		done(&w, entry, SCHED_REACHED);
	}
	/* 200 entries earn 40 slots; the loan is lent once; the last slots of a list cannot be spent. */
	T_TRUE(t, small <= 200 / rules.slot_cost + rules.slot_loan);
	T_TRUE(t, small >= 200 / rules.slot_cost - rules.minimum_slots);
	drain(&w);
	world_end(t, &w);
}

TEST(a_loan_must_be_paid_back)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	char order[60] = "";

	message_to(&w, "L", "d", 100);
	w.now_us += SECOND;
	message_to(&w, "s", "d", 5);
	message_to(&w, "t", "d", 5);
	for (size_t i = 0; i < 40; i++) {
		struct sched_entry *entry = choose(&w);

		w.now_us += SECOND;
		order[i] = entry_name(entry)[0];
		done(&w, entry, SCHED_REACHED);
	}
	/* s goes at once on the loan (5 slots at half price against 3 lent); the list then owes 25 entries. */
	T_INT(t, strspn(order, "s"), 5);
	T_INT(t, strspn(order + 5, "L"), 25);
	T_INT(t, order[30], 't');
	drain(&w);
	world_end(t, &w);
}

TEST(who_waited_longest_for_least_goes_first)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	struct sched_entry *entry;

	message_to(&w, "list", "d", 100);
	w.now_us += 10 * SECOND;
	message_to(&w, "four", "d", 4);
	w.now_us += 5 * SECOND;
	message_to(&w, "one", "d", 1);
	w.now_us += 10 * SECOND;
	entry = choose(&w);
	T_STR(t, entry_name(entry), "one");     /* 10/1 against 15/4 */
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

TEST(a_long_wait_outweighs_a_small_size)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	struct sched_entry *entry;

	message_to(&w, "list", "d", 100);
	w.now_us += SECOND;
	message_to(&w, "two", "d", 2);
	w.now_us += 100 * SECOND;
	message_to(&w, "one", "d", 1);
	w.now_us += SECOND;
	entry = choose(&w);
	T_STR(t, entry_name(entry), "two");     /* 101/2 against 1/1 */
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

/* Who is first when a message of six entries comes behind a list of that size? */
static const char *
first_of_list_and_six(struct t *t, int list_size)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	struct sched_entry *entry;
	const char *name;

	message_to(&w, "list", "d", list_size);
	w.now_us += SECOND;
	message_to(&w, "six", "d", 6);
	entry = choose(&w);
	name = entry_name(entry);
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
	return name;
}

/* The loan would allow six entries; the list itself must be able to earn them. */
TEST(no_more_is_lent_than_can_be_earned)
{
	T_STR(t, first_of_list_and_six(t, 29), "list");
	T_STR(t, first_of_list_and_six(t, 30), "six");
}

TEST(who_gave_way_does_not_come_back_before_its_turn)
{
	struct sched_rules rules = one_by_one();
	struct world w = world_new(&roomy, &rules);
	struct sched_entry *entry;

	message_to(&w, "list", "d", 100);
	for (int i = 0; i < 97; i++)
		done(&w, choose(&w), SCHED_REACHED);
	w.now_us += SECOND;
	message_to(&w, "second", "d", 20);
	for (int i = 0; i < 20; i++) {
		w.now_us += SECOND;
		entry = choose(&w);
		T_STR(t, entry_name(entry), "second");
		done(&w, entry, SCHED_REACHED);
	}
	drain(&w);
	world_end(t, &w);
}

TEST(unused_slots_are_given_back)
{
	struct sched_rules rules = one_by_one();
	struct world w;
	struct sched_entry *entry;
	struct sched_message *list, *promised;
	struct sched_job *job;

	w = world_new(&roomy, &rules);
	list = message_to(&w, "list", "d", 100);
	w.now_us += SECOND;
	promised = sched_message_add(w.sched, 3, w.now_us, (void *) (uintptr_t) "promised");
	assign(promised, w.transport, "d");
	entry = choose(&w);
	T_STR(t, entry_name(entry), "promised");
	job = LIST_ENTRY(list->jobs.next, struct sched_job, message_link);
	T_INT(t, job->slots, -4 * rules.slot_cost);
	sched_message_refilled(promised, 0, w.now_us);  /* the others had been delivered before */
	T_INT(t, job->slots, -1 * rules.slot_cost);
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

TEST(a_dead_destination_is_left_alone_for_its_time)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_queue *queue = sched_queue_get(w.transport, SPAN("d"), SPAN("d"));
	struct sched_entry *entry;
	bool is_newly_dead = false;

	for (int i = 0; i < 5; i++)
		message_to(&w, "m", "d", 1);
	for (int i = 0; i < 5 && !is_newly_dead; i++) {
		struct sched_message *message;

		T_NEED(t, (entry = choose(&w)) != NULL);
		message = entry->message;
		is_newly_dead = sched_entry_done(&entry, SCHED_UNREACHED, "4.4.1 no route", w.now_us);
		sched_message_remove(&message);
	}
	T_TRUE(t, is_newly_dead);
	T_STR(t, queue->reason, "4.4.1 no route");
	for (int i = 0; i < 5; i++)
		message_to(&w, "later", "d", 1);
	message_to(&w, "elsewhere", "e", 1);
	entry = choose(&w);
	T_STR(t, entry_name(entry), "elsewhere");
	done(&w, entry, SCHED_REACHED);
	T_TRUE(t, choose(&w) == NULL);
	T_INT(t, sched_next_time(w.sched, w.now_us) - w.now_us, 300 * SECOND);
	w.now_us += 299 * SECOND;
	T_TRUE(t, sched_queue_is_dead(queue, w.now_us));
	T_TRUE(t, choose(&w) == NULL);
	w.now_us += SECOND;
	T_TRUE(t, (entry = choose(&w)) != NULL);
	T_INT(t, queue->window.size, 5);
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

TEST(an_answer_brings_a_dead_destination_back)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_queue *queue = sched_queue_get(w.transport, SPAN("d"), SPAN("d"));
	struct sched_entry *out[5];
	size_t ended = 0;

	for (size_t i = 0; i < COUNT_OF(out); i++) {
		message_to(&w, "m", "d", 1);
		T_NEED(t, (out[i] = choose(&w)) != NULL);
	}
	while (ended < COUNT_OF(out) - 1 && !sched_queue_is_dead(queue, w.now_us))
		done(&w, out[ended++], SCHED_UNREACHED);
	T_TRUE(t, sched_queue_is_dead(queue, w.now_us));
	done(&w, out[ended++], SCHED_REACHED);
	T_FALSE(t, sched_queue_is_dead(queue, w.now_us));
	while (ended < COUNT_OF(out))
		done(&w, out[ended++], SCHED_REACHED);
	world_end(t, &w);
}

/* A dead destination with nothing waiting is remembered: that is what saves the next message its time-out. */
TEST(death_is_remembered_without_mail)
{
	struct sched_rules rules = defaults;
	struct world w;
	struct sched_queue *queue;

	rules.window.initial = 1;
	w = world_new(&roomy, &rules);
	message_to(&w, "m", "d", 1);
	done(&w, choose(&w), SCHED_UNREACHED);
	w.now_us += 10 * SECOND;
	(void) sched_next_time(w.sched, w.now_us);
	queue = sched_queue_get(w.transport, SPAN("d"), SPAN("d"));
	T_TRUE(t, sched_queue_is_dead(queue, w.now_us));
	sched_forget_dead(w.sched, w.now_us);
	queue = sched_queue_get(w.transport, SPAN("d"), SPAN("d"));
	T_FALSE(t, sched_queue_is_dead(queue, w.now_us));
	world_end(t, &w);
}

TEST(waiting_entries_of_a_dead_destination_can_be_taken)
{
	struct sched_rules rules = defaults;
	struct world w;
	struct sched_queue *queue;
	int taken = 0;

	rules.window.initial = 1;
	rules.destination_recipient_limit = 1;
	w = world_new(&roomy, &rules);
	message_to(&w, "m", "d", 3);
	message_to(&w, "n", "d", 1);
	message_to(&w, "o", "e", 1);
	queue = sched_queue_get(w.transport, SPAN("d"), SPAN("d"));
	done(&w, choose(&w), SCHED_UNREACHED);
	for (struct sched_entry *entry; (entry = sched_take_from_queue(queue)) != NULL; taken++)
		done(&w, entry, SCHED_NO_FEEDBACK);
	T_INT(t, taken, 3);
	T_TRUE(t, sched_queue_is_dead(queue, w.now_us));
	drain(&w);
	world_end(t, &w);
}

TEST(a_dead_transport_rests)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_entry *entry;

	message_to(&w, "m", "d", 1);
	sched_transport_fail(w.transport, "4.3.0 mail transport unavailable", w.now_us);
	T_TRUE(t, choose(&w) == NULL);
	T_INT(t, sched_next_time(w.sched, w.now_us) - w.now_us, 60 * SECOND);
	w.now_us += 60 * SECOND;
	T_NEED(t, (entry = choose(&w)) != NULL);
	done(&w, entry, SCHED_REACHED);
	world_end(t, &w);
}

TEST(rate_delays_space_deliveries)
{
	struct sched_rules rules = one_by_one();
	struct world w;
	struct sched_entry *entry;

	rules.window.limit = 20;
	rules.destination_rate_delay_us = 2 * SECOND;
	w = world_new(&roomy, &rules);
	message_to(&w, "m", "d", 3);
	T_NEED(t, (entry = choose(&w)) != NULL);
	T_TRUE(t, choose(&w) == NULL);          /* one at a time */
	done(&w, entry, SCHED_REACHED);
	T_TRUE(t, choose(&w) == NULL);
	T_INT(t, sched_next_time(w.sched, w.now_us) - w.now_us, 2 * SECOND);
	w.now_us += 2 * SECOND;
	T_NEED(t, (entry = choose(&w)) != NULL);
	done(&w, entry, SCHED_REACHED);
	w.now_us += 2 * SECOND;
	drain(&w);
	world_end(t, &w);
}

TEST(transport_rate_delay_covers_all_destinations)
{
	struct sched_rules rules = defaults;
	struct world w;
	struct sched_entry *entry;

	rules.transport_rate_delay_us = 3 * SECOND;
	w = world_new(&roomy, &rules);
	message_to(&w, "m", "d", 1);
	message_to(&w, "n", "e", 1);
	T_NEED(t, (entry = choose(&w)) != NULL);
	T_TRUE(t, choose(&w) == NULL);
	done(&w, entry, SCHED_REACHED);
	T_TRUE(t, choose(&w) == NULL);
	w.now_us += 3 * SECOND;
	T_NEED(t, (entry = choose(&w)) != NULL);
	done(&w, entry, SCHED_REACHED);
	world_end(t, &w);
}

/* A list of 1,000 in the file, read as room comes. */
TEST(recipients_are_refilled_as_room_comes)
{
	struct sched_rules rules = one_by_one();
	struct world w;
	struct sched_message *message;
	int64_t unread = 1000;
	int readings = 0, delivered = 0, most = 0;

	rules.recipient_limit = 200;
	w = world_new(&roomy, &rules);
	message = sched_message_add(w.sched, unread, w.now_us, (void *) (uintptr_t) "list");
	while (unread > 0 || message->entries > 0) {
		int room = sched_message_room(message, w.now_us);
		struct sched_entry *entry;

		if (room > 0) {
			readings++;
			if (unread < 1000 && message->in_memory > 0 && unread >= rules.refill_limit)
				T_TRUE(t, room >= rules.refill_limit);
			for (; room > 0 && unread > 0; room--, unread--)
				assign(message, w.transport, "d");
			sched_message_refilled(message, unread, w.now_us);
		}
		if (sched_recipients(w.sched) > most)
			most = sched_recipients(w.sched);
		T_NEED(t, (entry = choose(&w)) != NULL);
		delivered += entry->count;
		sched_entry_done(&entry, SCHED_REACHED, NULL, w.now_us);
	}
	T_INT(t, delivered, 1000);
	T_INT(t, most, 200);
	T_TRUE(t, readings >= 8 && readings <= 13);
	sched_message_remove(&message);
	world_end(t, &w);
}

TEST(refill_waits_for_its_delay_when_little_room_is_free)
{
	struct sched_rules rules = one_by_one();
	struct world w;
	struct sched_message *message;

	rules.recipient_limit = 50;
	w = world_new(&roomy, &rules);
	message = sched_message_add(w.sched, 950, w.now_us, NULL);
	for (int i = 0; i < 50; i++)
		assign(message, w.transport, "d");
	sched_message_refilled(message, 950, w.now_us);
	T_INT(t, sched_message_room(message, w.now_us), 0);
	for (int i = 0; i < 20; i++) {
		struct sched_entry *entry = choose(&w);

		sched_entry_done(&entry, SCHED_REACHED, NULL, w.now_us);
	}
	T_INT(t, sched_message_room(message, w.now_us), 0);
	w.now_us += 5 * SECOND;
	T_INT(t, sched_message_room(message, w.now_us), 20);
	sched_message_refilled(message, 0, w.now_us);
	drain(&w);
	world_end(t, &w);
}

TEST(every_message_may_have_its_minimum)
{
	struct sched_limits limits = { .recipient_minimum = 10, .recipient_limit = 100 };
	struct world w = world_new(&limits, &defaults);
	struct sched_message *other;

	message_to(&w, "big", "d", 100);
	other = sched_message_add(w.sched, 500, w.now_us, (void *) (uintptr_t) "other");
	T_INT(t, sched_message_room(other, w.now_us), 10);
	for (int i = 0; i < 10; i++)
		assign(other, w.transport, "e");
	sched_message_refilled(other, 490, w.now_us);
	w.now_us += 100 * SECOND;
	T_INT(t, sched_message_room(other, w.now_us), 0);
	sched_message_refilled(other, 0, w.now_us);
	drain(&w);
	world_end(t, &w);
}

/* A refill costs what there is to refill, however much other mail is in memory, and nobody is left out. */
TEST(only_partly_read_messages_take_turns_at_refill)
{
	static const char *const turns[] = { "a", "b", "c", "a", "b", "c" };
	struct world w = world_new(&roomy, &defaults);
	struct sched_message *lists[3];

	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		for (int j = 0; j < 100; j++)
			message_to(&w, "small", "d", 1);
		lists[i] = sched_message_add(w.sched, 1000, w.now_us, (void *) (uintptr_t) turns[i]);
	}
	T_INT(t, sched_partly_read_count(w.sched), 3);
	for (size_t i = 0; i < COUNT_OF(turns); i++)
		T_STR(t, sched_partly_read_take_turn(w.sched)->user, turns[i]);
	sched_message_refilled(lists[0], 1, w.now_us);
	sched_message_refilled(lists[1], 0, w.now_us);
	sched_message_remove(&lists[2]);
	T_INT(t, sched_partly_read_count(w.sched), 1);
	T_TRUE(t, sched_partly_read_take_turn(w.sched) == lists[0]);
	sched_message_refilled(lists[0], 0, w.now_us);
	T_TRUE(t, sched_partly_read_take_turn(w.sched) == NULL);
	sched_message_refilled(lists[1], 5, w.now_us);
	T_TRUE(t, sched_partly_read_take_turn(w.sched) == lists[1]);
	drain(&w);
	world_end(t, &w);
}

/* A job that was put in front has the extra room, so that it need not wait for the list to shrink. */
TEST(extra_room_is_for_the_job_in_front)
{
	struct sched_rules rules = one_by_one();
	struct world w;
	struct sched_message *small;
	struct sched_entry *entry;

	rules.recipient_limit = 200;
	rules.extra_recipient_limit = 30;
	w = world_new(&roomy, &rules);
	message_to(&w, "list", "d", 200);
	w.now_us += SECOND;
	small = sched_message_add(w.sched, 4, w.now_us, (void *) (uintptr_t) "small");
	assign(small, w.transport, "d");
	sched_message_refilled(small, 3, w.now_us);
	T_NEED(t, (entry = choose(&w)) != NULL);
	T_STR(t, entry_name(entry), "small");
	T_TRUE(t, sched_message_room(small, w.now_us) >= 29);
	sched_message_refilled(small, 0, w.now_us);
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

TEST(an_entry_may_be_put_back)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_entry *entry;

	message_to(&w, "m", "d", 1);
	message_to(&w, "n", "d", 1);
	entry = choose(&w);
	T_STR(t, entry_name(entry), "m");
	sched_unchoose(entry);
	entry = choose(&w);
	T_STR(t, entry_name(entry), "m");
	done(&w, entry, SCHED_REACHED);
	drain(&w);
	world_end(t, &w);
}

TEST(an_entry_may_be_split)
{
	struct world w = world_new(&roomy, &defaults);
	struct sched_entry *entry;
	int entries = 0;

	message_to(&w, "m", "d", 4);
	entry = choose(&w);
	T_INT(t, entry->count, 4);
	sched_split(entry);
	for (; entry != NULL; entry = choose(&w), entries++) {
		T_INT(t, entry->count, 1);
		done(&w, entry, SCHED_REACHED);
	}
	T_INT(t, entries, 4);
	world_end(t, &w);
}

static bool
refuse(void *ctx, struct sched_transport *transport UNUSED)
{
	(*(int *) ctx)++;
	return false;
}

TEST(agents_without_room_are_not_chosen_for)
{
	struct world w = world_new(&roomy, &defaults);
	int asked = 0;

	message_to(&w, "m", "d", 1);
	T_TRUE(t, sched_choose(w.sched, refuse, &asked, w.now_us) == NULL);
	T_INT(t, asked, 1);
	drain(&w);
	world_end(t, &w);
}
