/* check_tar.c: what ustar cannot say is in pax; the rest is by hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lift/outdir.h"
#include "lift/tar.h"
#include "testing.h"

static char got[1 << 16];
static uint64_t n_got, n_all, room;

static bool take(void *user, const void *p, size_t n)
{
	(void)user;
	if (n > room - n_all)
		return false;
	if (n_got + n <= sizeof(got)) {
		memcpy(got + n_got, p, n);
		n_got += n;
	}
	n_all += n;
	return true;
}

static struct hl_tar begin(void)
{
	n_got = n_all = 0;
	room = UINT64_MAX;
	memset(got, 0x7e, sizeof(got));
	return (struct hl_tar){ .write = take };
}

static struct hl_time at(int64_t sec, long nsec)
{
	struct hl_time t = { .kind = HL_TIME_UTC };

	/* 100 ns since 1601 */
	t.ticks = (uint64_t)((sec + 11644473600) * 10000000 + nsec / 100);
	return t;
}

static const struct hl_time never = { .kind = HL_TIME_NONE };

/* The sum of all bytes with the eight of the checksum as blanks. */
static void sum_ok(const char *h)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < 512; i++)
		if (i < 148 || i >= 156)
			sum += (unsigned char)h[i];
	ck_assert_uint_eq(strtoul(h + 148, NULL, 8), sum);
	ck_assert_mem_eq(h + 257, "ustar\0" "00", 8);
}

START_TEST(a_plain_member_needs_no_pax)
{
	struct hl_tar t = begin();

	ck_assert_int_eq(hl_tar_member(&t, "v3/SAM", 5, at(1577934245, 0)),
	                 HL_OK);
	ck_assert_int_eq(hl_tar_data(&t, "regf", 4), HL_OK);
	ck_assert_int_eq(hl_tar_member_end(&t), HL_OK);
	ck_assert_uint_eq(n_got, 1024);
	sum_ok(got);
	ck_assert_str_eq(got, "v3/SAM");
	ck_assert_str_eq(got + 100, "0000644");
	ck_assert_str_eq(got + 124, "00000000005");
	ck_assert_str_eq(got + 136, "13603256645"); /* octal */
	ck_assert_int_eq(got[156], '0');
	ck_assert_mem_eq(got + 512, "regf\0\0\0\0", 8);
	ck_assert_int_eq(hl_tar_end(&t), HL_OK);
	ck_assert_uint_eq(n_got, 10240);
}
END_TEST

/* One case each: what it is, and the pax records it needs. */
static const struct {
	const char *name;
	uint64_t size;
	int64_t sec;
	long nsec;
	const char *pax;
} odd[] = {
	{ "a", 0, 1577934245, 123456700, "30 mtime=1577934245.123456700\n" },
	{ "a", 0, -1, 500000000, "22 mtime=-0.500000000\n" },
	{ "a", 0, -10, 0, "23 mtime=-10.000000000\n" },
	{ "a", UINT64_C(8589934592), 0, 0, "19 size=8589934592\n" },
	{ "gr\xc3\xbc\xc3\x9f", 0, 0, 0, "15 path=gr\xc3\xbc\xc3\x9f\n" },
	{ "\xc3\xa9", 0, 8589934592, 0,
	  "30 mtime=8589934592.000000000\n11 path=\xc3\xa9\n" },
};

START_TEST(what_ustar_cannot_say_is_in_pax)
{
	struct hl_tar t = begin();

	ck_assert_int_eq(hl_tar_member(&t, odd[_i].name, odd[_i].size,
	                               at(odd[_i].sec, odd[_i].nsec)), HL_OK);
	ck_assert_uint_eq(n_got, 1536);
	sum_ok(got);
	sum_ok(got + 1024);
	ck_assert_int_eq(got[156], 'x');
	ck_assert_str_eq(got + 512, odd[_i].pax);
	ck_assert_uint_eq(strtoul(got + 124, NULL, 8), strlen(odd[_i].pax));
	ck_assert_int_eq(got[1024 + 156], '0');
}
END_TEST

/* The length counts its own digits, also where they become one more. */
START_TEST(the_length_of_a_record_counts_itself)
{
	char name[1200];

	for (size_t n = 101; n < sizeof(name) - 1; n++) {
		struct hl_tar t = begin();
		char *end;

		memset(name, 'n', n);
		name[n] = '\0';
		ck_assert_int_eq(hl_tar_member(&t, name, 0, never), HL_OK);
		size_t len = strtoul(got + 512, &end, 10);
		ck_assert_uint_eq(strtoul(got + 124, NULL, 8), len);
		/* digits, " path=", the name, a newline */
		ck_assert_uint_eq(len, (size_t)(end - got) - 512 + 7 + n);
		ck_assert_int_eq(got[512 + len - 1], '\n');
		ck_assert_mem_eq(end, " path=n", 7);
	}
}
END_TEST

START_TEST(a_hundred_bytes_fit)
{
	struct hl_tar t = begin();
	char name[101];

	memset(name, 'n', 100);
	name[100] = '\0';
	ck_assert_int_eq(hl_tar_member(&t, name, 0, never), HL_OK);
	ck_assert_uint_eq(n_got, 512);
	ck_assert_mem_eq(got, name, 100);
}
END_TEST

START_TEST(more_than_was_said_is_refused)
{
	struct hl_tar t = begin();

	ck_assert_int_eq(hl_tar_member(&t, "a", 3, never), HL_OK);
	ck_assert_int_eq(hl_tar_data(&t, "four", 4), HL_RANGE);
	ck_assert_int_eq(hl_tar_data(&t, "abc", 3), HL_OK);
	ck_assert_int_eq(hl_tar_data(&t, NULL, 1), HL_RANGE);
}
END_TEST

/* ---- as an output folder ------------------------------------------------ */

static enum hl_status file(struct hl_outdir *d, const char *rel, char *as)
{
	struct hl_outfile f;
	enum hl_status st = hl_outfile_create(&f, d, rel);

	if (st != HL_OK)
		return st;
	st = hl_outfile_expect(&f, 4, never);
	if (st == HL_OK)
		st = hl_outfile_write(&f, 2, "xy", 2);
	if (st == HL_OK)
		st = hl_outfile_done(&f, 4, never);
	else
		hl_outfile_drop(&f);
	if (st == HL_OK)
		snprintf(as, 64, "%s", f.rel.p);
	hl_outfile_free(&f);
	return st;
}

START_TEST(names_that_are_taken_get_a_number)
{
	struct hl_outdir *d;
	char as[64];

	begin();
	ck_assert_int_eq(hl_outdir_tar(&d, take, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(file(d, "v1/a", as), HL_OK);
	ck_assert_str_eq(as, "v1/a");
	ck_assert_mem_eq(got + 512, "\0\0xy", 4);
	ck_assert_int_eq(file(d, "v1/a", as), HL_OK);
	ck_assert_str_eq(as, "v1/a%~2");
	ck_assert_int_eq(file(d, "v1/a/b", as), HL_OK); /* a is a file */
	ck_assert_str_eq(as, "v1/a%~3/b");
	ck_assert_int_eq(file(d, "v1", as), HL_OK); /* v1 is a folder */
	ck_assert_str_eq(as, "v1%~2");
	uint64_t n = n_got;
	ck_assert_int_eq(hl_outdir_mkdir(d, "v1/c"), HL_OK);
	ck_assert_uint_eq(n_got, n + 512);
	ck_assert_str_eq(got + n, "v1/c/");
	ck_assert_int_eq(got[n + 156], '5');
	ck_assert_int_eq(hl_outdir_mkdir(d, "v1/c"), HL_OK);
	ck_assert_uint_eq(n_got, n + 512); /* once is enough */
	ck_assert_int_eq(hl_outdir_finish(d), HL_OK);
	hl_outdir_close(d);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_list_goes_in_when_it_gets_its_name)
{
	struct hl_outdir *d;
	struct hl_outfile f;

	begin();
	ck_assert_int_eq(hl_outdir_tar(&d, take, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_outfile_create(&f, d, "m.part"), HL_OK);
	ck_assert_int_eq(hl_outfile_write(&f, 0, "one ", 4), HL_OK);
	ck_assert_int_eq(hl_outfile_write(&f, 4, "two", 3), HL_OK);
	ck_assert_int_eq(hl_outfile_sync(&f), HL_OK);
	ck_assert_int_eq(hl_outfile_done(&f, 7, never), HL_OK);
	hl_outfile_free(&f);
	ck_assert_uint_eq(n_got, 0);
	ck_assert_int_eq(hl_outdir_rename(d, "m.part", "m"), HL_OK);
	ck_assert_uint_eq(n_got, 1024);
	ck_assert_str_eq(got, "m");
	ck_assert_mem_eq(got + 512, "one two\0", 8);
	hl_outdir_close(d);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* Whoever reads it has gone: all stops, and nothing is written behind it. */
START_TEST(a_reader_that_is_gone_ends_it)
{
	struct hl_outdir *d;
	char as[64];

	begin();
	room = 512;
	ck_assert_int_eq(hl_outdir_tar(&d, take, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(file(d, "a", as), HL_IO);
	room = UINT64_MAX;
	ck_assert_int_eq(hl_outdir_finish(d), HL_IO);
	hl_outdir_abort(d);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("tar");

	tcase_add_test(t, a_plain_member_needs_no_pax);
	tcase_add_loop_test(t, what_ustar_cannot_say_is_in_pax, 0,
	                    sizeof(odd) / sizeof(odd[0]));
	tcase_add_test(t, the_length_of_a_record_counts_itself);
	tcase_add_test(t, a_hundred_bytes_fit);
	tcase_add_test(t, more_than_was_said_is_refused);
	tcase_add_test(t, names_that_are_taken_get_a_number);
	tcase_add_test(t, a_list_goes_in_when_it_gets_its_name);
	tcase_add_test(t, a_reader_that_is_gone_ends_it);
	return t;
}

int main(void)
{
	return test_main("tar", cases(), NULL);
}
