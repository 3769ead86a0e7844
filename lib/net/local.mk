# The network's side: TLS, and clients of the services that know about the network.
pkglib_LTLIBRARIES += libcarteiro_net.la
L_NET = libcarteiro_net.la $(L_SYS) $(L_MAIL)
TEST_LIBS += libcarteiro_net.la

libcarteiro_net_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
libcarteiro_net_la_LIBADD = $(L_SYS) $(L_MAIL) $(OPENSSL_LIBS)
libcarteiro_net_la_SOURCES = \
	lib/net/anvil_client.c lib/net/anvil_client.h \
	lib/net/auth_client.c lib/net/auth_client.h \
	lib/net/auth_proto.c lib/net/auth_proto.h \
	lib/net/dns_client.c lib/net/dns_client.h \
	lib/net/proxy_read.c lib/net/proxy_read.h \
	lib/net/tls.h lib/net/tls_int.h \
	lib/net/tls_base.c \
	lib/net/tls_chain.c \
	lib/net/tls_client.c \
	lib/net/tls_facts.c \
	lib/net/tls_server.c \
	lib/net/tls_session.c \
	lib/net/tls_ticket.c lib/net/tls_ticket.h
