# The supervisor.
pkglibexec_PROGRAMS += master/master/master
master_master_master_SOURCES = \
	master/master/master.c master/master/master_int.h \
	master/master/master_config.c \
	master/master/master_dispatch.c \
	master/master/master_health.c \
	master/master/master_introduce.c \
	master/master/master_listen.c \
	master/master/master_notify.c \
	master/master/master_services.c \
	master/master/master_spawn.c
master_master_master_LDADD = $(L_SYS)
libcarteiro_sys_la_SOURCES += \
	master/master/master_conf.c master/master/master_conf.h \
	master/master/master_manifest.c
dist_man_MANS += man/man8/master.8 man/man5/master.5
