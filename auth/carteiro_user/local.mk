# `carteiro user`: accounts in a passwd-file.
pkglibexec_PROGRAMS += auth/carteiro_user/carteiro-user
auth_carteiro_user_carteiro_user_SOURCES = \
	auth/carteiro_user/user_main.c auth/carteiro_user/user_int.h \
	auth/carteiro_user/user_file.c \
	auth/carteiro_user/user_password.c
auth_carteiro_user_carteiro_user_LDADD = $(L_AUTH)
dist_man_MANS += man/man8/carteiro-user.8
