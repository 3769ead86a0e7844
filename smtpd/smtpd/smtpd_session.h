/* SPDX-License-Identifier: ISC */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include "lib/base/array.h"
#include "lib/net/tls.h"
#include "lib/queue/mail_proto.h"
#include "lib/sys/stream.h"
#include "smtpd/smtpd/smtpd_cmd.h"
#include "smtpd/smtpd/smtpd_data.h"
#include "smtpd/smtpd/smtpd_restrict.h"
#include "smtpd/smtpd/smtpd_setup.h"

/* What name service said of the client's address. */
enum name_status { NAME_OK, NAME_TEMP, NAME_PERM };

/*
 * Who is at the other end. Spans are never empty; what is not known is "unknown". They live in the
 * session's arena.
 */
struct session_client {
	struct span name;         /* host name, verified in both directions */
	struct span reverse_name; /* what the address's PTR record says, unverified */
	struct span address;      /* text form: "192.0.2.1", "2001:db8::1" */
	struct span rfc_address;  /* as in Received: fields: "IPv6:2001:db8::1" */
	struct span port;
	struct span id; /* name[address], for the log */
	struct span server_address, server_port;
	enum name_status name_status, reverse_status;
};

/* Why the session ends before QUIT: the words of the log line. */
enum session_end { SESSION_END_NONE, SESSION_END_LOST, SESSION_END_TIMEOUT, SESSION_END_ERRORS };

/*
 * One mail transaction. All of it is gone after session_reset_mail, whatever ended the
 * transaction.
 */
struct session_mail {
	bool is_open;       /* MAIL was accepted */
	struct span sender; /* internal form; empty: the null sender */
	ARRAY(struct mail_rcpt) rcpts;
	size_t overshoot;      /* recipients refused because there were too many */
	struct span recipient; /* the one that is being checked now, internal form; p NULL: none */
	struct span encoding, dsn_envid, dsn_ret, verp;
	struct span sasl_sender; /* AUTH= of MAIL FROM; empty: not given, or <> */

	int64_t size_declared; /* SIZE=, 0: not given */
	int64_t arrival_us;
	int64_t flags;        /* mask of mail_flag: hold, discard, smtputf8, requiretls */
	struct span queue_id; /* announced by cleanup; empty before the first recipient */
	struct span content_filter, redirect; /* of actions; cleanup has not heard of them */
	ARRAY(struct mail_rcpt) bcc;          /* likewise */
	struct str prepend;       /* header fields of PREPEND actions, LF line ends */
	bool has_cleanup;         /* mail_begin has been sent and neither mail_end nor mail_abort */
	bool is_unlisted_checked; /* the current recipient's existence has been tested */
	bool is_sender_checked;
	struct data_state data; /* DATA or BDAT content */
	bool in_bdat;
	bool bdat_failed;   /* the rest of the chunks is swallowed */
	bool content_lost;  /* cleanup went away with it */
};

/* Who has logged in: empty spans when nobody has. Live in the session's arena. */
struct session_login {
	struct span method, user;
};

struct session {
	struct smtpd *smtpd;
	struct stream *stream;
	struct arena *arena;      /* lives as long as the connection */
	struct arena *mail_arena; /* one transaction */
	struct arena *scratch;    /* one command */
	struct session_client client;
	struct session_login login;
	const struct tls_facts *tls;  /* NULL: not encrypted */
	bool asked_certificate;
	struct span helo;     /* empty: not yet said */
	const char *protocol; /* "SMTP", "ESMTP" */
	const char *where;    /* last command, or "CONNECT", "DATA content", "END-OF-MESSAGE" */
	unsigned ehlo_discard;
	struct session_mail mail;
	struct restrict_state restrict_state;
	struct str reply; /* scratch of smtpd_reply.c */
	/* what was said, for smtpd_notice.c */
	struct session_chat {
		struct str text;
		int lines;
		unsigned classes; /* mask of notify_class: what went wrong */
	} chat;

	struct smtpd_count {
		unsigned total, good;
	} counts[SMTPD_CMD_COUNT];
	unsigned errors; /* since the last delivered message */
	unsigned junk;   /* commands that lead nowhere, likewise */
	struct span counted; /* as whom anvil counts this connection; empty: it does not */
	enum session_end end;
	bool hang_up;              /* the last reply was 421 or 521, or a rule was broken */
	bool is_denied;            /* refused at connect: only QUIT is served */
	const char *certificate_fault; /* why a demanded client certificate is not good; NULL: fine */
	bool has_pipelined;        /* sent ahead where the protocol forbids it */
	bool forbids_bare_newline; /* bare_newline applies to this client */
	bool saw_bare_newline;
	bool may_xclient, may_xforward, may_verp;
	struct span forward_name, forward_address, forward_port, forward_helo, forward_protocol,
	    forward_ident;
	bool forward_is_local,
	    has_forward_source; /* SOURCE= of XFORWARD: which rewriting context */
};

/*
 * Serve one client from greeting to end.
 *
 * fd        connected socket, taken over
 * client    what is known of the peer; NULL: ask the socket and name service
 */
void session_serve(struct smtpd *smtpd, int fd, const struct session_client *client);

/*
 * End the transaction, whatever state it is in: the only way to get rid of one. Content under way
 * is withdrawn from cleanup.
 */
void session_reset_mail(struct session *s);

/*
 * Give the transaction its queue ID, at its first accepted recipient, and log it. false: 451 has
 * been said.
 */
bool session_name_message(struct session *s);

/* Forget HELO too (RSET does not; HELO, EHLO, STARTTLS and XCLIENT do). */
void session_reset_helo(struct session *s);

/* Fill client->id from name, address and port. */
void session_name_client(struct session *s);

/* Set the deadline for what is done next: smtpd_timeout from now. The watchdog's time begins anew. */
void session_set_deadline(struct session *s);

/* Send pending output and log lines before something slow. */
void session_flush(struct session *s);

/* Note that the connection cannot be used any more. */
void session_note_end(struct session *s, enum stream_result result);

#endif
