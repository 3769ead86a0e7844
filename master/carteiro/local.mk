# The administrator's command, also installed as postfix.
sbin_PROGRAMS += master/carteiro/carteiro
master_carteiro_carteiro_SOURCES = \
	master/carteiro/carteiro.c master/carteiro/carteiro_int.h \
	master/carteiro/carteiro_control.c \
	master/carteiro/carteiro_layout.c \
	master/carteiro/carteiro_logrotate.c \
	master/carteiro/carteiro_params.c \
	master/carteiro/carteiro_topology.c \
	master/carteiro/carteiro_upgrade.c
master_carteiro_carteiro_LDADD = $(L_SYS)
INSTALL_LINKS += carteiro:postfix
dist_man_MANS += man/man8/carteiro.8 man/man1/postfix.1
