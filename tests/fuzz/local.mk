# Fuzz targets: one line each. Seeds lie in tests/fuzz/corpus/STEM, a dictionary in tests/fuzz/STEM.dict.

EXTRA_DIST += tests/fuzz/fuzz.h
FUZZ_TARGETS += tests/fuzz/fuzz_encode
