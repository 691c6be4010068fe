/* check_io_segments.c: names of segment files. */
#include "io/segments.h"
#include "testing.h"

static void number_is(const char *name, enum seg_scheme scheme, uint64_t want)
{
	struct seg_name n;

	ck_assert_msg(hl_seg_parse(&n, name, scheme), "%s", name);
	ck_assert_msg(n.number == want, "%s: %llu", name,
	              (unsigned long long)n.number);
}

static void no_number(const char *name, enum seg_scheme scheme)
{
	struct seg_name n;

	ck_assert_msg(!hl_seg_parse(&n, name, scheme), "%s", name);
}

START_TEST(numbers_follow_the_naming_schema)
{
	number_is("d.E01", SEG_EWF, 1);
	number_is("d.e99", SEG_EWF, 99);
	number_is("d.EAA", SEG_EWF, 100);
	number_is("d.EAZ", SEG_EWF, 125);
	number_is("d.EZZ", SEG_EWF, 775);
	number_is("d.FAA", SEG_EWF, 776);
	number_is("d.ZZZ", SEG_EWF, 100 + 7 * 676 + 675); /* of an S01 set */
	number_is("d.Ex01", SEG_EWF2, 1);
	number_is("d.ExAA", SEG_EWF2, 100);
	number_is("d.EyAA", SEG_EWF2, 776);
	number_is("d.000", SEG_DIGITS, 0);
	number_is("d.999", SEG_DIGITS, 999);
	number_is("d.1000", SEG_DIGITS, 1000);
	number_is("d.aa", SEG_LETTERS, 0);
	number_is("d.yz", SEG_LETTERS, 649);
	number_is("d.zaaa", SEG_LETTERS, 650);
	number_is("d.zzaaaa", SEG_LETTERS, 650 + 16900);
	number_is("d.aab", SEG_LETTERS, 1);
	no_number("d.E00", SEG_EWF);
	no_number("d.E1", SEG_EWF);
	no_number("d.DAA", SEG_EWF);
	no_number("d.12", SEG_DIGITS);
	no_number("d.12x", SEG_DIGITS);
	no_number(".001", SEG_DIGITS);
	no_number("d", SEG_LETTERS);
	no_number("d.", SEG_LETTERS);
	no_number("d.Ab", SEG_LETTERS);
}
END_TEST

/* Every number's name leads back to the number. */
static void round_trip(const char *first, enum seg_scheme scheme, uint64_t n)
{
	struct seg_name like;
	char name[64];
	uint64_t got;

	ck_assert(hl_seg_parse(&like, first, scheme));
	for (uint64_t k = like.number; k <= n; k++) {
		ck_assert(hl_seg_format(name, sizeof(name), &like, first, k));
		ck_assert_msg(hl_seg_sibling(&like, first, name, &got) &&
		              got == k, "%s is not %llu", name,
		              (unsigned long long)k);
	}
}

START_TEST(every_name_leads_back_to_its_number)
{
	struct seg_name like;
	char name[64];

	round_trip("disk.E01", SEG_EWF, 99 + 22 * 676);
	round_trip("disk.e01", SEG_EWF, 99 + 22 * 676);
	round_trip("disk.s01", SEG_EWF, 99 + 8 * 676);
	round_trip("disk.Ex01", SEG_EWF2, 99 + 3 * 676);
	round_trip("disk.001", SEG_DIGITS, 12000);
	round_trip("disk.000", SEG_DIGITS, 1200);
	round_trip("disk.aa", SEG_LETTERS, 20000);
	round_trip("disk.aaa", SEG_LETTERS, 17575);
	/* there is nothing behind ZZZ */
	ck_assert(hl_seg_parse(&like, "disk.E01", SEG_EWF));
	ck_assert(!hl_seg_format(name, sizeof(name), &like, "disk.E01",
	                         100 + 22 * 676));
}
END_TEST

START_TEST(strangers_are_not_siblings)
{
	struct seg_name like;
	uint64_t n;

	ck_assert(hl_seg_parse(&like, "disk.E01", SEG_EWF));
	ck_assert(hl_seg_sibling(&like, "disk.E01", "disk.e02", &n));
	ck_assert(!hl_seg_sibling(&like, "disk.E01", "disc.E02", &n));
	ck_assert(!hl_seg_sibling(&like, "disk.E01", "disk.old.E02", &n));
	ck_assert(!hl_seg_sibling(&like, "disk.E01", "disk.L02", &n));
	ck_assert(!hl_seg_sibling(&like, "disk.E01", "disk.001", &n));
	ck_assert(!hl_seg_sibling(&like, "disk.E01", "disk.E02.bak", &n));
	ck_assert(hl_seg_parse(&like, "disk.001", SEG_DIGITS));
	ck_assert(!hl_seg_sibling(&like, "disk.001", "disk.0002", &n));
}
END_TEST

static TCase *names(void)
{
	TCase *t = tcase_create("names");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, numbers_follow_the_naming_schema);
	tcase_add_test(t, every_name_leads_back_to_its_number);
	tcase_add_test(t, strangers_are_not_siblings);
	return t;
}

int main(void)
{
	return test_main("io_segments", names(), NULL);
}
