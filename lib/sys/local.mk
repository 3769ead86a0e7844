# The system layer: files, log, configuration, processes. Parameter tables and manifests of all rooms are compiled in.
pkglib_LTLIBRARIES += libcarteiro_sys.la
L_SYS = libcarteiro_sys.la $(L_BASE)
TEST_LIBS += libcarteiro_sys.la

libcarteiro_sys_la_LIBADD = $(L_BASE) $(EVENT_LIBS) $(SECCOMP_LIBS)
libcarteiro_sys_la_SOURCES = \
	lib/sys/clock.c lib/sys/clock.h \
	lib/sys/config_line.c lib/sys/config_line.h \
	lib/sys/durable.c lib/sys/durable.h \
	lib/sys/file.c lib/sys/file.h \
	lib/sys/lock.c lib/sys/lock.h \
	lib/sys/log.c lib/sys/log.h \
	lib/sys/mail_conf.c lib/sys/mail_conf.h \
	lib/sys/mail_net.c lib/sys/mail_net.h \
	lib/sys/main_cf.c lib/sys/main_cf.h lib/sys/main_cf_int.h \
	lib/sys/main_cf_expand.c \
	lib/sys/main_cf_idn.c \
	lib/sys/master_cf.c lib/sys/master_cf.h \
	lib/sys/param.c lib/sys/param.h \
	lib/sys/param_foreign.c \
	lib/sys/param_registry.c lib/sys/param_registry.def
libcarteiro_sys_la_SOURCES += \
	lib/sys/loop.c lib/sys/loop.h \
	lib/sys/msg.h lib/sys/msg_int.h \
	lib/sys/msg_decode.c lib/sys/msg_encode.c \
	lib/sys/msg_frame.c lib/sys/msg_trace.c \
	lib/sys/peer.c lib/sys/peer.h \
	lib/sys/sock_wait.c lib/sys/sock_wait.h \
	lib/sys/stream.c lib/sys/stream.h
libcarteiro_sys_la_SOURCES += \
	lib/sys/mail_log.c lib/sys/mail_log.h \
	lib/sys/manifest.c lib/sys/manifest.h \
	lib/sys/manifest_registry.c lib/sys/manifest_registry.def \
	lib/sys/master_link.c lib/sys/master_link.h \
	lib/sys/priv.c lib/sys/priv.h \
	lib/sys/probe.c lib/sys/probe.h \
	lib/sys/sandbox.h lib/sys/sandbox_calls.c lib/sys/sandbox_files.c \
	lib/sys/service.c lib/sys/service.h lib/sys/service_int.h \
	lib/sys/service_accept.c lib/sys/service_conf.c lib/sys/service_confine.c \
	lib/sys/service_events.c lib/sys/service_link.c lib/sys/service_sequential.c \
	lib/sys/trigger.c lib/sys/trigger.h

# Parameter tables of all rooms: the registry names them.
libcarteiro_sys_la_SOURCES += \
	master/anvil/anvil_conf.c master/anvil/anvil_conf.h \
	master/dnsd/dnsd_conf.c master/dnsd/dnsd_conf.h \
	master/proxymap/proxymap_conf.c master/proxymap/proxymap_conf.h \
	smtpd/smtpd/smtpd_conf.c smtpd/smtpd/smtpd_conf.h \
	smtpd/smtpd/smtpd_sasl_conf.c smtpd/smtpd/smtpd_sasl_conf.h \
	smtpd/smtpd/smtpd_access_conf.c smtpd/smtpd/smtpd_access_conf.h \
	lib/net/tls_conf.c lib/net/tls_conf.h \
	lib/net/tls_server_conf.c lib/net/tls_server_conf.h \
	lib/net/tls_client_conf.c lib/net/tls_client_conf.h \
	lib/route/rewrite_conf.c lib/route/rewrite_conf.h \
	qmgr/cleanup/cleanup_conf.c qmgr/cleanup/cleanup_conf.h \
	qmgr/qmgr/qmgr_conf.c qmgr/qmgr/qmgr_conf.h \
	qmgr/qmgr/qmgr_transport_conf.c qmgr/qmgr/qmgr_transport_conf.h \
	qmgr/bounce/bounce_conf.c qmgr/bounce/bounce_conf.h \
	qmgr/sendmail/submit_conf.c qmgr/sendmail/submit_conf.h \
	smtp/smtp/smtp_conf.c smtp/smtp/smtp_conf.h \
	smtp/smtp/smtp_common_conf.c smtp/smtp/smtp_common_conf.h \
	local/local/local_conf.c local/local/local_conf.h \
	local/virtual/virtual_conf.c local/virtual/virtual_conf.h \
	lib/table/table_conf.c lib/table/table_conf.h
