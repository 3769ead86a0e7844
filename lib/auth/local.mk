# Stored passwords, and the accounts they belong to. Only authd, its workers and what changes accounts link this.
pkglib_LTLIBRARIES += libcarteiro_auth.la
L_AUTH = libcarteiro_auth.la $(L_TABLE)
TEST_LIBS += libcarteiro_auth.la

libcarteiro_auth_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(ARGON2_CFLAGS)
libcarteiro_auth_la_LIBADD = $(L_TABLE) $(OPENSSL_LIBS) $(ARGON2_LIBS) $(CRYPT_LIBS)
libcarteiro_auth_la_SOURCES = \
	lib/auth/app_password.c lib/auth/app_password.h \
	lib/auth/auth_name.c lib/auth/auth_name.h \
	lib/auth/auth_source.c lib/auth/auth_source.h \
	lib/auth/auth_source_passwd_file.c \
	lib/auth/auth_source_static.c \
	lib/auth/auth_var.c lib/auth/auth_var.h \
	lib/auth/passwd_file.c lib/auth/passwd_file.h \
	lib/auth/password.c lib/auth/password.h \
	lib/auth/scram_keys.c lib/auth/scram_keys.h
libcarteiro_sys_la_SOURCES += lib/auth/auth_conf.c lib/auth/auth_conf.h
