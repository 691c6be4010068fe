/*
 * fuzz_hive_check.c: the verdict must not depend on the pieces, and a hive
 * called clean must hold what the word promises.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hivelift/hive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const uint8_t *p, size_t n, size_t piece,
                  struct hl_hive_report *r)
{
	static const struct hl_ctx ctx;
	struct hl_hive_check *c;

	if (hl_hive_check_new(&c, &ctx) != HL_OK)
		abort();
	for (size_t at = 0; at < n; at += piece)
		hl_hive_check_feed(c, p + at, n - at < piece ? n - at : piece);
	hl_hive_check_finish(c, r);
	hl_hive_check_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_hive_report a, b;

	judge(data, size, size ? size : 1, &a);
	judge(data, size, 61, &b);
	if (memcmp(&a, &b, sizeof(a)) != 0)
		abort();
	if (a.bins_ok && a.bins_ok > size - 4096)
		abort();
	if (a.state == HL_HIVE_CLEAN &&
	    (!a.root_ok || a.bins_ok != a.base.bins_size))
		abort();
	if (a.state != HL_HIVE_CLEAN && a.state != HL_HIVE_EMPTY && !a.n_notes)
		abort();
	return 0;
}
