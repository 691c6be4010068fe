/* check_xml.c: well-formed whatever a name holds. */
#include <stdio.h>
#include <string.h>

#include "lift/xml.h"
#include "testing.h"

static char got[8192];
static size_t n_got;

static bool take(void *user, const void *p, size_t n)
{
	(void)user;
	if (n > sizeof(got) - 1 - n_got)
		return true;
	memcpy(got + n_got, p, n);
	n_got += n;
	return true;
}

#define R "\xef\xbf\xbd"

static const struct {
	const char *text, *xml;
} rule[] = {
	{ "SYSTEM", "SYSTEM" },
	{ "<a>&amp;'\"", "&lt;a&gt;&amp;amp;'\"" },
	{ "]]>", "]]&gt;" },
	{ "a\001b\tc\nd\x7f", "a" R "b" R "c" R "d" R },
	{ "\xc2\x85\xc2\xa0", R R "\xc2\xa0" },     /* C1 control, blank */
	{ "\xef\xbf\xbe\xef\xbf\xbf", R R R R R R }, /* U+FFFE, U+FFFF */
	{ R, R },
	{ "\xed\xa0\x80", R R R },                   /* a lone surrogate */
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	{ "\xf4\x90\x80\x80", R R R R },             /* beyond U+10FFFF */
	{ "\xc0\xaf\xe0\x80\xaf", R R R R R },       /* over-long */
	{ "gr\xc3", "gr" R },                        /* cut */
};

START_TEST(text_is_what_xml_can_hold)
{
	const struct hl_time never = { .kind = HL_TIME_NONE };
	struct hl_list l = { .failed = HL_OK };
	struct hl_outdir *d;

	n_got = 0;
	ck_assert_int_eq(hl_outdir_tar(&d, take, NULL, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_outfile_create(&l.file, d, "x.part"), HL_OK);
	hl_xml_text(&l, rule[_i].text);
	hl_xml_element(&l, "none", "");
	hl_xml_element(&l, "none", NULL);
	hl_xml_time(&l, "none", never);
	hl_xml_number(&l, "n", UINT64_MAX);
	ck_assert_int_eq(hl_list_done(&l), HL_OK);
	hl_list_free(&l);
	ck_assert_int_eq(hl_outdir_rename(d, "x.part", "x"), HL_OK);
	got[n_got] = '\0';
	size_t n = strlen(rule[_i].xml);
	ck_assert_mem_eq(got + 512, rule[_i].xml, n);
	ck_assert_str_eq(got + 512 + n, "<n>18446744073709551615</n>\n");
	hl_outdir_close(d);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("xml");

	tcase_add_loop_test(t, text_is_what_xml_can_hold, 0,
	                    sizeof(rule) / sizeof(rule[0]));
	return t;
}

int main(void)
{
	return test_main("xml", cases(), NULL);
}
