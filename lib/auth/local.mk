# Stored passwords. Only what checks or makes them links this.
pkglib_LTLIBRARIES += libcarteiro_auth.la
L_AUTH = libcarteiro_auth.la $(L_BASE)
TEST_LIBS += libcarteiro_auth.la

libcarteiro_auth_la_CPPFLAGS = $(AM_CPPFLAGS) $(OPENSSL_CFLAGS) $(ARGON2_CFLAGS)
libcarteiro_auth_la_LIBADD = $(L_BASE) $(OPENSSL_LIBS) $(ARGON2_LIBS) $(CRYPT_LIBS)
libcarteiro_auth_la_SOURCES = \
	lib/auth/password.c lib/auth/password.h \
	lib/auth/scram_keys.c lib/auth/scram_keys.h
