/* check_json.c: what the writer says, jansson and eyes must read back. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "testing.h"

struct text {
	char *p;
	size_t n;
	size_t fail_at; /* the sink fails when that many bytes would be in */
};

static bool keep(void *user, const void *p, size_t n)
{
	struct text *t = user;

	if (t->fail_at && t->n + n > t->fail_at)
		return false;
	t->p = realloc(t->p, t->n + n + 1);
	ck_assert_ptr_nonnull(t->p);
	memcpy(t->p + t->n, p, n);
	t->n += n;
	t->p[t->n] = '\0';
	return true;
}

static struct text text;
static struct hl_json json;

static void begin(bool indent)
{
	free(text.p);
	memset(&text, 0, sizeof(text));
	hl_json_init(&json, keep, &text, indent);
}

static json_t *parsed(void)
{
	json_error_t err;

	ck_assert(hl_json_flush(&json));
	json_t *root = json_loadb(text.p, text.n, JSON_DECODE_ANY, &err);
	ck_assert_msg(root != NULL, "%s: %s", err.text, text.p);
	return root;
}

START_TEST(a_line_is_exactly_these_bytes)
{
	begin(false);
	hl_json_object(&json);
	hl_json_kv(&json, "path", "/a");
	hl_json_ku(&json, "size", INT64_MAX);
	hl_json_ku(&json, "offset", (uint64_t)INT64_MAX + 1);
	hl_json_kb(&json, "deleted", false);
	hl_json_kn(&json, "user");
	hl_json_key(&json, "notes");
	hl_json_array(&json);
	hl_json_string(&json, "x");
	/* nothing for a terminal to obey */
	hl_json_string(&json, "\xe2\x80\xae\xc2\x9b\xf3\xa0\x81\x81\x7f");
	hl_json_u64(&json, 0);
	hl_json_object(&json);
	hl_json_object_end(&json);
	hl_json_array_end(&json);
	hl_json_object_end(&json);
	hl_json_newline(&json);
	hl_json_object(&json);
	hl_json_object_end(&json);
	hl_json_newline(&json);
	ck_assert(hl_json_flush(&json));
	ck_assert_str_eq(text.p,
	                 "{\"path\":\"/a\",\"size\":9223372036854775807,"
	                 "\"offset\":null,"
	                 "\"deleted\":false,\"user\":null,"
	                 "\"notes\":[\"x\","
	                 "\"\\u202e\\u009b\\udb40\\udc41\\u007f\",0,{}]}\n{}\n");
}
END_TEST

START_TEST(a_document_has_one_key_a_line)
{
	begin(true);
	hl_json_object(&json);
	hl_json_kv(&json, "a", NULL);
	hl_json_key(&json, "b");
	hl_json_array(&json);
	hl_json_bool(&json, true);
	hl_json_array_end(&json);
	hl_json_key(&json, "c");
	hl_json_array(&json);
	hl_json_array_end(&json);
	hl_json_object_end(&json);
	hl_json_newline(&json);
	ck_assert(hl_json_flush(&json));
	ck_assert_str_eq(text.p, "{\n \"a\": null,\n \"b\": [\n  true\n ],\n"
	                         " \"c\": []\n}\n");
}
END_TEST

/* What goes in, and what a reader must get out. */
static const struct {
	const char *in, *out;
} strings[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "\"\\/\b\f\n\r\t", "\"\\/\b\f\n\r\t" },
	{ "\x01\x0b\x1f\x7f", "\x01\x0b\x1f\x7f" },
	{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac",
	  "gr\xc3\xbc\xc3\x9f \xe2\x82\xac" },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
	/* what a terminal would obey, or not show */
	{ "a\xe2\x80\xae" "b", "a\xe2\x80\xae" "b" },
	{ "\xc2\x9b\xef\xbb\xbf", "\xc2\x9b\xef\xbb\xbf" },
	{ "\xf3\xa0\x81\x81", "\xf3\xa0\x81\x81" },
	/* a lone byte, a cut character at the end of the text */
	{ "a\xff", "a\xef\xbf\xbd" },
	{ "\x80z", "\xef\xbf\xbdz" },
	{ "\xc3", "\xef\xbf\xbd" },
	{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xf0\x9f\x98", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	/* over-long slash, a surrogate, beyond U+10FFFF */
	{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xf4\x90\x80\x80",
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

START_TEST(text_comes_back_through_jansson)
{
	begin(false);
	hl_json_string(&json, strings[_i].in);
	json_t *root = parsed();
	ck_assert_str_eq(json_string_value(root), strings[_i].out);
	json_decref(root);
}
END_TEST

/* Every pair of bytes as a string, and as a key: always valid JSON. */
START_TEST(any_two_bytes_stay_valid)
{
	begin(false);
	hl_json_object(&json);
	for (unsigned i = 0x101; i < 0x10000; i++) {
		char s[3] = { (char)(i >> 8), (char)i, 0 };
		if (!s[1])
			continue;
		hl_json_kv(&json, s, s);
	}
	hl_json_object_end(&json);
	json_decref(parsed());
}
END_TEST

START_TEST(long_text_crosses_the_buffer)
{
	size_t n = 3 * HL_JSON_BUFFER + 17;
	char *long_text = malloc(n + 1);

	memset(long_text, 'x', n);
	long_text[HL_JSON_BUFFER - 1] = '\n';
	long_text[n] = '\0';
	begin(false);
	hl_json_array(&json);
	hl_json_string(&json, long_text);
	hl_json_array_end(&json);
	json_t *root = parsed();
	ck_assert_str_eq(json_string_value(json_array_get(root, 0)), long_text);
	json_decref(root);
	free(long_text);
}
END_TEST

START_TEST(a_failing_sink_is_told_once_and_for_all)
{
	begin(false);
	text.fail_at = 10;
	hl_json_array(&json);
	for (int i = 0; i < 20000; i++)
		hl_json_string(&json, "abc");
	hl_json_array_end(&json);
	ck_assert(!hl_json_flush(&json));
	ck_assert(!hl_json_flush(&json));
	ck_assert_uint_eq(text.n, 0);
}
END_TEST

START_TEST(too_deep_is_a_failure_not_a_broken_document)
{
	begin(true);
	for (int i = 0; i < HL_JSON_DEPTH + 5; i++)
		hl_json_array(&json);
	for (int i = 0; i < HL_JSON_DEPTH + 5; i++)
		hl_json_array_end(&json);
	ck_assert(!hl_json_flush(&json));
	begin(false);
	hl_json_object_end(&json);
	ck_assert(!hl_json_flush(&json));
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("json");

	tcase_add_test(tc, a_line_is_exactly_these_bytes);
	tcase_add_test(tc, a_document_has_one_key_a_line);
	tcase_add_loop_test(tc, text_comes_back_through_jansson, 0,
	                    sizeof(strings) / sizeof(strings[0]));
	tcase_add_test(tc, any_two_bytes_stay_valid);
	tcase_add_test(tc, long_text_crosses_the_buffer);
	tcase_add_test(tc, a_failing_sink_is_told_once_and_for_all);
	tcase_add_test(tc, too_deep_is_a_failure_not_a_broken_document);
	return test_main("json", tc, NULL);
}
