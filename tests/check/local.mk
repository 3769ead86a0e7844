# Checks of the tree itself. Each is a script that prints faults and fails when there are any.

CHECKS += \
	tests/check/layers.py \
	tests/check/headers.py \
	tests/check/log_keys.py \
	tests/check/mail_is_pure.py \
	tests/check/params.py \
	tests/check/param_fields.py \
	tests/check/man_pages.py \
	tests/check/processes.py \
	tests/check/hardening.py \
	tests/check/manual.py

EXTRA_DIST += $(CHECKS) tests/check/tree.py tests/check/sizes.py lib/sys/log_keys.def

CHECK_TOOLS += tests/check/param_names

# A report, not a test.
sizes:
	@srcdir='$(srcdir)' PYTHONDONTWRITEBYTECODE=1 $(PYTHON3) $(srcdir)/tests/check/sizes.py
.PHONY: sizes
