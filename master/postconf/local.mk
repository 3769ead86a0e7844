# The command that shows and changes the configuration.
sbin_PROGRAMS += master/postconf/postconf
master_postconf_postconf_SOURCES = \
	master/postconf/postconf.c master/postconf/postconf_int.h \
	master/postconf/postconf_main.c \
	master/postconf/postconf_mdoc.c \
	master/postconf/postconf_names.c \
	master/postconf/postconf_print.c \
	master/postconf/postconf_services.c \
	master/postconf/postconf_services_edit.c \
	master/postconf/postconf_warn.c
master_postconf_postconf_LDADD = $(L_SYS)
