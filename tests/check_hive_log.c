/* check_hive_log.c: what a transaction log's header and entries say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

static void seal(uint8_t *h)
{
	uint32_t sum = 0;

	for (int i = 0; i < 508; i += 4)
		sum ^= (uint32_t)h[i] | (uint32_t)h[i + 1] << 8 |
		       (uint32_t)h[i + 2] << 16 | (uint32_t)h[i + 3] << 24;
	put32(h + 508, sum);
}

static void put_header(uint8_t *h, uint32_t type, uint32_t seq)
{
	memcpy(h, "regf", 4);
	put32(h + 4, seq);
	put32(h + 8, seq);
	put32(h + 20, 1);
	put32(h + 24, 5);
	put32(h + 28, type);
	put32(h + 32, 1);
	put32(h + 36, 32);
	put32(h + 40, 8192); /* bins */
	put32(h + 44, 1);
	seal(h);
}

static void put_entry(uint8_t *e, uint32_t size, uint32_t seq)
{
	memcpy(e, "HvLE", 4);
	put32(e + 4, size);
	put32(e + 12, seq);
	put32(e + 16, 8192); /* bins */
	put32(e + 20, 1);    /* pages */
}

static struct hl_log_info look(const uint8_t *p, size_t n)
{
	struct hl_log_info info;
	uint8_t *copy = tight(p, n);

	ck_assert_int_eq(hl_log_info_decode(copy, n, &info), HL_OK);
	free(copy);
	return info;
}

/* Three live entries, then a stale one of an earlier round. */
static uint8_t *new_log(uint32_t seq, size_t *n)
{
	uint8_t *h = calloc(1, 8192);

	ck_assert_ptr_nonnull(h);
	put_header(h, 6, seq);
	put_entry(h + 512, 1024, seq);
	put_entry(h + 1536, 512, seq + 1);
	put_entry(h + 2048, 2048, seq + 2);
	put_entry(h + 4096, 512, seq - 20);
	*n = 8192;
	return h;
}

START_TEST(entries_are_walked_while_the_sequence_goes_on)
{
	size_t n;
	uint8_t *h = new_log(40, &n);
	struct hl_log_info info = look(h, n);

	ck_assert_str_eq(info.format, "HvLE");
	ck_assert(info.header_ok);
	ck_assert_uint_eq(info.first_seq, 40);
	ck_assert_uint_eq(info.last_seq, 42);
	free(h);
}
END_TEST

START_TEST(sequence_numbers_wrap_around)
{
	size_t n;
	uint8_t *h = new_log(0xffffffff, &n);
	struct hl_log_info info = look(h, n);

	ck_assert_uint_eq(info.first_seq, 0xffffffff);
	ck_assert_uint_eq(info.last_seq, 1);
	free(h);
}
END_TEST

START_TEST(a_broken_entry_ends_the_walk)
{
	static const struct {
		size_t off;
		uint32_t value;
	} rows[] = {
		{ 1536, 0 }, { 1536 + 4, 0 }, { 1536 + 4, 511 },
		{ 1536 + 4, 0xfffffe00 }, { 1536 + 4, 0x80000000 },
		{ 1536 + 12, 43 }, { 1536 + 16, 0 }, { 1536 + 16, 4097 },
		{ 1536 + 20, 0 }, { 1536 + 20, 0x20000000 },
		{ 1536 + 20, 0xffffffff },
	};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *h = new_log(40, &n);
		put32(h + rows[i].off, rows[i].value);
		struct hl_log_info info = look(h, n);
		ck_assert_msg(info.last_seq == 40, "row %zu", i);
		free(h);
	}
}
END_TEST

START_TEST(a_cut_log_is_walked_as_far_as_it_goes)
{
	size_t n;
	uint8_t *h = new_log(40, &n);

	for (size_t cut = 0; cut <= 4096; cut++) {
		struct hl_log_info info = look(h, cut);
		if (cut < 512)
			ck_assert_str_ne(info.format, "HvLE");
		else if (cut < 1536)
			ck_assert_uint_eq(info.last_seq, 40);
		else if (cut < 4096)
			ck_assert_uint_eq(info.last_seq,
			                  cut < 2048 ? 40 : 41);
		else
			ck_assert_uint_eq(info.last_seq, 42);
	}
	free(h);
}
END_TEST

START_TEST(the_header_must_be_a_log_s)
{
	static const struct {
		size_t off;
		uint32_t value;
	} rows[] = {
		{ 8, 41 },          /* sequence numbers differ */
		{ 20, 2 },          /* major version */
		{ 28, 0 },          /* a hive's */
		{ 28, 1 },          /* the old format's, with HvLE inside */
		{ 40, 0 }, { 40, 4097 },
	};
	size_t n;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint8_t *h = new_log(40, &n);
		put32(h + rows[i].off, rows[i].value);
		seal(h);
		ck_assert_msg(!look(h, n).header_ok, "row %zu", i);
		free(h);
	}
	uint8_t *h = new_log(40, &n);
	h[300] ^= 1; /* checksum */
	ck_assert(!look(h, n).header_ok);
	free(h);
}
END_TEST

START_TEST(old_logs_empty_ones_and_others_are_told)
{
	uint8_t h[1024] = { 0 };

	ck_assert_str_eq(look(h, 0).format, "empty");
	ck_assert_str_eq(look(h, sizeof(h)).format, "empty");
	put_header(h, 1, 9);
	ck_assert_str_eq(look(h, sizeof(h)).format, "unknown");
	memcpy(h + 512, "DIRT", 4);
	struct hl_log_info info = look(h, sizeof(h));
	ck_assert_str_eq(info.format, "DIRT");
	ck_assert(info.header_ok);
	ck_assert_uint_eq(info.first_seq, 9);
	ck_assert_uint_eq(info.last_seq, 9);
	ck_assert_str_eq(look((const uint8_t *)"text", 4).format, "unknown");
}
END_TEST

#define YARP "hives/msuhanov__yarp/hives_for_tests/"
#define REGIPY "hives/mkorman90__regipy/regipy_tests/data/"
static const struct {
	const char *file, *format;
	bool ok;
	uint32_t first, last;
} corpus[] = {
	{ YARP "NewDirtyHive1/NewDirtyHive.LOG1", "HvLE", true, 2, 2 },
	{ YARP "NewDirtyHive1/NewDirtyHive.LOG2", "HvLE", true, 3, 5 },
	{ YARP "BadLogHive3/BadLogHive.LOG1", "HvLE", false, 2, 2 },
	{ YARP "OldDirtyHive/OldDirtyHive.LOG1", "DIRT", true, 5, 5 },
	{ YARP "OldDirtyHive/OldDirtyHive.LOG2", "empty", false, 0, 0 },
	{ YARP "BadLogHive1/BadLogHive.LOG1", "DIRT", false, 5, 5 },
	{ YARP "BadLogHive2/BadLogHive.LOG1", "unknown", true, 5, 5 },
	{ REGIPY "transactions_ntuser.dat.log1", "HvLE", true, 566, 588 },
	{ REGIPY "transactions_ntuser.dat.log2", "HvLE", true, 562, 562 },
};

START_TEST(logs_of_the_corpus)
{
	const char *path = test_corpus(corpus[_i].file);
	static uint8_t buf[2 << 20];

	if (!path)
		SKIP("no corpus");
	FILE *f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	size_t n = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	struct hl_log_info info = look(buf, n);
	ck_assert_str_eq(info.format, corpus[_i].format);
	ck_assert_msg(info.header_ok == corpus[_i].ok, "%s", corpus[_i].file);
	ck_assert_uint_eq(info.first_seq, corpus[_i].first);
	ck_assert_uint_eq(info.last_seq, corpus[_i].last);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("log");

	tcase_add_test(tc, entries_are_walked_while_the_sequence_goes_on);
	tcase_add_test(tc, sequence_numbers_wrap_around);
	tcase_add_test(tc, a_broken_entry_ends_the_walk);
	tcase_add_test(tc, a_cut_log_is_walked_as_far_as_it_goes);
	tcase_add_test(tc, the_header_must_be_a_log_s);
	tcase_add_test(tc, old_logs_empty_ones_and_others_are_told);
	tcase_add_loop_test(tc, logs_of_the_corpus, 0,
	                    (int)(sizeof(corpus) / sizeof(corpus[0])));
	return test_main("hive_log", tc, NULL);
}
