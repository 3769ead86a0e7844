/* SPDX-License-Identifier: ISC */
/* Parameters of each transport, named by its service in master.cf. */
#include "qmgr/qmgr/qmgr_transport_conf.h"

static const struct param qmgr_transport_rows[] = {
	/* Concurrency. */
	P_INT(struct qmgr_transport_conf, initial_destination_concurrency,
	    .value = "$initial_destination_concurrency",
	    .min = 1,
	    .doc = "With how many parallel deliveries a destination of this transport begins."),
	P_INT(struct qmgr_transport_conf, destination_concurrency_limit,
	    .value = "$default_destination_concurrency_limit",
	    .doc = "How many parallel deliveries a destination of this transport may have; 0 "
	           "is no limit."),
	P_STR(struct qmgr_transport_conf, destination_concurrency_positive_feedback,
	    .value = "$default_destination_concurrency_positive_feedback",
	    .min_length = 1,
	    .doc = "How much a success adds to a destination's concurrency."),
	P_STR(struct qmgr_transport_conf, destination_concurrency_negative_feedback,
	    .value = "$default_destination_concurrency_negative_feedback",
	    .min_length = 1,
	    .doc = "How much a failure takes from a destination's concurrency."),
	P_INT(struct qmgr_transport_conf, destination_concurrency_failed_cohort_limit,
	    .value = "$default_destination_concurrency_failed_cohort_limit",
	    .doc = "After how many failed rounds a destination is dead; 0 never."),
	P_TIME(struct qmgr_transport_conf, destination_rate_delay,
	    .value = "$default_destination_rate_delay",
	    .doc = "The pause between two deliveries to a destination."),
	P_TIME(struct qmgr_transport_conf, transport_rate_delay,
	    .value = "$default_transport_rate_delay",
	    .doc = "The pause between two deliveries by this transport."),

	/* Recipients. */
	P_INT(struct qmgr_transport_conf, destination_recipient_limit,
	    .value = "$default_destination_recipient_limit",
	    .doc = "How many recipients one delivery may have; 1 makes recipients of "
	           "destinations, 0 is no limit."),
	P_INT(struct qmgr_transport_conf, recipient_limit, .value = "$default_recipient_limit",
	    .min = 1,
	    .doc = "How many recipients of this transport are in memory."),
	P_INT(struct qmgr_transport_conf, extra_recipient_limit,
	    .value = "$default_extra_recipient_limit",
	    .doc = "How many more when a small message overtakes a large one."),
	P_INT(struct qmgr_transport_conf, recipient_refill_limit,
	    .value = "$default_recipient_refill_limit",
	    .min = 1,
	    .doc = "How many recipients are read at once from a message with many."),
	P_TIME(struct qmgr_transport_conf, recipient_refill_delay,
	    .value = "$default_recipient_refill_delay",
	    .min = 1,
	    .doc = "The longest time between two such readings."),

	/* Overtaking. */
	P_INT(struct qmgr_transport_conf, delivery_slot_cost,
	    .value = "$default_delivery_slot_cost",
	    .doc = "How many deliveries of a message let another one overtake by one; 0 never."),
	P_INT(struct qmgr_transport_conf, delivery_slot_discount,
	    .value = "$default_delivery_slot_discount",
	    .max = 100,
	    .doc = "Percentage of these deliveries that may be still to come."),
	P_INT(struct qmgr_transport_conf, delivery_slot_loan,
	    .value = "$default_delivery_slot_loan",
	    .doc = "How many such deliveries may be still to come."),
	P_INT(struct qmgr_transport_conf, minimum_delivery_slots,
	    .value = "$default_minimum_delivery_slots",
	    .doc = "How many deliveries a message must have left to be overtaken at all."),
};

static const struct param_change qmgr_transport_changes[] = {
	{ "local_destination_concurrency_limit", "2" },
	{ "local_destination_recipient_limit", "1" },
	{ NULL, NULL },
};

const struct param_table qmgr_transport_params = {
	.owner = "qmgr",
	.prefix = "$",
	.rows = qmgr_transport_rows,
	.count = COUNT_OF(qmgr_transport_rows),
	.size = sizeof(struct qmgr_transport_conf),
	.changes = qmgr_transport_changes,
};
