/*
 * fuzz_manifest.c: any text as a manifest.json: every entry that comes out is
 * a value of its own without runs, and there is an end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lift/manifest_read.h"
#include "lift/verify_dir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int as_file(const uint8_t *data, size_t size)
{
	char name[] = "/tmp/hivelift-fuzz-XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		return -1;
	unlink(name);
	if (write(fd, data, size) == (ssize_t)size &&
	    lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static void look(json_t *e)
{
	const char *rel = hl_manifest_text(e, "output");
	uint64_t n;

	if (json_array_size(json_object_get(e, "runs")))
		__builtin_trap();
	/* what is safe has neither a root nor a way up */
	if (rel && hl_rel_is_safe(rel) &&
	    (rel[0] == '/' || strncmp(rel, "../", 3) == 0 ||
	     strstr(rel, "/../")))
		__builtin_trap();
	(void)hl_manifest_number(e, "size", &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hl_ctx ctx;
	struct hl_manifest_in *in;
	int fd = as_file(data, size);
	size_t n = 0;
	json_t *e;

	if (fd < 0)
		return 0;
	if (hl_manifest_in_open(&in, fd, &ctx) == HL_OK) {
		while (hl_manifest_in_next(in, &e) == HL_OK) {
			look(e);
			json_decref(e);
			if (++n > size)
				__builtin_trap();
		}
		hl_manifest_in_close(in);
	}
	close(fd);
	return 0;
}
