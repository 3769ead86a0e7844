pkglibexec_PROGRAMS += smtpd/smtpd/smtpd
# All of a session, without the program around it: tests drive it too.
SMTPD_SESSION = \
	lib/net/dns_filter.c lib/net/dns_filter.h \
	smtpd/smtpd/smtpd_access.c smtpd/smtpd/smtpd_access.h \
	smtpd/smtpd/smtpd_check.h \
	smtpd/smtpd/smtpd_check_address.c \
	smtpd/smtpd/smtpd_check_ccert.c smtpd/smtpd/smtpd_check_ccert.h \
	smtpd/smtpd/smtpd_check_client.c \
	smtpd/smtpd/smtpd_check_dns.c \
	smtpd/smtpd/smtpd_check_generic.c \
	smtpd/smtpd/smtpd_check_helo.c \
	smtpd/smtpd/smtpd_check_login.c \
	smtpd/smtpd/smtpd_check_mx_backup.c \
	smtpd/smtpd/smtpd_check_rbl.c \
	smtpd/smtpd/smtpd_checks.c smtpd/smtpd/smtpd_checks.h smtpd/smtpd/smtpd_checks.def \
	smtpd/smtpd/smtpd_cmd.c smtpd/smtpd/smtpd_cmd.h smtpd/smtpd/smtpd_cmds.def \
	smtpd/smtpd/smtpd_cmd_auth.c \
	smtpd/smtpd/smtpd_cmd_bdat.c \
	smtpd/smtpd/smtpd_cmd_data.c \
	smtpd/smtpd/smtpd_cmd_etrn.c \
	smtpd/smtpd/smtpd_cmd_helo.c \
	smtpd/smtpd/smtpd_cmd_help.c \
	smtpd/smtpd/smtpd_cmd_mail.c \
	smtpd/smtpd/smtpd_cmd_rcpt.c \
	smtpd/smtpd/smtpd_cmd_simple.c \
	smtpd/smtpd/smtpd_cmd_starttls.c \
	smtpd/smtpd/smtpd_cmd_vrfy.c \
	smtpd/smtpd/smtpd_cmd_xclient.c \
	smtpd/smtpd/smtpd_compat.c smtpd/smtpd/smtpd_compat.h \
	smtpd/smtpd/smtpd_content.c smtpd/smtpd/smtpd_content.h \
	smtpd/smtpd/smtpd_data.c smtpd/smtpd/smtpd_data.h \
	smtpd/smtpd/smtpd_dns.c smtpd/smtpd/smtpd_dns.h \
	smtpd/smtpd/smtpd_limits.c smtpd/smtpd/smtpd_limits.h \
	smtpd/smtpd/smtpd_log.c smtpd/smtpd/smtpd_log.h \
	smtpd/smtpd/smtpd_macro.c smtpd/smtpd/smtpd_macro.h \
	smtpd/smtpd/smtpd_mail.c smtpd/smtpd/smtpd_mail.h \
	smtpd/smtpd/smtpd_notice.c smtpd/smtpd/smtpd_notice.h \
	smtpd/smtpd/smtpd_peer.c smtpd/smtpd/smtpd_peer.h \
	smtpd/smtpd/smtpd_proxy.c smtpd/smtpd/smtpd_proxy.h \
	smtpd/smtpd/smtpd_rbl.c smtpd/smtpd/smtpd_rbl.h \
	smtpd/smtpd/smtpd_reply.c smtpd/smtpd/smtpd_reply.h \
	smtpd/smtpd/smtpd_restrict.c smtpd/smtpd/smtpd_restrict.h \
	smtpd/smtpd/smtpd_restrict_list.h smtpd/smtpd/smtpd_restrict_read.c \
	smtpd/smtpd/smtpd_sasl.c smtpd/smtpd/smtpd_sasl.h \
	smtpd/smtpd/smtpd_session.c smtpd/smtpd/smtpd_session.h \
	smtpd/smtpd/smtpd_setup.c smtpd/smtpd/smtpd_setup.h \
	smtpd/smtpd/smtpd_tls.c smtpd/smtpd/smtpd_tls.h \
	smtpd/smtpd/smtpd_trace.c smtpd/smtpd/smtpd_trace.h
SMTPD_LIBS = $(L_NET) $(L_TABLE) $(L_QUEUE) $(L_MAIL)
smtpd_smtpd_smtpd_SOURCES = smtpd/smtpd/smtpd.c $(SMTPD_SESSION)
smtpd_smtpd_smtpd_LDADD = $(SMTPD_LIBS)
libcarteiro_sys_la_SOURCES += smtpd/smtpd/smtpd_manifest.c
dist_man_MANS += man/man8/smtpd.8 man/man5/access.5
