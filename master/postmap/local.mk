# postmap and postalias: one program under two names.
POSTMAP_SOURCES = \
	master/postmap/postmap_build.c master/postmap/postmap_int.h \
	master/postmap/postmap_main.c master/postmap/postmap_main.h \
	master/postmap/postmap_message.c \
	master/postmap/postmap_query.c

sbin_PROGRAMS += master/postmap/postmap master/postmap/postalias
master_postmap_postmap_SOURCES = master/postmap/postmap.c $(POSTMAP_SOURCES)
master_postmap_postmap_LDADD = $(L_INDEX) $(L_MAIL)
master_postmap_postalias_SOURCES = master/postmap/postalias.c $(POSTMAP_SOURCES)
master_postmap_postalias_LDADD = $(L_INDEX) $(L_MAIL)
dist_man_MANS += man/man1/postmap.1 man/man1/postalias.1
