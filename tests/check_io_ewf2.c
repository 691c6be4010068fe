/*
 * check_io_ewf2.c: Ex01 sets that state more than they hold are refused before
 * libewf sees them.  A sound one is written here field by field; two of
 * another writer are in the corpus.
 */
#include "io/files.h"
#include "io_build.h"

enum { DEVICE = 1, CASE = 2, SECTORS = 3, TABLE = 4, ERRORS = 5, DONE = 15 };

static struct bytes b;
static uint64_t before; /* the last descriptor */

static void begin(void)
{
	uint8_t h[32] = "EVF2\x0d\x0a\x81\x00\x02\x01\x01\x00\x01";

	free(b.p);
	b = (struct bytes){ 0 };
	before = 0;
	b_add(&b, h, sizeof(h));
}

static void section(uint32_t type, const void *p, size_t n)
{
	uint8_t d[64] = { 0 };

	if (n)
		b_add(&b, p, n);
	put32(d, type);
	put64(d + 8, before);
	put64(d + 16, n);
	put32(d + 24, 64);
	put32(d + 60, b_adler(d, 60));
	before = b.n;
	b_add(&b, d, sizeof(d));
}

/* "1\nmain\nKEY\nVALUE\n" in UTF-16, deflated; then `more` blanks. */
static void words(uint32_t type, const char *key, const char *value,
                  size_t more)
{
	static uint8_t u[8 << 20], packed[1 << 20];
	char s[200];
	uLongf len = sizeof(packed);

	snprintf(s, sizeof(s), "1\nmain\nsn\t%s\n\t%s\n\n", key, value);
	u[0] = 0xff;
	u[1] = 0xfe;
	size_t n = 2 + put_utf16(u + 2, s);
	ck_assert_uint_le(more, sizeof(u) - n);
	memset(u + n, ' ', more);
	ck_assert_int_eq(compress2(packed, &len, u, n + more, 9), Z_OK);
	section(type, packed, len);
}

static void table(uint32_t n)
{
	uint8_t t[32 + 2 * 16 + 16] = { 0 };

	put32(t + 8, n);
	section(TABLE, t, sizeof(t));
}

static void sound(const char *sector, const char *per_chunk)
{
	static const uint8_t data[100];

	begin();
	words(DEVICE, "bp", sector, 0);
	words(CASE, "sb", per_chunk, 0);
	section(SECTORS, data, sizeof(data));
}

static void end(void)
{
	section(DONE, NULL, 0);
}

static enum hl_status check_file(const char *path)
{
	struct hl_files *f;
	enum hl_status st;

	test_forget_notes();
	ck_assert_int_eq(hl_files_find(&f, path, NULL, test_ctx()), HL_OK);
	st = hl_ewf2_check(f, test_ctx());
	hl_files_close(f);
	ck_assert_uint_eq(test_mem_now(), 0);
	return st;
}

static void is(enum hl_status want, const char *why)
{
	write_file(at("x.Ex01"), b.p, b.n);
	ck_assert_int_eq(check_file(at("x.Ex01")), want);
	if (!why)
		return;
	ck_assert_msg(test_noted(HL_FAILED, why), "%s", why);
#ifdef HAVE_LIBEWF
	struct opened o; /* and so it is before libewf is asked */
	ck_assert_int_eq(open_image(&o, at("x.Ex01"), false), HL_CORRUPT);
#endif
}

START_TEST(a_sound_one)
{
	sound("512", "64");
	table(2);
	end();
	is(HL_OK, NULL);
	sound("4096", "32768"); /* 128 MiB: as an E01, of larger files */
	table(2);
	end();
	is(HL_CORRUPT, "impossible");
	sound("", "");
	end();
	is(HL_OK, NULL);
}
END_TEST

START_TEST(what_others_wrote)
{
	static const char *const names[] = { "zeros_128s.Ex01",
		                             "zeros_128s_compressed.Ex01" };
	char path[200];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "images/SecurityRonin__ewf-"
		         "forensic/forensic/%s", names[i]);
		if (!test_corpus(path))
			SKIP("no corpus");
		ck_assert_int_eq(check_file(test_corpus(path)), HL_OK);
	}
}
END_TEST

START_TEST(counts_beyond_the_section)
{
	uint8_t t[16] = { 0xff, 0xff, 0xff, 0xff };

	sound("512", "64");
	table(4);
	end();
	is(HL_CORRUPT, "more entries than it has room for");
	sound("512", "64");
	table(0xffffffff);
	end();
	is(HL_CORRUPT, "more entries than it has room for");
	sound("512", "64");
	section(ERRORS, t, sizeof(t));
	end();
	is(HL_CORRUPT, "more entries than it has room for");
	sound("512", "64");
	section(TABLE, t, 8);
	end();
	is(HL_CORRUPT, "shorter than a table");
}
END_TEST

START_TEST(texts_that_swell)
{
	begin();
	words(DEVICE, "bp", "512", 4 << 20);
	end();
	is(HL_CORRUPT, "more than a text may be");
	begin();
	section(CASE, "not deflated", 12);
	end();
	is(HL_CORRUPT, "no text");
}
END_TEST

START_TEST(chunks_that_cannot_be)
{
	static const char *const odd[][2] = {
		{ "4294967295", "64" }, { "512", "4294967295" },
		{ "65536", "1048576" }, { "99999999999999999999", "1" },
	};

	for (size_t i = 0; i < 4; i++) {
		sound(odd[i][0], odd[i][1]);
		end();
		is(HL_CORRUPT, "impossible");
	}
}
END_TEST

START_TEST(sections_in_circles)
{
	sound("512", "64");
	end();
	uint8_t *d = b.p + b.n - 64;
	put64(d + 8, b.n - 64); /* itself */
	put32(d + 60, b_adler(d, 60));
	is(HL_CORRUPT, "does not follow");
	put64(d + 8, b.n - 64 - 32); /* within the one before */
	put32(d + 60, b_adler(d, 60));
	is(HL_CORRUPT, "does not follow");
	put64(d + 16, b.n);
	put32(d + 60, b_adler(d, 60));
	is(HL_CORRUPT, "more data than lie before");
	d[60] ^= 1;
	is(HL_CORRUPT, "wrong checksum");
	b.n = 50;
	is(HL_CORRUPT, "is not there");
}
END_TEST

/* Cut anywhere, or with any byte changed: it ends, and keeps nothing. */
START_TEST(any_damage)
{
	sound("512", "64");
	table(2);
	end();
	for (size_t i = 8; i < b.n; i++) {
		b.p[i] ^= 0xff;
		write_file(at("x.Ex01"), b.p, b.n);
		(void)check_file(at("x.Ex01"));
		b.p[i] ^= 0xff;
		write_file(at("x.Ex01"), b.p, i);
		(void)check_file(at("x.Ex01"));
	}
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("ewf2");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_sound_one);
	tcase_add_test(t, what_others_wrote);
	tcase_add_test(t, counts_beyond_the_section);
	tcase_add_test(t, texts_that_swell);
	tcase_add_test(t, chunks_that_cannot_be);
	tcase_add_test(t, sections_in_circles);
	tcase_add_test(t, any_damage);
	return test_main("io_ewf2", t, NULL);
}
