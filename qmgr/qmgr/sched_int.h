/* SPDX-License-Identifier: ISC */
#ifndef SCHED_INT_H
#define SCHED_INT_H

#include "qmgr/qmgr/sched.h"

/* Shared by the files of the scheduler. */
struct sched {
	struct sched_limits limits;
	struct list transports;         /* a ring: next in turn first */
	struct map *by_name;
	struct list messages;
	struct list partly_read;        /* those with unread recipients: next in turn first */
	size_t partly_read_count;
	int in_memory;                  /* recipients in entries */
	int64_t wake_us;                /* no later than when a suspension or a death ends */
};

/* Put the job into the order of service, unless it is there. */
void sched_job_enter(struct sched_job *job);

/* Take it out when nothing can be chosen from it any more. */
void sched_job_leave_if_done(struct sched_job *job);
void sched_job_leave(struct sched_job *job);

/* The job for this message and transport, made when it is new. */
struct sched_job *sched_job_get(struct sched_message *message, struct sched_transport *transport) MUST_USE;
void sched_job_free(struct sched_job *job);

/* A peer with a waiting entry whose destination can take one now, or NULL. */
struct sched_peer *sched_job_ready_peer(struct sched_job *job, int64_t now_us) MUST_USE;

/* The job to serve in place of current: itself, or one that was just put in front of it. */
struct sched_job *sched_job_preempt(struct sched_job *current, int64_t now_us) MUST_USE;

/* The destination may get one more delivery now. */
bool sched_queue_is_ready(struct sched_queue *queue, int64_t now_us);
void sched_queue_free(struct sched_queue *queue);

/* Remember that something may change at that time. */
void sched_wake_at(struct sched *sched, int64_t when_us);

#endif
