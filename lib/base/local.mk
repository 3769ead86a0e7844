# The bottom layer: memory only.
pkglib_LTLIBRARIES += libcarteiro_base.la
L_BASE = libcarteiro_base.la
TEST_LIBS += libcarteiro_base.la

libcarteiro_base_la_SOURCES = \
	lib/base/arena.c lib/base/arena.h \
	lib/base/array.c lib/base/array.h \
	lib/base/attr.h \
	lib/base/encode.c lib/base/encode.h \
	lib/base/err.c lib/base/err.h \
	lib/base/list.h \
	lib/base/map.c lib/base/map.h \
	lib/base/panic.c lib/base/panic.h \
	lib/base/path.c lib/base/path.h \
	lib/base/result.h \
	lib/base/span.c lib/base/span.h \
	lib/base/str.c lib/base/str.h
