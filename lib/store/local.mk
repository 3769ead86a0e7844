# Delivery into mailboxes.
pkglib_LTLIBRARIES += libcarteiro_store.la
L_STORE = libcarteiro_store.la $(L_SYS) $(L_MAIL)
TEST_LIBS += libcarteiro_store.la

libcarteiro_store_la_LIBADD = $(L_SYS) $(L_MAIL)
libcarteiro_store_la_SOURCES = \
	lib/store/deliver_headers.c lib/store/deliver_headers.h \
	lib/store/maildir_deliver.c lib/store/maildir_deliver.h \
	lib/store/maildir_name.c lib/store/maildir_name.h \
	lib/store/mbox_deliver.c lib/store/mbox_deliver.h \
	lib/store/store_content.c lib/store/store_content.h \
	lib/store/uidlist.c lib/store/uidlist.h
