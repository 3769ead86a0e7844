# Who is this? Accounts and SASL.
pkglibexec_PROGRAMS += auth/authd/authd
auth_authd_authd_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(SASL_CFLAGS)
auth_authd_authd_SOURCES = \
	auth/authd/authd.c auth/authd/authd.h \
	auth/authd/authd_account.c auth/authd/authd_account.h \
	auth/authd/authd_cache.c auth/authd/authd_cache.h \
	auth/authd/authd_exchange.c \
	auth/authd/authd_mech.c auth/authd/authd_mech.h \
	auth/authd/authd_network.c auth/authd/authd_network.h \
	auth/authd/authd_penalty.c auth/authd/authd_penalty.h \
	auth/authd/authd_workers.c auth/authd/authd_workers.h
auth_authd_authd_LDADD = $(L_AUTH) $(L_NET) $(OPENSSL_LIBS) $(SASL_LIBS)
libcarteiro_sys_la_SOURCES += auth/authd/authd_manifest.c
dist_man_MANS += man/man8/authd.8 man/man5/users.5
