# Default configuration, as the package installs it.
dist_pkgsysconf_DATA += conf/main.cf conf/master.cf conf/aliases
EXTRA_DIST += tests/data/messages tests/system/run_demo.py
