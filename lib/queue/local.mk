# Queue files, queue directories, the protocols around the queue, the client of commit.
pkglib_LTLIBRARIES += libcarteiro_queue.la
L_QUEUE = libcarteiro_queue.la $(L_SYS) $(L_MAIL)
TEST_LIBS += libcarteiro_queue.la

libcarteiro_queue_la_LIBADD = $(L_SYS) $(L_MAIL)
libcarteiro_queue_la_SOURCES = \
	lib/queue/bounce_proto.c lib/queue/bounce_proto.h \
	lib/queue/commit_client.c lib/queue/commit_client.h \
	lib/queue/commit_proto.c lib/queue/commit_proto.h \
	lib/queue/deliver_proto.c lib/queue/deliver_proto.h \
	lib/queue/agent.c lib/queue/agent.h \
	lib/queue/delivery_log.c lib/queue/delivery_log.h \
	lib/queue/mail_client.c lib/queue/mail_client.h \
	lib/queue/mail_proto.c lib/queue/mail_proto.h \
	lib/queue/maildrop.c lib/queue/maildrop.h \
	lib/queue/queue_dir.c lib/queue/queue_dir.h \
	lib/queue/queue_file.h lib/queue/queue_file_int.h \
	lib/queue/queue_file_format.c lib/queue/queue_file_read.c lib/queue/queue_file_write.c \
	lib/queue/queue_id.c lib/queue/queue_id.h
libcarteiro_queue_la_SOURCES += \
	lib/queue/bounce_log.c lib/queue/bounce_log.h \
	lib/queue/bounce_template.c lib/queue/bounce_template.h \
	lib/queue/notify_class.c lib/queue/notify_class.h \
	lib/queue/queue_command.c lib/queue/queue_command.h \
	lib/queue/queue_list.c lib/queue/queue_list.h \
	lib/queue/showq_proto.c lib/queue/showq_proto.h
