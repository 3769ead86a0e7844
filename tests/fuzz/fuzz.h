/* SPDX-License-Identifier: ISC */
#ifndef FUZZ_H
#define FUZZ_H

/*
 * The frame of a fuzz target, tests/fuzz/fuzz_STEM.c:
 *
 *	FUZZ_TARGET(stem, in)
 *	{
 *		... feed `struct span in` to the parser ...
 *		FUZZ_CHECK(what must hold for every input);
 *	}
 *
 * With configure --enable-fuzzing it is a libFuzzer program. Otherwise it is a plain program that
 * replays files: those named as arguments, or all of tests/fuzz/corpus/STEM. Either way the input
 * lies in a heap block of exactly its size.
 */

#include "config.h"
#include "lib/base/span.h"

#include <dirent.h>

#ifdef CARTEIRO_FUZZING

#define FUZZ_TARGET(STEM, IN)                                           \
	static void fuzz_one(struct span IN);                           \
	int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);   \
	int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)    \
	{                                                               \
		fuzz_one(span_make((const char *) bytes, len));         \
		return 0;                                               \
	}                                                               \
	static void fuzz_one(struct span IN)

#else

#define FUZZ_TARGET(STEM, IN)                                           \
	static void fuzz_one(struct span IN);                           \
	int main(int argc, char **argv)                                 \
	{                                                               \
		return fuzz_replay(#STEM, argc, argv, fuzz_one);        \
	}                                                               \
	static void fuzz_one(struct span IN)

#endif

/* A property that must hold for every input. */
#define FUZZ_CHECK(COND)                                                                     \
	do {                                                                                 \
		if (!(COND)) {                                                               \
			fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #COND);   \
			abort();                                                             \
		}                                                                            \
	} while (0)

UNUSED static bool
fuzz_replay_file(const char *path, void (*one)(struct span in))
{
	FILE *file = fopen(path, "rb");
	long size = -1;
	char *bytes;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0) {
		perror(path);
		return false;
	}
	bytes = malloc(size ? (size_t) size : 1);
	if (bytes == NULL || fread(bytes, 1, (size_t) size, file) != (size_t) size)
		abort();
	fclose(file);
	one(span_make(size ? bytes : bytes + 1, (size_t) size));
	free(bytes);
	return true;
}

/* "dir/middlename", on the heap. */
UNUSED static char *
fuzz_path(const char *dir, const char *middle, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s", dir, middle, name) < 0)
		abort();
	return path;
}

/* All files of a directory; -1 when there is no such directory or a file cannot be read. */
UNUSED static int
fuzz_replay_dir(const char *path, void (*one)(struct span in))
{
	DIR *dir = opendir(path);
	int count = 0;
	bool good = true;
	char *file;

	if (dir == NULL) {
		perror(path);
		return -1;
	}
	for (struct dirent *entry; good && (entry = readdir(dir)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		file = fuzz_path(path, "", entry->d_name);
		good = fuzz_replay_file(file, one);
		free(file);
		count++;
	}
	closedir(dir);
	return good ? count : -1;
}

/* An empty corpus fails: such a target would test nothing. */
UNUSED static int
fuzz_replay(const char *stem, int argc, char **argv, void (*one)(struct span in))
{
	const char *root = getenv("srcdir");
	char *corpus;
	int count = argc - 1;

	for (int i = 1; i < argc; i++)
		if (!fuzz_replay_file(argv[i], one))
			return 1;
	if (argc == 1) {
		corpus = fuzz_path(root ? root : ".", "tests/fuzz/corpus/", stem);
		count = fuzz_replay_dir(corpus, one);
		free(corpus);
	}
	printf("# fuzz_%s: %d inputs replayed\n", stem, count);
	return count > 0 ? 0 : 1;
}

#endif
