# Checks of the tree itself. Each is a script that prints faults and fails when there are any.

CHECKS += \
	tests/check/log_keys.py \
	tests/check/mail_is_pure.py

EXTRA_DIST += $(CHECKS) tests/check/tree.py tests/check/sizes.py lib/sys/log_keys.def

# A report, not a test.
sizes:
	@srcdir='$(srcdir)' $(PYTHON3) $(srcdir)/tests/check/sizes.py
.PHONY: sizes
