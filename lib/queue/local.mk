# Queue files, queue directories, the protocols around the queue, the client of commit.
pkglib_LTLIBRARIES += libcarteiro_queue.la
L_QUEUE = libcarteiro_queue.la $(L_SYS)
TEST_LIBS += libcarteiro_queue.la

libcarteiro_queue_la_LIBADD = $(L_SYS)
libcarteiro_queue_la_SOURCES = \
	lib/queue/bounce_proto.c lib/queue/bounce_proto.h \
	lib/queue/deliver_proto.c lib/queue/deliver_proto.h \
	lib/queue/mail_proto.c lib/queue/mail_proto.h
