/* SPDX-License-Identifier: ISC */
#ifndef QMGR_TRANSPORT_CONF_H
#define QMGR_TRANSPORT_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of each transport, named by its service in master.cf.
 * Names in main.cf: after the name of a delivery service and "_". What each means is in its row
 * (qmgr_transport_conf.c).
 */
struct qmgr_transport_conf {
	/* Concurrency. */
	int initial_destination_concurrency;
	int destination_concurrency_limit;
	const char *destination_concurrency_positive_feedback;
	const char *destination_concurrency_negative_feedback;
	int destination_concurrency_failed_cohort_limit;
	struct duration destination_rate_delay;
	struct duration transport_rate_delay;
	/* Recipients. */
	int destination_recipient_limit;
	int recipient_limit;
	int extra_recipient_limit;
	int recipient_refill_limit;
	struct duration recipient_refill_delay;
	/* Overtaking. */
	int delivery_slot_cost;
	int delivery_slot_discount;
	int delivery_slot_loan;
	int minimum_delivery_slots;
};

extern const struct param_table qmgr_transport_params;

#endif
