/* SPDX-License-Identifier: ISC */
#ifndef HEADER_H
#define HEADER_H

#include "lib/base/arena.h"
#include "lib/base/result.h"
#include "lib/base/str.h"

/* Header fields with LF line ends: taking a block apart, the fields we know, folding. */

/* One row per known field, in alphabetical order: HEADER(id, "Name", flags). */
#define HEADER_TABLE(HEADER) \
	HEADER(APPARENTLY_TO, "Apparently-To", HEADER_IS_RECIPIENT)                               \
	HEADER(AUTO_SUBMITTED, "Auto-Submitted", 0)                                               \
	HEADER(BCC, "Bcc", HEADER_IS_RECIPIENT | HEADER_IS_EXTRACTED | HEADER_IS_DROPPED | HEADER_IS_UNIQUE) \
	HEADER(CC, "Cc", HEADER_IS_RECIPIENT | HEADER_IS_EXTRACTED | HEADER_IS_UNIQUE)            \
	HEADER(CONTENT_DESCRIPTION, "Content-Description", HEADER_IS_MIME)                        \
	HEADER(CONTENT_DISPOSITION, "Content-Disposition", HEADER_IS_MIME)                        \
	HEADER(CONTENT_ID, "Content-ID", HEADER_IS_MIME)                                          \
	HEADER(CONTENT_LENGTH, "Content-Length", HEADER_IS_DROPPED)                               \
	HEADER(CONTENT_TRANSFER_ENCODING, "Content-Transfer-Encoding", HEADER_IS_MIME)            \
	HEADER(CONTENT_TYPE, "Content-Type", HEADER_IS_MIME)                                      \
	HEADER(DATE, "Date", HEADER_IS_UNIQUE)                                                    \
	HEADER(DELIVERED_TO, "Delivered-To", 0)                                                   \
	HEADER(DISPOSITION_NOTIFICATION_TO, "Disposition-Notification-To", HEADER_IS_SENDER)      \
	HEADER(ERRORS_TO, "Errors-To", HEADER_IS_SENDER)                                          \
	HEADER(FROM, "From", HEADER_IS_SENDER | HEADER_IS_UNIQUE)                                 \
	HEADER(IN_REPLY_TO, "In-Reply-To", HEADER_IS_UNIQUE)                                      \
	HEADER(LIST_ID, "List-Id", 0)                                                             \
	HEADER(MAIL_FOLLOWUP_TO, "Mail-Followup-To", HEADER_IS_SENDER)                            \
	HEADER(MESSAGE_ID, "Message-Id", HEADER_IS_UNIQUE)                                        \
	HEADER(MIME_VERSION, "MIME-Version", HEADER_IS_MIME)                                      \
	HEADER(PRECEDENCE, "Precedence", 0)                                                       \
	HEADER(RECEIVED, "Received", 0)                                                           \
	HEADER(REFERENCES, "References", HEADER_IS_UNIQUE)                                        \
	HEADER(REPLY_TO, "Reply-To", HEADER_IS_SENDER | HEADER_IS_UNIQUE)                         \
	HEADER(REQUIRE_TLS_ESMTP, "Require-TLS-ESMTP", 0)                                         \
	HEADER(RESENT_BCC, "Resent-Bcc", HEADER_IS_RECIPIENT | HEADER_IS_EXTRACTED | HEADER_IS_RESENT | HEADER_IS_DROPPED) \
	HEADER(RESENT_CC, "Resent-Cc", HEADER_IS_RECIPIENT | HEADER_IS_EXTRACTED | HEADER_IS_RESENT) \
	HEADER(RESENT_DATE, "Resent-Date", HEADER_IS_RESENT)                                      \
	HEADER(RESENT_FROM, "Resent-From", HEADER_IS_SENDER | HEADER_IS_RESENT)                   \
	HEADER(RESENT_MESSAGE_ID, "Resent-Message-Id", HEADER_IS_RESENT)                          \
	HEADER(RESENT_REPLY_TO, "Resent-Reply-To", HEADER_IS_RECIPIENT | HEADER_IS_RESENT)        \
	HEADER(RESENT_SENDER, "Resent-Sender", HEADER_IS_SENDER | HEADER_IS_RESENT)               \
	HEADER(RESENT_TO, "Resent-To", HEADER_IS_RECIPIENT | HEADER_IS_EXTRACTED | HEADER_IS_RESENT) \
	HEADER(RETURN_PATH, "Return-Path", HEADER_IS_SENDER | HEADER_IS_DROPPED)                  \
	HEADER(RETURN_RECEIPT_TO, "Return-Receipt-To", HEADER_IS_SENDER)                          \
	HEADER(SENDER, "Sender", HEADER_IS_SENDER | HEADER_IS_UNIQUE)                             \
	HEADER(SUBJECT, "Subject", HEADER_IS_UNIQUE)                                              \
	HEADER(TLS_REQUIRED, "TLS-Required", 0)                                                   \
	HEADER(TO, "To", HEADER_IS_RECIPIENT | HEADER_IS_EXTRACTED | HEADER_IS_UNIQUE)            \
	HEADER(X_ORIGINAL_TO, "X-Original-To", 0)

#define HEADER_ID(ID, NAME, FLAGS)  HEADER_##ID,
enum header_id { HEADER_OTHER, HEADER_TABLE(HEADER_ID) HEADER_ID_COUNT };
#undef HEADER_ID

enum header_flag {
	HEADER_IS_SENDER    = 1 << 0,      /* addresses, rewritten as senders */
	HEADER_IS_RECIPIENT = 1 << 1,      /* addresses, rewritten as recipients */
	HEADER_IS_EXTRACTED = 1 << 2,      /* sendmail -t takes recipients from it */
	HEADER_IS_RESENT    = 1 << 3,
	HEADER_IS_DROPPED   = 1 << 4,      /* does not belong into a message in transit */
	HEADER_IS_MIME      = 1 << 5,
	HEADER_IS_UNIQUE    = 1 << 6,      /* at most one in a message (RFC 5322 3.6) */
};

struct header_field {
	enum header_id id;
	unsigned flags;
	struct span raw;                /* all of it, without the last LF */
	struct span name;
	struct span value;              /* behind the colon; folds and leading blanks as they are */
};

/* Id and flags of a name; HEADER_OTHER and 0 for names not in the table. Case does not matter. */
enum header_id header_lookup(struct span name, unsigned *flags_out);

/* The name as we write it; "" for HEADER_OTHER. */
const char *header_name(enum header_id id);

/*
 * Take one logical field apart: a name of visible characters, blanks perhaps, a colon.
 * returns   PARSE_BAD when it does not begin like that
 */
MUST_USE enum parse header_split(struct span raw, struct header_field *field_out);

/*
 * Take the next field off a block in memory.
 *
 * block     moves behind the field with its LF; at PARSE_MORE behind the empty line, if there is
 *           one
 * returns   PARSE_OK a field; PARSE_MORE the block has ended; PARSE_BAD the next line is no field
 *           (block stays)
 */
MUST_USE enum parse header_next(struct span *block, struct header_field *field_out);

/* Append the value on one line: folds removed, blanks at the ends trimmed. */
bool header_unfold(struct str *out, struct span value);

/*
 * Append a field, folded so that lines of more than `width` bytes are broken in front of a blank
 * where there is one, and lines of more than `hard` bytes anywhere. Ends without LF.
 */
bool header_fold(struct str *out, struct span raw, size_t width, size_t hard);

#endif
