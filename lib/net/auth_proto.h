/* SPDX-License-Identifier: ISC */
#ifndef AUTH_PROTO_H
#define AUTH_PROTO_H

#include "lib/sys/msg.h"

/*
 * The messages of authd. A new connection is greeted with auth_mechanisms; then requests may be sent
 * without waiting, and answers carry the id of their request and come in any order.
 *
 *     client                    authd
 *                               auth_mechanisms
 *     auth_begin id=1           auth_challenge id=1
 *     auth_continue id=1        auth_done id=1
 *
 * What SASL calls messages travel as the base64 text that SMTP, IMAP and POP3 carry.
 */

enum {
	AUTH_FRAME_MAX = 128 << 10,
	AUTH_USER_MAX = 512,            /* bytes of a user's name */
	AUTH_RESPONSE_MAX = 64 << 10,   /* base64 of one SASL message */
	AUTH_FIELDS_MAX = 100,
	AUTH_STORED_MAX = 20,           /* passwords of one account */
};

/* What a mechanism gives away or proves, as RFC 4422 and Dovecot's protocol name it. */
enum auth_mech_trait {
	AUTH_MECH_PLAINTEXT = 1 << 0,   /* the server sees the password */
	AUTH_MECH_DICTIONARY = 1 << 1,  /* a listener may guess it offline */
	AUTH_MECH_ACTIVE = 1 << 2,      /* one who changes the traffic may break it */
	AUTH_MECH_FORWARD = 1 << 3,     /* forward secrecy between exchanges */
	AUTH_MECH_MUTUAL = 1 << 4,      /* the server proves itself too */
	AUTH_MECH_BINDING = 1 << 5,     /* bound to the TLS connection (a name in -PLUS) */
	AUTH_MECH_EXTERNAL = 1 << 6,    /* stands on a client's certificate */
};

struct auth_mechanism {
	struct span name;               /* upper case */
	int64_t traits;                 /* mask of enum auth_mech_trait */
};
extern const struct msg_desc auth_mechanism_desc;

/* In order of preference. */
struct auth_mechanisms {
	struct msg_list mechanisms;     /* struct auth_mechanism */
};
extern const struct msg_desc auth_mechanisms_desc;

/* Who wants to be somebody. Strings may be empty where a thing is not known. */
struct auth_begin {
	int64_t id;
	struct span mechanism;
	struct span service;            /* "smtp", "imap", "pop3" */
	struct span realm;              /* domain of users without one; "": auth_default_domain */
	bool has_response;              /* an initial response was given; it may be empty */
	struct span response;           /* base64 */
	struct span client_address, client_port, server_address, server_port;
	bool is_secured;                /* by TLS, or the connection never left this system */
	struct span server_name;        /* of TLS (SNI) */
	struct span certificate_user;   /* name in a verified client certificate */
	struct span tls_exporter;       /* channel bindings, base64: RFC 9266 */
	struct span tls_unique;         /* RFC 5929 3; before TLS 1.3 */
	struct span session;            /* for logs */
};
extern const struct msg_desc auth_begin_desc;

struct auth_continue {
	int64_t id;
	struct span response;           /* base64 */
};
extern const struct msg_desc auth_continue_desc;

/* The client gave up. Is not answered. */
struct auth_cancel {
	int64_t id;
};
extern const struct msg_desc auth_cancel_desc;

struct auth_challenge {
	int64_t id;
	struct span challenge;          /* base64 */
};
extern const struct msg_desc auth_challenge_desc;

enum auth_verdict {
	AUTH_YES,
	AUTH_NO,                /* wrong name or password, or a proof that failed */
	AUTH_REFUSED,           /* right, but this account may not log in here or now; reason says why */
	AUTH_BAD,               /* the client broke the mechanism's rules, or there is no such mechanism */
	AUTH_LATER,             /* nobody knows now: a source did not answer */
	AUTH_VERDICT_END
};

/* A fact of an account that has no field of its own. */
struct auth_field {
	struct span name, value;
};
extern const struct msg_desc auth_field_desc;

struct auth_done {
	int64_t id;
	int64_t verdict;                /* enum auth_verdict */
	struct span user;               /* who it is, or (not AUTH_YES) who it claimed to be */
	struct span master_user;        /* who it is in truth, when it acts as another */
	struct span reason;             /* for logs; of AUTH_REFUSED for the client too */
	struct span final;              /* base64, with has_final: data that goes with success */
	bool has_final;
	struct msg_list fields;         /* struct auth_field: "proxy" and others meant for who asked */
};
extern const struct msg_desc auth_done_desc;

/* Between authd and its workers: does one of these stored values belong to the password? */
struct auth_stored {
	struct span value;              /* "{SCHEME}..." */
};
extern const struct msg_desc auth_stored_desc;

struct auth_check {
	int64_t id;
	struct span user;               /* some schemes hash it too */
	struct span scheme;             /* of values without one */
	struct span password;           /* base64 */
	struct msg_list stored;         /* struct auth_stored, tried in this order */
};
extern const struct msg_desc auth_check_desc;

struct auth_checked {
	int64_t id;
	int64_t verdict;                /* AUTH_YES, AUTH_NO, AUTH_LATER; AUTH_REFUSED: a weak scheme */
	int64_t which;                  /* AUTH_YES: index in auth_check.stored */
	struct span reason;             /* what is wrong with a stored value */
};
extern const struct msg_desc auth_checked_desc;

#endif
