/* SPDX-License-Identifier: ISC */
/* Parameters of the queue manager: memory, schedule, and the defaults of every transport. */
#include "qmgr/qmgr/qmgr_conf.h"

static const struct param qmgr_rows[] = {
	/* Memory. */
	P_INT(struct qmgr_conf, qmgr_message_active_limit, .value = "20000", .min = 1,
	    .doc = "How many messages are in memory."),
	P_INT(struct qmgr_conf, qmgr_message_recipient_limit, .value = "20000", .min = 1,
	    .doc = "How many recipients are in memory, and how many destinations are "
	           "remembered as dead."),
	P_INT(struct qmgr_conf, qmgr_message_recipient_minimum, .value = "10", .min = 1,
	    .doc = "How many recipients of a message are in memory at least."),

	P_TIME(struct qmgr_conf, qmgr_clog_warn_time, .value = "300s",
	    .doc = "How often it is said of a destination that its mail fills the memory; 0 never."),
	P_BOOL(struct qmgr_conf, helpful_warnings, .value = "yes",
	    .doc = "Say so at all."),

	/* Schedule. */
	P_TIME(struct qmgr_conf, queue_run_delay, .value = "300s", .min = 1,
	    .doc = "How often the deferred queue is looked through."),
	P_TIME(struct qmgr_conf, minimal_backoff_time, .value = "300s", .min = 1,
	    .doc = "The shortest time between two attempts, and how long a dead destination is "
	           "left alone."),
	P_TIME(struct qmgr_conf, maximal_backoff_time, .value = "4000s", .min = 1,
	    .doc = "The longest time between two attempts."),
	P_TIME(struct qmgr_conf, maximal_queue_lifetime, .value = "5d", .max = 8640000, .unit = 'd',
	    .doc = "When mail that cannot be delivered is returned; 0 after the first attempt."),
	P_TIME(struct qmgr_conf, bounce_queue_lifetime, .value = "5d", .max = 8640000, .unit = 'd',
	    .doc = "The same for reports, which are then dropped."),
	P_TIME(struct qmgr_conf, transport_retry_time, .value = "60s", .min = 1,
	    .doc = "How long a delivery agent that cannot be reached is left alone."),
	P_STR(struct qmgr_conf, defer_transports, .value = "",
	    .doc = "Transports whose mail waits until the queue is flushed."),
	P_BOOL(struct qmgr_conf, confirm_delay_cleared, .value = "no",
	    .doc = "Tell the sender when mail that was reported as delayed is delivered."),
	P_STR(struct qmgr_conf, default_filter_nexthop, .value = "",
	    .doc = "The next hop of a content filter that names none; empty is the recipient's "
	           "domain."),

	/* Defaults of every transport. */
	P_INT(struct qmgr_conf, initial_destination_concurrency, .value = "5", .min = 1,
	    .doc = "With how many parallel deliveries a destination begins."),
	P_INT(struct qmgr_conf, default_destination_concurrency_limit, .value = "20",
	    .doc = "How many parallel deliveries a destination may have; 0 is no limit."),
	P_STR(struct qmgr_conf, default_destination_concurrency_positive_feedback, .value = "1",
	    .min_length = 1,
	    .doc = "How much a success adds to a destination's concurrency."),
	P_STR(struct qmgr_conf, default_destination_concurrency_negative_feedback, .value = "1",
	    .min_length = 1,
	    .doc = "How much a failure takes from a destination's concurrency."),
	P_INT(struct qmgr_conf, default_destination_concurrency_failed_cohort_limit, .value = "1",
	    .doc = "After how many failed rounds a destination is dead; 0 never."),
	P_INT(struct qmgr_conf, default_destination_recipient_limit, .value = "50",
	    .doc = "How many recipients one delivery may have; 0 is no limit."),
	P_TIME(struct qmgr_conf, default_destination_rate_delay, .value = "0s",
	    .doc = "The pause between two deliveries to a destination."),
	P_TIME(struct qmgr_conf, default_transport_rate_delay, .value = "0s",
	    .doc = "The pause between two deliveries by a transport."),
	P_INT(struct qmgr_conf, default_recipient_limit, .value = "20000", .min = 1,
	    .doc = "How many recipients a transport has in memory."),
	P_INT(struct qmgr_conf, default_extra_recipient_limit, .value = "1000",
	    .doc = "How many more when a small message overtakes a large one."),
	P_INT(struct qmgr_conf, default_recipient_refill_limit, .value = "100", .min = 1,
	    .doc = "How many recipients are read at once from a message with many."),
	P_TIME(struct qmgr_conf, default_recipient_refill_delay, .value = "5s", .min = 1,
	    .doc = "The longest time between two such readings."),
	P_INT(struct qmgr_conf, default_delivery_slot_cost, .value = "5",
	    .doc = "How many deliveries of a message let another one overtake by one; 0 never."),
	P_INT(struct qmgr_conf, default_delivery_slot_discount, .value = "50", .max = 100,
	    .doc = "Percentage of these deliveries that may be still to come."),
	P_INT(struct qmgr_conf, default_delivery_slot_loan, .value = "3",
	    .doc = "How many such deliveries may be still to come."),
	P_INT(struct qmgr_conf, default_minimum_delivery_slots, .value = "3",
	    .doc = "How many deliveries a message must have left to be overtaken at all."),
};

const struct param_table qmgr_params = {
	.owner = "qmgr", .prefix = "", .rows = qmgr_rows, .count = COUNT_OF(qmgr_rows),
	.size = sizeof(struct qmgr_conf),
};
