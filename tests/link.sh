#!/bin/sh
# SPDX-License-Identifier: ISC
# link.sh COMMAND...: link a test, which is never installed, with our libraries where they were built. libtool does the same,
# but takes ten times as long as the linker, for each of more than a hundred tests.
for word in "$@"; do
	shift
	case $word in
	*.la) word=.libs/${word%.la}.so ;;
	esac
	set -- "$@" "$word"
done
exec "$@" "-Wl,-rpath,$PWD/.libs" -Wl,-rpath-link,.libs
