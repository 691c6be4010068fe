/* check_same.c: equal hives among many, against a look at all of them. */
#include <stdio.h>
#include <stdlib.h>

#include "lift/same.h"
#include "testing.h"

#define N 20000 /* some kilobytes each */

static struct hl_hive *many(size_t n, unsigned different)
{
	struct hl_hive *h = calloc(n, sizeof(*h));
	uint32_t x = 1;

	ck_assert_ptr_nonnull(h);
	for (size_t i = 0; i < n; i++) {
		x = x * 1664525u + 1013904223u;
		snprintf(h[i].sha256, sizeof(h[i].sha256), "%064x",
		         (x >> 8) % different * 2654435761u);
		/* the digits that are looked at first differ, or do not */
		if (i % 2)
			snprintf(h[i].sha256, 9, "%08x", (x >> 8) % different);
		h[i].sha256[8] = h[i].sha256[8] ? h[i].sha256[8] : '0';
	}
	return h;
}

static void compare(size_t n, unsigned different, bool holes)
{
	struct hl_hive *all = many(n, different);
	struct hl_hive **h = malloc(n * sizeof(*h));
	struct hl_same *same = hl_same_new(n, test_ctx());

	ck_assert_ptr_nonnull(same);
	for (size_t i = 0; i < n; i++) {
		h[i] = &all[i];
		if (holes && i % 7 == 3)
			all[i].sha256[0] = '\0';
	}
	for (size_t i = 0; i < n; i++) {
		if (holes && i == n / 2) /* examined late */
			snprintf(all[3].sha256, 65, "%s", all[0].sha256);
		if (!all[i].sha256[0])
			continue;
		ck_assert_ptr_eq(hl_same_find(same, h, i),
		                 hl_same_find(NULL, h, i));
	}
	hl_same_free(same);
	free(h);
	free(all);
	ck_assert_uint_eq(test_mem_now(), 0);
}

START_TEST(as_one_by_one)
{
	compare(1500, 1, false);
	compare(1500, 40, true);
	compare(1500, 1u << 20, true);
}
END_TEST

/* Digests as they are: none is asked for twice, or nearly so. */
START_TEST(many_of_them)
{
	struct hl_hive *all = many(N, 1u << 24);
	struct hl_hive **h = malloc(N * sizeof(*h));
	struct hl_same *same = hl_same_new(N, test_ctx());
	size_t found = 0;

	for (size_t i = 0; i < N; i++)
		h[i] = &all[i];
	for (size_t i = 0; i < N; i++)
		snprintf(all[i].sha256, 9, "%08x",
		         (uint32_t)i * 2654435761u);
	for (size_t i = 0; i < N; i++)
		found += hl_same_find(same, h, i) != NULL;
	ck_assert_uint_eq(found, 0);
	hl_same_free(same);
	free(h);
	free(all);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("same");

	tcase_set_timeout(tc, 0); /* an emulator under load is slow */
	tcase_add_checked_fixture(tc, test_cpu_limit, NULL);
	tcase_add_test(tc, as_one_by_one);
	tcase_add_test(tc, many_of_them);
	return test_main("same", tc, NULL);
}
