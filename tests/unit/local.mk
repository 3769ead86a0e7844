# Unit tests: one line each. A test of code that is in no library adds a second line:
#   tests_unit_test_x_SOURCES = tests/unit/test_x.c qmgr/qmgr/x.c

EXTRA_DIST += tests/unit/t.h tests/unit/json.h

UNIT_TESTS += tests/unit/test_t

UNIT_TESTS += tests/unit/test_arena
UNIT_TESTS += tests/unit/test_encode
UNIT_TESTS += tests/unit/test_err
UNIT_TESTS += tests/unit/test_map
UNIT_TESTS += tests/unit/test_span
UNIT_TESTS += tests/unit/test_str
UNIT_TESTS += tests/unit/test_addr
UNIT_TESTS += tests/unit/test_addr_list
UNIT_TESTS += tests/unit/test_addr_path
UNIT_TESTS += tests/unit/test_msg
UNIT_TESTS += tests/unit/test_peer
UNIT_TESTS += tests/unit/test_loop
UNIT_TESTS += tests/unit/test_stream
UNIT_TESTS += tests/unit/test_delivery_log
UNIT_TESTS += tests/unit/test_agent
UNIT_TESTS += tests/unit/test_feedback
tests_unit_test_feedback_SOURCES = tests/unit/test_feedback.c qmgr/qmgr/feedback.c
tests_unit_test_feedback_LDADD = $(LDADD) -lm
UNIT_TESTS += tests/unit/test_sched
tests_unit_test_sched_SOURCES = tests/unit/test_sched.c qmgr/qmgr/sched.c qmgr/qmgr/sched_job.c qmgr/qmgr/sched_message.c qmgr/qmgr/feedback.c
tests_unit_test_sched_LDADD = $(LDADD) -lm
UNIT_TESTS += tests/unit/test_param
UNIT_TESTS += tests/unit/test_priv

UNIT_TESTS += tests/unit/test_queue_dir
UNIT_TESTS += tests/unit/test_queue_file
UNIT_TESTS += tests/unit/test_queue_id
UNIT_TESTS += tests/unit/test_log
UNIT_TESTS += tests/unit/test_lock
UNIT_TESTS += tests/unit/test_durable
UNIT_TESTS += tests/unit/test_file
UNIT_TESTS += tests/unit/test_master_cf
UNIT_TESTS += tests/unit/test_main_cf_expand
UNIT_TESTS += tests/unit/test_main_cf
UNIT_TESTS += tests/unit/test_sock_wait
EXTRA_DIST += tests/unit/table_t.h
UNIT_TESTS += tests/unit/test_maps
UNIT_TESTS += tests/unit/test_match_list
UNIT_TESTS += tests/unit/test_table
UNIT_TESTS += tests/unit/test_text_source
UNIT_TESTS += tests/unit/test_commit
tests_unit_test_commit_SOURCES = tests/unit/test_commit.c qmgr/commit/batches.c qmgr/commit/flusher.c
UNIT_TESTS += tests/unit/test_queue_id
UNIT_TESTS += tests/unit/test_date
UNIT_TESTS += tests/unit/test_rewrite
UNIT_TESTS += tests/unit/test_proxy_header
UNIT_TESTS += tests/unit/test_smtp_cmd
UNIT_TESTS += tests/unit/test_smtp_reply
UNIT_TESTS += tests/unit/test_dsn
UNIT_TESTS += tests/unit/test_header
UNIT_TESTS += tests/unit/test_mime_param
UNIT_TESTS += tests/unit/test_mime_scan
UNIT_TESTS += tests/unit/test_utf7
UNIT_TESTS += tests/unit/test_maildir_name
UNIT_TESTS += tests/unit/test_uidlist
UNIT_TESTS += tests/unit/test_imap_search
UNIT_TESTS += tests/unit/test_passwd_file
UNIT_TESTS += tests/unit/test_auth_var
UNIT_TESTS += tests/unit/test_auth_source
UNIT_TESTS += tests/unit/test_authd_account
tests_unit_test_authd_account_SOURCES = tests/unit/test_authd_account.c auth/authd/authd_account.c auth/authd/authd_network.c
UNIT_TESTS += tests/unit/test_authd_cache
tests_unit_test_authd_cache_SOURCES = tests/unit/test_authd_cache.c auth/authd/authd_cache.c auth/authd/authd_penalty.c
tests_unit_test_authd_cache_LDADD = $(LDADD) $(OPENSSL_LIBS)
UNIT_TESTS += tests/unit/test_authd_mech
tests_unit_test_authd_mech_SOURCES = tests/unit/test_authd_mech.c auth/authd/authd_mech.c
tests_unit_test_authd_mech_CPPFLAGS = $(AM_CPPFLAGS) $(SASL_CFLAGS)
tests_unit_test_authd_mech_LDADD = $(LDADD) $(OPENSSL_LIBS) $(SASL_LIBS)
UNIT_TESTS += tests/unit/test_password
UNIT_TESTS += tests/unit/test_thread
UNIT_TESTS += tests/unit/test_imap_args
UNIT_TESTS += tests/unit/test_imap_set
UNIT_TESTS += tests/unit/test_imap_structure
tests_unit_test_imap_structure_LDADD = $(LDADD) $(OPENSSL_LIBS)
UNIT_TESTS += tests/unit/test_route
UNIT_TESTS += tests/unit/test_dsn_report
UNIT_TESTS += tests/unit/test_received
UNIT_TESTS += tests/unit/test_rfc2047
UNIT_TESTS += tests/unit/test_dns_packet
tests_unit_test_dns_packet_SOURCES = tests/unit/test_dns_packet.c master/dnsd/dns_packet.c
UNIT_TESTS += tests/unit/test_dns_parts
tests_unit_test_dns_parts_SOURCES = tests/unit/test_dns_parts.c master/dnsd/dns_cache.c master/dnsd/dns_hosts.c \
	master/dnsd/dns_search.c master/dnsd/dns_servers.c
UNIT_TESTS += tests/unit/test_cleanup
tests_unit_test_cleanup_SOURCES = tests/unit/test_cleanup.c $(CLEANUP_PARTS)
UNIT_TESTS += tests/unit/test_due
tests_unit_test_due_SOURCES = tests/unit/test_due.c qmgr/qmgr/due.c
UNIT_TESTS += tests/unit/test_bounce_log
UNIT_TESTS += tests/unit/test_bounce_template
UNIT_TESTS += tests/unit/test_queue_print
tests_unit_test_queue_print_SOURCES = tests/unit/test_queue_print.c qmgr/postqueue/queue_print.c

UNIT_TESTS += tests/unit/test_smtpd_data
tests_unit_test_smtpd_data_SOURCES = tests/unit/test_smtpd_data.c smtpd/smtpd/smtpd_data.c
UNIT_TESTS += tests/unit/test_smtpd_reply
tests_unit_test_smtpd_reply_SOURCES = tests/unit/test_smtpd_reply.c $(SMTPD_SESSION)
tests_unit_test_smtpd_reply_LDADD = $(SMTPD_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test_smtpd_session
tests_unit_test_smtpd_session_SOURCES = tests/unit/test_smtpd_session.c $(SMTPD_SESSION)
tests_unit_test_smtpd_session_LDADD = $(SMTPD_LIBS) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test_anvil_count
tests_unit_test_anvil_count_SOURCES = tests/unit/test_anvil_count.c master/anvil/anvil_count.c
UNIT_TESTS += tests/unit/test_maildrop
EXTRA_DIST += tests/unit/store_t.h
UNIT_TESTS += tests/unit/test_maildir_deliver
UNIT_TESTS += tests/unit/test_mbox_deliver
EXTRA_DIST += tests/data/cleanup
UNIT_TESTS += tests/unit/test_smtpd_rbl
tests_unit_test_smtpd_rbl_SOURCES = tests/unit/test_smtpd_rbl.c smtpd/smtpd/smtpd_rbl.c
UNIT_TESTS += tests/unit/test_verp
UNIT_TESTS += tests/unit/test_smtp_text
tests_unit_test_smtp_text_SOURCES = tests/unit/test_smtp_text.c lib/net/dns_filter.c smtp/smtp/smtp_addr.c smtp/smtp/smtp_data.c \
	smtp/smtp/smtp_dest.c smtp/smtp/smtp_tls_policy.c
SMTP_TALK = smtp/smtp/smtp_content.c smtp/smtp/smtp_data.c smtp/smtp/smtp_flags.c smtp/smtp/smtp_generic.c smtp/smtp/smtp_hello.c \
	smtp/smtp/smtp_pix.c smtp/smtp/smtp_proto.c \
	smtp/smtp/smtp_result.c smtp/smtp/smtp_session.c smtp/smtp/smtp_tls.c smtp/smtp/smtp_tls_policy.c \
	smtp/smtp/smtp_xforward.c
UNIT_TESTS += tests/unit/test_smtp_proto
tests_unit_test_smtp_proto_SOURCES = tests/unit/test_smtp_proto.c $(SMTP_TALK)
EXTRA_DIST += tests/unit/smtp_t.h tests/data/smtp
UNIT_TESTS += tests/unit/test_tls
tests_unit_test_tls_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
tests_unit_test_tls_LDADD = $(LDADD) $(OPENSSL_LIBS)
UNIT_TESTS += tests/unit/test_local
tests_unit_test_local_SOURCES = tests/unit/test_local.c local/child.c local/local/local_exec.c local/local/local_macro.c local/local/local_token.c
UNIT_TESTS += tests/unit/test_log_stuck

# Tests are linked without libtool. Private: what is made on the way is no test.
EXTRA_DIST += tests/link.sh
TEST_LINK = /bin/sh $(srcdir)/tests/link.sh $(CCLD) $(AM_CFLAGS) $(CFLAGS) $(HARDEN_LDFLAGS) $(LDFLAGS) -o $@
$(UNIT_TESTS): private LINK = $(TEST_LINK)
