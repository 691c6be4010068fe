/*
 * check_bde_gang.c: threads that share the deciphering of one read: each piece
 * is done once and before the read returns, and a failure is not lost.
 */
#include <string.h>

#include "bde/bde_gang.h"
#include "testing.h"

#define MANY 1000 /* more than wait at a time */

struct done {
	uint8_t times[MANY];
	uint64_t fails; /* the job that does */
};

static bool work(void *arg, const struct bde_job *job)
{
	struct done *d = arg;

	memset(job->p, (int)(job->at % 251), job->n);
	__atomic_fetch_add(&d->times[job->at], 1, __ATOMIC_RELAXED);
	return job->at != d->fails;
}

static bool all(struct bde_gang *g, uint8_t *buf, size_t n)
{
	ck_assert(hl_bde_gang_take(g));
	ck_assert(!hl_bde_gang_take(g)); /* it has its reader */
	for (size_t i = 0; i < n; i++) {
		const struct bde_job job = { i, buf + i * 16, 16 };
		hl_bde_gang_put(g, &job);
	}
	return hl_bde_gang_end(g);
}

static struct bde_gang *begin(struct done *d, uint64_t fails)
{
	struct bde_gang *g;

	memset(d, 0, sizeof(*d));
	d->fails = fails;
	g = hl_bde_gang_new(work, d, test_ctx());
	if (g)
		ck_assert_uint_ge(hl_bde_gang_size(g), 1);
	return g;
}

START_TEST(each_piece_is_done_once)
{
	static const size_t sizes[] = { 0, 1, 2, 63, 64, 65, 128, MANY };
	static uint8_t buf[MANY * 16];
	struct done d;
	struct bde_gang *g = begin(&d, UINT64_MAX);

	if (!g)
		SKIP("one processor");
	for (unsigned k = 0; k < 8; k++) {
		memset(&d.times, 0, sizeof(d.times));
		memset(buf, 0xff, sizeof(buf));
		ck_assert(all(g, buf, sizes[k]));
		for (size_t i = 0; i < MANY; i++) {
			ck_assert_uint_eq(d.times[i], i < sizes[k]);
			ck_assert_uint_eq(buf[16 * i + 15],
			                  i < sizes[k] ? i % 251 : 0xff);
		}
	}
	hl_bde_gang_free(g);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_failure_is_told_once)
{
	static uint8_t buf[MANY * 16];
	static const uint64_t fails[] = { 0, 1, 500, MANY - 1 };
	struct done d;
	struct bde_gang *g = begin(&d, fails[_i]);

	if (!g)
		SKIP("one processor");
	ck_assert(!all(g, buf, MANY));
	d.fails = UINT64_MAX;
	ck_assert(all(g, buf, MANY));
	hl_bde_gang_free(g);
}
END_TEST

START_TEST(without_work_it_ends)
{
	struct done d;
	struct bde_gang *g = begin(&d, UINT64_MAX);

	hl_bde_gang_free(g);
	hl_bde_gang_free(NULL);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("bde_gang");

	tcase_add_test(t, each_piece_is_done_once);
	tcase_add_loop_test(t, a_failure_is_told_once, 0, 4);
	tcase_add_test(t, without_work_it_ends);
	return test_main("bde_gang", t, NULL);
}
