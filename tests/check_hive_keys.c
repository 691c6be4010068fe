/* check_hive_keys.c: the look into a hive, by real hives and hostile ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hive/hive_keys.h"
#include "hive/hive_role.h"
#include "replay_build.h"

#define YARP "hives/msuhanov__yarp/hives_for_tests/"
#define REGIPY "hives/mkorman90__regipy/regipy_tests/data/"

static const struct {
	const char *file, *role, *name, *root;
} real[] = {
	{ REGIPY "BCD", "BCD", "BCD", "NewStoreRoot" },
	{ REGIPY "SAM", "SAM", "SAM", NULL },
	{ REGIPY "SECURITY", "SECURITY", "SECURITY", NULL },
	{ REGIPY "transactions_NTUSER.DAT", "NTUSER", "ntuser.dat", "ROOT" },
	{ YARP "System_Delta", "", "system_Delta", NULL },
	{ YARP "EmptyHive", "", NULL, NULL },
};

START_TEST(real_hives_have_their_role)
{
	const char *path = test_corpus(real[_i].file);
	struct hl_hive_role role;
	struct hl_src *src;

	if (!path)
		SKIP("no corpus");
	ck_assert_int_eq(hl_src_file(&src, path, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_hive_role(&role, src), HL_OK);
	ck_assert_str_eq(role.role, real[_i].role);
	if (real[_i].name)
		ck_assert_str_eq(role.name, real[_i].name);
	if (real[_i].root)
		ck_assert_msg(strstr(role.root_name, real[_i].root),
		              "%s", role.root_name);
	ck_assert(!role.log);
	hl_src_close(src);
}
END_TEST

/* ---- built by hand -------------------------------------------------------- */

static struct blob b;
static uint32_t next; /* free place in the bins */

static uint8_t *cell(uint32_t n, uint32_t *at)
{
	uint32_t size = (n + 4 + 7) & ~7u;
	uint8_t *p = b.p + 4096 + next;

	*at = next;
	put32(p, 0u - size);
	next += size;
	return p + 4;
}

static uint32_t put_key(const char *name)
{
	size_t n = strlen(name);
	uint32_t at;
	uint8_t *p = cell(0x4c + (uint32_t)n, &at);

	memcpy(p, "nk", 2);
	put16(p + 2, 0x20); /* name of one byte a character */
	put32(p + 0x1c, 0xffffffff);
	put32(p + 0x28, 0xffffffff);
	put16(p + 0x48, (unsigned)n);
	memcpy(p + 0x4c, name, n);
	return at;
}

static uint8_t *at_cell(uint32_t at)
{
	return b.p + 4096 + at + 4;
}

/* A list of that kind under a key, or under another list. */
static uint32_t put_list(const char *kind, const uint32_t *item, uint32_t n)
{
	uint32_t step = kind[1] == 'f' || kind[1] == 'h' ? 8 : 4, at;
	uint8_t *p = cell(4 + step * n, &at);

	memcpy(p, kind, 2);
	put16(p + 2, n);
	for (uint32_t i = 0; i < n; i++)
		put32(p + 4 + step * i, item[i]);
	return at;
}

static void begin(void)
{
	build_hive(&b, 1, 1, 1);
	next = 32;
	(void)put_key("R");
}

static void subkeys(uint32_t key, uint32_t n, uint32_t list)
{
	put32(at_cell(key) + 0x14, n);
	put32(at_cell(key) + 0x1c, list);
}

static size_t count(struct hive_tree *t, const struct hive_key *key)
{
	struct hive_key sub;
	uint32_t i = 0;
	size_t n = 0;

	while (hl_tree_next(t, key, &i, &sub) == HL_OK)
		n++;
	return n;
}

static struct hl_src *open_tree(struct hive_tree *t, struct hive_key *root)
{
	struct hl_src *src;

	ck_assert_int_eq(hl_src_mem(&src, b.p, b.n, false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_tree_open(t, src, root), HL_OK);
	return src;
}

START_TEST(every_kind_of_list_is_walked)
{
	static const char *const kinds[] = { "lf", "lh", "li" };
	struct hive_tree t;
	struct hive_key root, key;
	uint32_t item[4], two[2];

	begin();
	for (int i = 0; i < 4; i++)
		item[i] = put_key((const char *[]){ "a", "b", "c",
		                                    "d e" }[i]);
	two[0] = put_list(kinds[_i], item, 3);
	two[1] = put_list(kinds[_i], item + 3, 1);
	subkeys(32, 4, put_list("ri", two, 2));
	struct hl_src *src = open_tree(&t, &root);
	ck_assert_str_eq(root.name, "R");
	ck_assert_uint_eq(count(&t, &root), 4);
	ck_assert_int_eq(hl_tree_find(&t, &root, "D E", &key), HL_OK);
	ck_assert_str_eq(key.name, "d e");
	ck_assert_int_eq(hl_tree_find(&t, &root, "x", &key), HL_END);
	ck_assert_int_eq(hl_tree_find(&t, &root, "a/x", &key), HL_END);
	hl_src_close(src);
}
END_TEST

START_TEST(lists_that_name_each_other_end)
{
	struct hive_tree t;
	struct hive_key root;
	uint32_t self[2] = { 0, 0 };

	begin();
	uint32_t list = put_list("ri", self, 2);
	put32(at_cell(list) + 4, list);
	put32(at_cell(list) + 8, list);
	subkeys(32, 0xffffffff, list);
	struct hl_src *src = open_tree(&t, &root);
	ck_assert_uint_eq(count(&t, &root), 0);
	hl_src_close(src);
	/* and a key that is its own subkey is found once for each entry */
	begin();
	self[0] = self[1] = 32;
	subkeys(32, 2, put_list("li", self, 2));
	src = open_tree(&t, &root);
	ck_assert_uint_eq(count(&t, &root), 2);
	hl_src_close(src);
}
END_TEST

START_TEST(hostile_numbers_are_not_found)
{
	struct hive_tree t;
	struct hive_key root;
	uint32_t one;

	begin();
	one = put_key("a");
	uint32_t list = put_list("lf", &one, 1);
	subkeys(32, 0xffffffff, list);
	put16(at_cell(list) + 2, 0xffff); /* more than the cell has */
	struct hl_src *src = open_tree(&t, &root);
	ck_assert_uint_eq(count(&t, &root), 1);
	hl_src_close(src);
	put32(at_cell(list) + 4, 0xfffffff8); /* outside the bins */
	src = open_tree(&t, &root);
	ck_assert_uint_eq(count(&t, &root), 0);
	hl_src_close(src);
	put32(at_cell(32) - 4, 0x80000000); /* a cell of 2 GiB */
	ck_assert_int_eq(hl_src_mem(&src, b.p, b.n, false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_tree_open(&t, src, &root), HL_END);
	hl_src_close(src);
}
END_TEST

/* NT 3.1: a dword more before each key, names in UTF-16LE. */
START_TEST(nt_31_is_read_too)
{
	struct hive_tree t;
	struct hive_key root;
	struct hl_src *src;
	uint8_t *p;

	build_hive(&b, 1, 1, 1);
	put32(b.p + 24, 1);
	seal(b.p);
	memset(b.p + 4096 + 32, 0, 200);
	p = b.p + 4096 + 32;
	put32(p, 0u - 112u);
	memcpy(p + 8, "nk", 2);
	put16(p + 8 + 0x48, 8);
	put_utf16(p + 8 + 0x4c, "ROOT");
	ck_assert_int_eq(hl_src_mem(&src, b.p, b.n, false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_tree_open(&t, src, &root), HL_OK);
	ck_assert(t.old);
	ck_assert_str_eq(root.name, "ROOT");
	hl_src_close(src);
}
END_TEST

START_TEST(values_are_read_inline_and_far)
{
	struct hive_tree t;
	struct hive_key root;
	struct hive_value v;
	uint32_t list[2], far, at;
	char text[64];
	uint8_t *p;

	begin();
	p = cell(12, &far);
	put_utf16(p, "hello");
	p = cell(20 + 1, &at); /* vk "s": REG_SZ, 12 bytes elsewhere */
	memcpy(p, "vk", 2);
	put16(p + 2, 1);
	put32(p + 4, 12);
	put32(p + 8, far);
	put32(p + 12, 1);
	put16(p + 16, 1);
	p[20] = 's';
	list[0] = at;
	p = cell(20 + 1, &at); /* vk "d": REG_DWORD 7 in its place */
	memcpy(p, "vk", 2);
	put16(p + 2, 1);
	put32(p + 4, 0x80000004);
	put32(p + 8, 7);
	put32(p + 12, 4);
	put16(p + 16, 1);
	p[20] = 'd';
	list[1] = at;
	p = cell(8, &at);
	put32(p, list[0]);
	put32(p + 4, list[1]);
	put32(at_cell(32) + 0x24, 2);
	put32(at_cell(32) + 0x28, at);
	struct hl_src *src = open_tree(&t, &root);
	ck_assert_int_eq(hl_tree_value(&t, &root, "S", &v), HL_OK);
	ck_assert(hl_value_text(&v, text, sizeof(text)));
	ck_assert_str_eq(text, "hello");
	ck_assert_int_eq(hl_tree_value(&t, &root, "d", &v), HL_OK);
	ck_assert_uint_eq(v.n, 4);
	ck_assert_uint_eq(v.data[0], 7);
	ck_assert(!hl_value_text(&v, text, sizeof(text)));
	ck_assert_int_eq(hl_tree_value(&t, &root, "x", &v), HL_END);
	hl_src_close(src);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("keys");

	tcase_add_loop_test(tc, real_hives_have_their_role, 0,
	                    (int)(sizeof(real) / sizeof(real[0])));
	tcase_add_loop_test(tc, every_kind_of_list_is_walked, 0, 3);
	tcase_add_test(tc, lists_that_name_each_other_end);
	tcase_add_test(tc, hostile_numbers_are_not_found);
	tcase_add_test(tc, nt_31_is_read_too);
	tcase_add_test(tc, values_are_read_inline_and_far);
	return test_main("hive_keys", tc, NULL);
}
