# What computes for authd.
pkglibexec_PROGRAMS += auth/authd_worker/authd-worker
auth_authd_worker_authd_worker_SOURCES = auth/authd_worker/authd_worker.c
auth_authd_worker_authd_worker_LDADD = $(L_AUTH) $(L_NET)
libcarteiro_sys_la_SOURCES += auth/authd_worker/authd_worker_manifest.c
dist_man_MANS += man/man8/authd-worker.8
