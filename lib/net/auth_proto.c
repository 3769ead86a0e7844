/* SPDX-License-Identifier: ISC */
/* The field tables of authd's messages. What is a secret never stands in a trace. */
#include "lib/net/auth_proto.h"

enum { TEXT_MAX = 1000, ADDRESS_MAX = 128, BINDING_MAX = 200, SECRET_MAX = 2000 };

static const struct msg_field mechanism_fields[] = {
	M_STR(struct auth_mechanism, name, .required = true, .max = 40, .doc = "SASL name"),
	M_INT(struct auth_mechanism, traits, .max = (1 << 7) - 1,
	    .doc = "mask of enum auth_mech_trait"),
};
const struct msg_desc auth_mechanism_desc = MSG_DESC(auth_mechanism, struct auth_mechanism,
    mechanism_fields, 1, 0, "one SASL mechanism");

static const struct msg_field mechanisms_fields[] = {
	M_LIST(struct auth_mechanisms, mechanisms, .required = true, .item = &auth_mechanism_desc,
	    .max = 50, .doc = "in order of preference"),
};
const struct msg_desc auth_mechanisms_desc = MSG_DESC(auth_mechanisms, struct auth_mechanisms,
    mechanisms_fields, 1, 0, "what authd offers, said first on each connection");

static const struct msg_field begin_fields[] = {
	M_INT(struct auth_begin, id, .required = true, .doc = "comes back with the answers"),
	M_STR(struct auth_begin, mechanism, .required = true, .max = 40, .doc = "SASL name"),
	M_STR(struct auth_begin, service, .required = true, .max = 40, .doc = "smtp, imap, pop3"),
	M_STR(struct auth_begin, realm, .max = 255, .doc = "domain of users without one"),
	M_BOOL(struct auth_begin, has_response, .doc = "there is an initial response"),
	M_STR(struct auth_begin, response, .max = AUTH_RESPONSE_MAX, .secret = true,
	    .doc = "initial response, base64"),
	M_STR(struct auth_begin, client_address, .max = ADDRESS_MAX, .doc = "IP address"),
	M_STR(struct auth_begin, client_port, .max = 10, .doc = "TCP port"),
	M_STR(struct auth_begin, server_address, .max = ADDRESS_MAX, .doc = "IP address"),
	M_STR(struct auth_begin, server_port, .max = 10, .doc = "TCP port"),
	M_BOOL(struct auth_begin, is_secured, .doc = "nobody can listen"),
	M_STR(struct auth_begin, server_name, .max = 300, .doc = "TLS server name indication"),
	M_STR(struct auth_begin, certificate_user, .max = AUTH_USER_MAX,
	    .doc = "user of a verified client certificate"),
	M_STR(struct auth_begin, tls_exporter, .max = BINDING_MAX,
	    .doc = "channel binding tls-exporter, base64"),
	M_STR(struct auth_begin, tls_unique, .max = BINDING_MAX,
	    .doc = "channel binding tls-unique, base64"),
	M_STR(struct auth_begin, session, .max = 100, .doc = "session, for logs"),
};
const struct msg_desc auth_begin_desc = MSG_DESC(auth_begin, struct auth_begin, begin_fields, 1, 0,
    "a SASL exchange begins");

static const struct msg_field continue_fields[] = {
	M_INT(struct auth_continue, id, .required = true, .doc = "of the exchange"),
	M_STR(struct auth_continue, response, .max = AUTH_RESPONSE_MAX, .secret = true,
	    .doc = "base64"),
};
const struct msg_desc auth_continue_desc = MSG_DESC(auth_continue, struct auth_continue,
    continue_fields, 1, 0, "the client's answer to a challenge");

static const struct msg_field cancel_fields[] = {
	M_INT(struct auth_cancel, id, .required = true, .doc = "of the exchange"),
};
const struct msg_desc auth_cancel_desc = MSG_DESC(auth_cancel, struct auth_cancel, cancel_fields, 1,
    0, "the client gave up");

static const struct msg_field challenge_fields[] = {
	M_INT(struct auth_challenge, id, .required = true, .doc = "of the exchange"),
	M_STR(struct auth_challenge, challenge, .max = AUTH_RESPONSE_MAX, .doc = "base64"),
};
const struct msg_desc auth_challenge_desc = MSG_DESC(auth_challenge, struct auth_challenge,
    challenge_fields, 1, 0, "the exchange goes on");

static const struct msg_field field_fields[] = {
	M_STR(struct auth_field, name, .required = true, .max = 100, .doc = "name of the field"),
	M_STR(struct auth_field, value, .max = 4096, .doc = "its value"),
};
const struct msg_desc auth_field_desc = MSG_DESC(auth_field, struct auth_field, field_fields, 1, 0,
    "a field of an account");

static const struct msg_field done_fields[] = {
	M_INT(struct auth_done, id, .required = true, .doc = "of the exchange"),
	M_INT(struct auth_done, verdict, .required = true, .max = AUTH_VERDICT_END - 1,
	    .doc = "enum auth_verdict"),
	M_STR(struct auth_done, user, .max = AUTH_USER_MAX, .doc = "who it is, or claimed to be"),
	M_STR(struct auth_done, master_user, .max = AUTH_USER_MAX,
	    .doc = "who acts as the user"),
	M_STR(struct auth_done, reason, .max = TEXT_MAX, .doc = "for logs"),
	M_STR(struct auth_done, final, .max = AUTH_RESPONSE_MAX, .doc = "base64"),
	M_BOOL(struct auth_done, has_final, .doc = "there are data with the success"),
	M_LIST(struct auth_done, fields, .item = &auth_field_desc, .max = AUTH_FIELDS_MAX,
	    .doc = "for who asked"),
};
const struct msg_desc auth_done_desc = MSG_DESC(auth_done, struct auth_done, done_fields, 1, 0,
    "an exchange has ended");

static const struct msg_field stored_fields[] = {
	M_STR(struct auth_stored, value, .required = true, .max = 4096, .secret = true,
	    .doc = "{SCHEME}value"),
};
const struct msg_desc auth_stored_desc = MSG_DESC(auth_stored, struct auth_stored, stored_fields, 1,
    0, "a stored password");

static const struct msg_field check_fields[] = {
	M_INT(struct auth_check, id, .required = true, .doc = "comes back with the answer"),
	M_STR(struct auth_check, user, .required = true, .max = AUTH_USER_MAX, .doc = "user"),
	M_STR(struct auth_check, scheme, .required = true, .max = 40,
	    .doc = "scheme of values without one"),
	M_STR(struct auth_check, password, .max = SECRET_MAX, .secret = true, .doc = "base64"),
	M_LIST(struct auth_check, stored, .required = true, .item = &auth_stored_desc,
	    .max = AUTH_STORED_MAX, .doc = "values to try"),
};
const struct msg_desc auth_check_desc = MSG_DESC(auth_check, struct auth_check, check_fields, 1, 0,
    "is this the password?");

static const struct msg_field checked_fields[] = {
	M_INT(struct auth_checked, id, .required = true, .doc = "of the question"),
	M_INT(struct auth_checked, verdict, .required = true, .max = AUTH_VERDICT_END - 1,
	    .doc = "enum auth_verdict"),
	M_INT(struct auth_checked, which, .max = AUTH_STORED_MAX - 1, .doc = "the value that fits"),
	M_STR(struct auth_checked, reason, .max = TEXT_MAX, .doc = "a fault in a stored value"),
};
const struct msg_desc auth_checked_desc = MSG_DESC(auth_checked, struct auth_checked,
    checked_fields, 1, 0, "what a worker says of a password");
