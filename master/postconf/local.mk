# The command that shows and changes the configuration.
sbin_PROGRAMS += master/postconf/postconf
master_postconf_postconf_SOURCES = \
	master/postconf/postconf.c master/postconf/postconf_int.h \
	master/postconf/postconf_facts.c \
	master/postconf/postconf_main.c \
	master/postconf/postconf_mdoc.c \
	master/postconf/postconf_names.c \
	master/postconf/postconf_print.c \
	master/postconf/postconf_services.c \
	master/postconf/postconf_services_edit.c \
	master/postconf/postconf_warn.c
master_postconf_postconf_LDADD = $(L_TABLE) $(L_QUEUE) $(OPENSSL_LIBS)
master_postconf_postconf_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS)
dist_man_MANS += man/man1/postconf.1 man/man5/postconf.5 man/man5/main.cf.5

# postconf(5) is kept in the tree, so that a cross build needs no postconf that runs; "make manuals" after a change of a row.
EXTRA_DIST += man/man5/postconf.5.in
manuals: master/postconf/postconf$(EXEEXT)
	master/postconf/postconf$(EXEEXT) --mdoc $(srcdir)/man/man5/postconf.5.in > postconf.5.new
	mv postconf.5.new $(srcdir)/man/man5/postconf.5
.PHONY: manuals
