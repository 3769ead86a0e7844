# Fuzz targets: one line each. Seeds lie in tests/fuzz/corpus/STEM.
# A dictionary, tests/fuzz/STEM.dict, is added to EXTRA_DIST.

EXTRA_DIST += tests/fuzz/fuzz.h tests/fuzz/corpus

list-fuzz-targets:
	@echo $(FUZZ_TARGETS)
.PHONY: list-fuzz-targets

FUZZ_TARGETS += tests/fuzz/fuzz_encode
FUZZ_TARGETS += tests/fuzz/fuzz_addr
FUZZ_TARGETS += tests/fuzz/fuzz_msg
EXTRA_DIST += tests/fuzz/msg.dict
FUZZ_TARGETS += tests/fuzz/fuzz_queue_file
FUZZ_TARGETS += tests/fuzz/fuzz_main_cf
FUZZ_TARGETS += tests/fuzz/fuzz_master_cf
FUZZ_TARGETS += tests/fuzz/fuzz_expand
FUZZ_TARGETS += tests/fuzz/fuzz_mime
FUZZ_TARGETS += tests/fuzz/fuzz_mime_part
FUZZ_TARGETS += tests/fuzz/fuzz_utf7
FUZZ_TARGETS += tests/fuzz/fuzz_uidlist
FUZZ_TARGETS += tests/fuzz/fuzz_imap_search
FUZZ_TARGETS += tests/fuzz/fuzz_password
FUZZ_TARGETS += tests/fuzz/fuzz_passwd_file
FUZZ_TARGETS += tests/fuzz/fuzz_thread
FUZZ_TARGETS += tests/fuzz/fuzz_imap_args
FUZZ_TARGETS += tests/fuzz/fuzz_smtp
FUZZ_TARGETS += tests/fuzz/fuzz_text
FUZZ_TARGETS += tests/fuzz/fuzz_dns
tests_fuzz_fuzz_dns_SOURCES = tests/fuzz/fuzz_dns.c master/dnsd/dns_packet.c
FUZZ_TARGETS += tests/fuzz/fuzz_bounce_log
FUZZ_TARGETS += tests/fuzz/fuzz_bounce_template
FUZZ_TARGETS += tests/fuzz/fuzz_ip_net
FUZZ_TARGETS += tests/fuzz/fuzz_pattern_table
FUZZ_TARGETS += tests/fuzz/fuzz_text_source
FUZZ_TARGETS += tests/fuzz/fuzz_maildrop
FUZZ_TARGETS += tests/fuzz/fuzz_bdb_file
FUZZ_TARGETS += tests/fuzz/fuzz_lmdb_file
FUZZ_TARGETS += tests/fuzz/fuzz_match_list

FUZZ_TARGETS += tests/fuzz/fuzz_proxy_header
FUZZ_TARGETS += tests/fuzz/fuzz_smtpd_data
tests_fuzz_fuzz_smtpd_data_SOURCES = tests/fuzz/fuzz_smtpd_data.c smtpd/smtpd/smtpd_data.c
FUZZ_TARGETS += tests/fuzz/fuzz_smtpd
tests_fuzz_fuzz_smtpd_SOURCES = tests/fuzz/fuzz_smtpd.c $(SMTPD_SESSION)
tests_fuzz_fuzz_smtpd_LDADD = $(SMTPD_LIBS) $(FUZZ_LDFLAGS)
FUZZ_TARGETS += tests/fuzz/fuzz_smtp
tests_fuzz_fuzz_smtp_SOURCES = tests/fuzz/fuzz_smtp.c $(SMTP_TALK)
FUZZ_TARGETS += tests/fuzz/fuzz_local_token
tests_fuzz_fuzz_local_token_SOURCES = tests/fuzz/fuzz_local_token.c local/local/local_macro.c local/local/local_token.c

$(FUZZ_TARGETS): private LINK = $(TEST_LINK)
