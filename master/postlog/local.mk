# A line into the mail log, for scripts.
sbin_PROGRAMS += master/postlog/postlog
master_postlog_postlog_SOURCES = master/postlog/postlog.c
master_postlog_postlog_LDADD = $(L_QUEUE)
dist_man_MANS += man/man1/postlog.1
