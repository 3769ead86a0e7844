/* SPDX-License-Identifier: ISC */
#ifndef SMTP_RESULT_H
#define SMTP_RESULT_H

#include "lib/queue/agent.h"
#include "smtp/smtp/smtp_session.h"

/*
 * What became of the recipients of one request. A recipient is pending until it is reported; a
 * temporary failure is reported only when no other server is left to try, and logged otherwise.
 */
enum smtp_rcpt_state { RCPT_PENDING, RCPT_ACCEPTED, RCPT_REPORTED };

struct smtp_delivery {
	struct smtp_client *client;
	struct agent_request *request;
	struct arena *arena;
	enum smtp_rcpt_state *states; /* per recipient */
	bool is_last;                 /* no other server after this one */
};

/* Why something failed. Texts live in the delivery's arena. */
struct smtp_trouble {
	enum err_class class;
	bool is_of_server; /* permanent, but another server may be of more use */
	const char *dsn, *text;
	const char *diagnostic; /* "smtp; 550 ...", or "" */
	const char *remote_mta; /* "dns; host", or "" */
};

void smtp_delivery_init(
    struct smtp_delivery *delivery, struct smtp_client *client, struct agent_request *request);
size_t smtp_count_pending(const struct smtp_delivery *delivery);

/* session may be NULL: there was no connection. */
void smtp_report_sent(
    struct smtp_delivery *delivery, const struct client_session *session, size_t index);
void smtp_report_trouble(struct smtp_delivery *delivery, const struct client_session *session,
    size_t index, const struct smtp_trouble *trouble);

/* Everybody who is not reported yet; logs once when another server will be tried. */
void smtp_report_trouble_all(struct smtp_delivery *delivery, const struct client_session *session,
    const struct smtp_trouble *trouble);

/* Troubles: of the last reply, of a broken connection, of our own tables, of an error. request is "RCPT TO command". */
struct smtp_trouble smtp_trouble_of_reply(
    struct smtp_delivery *delivery, const struct client_session *session, const char *request);
struct smtp_trouble smtp_trouble_of_connection(struct smtp_delivery *delivery,
    const struct client_session *session, enum session_result result, const char *doing);
struct smtp_trouble smtp_trouble_of_tables(
    struct smtp_delivery *delivery, const struct client_session *session);
struct smtp_trouble smtp_trouble_of_err(struct smtp_delivery *delivery, const struct err *err);

#endif
