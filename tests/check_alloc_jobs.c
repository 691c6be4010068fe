/*
 * check_alloc_jobs.c: as check_alloc.c, of what is no plain image: the n-th
 * allocation fails, for every n, once and for good, while each job of jobs.h
 * is done.  No crash, nothing kept, and all of it comes out or it is said that
 * it does not.
 */
#include "jobs.h"

static struct run run_job(const struct job *j, size_t fail_at, bool for_good)
{
	struct run r = { .fail_at = fail_at, .for_good = for_good };

	begin_run(&r);
	j->go(&r);
	end_run(&r, j->name);
	return r;
}

START_TEST(job)
{
	const struct job *j = &jobs[_i];
	struct run sound = run_job(j, 0, false);

	ck_assert_uint_gt(sound.n, 0);
	if (getenv("HIVELIFT_TEST_NOTES"))
		fprintf(stderr, "%s: %zu allocations, %zu losses, %zu bad\n",
		        j->name, sound.n, sound.losses, sound.bad);
	for (size_t n = 1; n <= sound.n; n++)
		for (int good = 0; good <= 1; good++) {
			struct run r = run_job(j, n, good);

			ck_assert_msg(r.said || r.digest == sound.digest,
			              "%s: allocation %zu of %zu%s: less came "
			              "out, and nothing said so", j->name, n,
			              sound.n, good ? " and on" : "");
		}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("alloc-jobs");

	tcase_set_timeout(tc, 0);
	tcase_add_checked_fixture(tc, test_cpu_limit, NULL);
	tcase_add_loop_test(tc, job, 0, N_JOBS);
	return test_main("alloc-jobs", tc, NULL);
}
