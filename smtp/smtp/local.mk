# The SMTP and LMTP client.
pkglibexec_PROGRAMS += smtp/smtp/smtp smtp/smtp/lmtp
SMTP_PARTS = \
	lib/net/dns_filter.c lib/net/dns_filter.h \
	smtp/smtp/smtp.c smtp/smtp/smtp.h \
	smtp/smtp/smtp_addr.c smtp/smtp/smtp_addr.h \
	smtp/smtp/smtp_connect.c smtp/smtp/smtp_connect.h \
	smtp/smtp/smtp_content.c smtp/smtp/smtp_content.h \
	smtp/smtp/smtp_data.c smtp/smtp/smtp_data.h \
	smtp/smtp/smtp_deliver.c smtp/smtp/smtp_deliver.h \
	smtp/smtp/smtp_dest.c smtp/smtp/smtp_dest.h \
	smtp/smtp/smtp_flags.c smtp/smtp/smtp_flags.h \
	smtp/smtp/smtp_generic.c smtp/smtp/smtp_generic.h \
	smtp/smtp/smtp_hello.c smtp/smtp/smtp_hello.h \
	smtp/smtp/smtp_pix.c smtp/smtp/smtp_pix.h \
	smtp/smtp/smtp_proto.c smtp/smtp/smtp_proto.h \
	smtp/smtp/smtp_result.c smtp/smtp/smtp_result.h \
	smtp/smtp/smtp_session.c smtp/smtp/smtp_session.h \
	smtp/smtp/smtp_tls.c smtp/smtp/smtp_tls.h \
	smtp/smtp/smtp_tls_policy.c smtp/smtp/smtp_tls_policy.h \
	smtp/smtp/smtp_xforward.c smtp/smtp/smtp_xforward.h
smtp_smtp_smtp_SOURCES = smtp/smtp/smtp_main.c $(SMTP_PARTS)
smtp_smtp_smtp_LDADD = $(L_QUEUE) $(L_NET) $(L_TABLE) $(L_STORE)
smtp_smtp_lmtp_SOURCES = smtp/smtp/lmtp_main.c $(SMTP_PARTS)
smtp_smtp_lmtp_LDADD = $(L_QUEUE) $(L_NET) $(L_TABLE) $(L_STORE)
libcarteiro_sys_la_SOURCES += smtp/smtp/smtp_manifest.c smtp/smtp/lmtp_manifest.c
dist_man_MANS += man/man8/smtp.8 man/man8/lmtp.8 man/man5/generic.5
