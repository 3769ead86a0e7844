# The bottom layer: memory only.
noinst_HEADERS += \
	lib/base/arena.h lib/base/array.h lib/base/attr.h lib/base/encode.h \
	lib/base/err.h lib/base/list.h lib/base/map.h lib/base/panic.h \
	lib/base/path.h lib/base/result.h lib/base/span.h lib/base/str.h

pkglib_LTLIBRARIES += lib/base/libcarteiro_base.la
lib_base_libcarteiro_base_la_SOURCES = \
	lib/base/arena.c lib/base/array.c lib/base/encode.c lib/base/err.c \
	lib/base/map.c lib/base/panic.c lib/base/path.c lib/base/span.c \
	lib/base/str.c
lib_base_libcarteiro_base_la_LDFLAGS = -avoid-version -no-undefined
