# Rewriting and routing, above the tables; in the tables' library.
libcarteiro_table_la_LIBADD += libcarteiro_mail.la
libcarteiro_table_la_SOURCES += \
	lib/route/route.c lib/route/route.h lib/route/route_int.h \
	lib/route/own_domains.c lib/route/own_domains.h \
	lib/route/route_exists.c \
	lib/route/route_resolve.c
dist_man_MANS += man/man5/transport.5 man/man5/relocated.5
