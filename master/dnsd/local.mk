# Asks the DNS for everybody.
pkglibexec_PROGRAMS += master/dnsd/dnsd
DNSD_PARTS = \
	master/dnsd/dns_cache.c master/dnsd/dns_cache.h \
	master/dnsd/dns_hosts.c master/dnsd/dns_hosts.h \
	master/dnsd/dns_packet.c master/dnsd/dns_packet.h \
	master/dnsd/dns_search.c master/dnsd/dns_search.h \
	master/dnsd/dns_servers.c master/dnsd/dns_servers.h \
	master/dnsd/dns_stub.c master/dnsd/dns_stub.h \
	master/dnsd/dns_upstream.h \
	master/dnsd/file_notice.c master/dnsd/file_notice.h \
	master/dnsd/resolver.c master/dnsd/resolver.h
master_dnsd_dnsd_SOURCES = master/dnsd/dnsd.c $(DNSD_PARTS) \
	master/dnsd/dns_validator.c master/dnsd/dns_validator.h
master_dnsd_dnsd_LDADD = $(L_NET) $(EVENT_LIBS) $(UNBOUND_LIBS)
libcarteiro_sys_la_SOURCES += master/dnsd/dnsd_manifest.c
dist_man_MANS += man/man8/dnsd.8
