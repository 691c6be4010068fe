/* check_base.c: bytes, text, times, allocation: the ground under it all. */
#include <stdlib.h>
#include <string.h>

#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/span.h"
#include "base/text.h"
#include "base/times_impl.h"
#include "testing.h"

START_TEST(integers_are_little_endian_at_any_alignment)
{
	const uint8_t b[] = { 0, 1, 2, 3, 4, 5, 6, 7, 0x88 };
	const le64 *v = (const le64 *)(b + 1);

	ck_assert_uint_eq(get64(*v), 0x8807060504030201u);
	ck_assert_uint_eq(le32_at(b + 1), 0x04030201);
	ck_assert_uint_eq(le16_at(b + 7), 0x8807);
}
END_TEST

START_TEST(span_never_wraps)
{
	const uint8_t b[16] = { 0 };
	struct span s = span_of(b, sizeof(b)), out;

	ck_assert(span_has(s, 16, 0));
	ck_assert(!span_has(s, 17, 0));
	ck_assert(!span_has(s, UINT64_MAX, 2));
	ck_assert(!span_has(s, 2, UINT64_MAX));
	ck_assert(!span_sub(s, 8, 9, &out));
	ck_assert(span_from(s, 16, &out) && out.n == 0);
	ck_assert_ptr_null(span_view(s, 13, 4));
}
END_TEST

START_TEST(utf16_pairs_and_lone_halves)
{
	const uint16_t pair[] = { 'a', 0xd83d, 0xde00, 'z' };
	const uint16_t lone[] = { 'a', 0xde00, 0xd83d };
	char out[16];

	ck_assert(hl_utf8_from16(out, sizeof(out), pair, 4));
	ck_assert_str_eq(out, "a\xf0\x9f\x98\x80z");
	ck_assert(!hl_utf8_from16(out, sizeof(out), lone, 3));
	ck_assert_str_eq(out, "a\xef\xbf\xbd\xef\xbf\xbd");
	/* cut between characters, never inside one */
	hl_utf8_from16(out, 4, pair, 4);
	ck_assert_str_eq(out, "a");
}
END_TEST

START_TEST(utf16_pair_across_an_internal_boundary)
{
	uint8_t le[2 * 130];
	char out[600];

	for (size_t i = 0; i < 127; i++)
		put16(le + 2 * i, 'x');
	put16(le + 254, 0xd83d);
	put16(le + 256, 0xde00);
	put16(le + 258, 'y');
	ck_assert(hl_utf8_from16le(out, sizeof(out), span_of(le, 260), false));
	ck_assert_str_eq(out + 127, "\xf0\x9f\x98\x80y");
}
END_TEST

START_TEST(utf8_that_is_not_utf8_is_refused)
{
	static const char *const bad[] = { "\xc0\x80", "\xed\xa0\x80",
	                                   "\xf4\x90\x80\x80", "\x80", "\xe2\x82" };
	uint16_t u[8];

	ck_assert_uint_eq(hl_utf16_from8(u, 8, bad[_i]), SIZE_MAX);
	ck_assert_uint_eq(hl_utf16_from8(u, 1, "\xf0\x9f\x98\x80"), SIZE_MAX);
	ck_assert_uint_eq(hl_utf16_from8(u, 2, "\xf0\x9f\x98\x80"), 2);
	ck_assert_uint_eq(u[0], 0xd83d);
	ck_assert_uint_eq(u[1], 0xde00);
}
END_TEST

START_TEST(guid_is_mixed_endian)
{
	uint8_t g[16];
	char text[HL_GUID_TEXT];

	for (unsigned i = 0; i < 16; i++)
		g[i] = (uint8_t)(i * 0x11);
	hl_guid_text(text, g);
	ck_assert_str_eq(text, "33221100-5544-7766-8899-aabbccddeeff");
}
END_TEST

START_TEST(case_is_ascii_only)
{
	ck_assert_int_eq(hl_casecmp("SyStem", "sYsTEM"), 0);
	ck_assert_int_lt(hl_casecmp("a", "B"), 0);
	ck_assert_int_ne(hl_casecmp("\xc3\xa4", "\xc3\x84"), 0);
	ck_assert(hl_case_starts("NTUSER.DAT.LOG1", "ntuser.dat"));
}
END_TEST

/* date(1) gave the seconds: the calendar is not checked against itself. */
static const struct {
	uint64_t ticks;
	const char *text;
} filetimes[] = {
	{ 1, "1601-01-01T00:00:00.0000001Z" },
	{ 116444736000000000u, "1970-01-01T00:00:00.0000000Z" },
	{ 125911584000000000u, "2000-01-01T00:00:00.0000000Z" },
	{ 125963423999999999u, "2000-02-29T23:59:59.9999999Z" },
	{ 132223104001234567u, "2020-01-01T00:00:00.1234567Z" },
	{ 0x7fffffffffffffffu, "30828-09-14T02:48:05.4775807Z" },
};

START_TEST(filetimes_as_windows_prints_them)
{
	char text[HL_TIME_TEXT];

	hl_time_text(text, hl_time_filetime(filetimes[_i].ticks));
	ck_assert_str_eq(text, filetimes[_i].text);
	hl_time_text(text, hl_time_filetime(UINT64_MAX));
	ck_assert_str_eq(hl_time_text(text, hl_time_filetime(0)), "");
}
END_TEST

START_TEST(dos_times_are_local_and_checked)
{
	char text[HL_TIME_TEXT];
	/* 2004-02-29 23:59:58 */
	uint16_t date = (24 << 9) | (2 << 5) | 29;
	uint16_t time = (23 << 11) | (59 << 5) | 29;

	hl_time_text(text, hl_time_dos(date, time, 0));
	ck_assert_str_eq(text, "2004-02-29T23:59:58");
	hl_time_text(text, hl_time_dos_date(date));
	ck_assert_str_eq(text, "2004-02-29");
	/* 2003-02-29 does not exist, month 0 and second 60 neither */
	ck_assert_int_eq(hl_time_dos_date((23 << 9) | (2 << 5) | 29).kind,
	                 HL_TIME_NONE);
	ck_assert_int_eq(hl_time_dos(0, 0, 0).kind, HL_TIME_NONE);
	ck_assert_int_eq(hl_time_dos(date, 30, 0).kind, HL_TIME_NONE);
}
END_TEST

START_TEST(unix_seconds_go_below_the_epoch)
{
	int64_t sec;
	long nsec;

	ck_assert(hl_time_unix(hl_time_filetime(116444735999999999u), &sec,
	                       &nsec));
	ck_assert_int_eq(sec, -1);
	ck_assert_int_eq(nsec, 999999900);
}
END_TEST

START_TEST(allocations_are_counted_and_bounded)
{
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .stats = &stats, .limits.max_memory = 1000 };

	void *a = hl_alloc(&ctx, 600);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_null(hl_alloc(&ctx, 500));
	ck_assert_uint_eq(stats.mem_now, 600);
	ck_assert_ptr_nonnull(a = hl_realloc(&ctx, a, 1000));
	ck_assert_ptr_null(hl_realloc(&ctx, a, 1001));
	hl_free(&ctx, a);
	ck_assert_uint_eq(stats.mem_now, 0);
	ck_assert_uint_eq(stats.mem_peak, 1000);
	ck_assert_ptr_null(hl_alloc_array(&ctx, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(hl_alloc(&ctx, SIZE_MAX));
}
END_TEST

START_TEST(grow_stops_at_its_ceiling)
{
	void *array = NULL;
	size_t cap = 0;

	for (size_t n = 0; n < 10; n++)
		ck_assert_int_eq(hl_grow(test_ctx(), &array, &cap, n, 8, 10),
		                 HL_OK);
	ck_assert_int_eq(hl_grow(test_ctx(), &array, &cap, 10, 8, 10),
	                 HL_LIMIT);
	hl_free(test_ctx(), array);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(every_status_has_its_own_text)
{
	for (int a = HL_EXISTS; a <= HL_END; a++)
		for (int b = a + 1; b <= HL_END; b++)
			ck_assert_str_ne(hl_status_text(a), hl_status_text(b));
	ck_assert_str_eq(hl_status_text((enum hl_status)99), "unknown status");
}
END_TEST

static TCase *bytes(void)
{
	TCase *t = tcase_create("bytes");

	tcase_add_test(t, integers_are_little_endian_at_any_alignment);
	tcase_add_test(t, span_never_wraps);
	tcase_add_test(t, utf16_pairs_and_lone_halves);
	tcase_add_test(t, utf16_pair_across_an_internal_boundary);
	tcase_add_loop_test(t, utf8_that_is_not_utf8_is_refused, 0, 5);
	tcase_add_test(t, guid_is_mixed_endian);
	tcase_add_test(t, case_is_ascii_only);
	tcase_add_test(t, every_status_has_its_own_text);
	return t;
}

static TCase *times(void)
{
	TCase *t = tcase_create("times");

	tcase_add_loop_test(t, filetimes_as_windows_prints_them, 0, 6);
	tcase_add_test(t, dos_times_are_local_and_checked);
	tcase_add_test(t, unix_seconds_go_below_the_epoch);
	return t;
}

static TCase *memory(void)
{
	TCase *t = tcase_create("memory");

	tcase_add_test(t, allocations_are_counted_and_bounded);
	tcase_add_test(t, grow_stops_at_its_ceiling);
	return t;
}

int main(void)
{
	return test_main("base", bytes(), times(), memory(), NULL);
}
