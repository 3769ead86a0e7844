# Clients of services, TLS, conversations.
pkglib_LTLIBRARIES += libcarteiro_net.la
L_NET = libcarteiro_net.la $(L_SYS)
TEST_LIBS += libcarteiro_net.la

libcarteiro_net_la_LIBADD = $(L_SYS)
libcarteiro_net_la_SOURCES = lib/net/dns_client.c lib/net/dns_client.h
