/* check_layout.c: flat names of hives: whose, no clash, no blank. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "lift/layout.h"
#include "testing.h"

#define MAX 8

static struct hl_volume volume;
static struct hl_hive hive[MAX];
static struct hl_hive *list[MAX];
static char paths[MAX][1024], users[MAX][1024];

/* Number i: a path, and its user or NULL. */
static void have(size_t i, const char *path, const char *user)
{
	struct hl_hive *h = &hive[i];
	const char *name = strrchr(path, '/') + 1;

	memset(h, 0, sizeof(*h));
	snprintf(volume.id, sizeof(volume.id), "3");
	snprintf(paths[i], sizeof(paths[i]), "%s", path);
	snprintf(users[i], sizeof(users[i]), "%s", user ? user : "");
	h->volume = &volume;
	h->path = paths[i];
	h->user = user ? users[i] : NULL;
	snprintf(h->entry.name, sizeof(h->entry.name), "%s", name);
	h->entry.n_name16 = (uint16_t)hl_utf16_from8(h->entry.name16,
	                                             HL_NAME_UNITS, name);
	list[i] = h;
}

static struct hl_layout *laid_out(size_t n)
{
	struct hl_layout *l;

	ck_assert_int_eq(hl_layout_list(&l, list, n, test_ctx()), HL_OK);
	return l;
}

static void is(struct hl_layout *l, size_t i, const char *want)
{
	ck_assert_str_eq(hl_layout_name(l, i), want);
}

START_TEST(names_tell_volume_and_user)
{
	have(0, "/Users/alice/NTUSER.DAT", "alice");
	have(1, "/Windows/System32/config/SYSTEM", NULL);
	have(2, "/Users/b\xc3\xb8 b/NTUSER.DAT", "b\xc3\xb8 b");
	have(3, "/Users/d/NTUSER.DAT", "d");
	hive[3].entry.flags = HL_ENTRY_DELETED;
	struct hl_layout *l = laid_out(4);
	is(l, 0, "v3_alice_NTUSER.DAT");
	is(l, 1, "v3_SYSTEM");
	is(l, 2, "v3_b\xc3\xb8%20b_NTUSER.DAT");
	is(l, 3, "v3.deleted_d_NTUSER.DAT");
	hl_layout_free(l);
}
END_TEST

/* "a" with "b_X" and "a_b" with "X" are two, and can be told apart. */
START_TEST(what_parts_the_name_is_escaped_in_it)
{
	have(0, "/Users/a/b_NTUSER.DAT", "a");
	have(1, "/Users/a_b/NTUSER.DAT", "a_b");
	have(2, "/x/SYSTEM_Delta", NULL);
	have(3, "/Users/SYSTEM/Delta", "SYSTEM");
	have(4, "/Users/../NTUSER.DAT", "../../etc/passwd");
	have(5, "/Users/%-/NTUSER.DAT", "%-");
	struct hl_layout *l = laid_out(6);
	is(l, 0, "v3_a_b_NTUSER.DAT");
	is(l, 1, "v3_a%5Fb_NTUSER.DAT");
	is(l, 2, "v3_%-_SYSTEM_Delta");
	is(l, 3, "v3_SYSTEM_Delta");
	is(l, 4, "v3_..%2F..%2Fetc%2Fpasswd_NTUSER.DAT");
	is(l, 5, "v3_%25-_NTUSER.DAT");
	hl_layout_free(l);
}
END_TEST

START_TEST(the_one_in_use_keeps_its_name)
{
	have(0, "/Windows.old/Windows/System32/config/SAM", NULL);
	have(1, "/Windows/System32/config/RegBack/sam", NULL);
	have(2, "/Windows/System32/config/SAM", NULL);
	have(3, "/Windows/System32/config/SAM", NULL); /* a damaged folder */
	struct hl_layout *l = laid_out(4);
	is(l, 2, "v3_SAM");
	is(l, 3, "v3%~2_SAM");
	is(l, 1, "v3%~3_sam");
	is(l, 0, "v3%~4_SAM");
	hl_layout_free(l);
}
END_TEST

/* Beside ".txt" and a number they fit into 255 bytes, cut where they may. */
START_TEST(long_names_are_cut_between_characters)
{
	char path[1024] = "/Users/x/", user[1024] = "";
	uint16_t units[512];
	struct hl_layout *l;

	for (size_t i = 0; i < 80; i++)
		memcpy(user + 3 * i, "\xe2\x82\xac", 4); /* a euro sign */
	for (size_t i = 0; i < 200; i++)
		path[9 + i] = i % 2 ? '%' : ' ';
	memcpy(path + 209, "NTUSER.DAT", 11);
	for (size_t i = 0; i < 2; i++)
		have(i, path, user);
	l = laid_out(2);
	for (size_t i = 0; i < 2; i++) {
		const char *s = hl_layout_name(l, i);
		size_t n = strlen(s);

		ck_assert_uint_le(n, 240);
		ck_assert_ptr_null(strpbrk(s, " /"));
		ck_assert_str_eq(s + n - 13, "%25NTUSER.DAT");
		ck_assert_uint_ne(hl_utf16_from8(units, 512, s), SIZE_MAX);
	}
	ck_assert_str_ne(hl_layout_name(l, 0), hl_layout_name(l, 1));
	hl_layout_free(l);
}
END_TEST

START_TEST(no_memory_leaks_nothing)
{
	struct hl_layout *l = NULL;
	enum hl_status st = HL_NOMEM;

	have(0, "/Users/alice/NTUSER.DAT", "alice");
	have(1, "/Windows.old/Users/alice/NTUSER.DAT", "alice");
	for (size_t n = 1; n < 50 && st == HL_NOMEM; n++) {
		test_fail_alloc(n);
		st = hl_layout_list(&l, list, 2, test_ctx());
		test_fail_alloc(0);
		if (st == HL_NOMEM) {
			ck_assert_ptr_null(l);
			ck_assert_uint_eq(test_mem_now(), 0);
		}
	}
	ck_assert_int_eq(st, HL_OK);
	hl_layout_free(l);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static TCase *cases(void)
{
	TCase *t = tcase_create("layout");

	tcase_add_test(t, names_tell_volume_and_user);
	tcase_add_test(t, what_parts_the_name_is_escaped_in_it);
	tcase_add_test(t, the_one_in_use_keeps_its_name);
	tcase_add_test(t, long_names_are_cut_between_characters);
	tcase_add_test(t, no_memory_leaks_nothing);
	return t;
}

int main(void)
{
	return test_main("layout", cases(), NULL);
}
