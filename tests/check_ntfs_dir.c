/*
 * check_ntfs_dir.c: folders built by hand: order, damage, case, short names;
 * and the state of the volume, which is found through folders.
 */
#include <stdio.h>

#include "ntfs_build.h"

static struct nb *b;
static struct hl_src *src;
static struct hl_fs *fs;

static void setup(void)
{
	b = nb_new();
	src = NULL;
	fs = NULL;
	test_forget_notes();
}

static void teardown(void)
{
	hl_fs_close(fs);
	hl_src_close(src);
	free(b);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static void open_it(void)
{
	nb_finish(b);
	ck_assert_int_eq(hl_src_mem(&src, b->v, NB_SIZE, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_fs_open(&fs, src, test_ctx()), HL_OK);
}

/*
 * The root folder as a tree of two levels:
 *
 *	         [ m | last ]
 *	        /        \
 *	  0 [ a b ]    1 [ x z ]        blocks in clusters 20 and 21
 */
static void tree(int64_t right)
{
	static const struct nb_runs blocks = {
		.highest = 1, .allocated = 8192, .size = 8192, .valid = 8192,
		.runs = { 0x11, 2, 20 }, .n = 4,
	};
	uint8_t e[800];
	size_t n;
	unsigned i;

	n = nb_entry(e, 10, 1, "m", 0);
	n += nb_entry(e + n, 0, 0, NULL, right);
	nb_record(b, 5, 5, 3);
	nb_file_name(b, 5, ".");
	nb_root(b, e, n, true);
	nb_mapped(b, 0xa0, "$I30", &blocks);
	nb_resident(b, 0xb0, "$I30", "\3\0\0\0\0\0\0\0", 8);
	nb_end(b);
	n = nb_entry(e, 8, 1, "a", -1);
	n += nb_entry(e + n, 9, 1, "b", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_indx(b, 20, 0, e, n, false);
	n = nb_entry(e, 11, 1, "x", -1);
	n += nb_entry(e + n, 12, 1, "z", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_indx(b, 21, 1, e, n, false);
	for (i = 8; i <= 12; i++) {
		nb_record(b, i, 1, 1);
		nb_end(b);
	}
}

/* The names of the root folder, run together; *skipped counts HL_CORRUPT. */
static const char *names(unsigned how, int *skipped)
{
	static char all[4096];
	struct hl_fs_iter *it;
	struct hl_entry e;
	enum hl_status st;

	all[0] = 0;
	*skipped = 0;
	ck_assert_int_eq(hl_fs_root(fs, &e), HL_OK);
	ck_assert_int_eq(hl_fs_list(&it, fs, &e.ref, how), HL_OK);
	while ((st = hl_fs_next(it, &e)) != HL_END) {
		ck_assert(st == HL_OK || st == HL_CORRUPT);
		if (st == HL_CORRUPT)
			++*skipped;
		else
			snprintf(all + strlen(all), sizeof(all) - strlen(all),
			         "%s ", e.name);
		ck_assert_int_lt(*skipped, 20);
	}
	hl_fs_iter_close(it);
	return all;
}

static enum hl_status find(const char *path, uint64_t *record)
{
	struct hl_entry e;
	enum hl_status st = hl_fs_find(fs, path, &e);

	*record = st == HL_OK ? e.ref.id : 0;
	return st;
}

START_TEST(a_tree_in_order)
{
	static const char *const name[] = { "a", "B", "m", "X", "z" };
	uint64_t record, i;
	int skipped;

	tree(1);
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "a b m x z ");
	ck_assert_str_eq(names(HL_LIST_FULL, &skipped), "a b m x z ");
	ck_assert_int_eq(skipped, 0);
	for (i = 0; i < 5; i++) {
		ck_assert_int_eq(find(name[i], &record), HL_OK);
		ck_assert_uint_eq(record, 8 + i);
	}
	ck_assert_int_eq(find("n", &record), HL_END);
	ck_assert_int_eq(find("0", &record), HL_END);
	ck_assert_int_eq(find("zz", &record), HL_END);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_lookup_reads_only_its_path)
{
	uint64_t record;

	tree(1);
	memset(nb_cluster(b, 21), 0xff, 4096); /* not on the way to "a" */
	open_it();
	test_forget_notes();
	ck_assert_int_eq(find("a", &record), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_broken_block_costs_its_own_names)
{
	uint64_t record;
	int skipped;

	tree(1);
	memset(nb_cluster(b, 21), 0xff, 4096);
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "a b m $MFT ");
	ck_assert_int_ge(skipped, 1);
	ck_assert(test_noted(HL_LOSS, "block 1 of its index is damaged"));
	/* what may be in there is not "not there" */
	ck_assert_int_eq(find("x", &record), HL_CORRUPT);
}
END_TEST

/* What the index has lost, the records say themselves: once each. */
START_TEST(names_of_a_broken_block_come_from_the_records)
{
	static const char *const name[] = { "a", "b", "m", "x", "z" };
	uint64_t record;
	int skipped;
	unsigned i;

	tree(1);
	for (i = 0; i < 5; i++) {
		nb_record(b, 8 + i, 1, 1);
		nb_file_name(b, 5, name[i]);
		nb_end(b);
	}
	memset(nb_cluster(b, 21), 0xff, 4096);
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "a b m $MFT x z ");
	ck_assert(test_noted(HL_LOSS, "names are taken from the records"));
	ck_assert_int_eq(find("x", &record), HL_OK);
	ck_assert_uint_eq(record, 11);
	ck_assert_int_eq(find("Z", &record), HL_OK);
	ck_assert_uint_eq(record, 12);
}
END_TEST

START_TEST(a_torn_block_is_said_and_used)
{
	int skipped;

	tree(1);
	nb_cluster(b, 21)[4095] ^= 1;
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "a b m x z $MFT ");
	ck_assert(test_noted(HL_LOSS, "is torn"));
}
END_TEST

START_TEST(blocks_that_the_tree_lost_are_swept)
{
	uint64_t record;
	int skipped;

	tree(99); /* the child of the last entry lies nowhere */
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "a b m x z $MFT ");
	ck_assert_int_eq(skipped, 1);
	ck_assert(test_noted(HL_INFO, "that the tree does not reach"));
	ck_assert_int_eq(find("z", &record), HL_OK);
	ck_assert_uint_eq(record, 12);
}
END_TEST

START_TEST(a_tree_that_loops_ends)
{
	uint8_t e[400];
	size_t n;
	int skipped;
	uint64_t record;

	tree(1);
	n = nb_entry(e, 11, 1, "x", 1); /* its own child */
	n += nb_entry(e + n, 0, 0, NULL, 0);
	nb_indx(b, 21, 1, e, n, true);
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "a b m x $MFT ");
	ck_assert(test_noted(HL_LOSS, "used twice"));
	ck_assert_int_eq(find("w", &record), HL_CORRUPT);
}
END_TEST

START_TEST(a_tree_out_of_order_is_searched_whole)
{
	uint8_t e[400];
	uint64_t record;
	size_t n;

	tree(1);
	n = nb_entry(e, 9, 1, "b", -1);
	n += nb_entry(e + n, 8, 1, "a", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_indx(b, 20, 0, e, n, false);
	open_it();
	ck_assert_int_eq(find("c", &record), HL_CORRUPT);
	ck_assert(test_noted(HL_LOSS, "all of it is searched"));
	ck_assert_int_eq(find("a", &record), HL_OK);
	ck_assert_uint_eq(record, 8);
}
END_TEST

START_TEST(children_in_each_others_place)
{
	uint8_t e[400];
	uint64_t record;
	size_t n;

	tree(1);
	n = nb_entry(e, 10, 1, "m", 1);
	n += nb_entry(e + n, 0, 0, NULL, 0);
	nb_record(b, 5, 5, 3);
	nb_root(b, e, n, true);
	nb_mapped(b, 0xa0, "$I30", &(struct nb_runs){
		.highest = 1, .allocated = 8192, .size = 8192, .valid = 8192,
		.runs = { 0x11, 2, 20 }, .n = 4 });
	nb_end(b);
	open_it();
	ck_assert_int_eq(find("a", &record), HL_OK);
	ck_assert_uint_eq(record, 8);
	ck_assert(test_noted(HL_LOSS, "all of it is searched"));
}
END_TEST

/* ---- case and short names ------------------------------------------------ */

static void two_cases(bool sensitive)
{
	uint8_t e[400], std[0x48] = { 0 };
	size_t n;

	n = nb_entry(e, 8, 1, "Name", -1);
	n += nb_entry(e + n, 9, 1, "name", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	put32(std + 0x28, sensitive); /* where versions would be */
	nb_record(b, 5, 5, 3);
	nb_resident(b, 0x10, "", std, sizeof(std));
	nb_root(b, e, n, false);
	nb_end(b);
	nb_record(b, 8, 1, 1);
	nb_end(b);
	nb_record(b, 9, 1, 1);
	nb_end(b);
	open_it();
}

START_TEST(exact_case_wins)
{
	uint64_t record;

	two_cases(_i);
	ck_assert_int_eq(find("Name", &record), HL_OK);
	ck_assert_uint_eq(record, 8);
	ck_assert_int_eq(find("name", &record), HL_OK);
	ck_assert_uint_eq(record, 9);
	ck_assert_int_eq(find("NAME", &record), _i ? HL_END : HL_OK);
}
END_TEST

START_TEST(short_names_are_found_and_not_listed)
{
	uint8_t e[400];
	uint64_t record;
	size_t n, dos;
	int skipped;

	n = nb_entry(e, 8, 1, "A long name", -1);
	dos = n;
	n += nb_entry(e + n, 8, 1, "ALONGN~1", -1);
	e[dos + 0x10 + 0x41] = 2;
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_record(b, 5, 5, 3);
	nb_root(b, e, n, false);
	nb_end(b);
	nb_record(b, 8, 1, 1);
	nb_end(b);
	open_it();
	ck_assert_str_eq(names(HL_LIST_NAMES, &skipped), "A long name ");
	ck_assert_str_eq(names(HL_LIST_SHORT, &skipped),
	                 "A long name ALONGN~1 ");
	ck_assert_int_eq(find("alongn~1", &record), HL_OK);
	ck_assert_uint_eq(record, 8);
}
END_TEST

/* ---- the volume's state -------------------------------------------------- */

#define STORE "{9a6a8d0c-2d5c-11ea-978f-2e728ce88125}" \
              "{3808876b-c176-4e48-b7ae-04046e6cc752}"

static void state_volume(const char *hiber, unsigned flags)
{
	uint8_t e[800], info[12] = { 0 };
	size_t n;

	n = nb_entry(e, 8, 1, "hiberfil.sys", -1);
	n += nb_entry(e + n, 9, 1, "System Volume Information", -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_record(b, 5, 5, 3);
	nb_root(b, e, n, false);
	nb_end(b);
	nb_record(b, 8, 1, 1);
	nb_resident(b, 0x80, "", hiber, 8);
	nb_end(b);
	n = nb_entry(e, 10, 1, STORE, -1);
	n += nb_entry(e + n, 11, 1, "{3808876B-C176-4e48-B7AE-04046E6CC752}",
	              -1);
	n += nb_entry(e + n, 0, 0, NULL, -1);
	nb_record(b, 9, 1, 3);
	nb_root(b, e, n, false);
	nb_end(b);
	info[8] = 3;
	info[9] = 1;
	put16(info + 10, flags);
	nb_record(b, 3, 3, 1);
	nb_resident(b, 0x70, "", info, sizeof(info));
	nb_end(b);
	open_it();
}

struct state_row { const char *magic; bool hibernated; };
static const struct state_row states[] = {
	{ "hibr\0\0\0", true }, { "HIBR\0\0\0", true },
	{ "wake\0\0\0", false }, { "RSTR\0\0\0", false },
	{ "\0\0\0\0\0\0\0", false },
};

START_TEST(state_of_the_volume)
{
	state_volume(states[_i].magic, _i & 1);
	ck_assert_int_eq(hl_fs_info(fs)->hibernated, states[_i].hibernated);
	ck_assert_int_eq(hl_fs_info(fs)->dirty, _i & 1);
	/* the catalogue alone is no snapshot */
	ck_assert_uint_eq(hl_fs_info(fs)->shadow_copies, 1);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

static TCase *trees(void)
{
	TCase *t = tcase_create("trees");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_tree_in_order);
	tcase_add_test(t, a_lookup_reads_only_its_path);
	tcase_add_test(t, a_broken_block_costs_its_own_names);
	tcase_add_test(t, names_of_a_broken_block_come_from_the_records);
	tcase_add_test(t, a_torn_block_is_said_and_used);
	tcase_add_test(t, blocks_that_the_tree_lost_are_swept);
	tcase_add_test(t, a_tree_that_loops_ends);
	tcase_add_test(t, a_tree_out_of_order_is_searched_whole);
	tcase_add_test(t, children_in_each_others_place);
	tcase_add_loop_test(t, exact_case_wins, 0, 2);
	tcase_add_test(t, short_names_are_found_and_not_listed);
	tcase_add_loop_test(t, state_of_the_volume, 0,
	                    sizeof(states) / sizeof(states[0]));
	return t;
}

int main(void)
{
	return test_main("ntfs_dir", trees(), NULL);
}
