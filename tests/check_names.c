/* check_names.c: no name gets out of the folder, and every name comes back. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "lift/names.h"
#include "testing.h"

#define MAX_UNITS 512

static char out[HL_ESCAPED_BYTES(MAX_UNITS)];
static uint16_t wide[HL_ESCAPED_BYTES(MAX_UNITS)];

static const char *escaped(const char *name)
{
	uint16_t u[MAX_UNITS];
	size_t n = hl_utf16_from8(u, MAX_UNITS, name);

	ck_assert_uint_ne(n, SIZE_MAX);
	ck_assert_uint_eq(hl_name_escape(out, sizeof(out), u, n, false),
	                  strlen(out));
	return out;
}

/* The rule, by hand. */
static const struct {
	const char *name, *escaped;
} rule[] = {
	{ "SYSTEM", "SYSTEM" },
	{ "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
	  "gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80" },
	{ "100%", "100%25" },
	{ "%41", "%2541" },
	{ "", "%-" },
	{ ".", "%2E" },
	{ "..", ".%2E" },
	{ "...", "..%2E" },
	{ "name.", "name%2E" },
	{ "name ", "name%20" },
	{ " name", " name" },
	{ ".config", ".config" },
	{ "a/b\\c", "a%2Fb%5Cc" },
	{ "../../etc/passwd", "..%2F..%2Fetc%2Fpasswd" },
	{ "a\nb\x1b[31m\x7f", "a%0Ab%1B[31m%7F" },
	/* what turns a line round: RLO, LRM, ALM, PDI, LS */
	{ "exe.\xe2\x80\xaetxt", "exe.%E2%80%AEtxt" },
	{ "\xe2\x80\x8e\xd8\x9c", "%E2%80%8E%D8%9C" },
	{ "\xe2\x81\xa9\xe2\x80\xa8", "%E2%81%A9%E2%80%A8" },
	{ "\xc2\x85\xc2\xa0", "%C2%85\xc2\xa0" },
	{ "file:stream", "file%3Astream" },
	{ "<>\"|?*", "%3C%3E%22%7C%3F%2A" },
	{ "CON", "%43ON" },
	{ "con", "%63on" },
	{ "nul.txt", "%6Eul.txt" },
	{ "Aux .tar.gz", "%41ux .tar.gz" },
	{ "COM1", "%43OM1" },
	{ "LPT\xc2\xb2", "%4CPT\xc2\xb2" },
	{ "CONIN$", "%43ONIN$" },
	{ "CON:x", "CON%3Ax" }, /* no device: ':' is no longer there */
	{ "CONSOLE", "CONSOLE" },
	{ "COM", "COM" },
	{ "COM10", "COM10" },
	{ "xCON", "xCON" },
	{ "NTUSER.DAT{016888bd-6c6f-11de-8d1d-001e0bcde3ec}.TM.blf",
	  "NTUSER.DAT{016888bd-6c6f-11de-8d1d-001e0bcde3ec}.TM.blf" },
};

START_TEST(the_rule)
{
	ck_assert_str_eq(escaped(rule[_i].name), rule[_i].escaped);
}
END_TEST

START_TEST(deleted_at_the_top_is_ours)
{
	uint16_t u[8];
	size_t n = hl_utf16_from8(u, 8, "$deleted");

	hl_name_escape(out, sizeof(out), u, n, true);
	ck_assert_str_eq(out, "%24deleted");
	hl_name_escape(out, sizeof(out), u, n, false);
	ck_assert_str_eq(out, "$deleted");
}
END_TEST

START_TEST(lone_surrogates_keep_their_value)
{
	const uint16_t u[] = { 'a', 0xd800, 'b', 0xdfff, 0xdbff };
	uint16_t back[5];
	const char *path = out;

	hl_name_escape(out, sizeof(out), u, 5, false);
	ck_assert_str_eq(out, "a%ED%A0%80b%ED%BF%BF%ED%AF%BF");
	ck_assert_uint_eq(hl_name_unescape(back, 5, &path), 5);
	ck_assert_mem_eq(back, u, sizeof(u));
}
END_TEST

START_TEST(a_nul_unit_is_kept)
{
	const uint16_t u[] = { 'a', 0, 'b' };
	uint16_t back[3];
	const char *path = out;

	hl_name_escape(out, sizeof(out), u, 3, false);
	ck_assert_str_eq(out, "a%00b");
	ck_assert_uint_eq(hl_name_unescape(back, 3, &path), 3);
	ck_assert_mem_eq(back, u, sizeof(u));
}
END_TEST

/* 255 units that cost three bytes each go on in folders below. */
START_TEST(a_long_name_goes_on_below)
{
	uint16_t u[255], back[255];
	const char *path = out;

	for (size_t i = 0; i < 255; i++)
		u[i] = 0x4e00;
	hl_name_escape(out, sizeof(out), u, 255, false);
	ck_assert_uint_eq(strlen(out), 255 * 3 + 3 * 3);
	ck_assert_mem_eq(out + 228, "%+/", 3);
	ck_assert_uint_eq(hl_name_unescape(back, 255, &path), 255);
	ck_assert_mem_eq(back, u, sizeof(u));
	ck_assert_str_eq(path, "");
}
END_TEST

/* "xxx…CON" cut so that the last part is a device name. */
START_TEST(a_part_may_not_be_a_device_either)
{
	uint16_t u[MAX_UNITS];

	for (size_t i = 0; i < HL_NAME_PART; i++)
		u[i] = 'x';
	u[HL_NAME_PART] = 'N';
	u[HL_NAME_PART + 1] = 'U';
	u[HL_NAME_PART + 2] = 'L';
	hl_name_escape(out, sizeof(out), u, HL_NAME_PART + 3, false);
	ck_assert_str_eq(out + HL_NAME_PART, "%+/%4EUL");
}
END_TEST

START_TEST(a_small_room_is_said)
{
	const uint16_t u[] = { 'a', 'b', 'c' };
	char small[3];

	ck_assert_uint_eq(hl_name_escape(small, 3, u, 3, false), SIZE_MAX);
	ck_assert_uint_eq(hl_name_escape(small, 3, u, 2, false), 2);
	ck_assert_uint_eq(hl_name_escape(small, 0, u, 0, false), SIZE_MAX);
}
END_TEST

static const struct {
	const char *path, *name; /* NULL: not one of ours */
	const char *rest;
} decoded[] = {
	{ "SYSTEM", "SYSTEM", "" },
	{ "a%2Fb/next", "a/b", "next" },
	{ "SYSTEM%~2", "SYSTEM", "" },
	{ "a%~12/b", "a", "b" },
	{ "one%+/two/x", "onetwo", "x" },
	{ "one%+%~2/two%~3", "onetwo", "" },
	{ "%-", "", "" },
	{ "%-%~2/x", "", "x" },
	{ "", NULL, "" },
	{ "/a", NULL, "" },
	{ "%", NULL, "" },
	{ "%4", NULL, "" },
	{ "%zz", NULL, "" },
	{ "%2f", NULL, "" }, /* we write upper case */
	{ "%~2x", NULL, "" },
	{ "a%+", NULL, "" },
	{ "a%+x/b", NULL, "" },
	{ "a%+/", NULL, "" },
	{ "%-x", NULL, "" },
	{ "%C0%AF", NULL, "" }, /* over-long '/' */
	{ "%E0%80%AF", NULL, "" },
	{ "%F4%90%80%80", NULL, "" },
	{ "%C3", NULL, "" },
};

START_TEST(decoding_by_hand)
{
	uint16_t u[MAX_UNITS];
	char name[MAX_UNITS];
	const char *path = decoded[_i].path;
	size_t n = hl_name_unescape(u, MAX_UNITS, &path);

	if (!decoded[_i].name) {
		ck_assert_uint_eq(n, SIZE_MAX);
		return;
	}
	ck_assert_uint_ne(n, SIZE_MAX);
	hl_utf8_from16(name, sizeof(name), u, n);
	ck_assert_str_eq(name, decoded[_i].name);
	ck_assert_str_eq(path, decoded[_i].rest);
	path = decoded[_i].path;
	if (n)
		ck_assert_uint_eq(hl_name_unescape(u, n - 1, &path), SIZE_MAX);
}
END_TEST

/* ---- the property ---------------------------------------------------- */

static uint32_t state = 1;

static uint32_t rnd(uint32_t n)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % n;
}

static uint16_t nasty(void)
{
	static const uint16_t some[] = {
		'.', ' ', '%', '/', '\\', ':', 0, '\n', '~', '+', '-', 'C',
		'O', 'N', 'U', 'L', '1', '2', 0xd83d, 0xde00, 0xdc00, 0xdbff,
		0xffff, 0xfeff, 0x202e, 0x7f, 0x80, 0x4e00, 0xb9,
	};
	return rnd(4) ? some[rnd(sizeof(some) / sizeof(some[0]))]
	              : (uint16_t)rnd(0x10000);
}

static bool same_start(const char *s, size_t n, const char *dev)
{
	size_t len = strlen(dev);

	return n >= len && !strncasecmp(s, dev, len) &&
	       (n == len || s[len] == '.' || s[len] == ' ');
}

static void part_is_harmless(const char *s, size_t n)
{
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n + strlen("%~4294967295"), 255);
	ck_assert(s[n - 1] != '.' && s[n - 1] != ' ');
	for (size_t i = 0; i < n; i++)
		ck_assert((unsigned char)s[i] >= 0x20 &&
		          !strchr("\x7f\\:\"*<>?|", s[i]));
	ck_assert(!same_start(s, n, "CON") && !same_start(s, n, "NUL") &&
	          !same_start(s, n, "COM1") && !same_start(s, n, "COM2"));
}

static void check_one(const uint16_t *u, size_t n)
{
	uint16_t back[MAX_UNITS];
	const char *path = out, *s = out;

	ck_assert_uint_eq(hl_name_escape(out, sizeof(out), u, n, rnd(2)),
	                  strlen(out));
	for (;;) {
		size_t len = strcspn(s, "/");
		part_is_harmless(s, len);
		if (!s[len])
			break;
		s += len + 1;
	}
	ck_assert_uint_eq(hl_name_unescape(back, MAX_UNITS, &path), n);
	ck_assert_mem_eq(back, u, n * sizeof(*u));
	ck_assert_str_eq(path, "");
	/* valid UTF-8, or JSON and other tools would change it */
	ck_assert_uint_ne(hl_utf16_from8(wide, sizeof(wide) / 2, out),
	                  SIZE_MAX);
}

START_TEST(every_name_is_harmless_and_comes_back)
{
	uint16_t u[MAX_UNITS];

	for (int round = 0; round < 20000; round++) {
		size_t n = rnd(8) ? rnd(12) : rnd(MAX_UNITS);
		for (size_t i = 0; i < n; i++)
			u[i] = nasty();
		check_one(u, n);
	}
}
END_TEST

/* All names of one and two units out of a small alphabet are told apart. */
START_TEST(different_names_stay_different)
{
	static const uint16_t a[] = { '.', ' ', '%', '2', 'E', '-', '+', '~',
		                      '/', ':', 0xd800, 0xdc00 };
	const size_t n = sizeof(a) / sizeof(a[0]);
	static char seen[12 * 12][64];

	for (size_t i = 0; i < n * n; i++) {
		uint16_t u[2] = { a[i / n], a[i % n] };
		hl_name_escape(seen[i], 64, u, 2, false);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(seen[i], seen[k]);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("names");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, the_rule, 0, sizeof(rule) / sizeof(rule[0]));
	tcase_add_test(tc, deleted_at_the_top_is_ours);
	tcase_add_test(tc, lone_surrogates_keep_their_value);
	tcase_add_test(tc, a_nul_unit_is_kept);
	tcase_add_test(tc, a_long_name_goes_on_below);
	tcase_add_test(tc, a_part_may_not_be_a_device_either);
	tcase_add_test(tc, a_small_room_is_said);
	tcase_add_loop_test(tc, decoding_by_hand, 0,
	                    sizeof(decoded) / sizeof(decoded[0]));
	tcase_add_test(tc, every_name_is_harmless_and_comes_back);
	tcase_add_test(tc, different_names_stay_different);
	return test_main("names", tc, NULL);
}
