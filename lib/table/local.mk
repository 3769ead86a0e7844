# Lookup tables: one file per kind, and what uses them.
pkglib_LTLIBRARIES += libcarteiro_table.la
L_TABLE = libcarteiro_table.la $(L_SYS)
TEST_LIBS += libcarteiro_table.la

libcarteiro_table_la_CPPFLAGS = $(AM_CPPFLAGS) $(PCRE2_CFLAGS)
libcarteiro_table_la_LIBADD = $(L_SYS) $(L_MAIL) $(PCRE2_LIBS) $(UNISTRING_LIBS)
libcarteiro_table_la_SOURCES = \
	lib/table/bdb_btree.c \
	lib/table/bdb_file.c lib/table/bdb_file.h \
	lib/table/bdb_hash.c \
	lib/table/file_watch.c lib/table/file_watch.h \
	lib/table/fold.c lib/table/fold.h \
	lib/table/index_file.c lib/table/index_file.h \
	lib/table/index_renew.c lib/table/index_renew.h \
	lib/table/ip_net.c lib/table/ip_net.h \
	lib/table/lmdb_file.c lib/table/lmdb_file.h \
	lib/table/maps.c lib/table/maps.h \
	lib/table/match_list.c lib/table/match_list.h \
	lib/table/mem_table.c lib/table/mem_table.h \
	lib/table/pattern.c lib/table/pattern.h \
	lib/table/pattern_text.c lib/table/pattern_text.h \
	lib/table/proxy_proto.c lib/table/proxy_proto.h \
	lib/table/replacement.c lib/table/replacement.h \
	lib/table/status_filter.c lib/table/status_filter.h \
	lib/table/table.c lib/table/table.h \
	lib/table/table_bdb.c \
	lib/table/table_cidr.c \
	lib/table/table_environ.c \
	lib/table/table_fail.c \
	lib/table/table_inline.c \
	lib/table/table_internal.c \
	lib/table/table_kinds.h \
	lib/table/table_list.c lib/table/table_list.h \
	lib/table/table_lmdb.c \
	lib/table/table_pcre.c \
	lib/table/table_proxy.c \
	lib/table/table_randmap.c \
	lib/table/table_regexp.c \
	lib/table/table_registry.c \
	lib/table/table_static.c \
	lib/table/table_texthash.c \
	lib/table/table_union.c \
	lib/table/table_unix.c \
	lib/table/text_alias.c lib/table/text_alias.h \
	lib/table/text_entry.c lib/table/text_entry.h \
	lib/table/text_source.c lib/table/text_source.h

# Only those who change index files need the libraries that write them.
pkglib_LTLIBRARIES += libcarteiro_index.la
L_INDEX = libcarteiro_index.la $(L_TABLE)
TEST_LIBS += libcarteiro_index.la
libcarteiro_index_la_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS)
libcarteiro_index_la_LIBADD = $(L_TABLE) $(DB_LIBS) $(LMDB_LIBS)
libcarteiro_index_la_SOURCES = \
	lib/table/bdb_write.c \
	lib/table/index_write.c lib/table/index_write.h \
	lib/table/lmdb_write.c

dist_man_MANS += man/man5/cidr_table.5 man/man5/lmdb_table.5 man/man5/lookup_tables.5 man/man5/pcre_table.5 man/man5/regexp_table.5
