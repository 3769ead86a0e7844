/* SPDX-License-Identifier: ISC */
#ifndef QMGR_CONF_H
#define QMGR_CONF_H

#include "lib/sys/param.h"

/*
 * Parameters of the queue manager: memory, schedule, and the defaults of every transport.
 * Names in main.cf: without prefix. What each means is in its row (qmgr_conf.c).
 */
struct qmgr_conf {
	/* Memory. */
	int qmgr_message_active_limit;
	int qmgr_message_recipient_limit;
	int qmgr_message_recipient_minimum;
	struct duration qmgr_clog_warn_time;
	bool helpful_warnings;
	/* Schedule. */
	struct duration queue_run_delay;
	struct duration minimal_backoff_time;
	struct duration maximal_backoff_time;
	struct duration maximal_queue_lifetime;
	struct duration bounce_queue_lifetime;
	struct duration transport_retry_time;
	const char *defer_transports;
	bool confirm_delay_cleared;
	const char *default_filter_nexthop;
	/* Defaults of every transport. */
	int initial_destination_concurrency;
	int default_destination_concurrency_limit;
	const char *default_destination_concurrency_positive_feedback;
	const char *default_destination_concurrency_negative_feedback;
	int default_destination_concurrency_failed_cohort_limit;
	int default_destination_recipient_limit;
	struct duration default_destination_rate_delay;
	struct duration default_transport_rate_delay;
	int default_recipient_limit;
	int default_extra_recipient_limit;
	int default_recipient_refill_limit;
	struct duration default_recipient_refill_delay;
	int default_delivery_slot_cost;
	int default_delivery_slot_discount;
	int default_delivery_slot_loan;
	int default_minimum_delivery_slots;
};

extern const struct param_table qmgr_params;

#endif
