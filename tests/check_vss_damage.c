/*
 * check_vss_damage.c: what is left of shadow copies when something of them is
 * damaged: the others are read, the loss is said, and nothing is made up.
 */
#include "vss_build.h"

struct rig {
	struct vb b;
	struct hl_src *live, *other;
	struct hl_vss *vss;
};

/* Copy 1 keeps block 20, copy 2 blocks 21 and 22. */
static void build(struct rig *r)
{
	memset(r, 0, sizeof(*r));
	vb_new(&r->b);
	vb_copy(&r->b, 1, 0x40);
	vb_store(&r->b, 1, 64);
	vb_copy(&r->b, 2, 0x40);
	vb_store(&r->b, 2, 80);
	vb_keep(&r->b, 65, 20, 70, 'a');
	vb_keep(&r->b, 81, 21, 90, 'b');
	vb_keep(&r->b, 81, 22, 91, 'c');
}

static enum hl_status open_rig(struct rig *r)
{
	ck_assert_int_eq(hl_src_mem(&r->live, r->b.v, VB_SIZE, false,
	                            test_ctx()), HL_OK);
	return hl_vss_open(&r->vss, &(struct hl_vss_area){ .src = r->live },
	                   NULL, 0, test_ctx());
}

/* As if a file system knew where the blocks of the catalogue are. */
static enum hl_status open_hinted(struct rig *r, size_t n, bool expected)
{
	struct hl_vss_area area = {
		.block = { VB_AT(1), VB_AT(2) }, .n_blocks = n,
		.expected = expected };

	ck_assert_int_eq(hl_src_mem(&r->live, r->b.v, VB_SIZE, false,
	                            test_ctx()), HL_OK);
	area.src = r->live;
	return hl_vss_open(&r->vss, &area, NULL, 0, test_ctx());
}

static void close_rig(struct rig *r)
{
	hl_vss_close(r->vss);
	hl_src_close(r->live);
	hl_src_close(r->other);
	free(r->b.v);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static char letter(struct rig *r, size_t i, unsigned block,
                   enum hl_quality quality)
{
	struct hl_src *s = hl_vss_copy(r->vss, i)->src;
	struct hl_extent e;
	uint8_t c;

	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(hl_src_read(s, VB_AT(block), &c, 1, NULL), HL_OK);
	ck_assert_int_eq(hl_src_locate(s, VB_AT(block), &e), HL_OK);
	ck_assert_uint_eq(e.quality, quality);
	return (char)c;
}

START_TEST(a_volume_without_any)
{
	struct rig r;

	build(&r);
	memset(r.b.v + 0x1e00, 0, 512);
	ck_assert_int_eq(open_rig(&r), HL_END);
	ck_assert_ptr_null(r.vss);
	close_rig(&r);
	build(&r);
	put64(r.b.v + 0x1e00 + 48, 0); /* no catalogue */
	ck_assert_int_eq(open_rig(&r), HL_END);
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(catalogues_that_lead_astray)
{
	static const uint64_t where[] = { VB_AT(300), 1, VB_SIZE,
	                                  UINT64_MAX - 511 };
	struct rig r;

	for (size_t i = 0; i < sizeof(where) / sizeof(*where); i++) {
		build(&r);
		put64(r.b.v + 0x1e00 + 48, where[i]);
		ck_assert_int_eq(open_rig(&r), HL_CORRUPT);
		ck_assert(test_noted(HL_LOSS, "the catalogue is damaged"));
		test_forget_notes();
		close_rig(&r);
	}
}
END_TEST

START_TEST(without_a_header_its_file_leads_to_it)
{
	struct rig r;

	for (int how = 0; how < 3; how++) {
		build(&r);
		if (how == 0)
			memset(r.b.v + 0x1e00, 0, 512);
		else if (how == 1) /* it leads astray */
			put64(r.b.v + 0x1e00 + 48, VB_AT(300));
		else /* Windows knows of no copies any more */
			put64(r.b.v + 0x1e00 + 48, 0);
		ck_assert_int_eq(open_hinted(&r, 2, true), HL_OK);
		ck_assert_uint_eq(hl_vss_count(r.vss), 2);
		ck_assert_int_eq(letter(&r, 0, 20, HL_Q_OK), 'a');
		ck_assert_int_eq(letter(&r, 1, 21, HL_Q_OK), 'b');
		ck_assert(test_noted(HL_LOSS, "2 of 2 blocks of the catalogue "
		                     "were found by the file that holds it"));
		test_forget_notes();
		close_rig(&r);
	}
}
END_TEST

/* Its file is left behind when the last copy is deleted. */
START_TEST(a_file_of_no_stores_is_not_asked)
{
	struct rig r;

	build(&r);
	put64(r.b.v + 0x1e00 + 48, 0);
	ck_assert_int_eq(open_hinted(&r, 2, false), HL_END);
	close_rig(&r);
	build(&r);
	memset(r.b.v + 0x1e00, 0, 512);
	memset(r.b.v + VB_AT(1), 0, 2 * VB_BLOCK);
	ck_assert_int_eq(open_hinted(&r, 2, false), HL_END);
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(what_a_broken_chain_leads_to_is_found_by_its_file)
{
	struct rig r;

	memset(&r, 0, sizeof(r));
	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_store(&r.b, 1, 64);
	r.b.n_entries = 127; /* of the second block */
	vb_copy(&r.b, 2, 0x40);
	vb_store(&r.b, 2, 80);
	vb_keep(&r.b, 65, 20, 70, 'a');
	vb_keep(&r.b, 81, 21, 90, 'b');
	put64(r.b.v + VB_AT(1) + 40, VB_AT(200));
	ck_assert_int_eq(open_hinted(&r, 2, true), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 2);
	ck_assert_int_eq(letter(&r, 0, 21, HL_Q_OK), 'b');
	ck_assert_int_eq(letter(&r, 1, 21, HL_Q_OK), 'b');
	ck_assert(test_noted(HL_LOSS, "the catalogue is damaged from"));
	close_rig(&r);
}
END_TEST

START_TEST(without_a_file_it_is_searched_for)
{
	struct rig r;

	build(&r);
	memset(r.b.v + 0x1e00, 0, 512);
	ck_assert_int_eq(open_hinted(&r, 0, true), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 2);
	ck_assert_int_eq(letter(&r, 0, 20, HL_Q_OK), 'a');
	ck_assert(test_noted(HL_LOSS, "found by a search, at 16384"));
	close_rig(&r);
	build(&r);
	memset(r.b.v + 0x1e00, 0, 512);
	memset(r.b.v + VB_AT(1), 0, 2 * VB_BLOCK);
	ck_assert_int_eq(open_hinted(&r, 0, true), HL_END);
	close_rig(&r);
}
END_TEST

START_TEST(an_entry_that_is_wiped_is_missed)
{
	struct rig r;

	build(&r);
	memset(r.b.v + VB_AT(1) + 128, 0, 128); /* the first copy's */
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 1);
	ck_assert(test_noted(HL_LOSS, "1 entries of the catalogue are "
	                     "damaged"));
	ck_assert(test_noted(HL_INFO, "the store {01010101-0101-0101-0101-"
	                     "010101010101} of no copy of this volume"));
	close_rig(&r);
}
END_TEST

START_TEST(its_second_block_is_gone)
{
	struct rig r;

	build(&r);
	memset(r.b.v + VB_AT(2), 0, 16);
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 2);
	ck_assert_int_eq(letter(&r, 0, 20, HL_Q_OK), 'a');
	ck_assert(test_noted(HL_LOSS, "copies may be missing"));
	close_rig(&r);
}
END_TEST

START_TEST(a_catalogue_in_circles_ends)
{
	struct rig r;

	build(&r);
	put64(r.b.v + VB_AT(2) + 40, VB_AT(1));
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 2);
	ck_assert(test_noted(HL_LOSS, "copies may be missing"));
	close_rig(&r);
}
END_TEST

START_TEST(entries_of_no_kind)
{
	struct rig r;

	build(&r);
	put64(vb_entry(&r.b), 99);
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 2);
	ck_assert(test_noted(HL_LOSS, "entries of the catalogue are damaged"));
	close_rig(&r);
}
END_TEST

START_TEST(a_store_is_nowhere)
{
	struct rig r;

	build(&r);
	memset(r.b.v + VB_AT(1) + 128 + 3 * 128 + 16, 0x77, 16);
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_ptr_null(hl_vss_copy(r.vss, 1)->src);
	ck_assert_str_eq(hl_vss_copy(r.vss, 1)->unread,
	                 "its store is not on this disk");
	/* what it may have kept is now anybody's guess for older ones */
	ck_assert_int_eq(letter(&r, 0, 20, HL_Q_OK), 'a');
	ck_assert_int_eq(letter(&r, 0, 21, HL_Q_UNKNOWN), 'A' + 21);
	close_rig(&r);
}
END_TEST

/* Windows writes there which volume it is. */
START_TEST(whose_store_is_nowhere_is_told_where_to_look)
{
	struct rig r;

	build(&r);
	memset(r.b.v + VB_AT(1) + 128 + 3 * 128 + 16, 0x77, 16);
	memset(r.b.v + 0x1e00 + 0x40, 0x11, 16);
	memset(r.b.v + 0x1e00 + 0x50, 0x22, 16);
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_str_eq(hl_vss_copy(r.vss, 1)->unread,
	                 "its store is not on this disk but on volume "
	                 "{22222222-2222-2222-2222-222222222222} (--with "
	                 "IMAGE)");
	close_rig(&r);
}
END_TEST

/*
 * A volume that keeps stores of another one beside its own: libvshadow takes
 * the list of the last one for that of the only copy.
 */
START_TEST(stores_of_another_volume_are_not_mixed_with_its_own)
{
	struct hl_ranges bad;
	struct rig r;
	uint8_t c;

	memset(&r, 0, sizeof(r));
	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_store(&r.b, 1, 64);
	vb_store(&r.b, 7, 80);
	vb_keep(&r.b, 65, 20, 70, 'a');
	vb_keep(&r.b, 81, 20, 90, 'z');
	vb_keep(&r.b, 81, 21, 91, 'z');
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_uint_eq(hl_vss_count(r.vss), 1);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(hl_vss_copy(r.vss, 0)->src, VB_AT(20),
	                             &c, 1, &bad), HL_OK);
	ck_assert_int_eq(c, 'a');
	ck_assert_int_eq(letter(&r, 0, 21, HL_Q_OK), 'A' + 21);
	ck_assert_uint_eq(bad.n, 0);
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_list_is_cut)
{
	struct rig r;

	build(&r);
	put64(r.b.v + VB_AT(81) + 40, VB_AT(100)); /* nothing is there */
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert(hl_vss_copy(r.vss, 1)->lacks);
	ck_assert_int_eq(letter(&r, 1, 21, HL_Q_OK), 'b');
	ck_assert_int_eq(letter(&r, 1, 23, HL_Q_UNKNOWN), 'A' + 23);
	ck_assert_int_eq(letter(&r, 0, 23, HL_Q_UNKNOWN), 'A' + 23);
	ck_assert(!hl_vss_copy(r.vss, 0)->lacks);
	close_rig(&r);
}
END_TEST

START_TEST(a_list_in_circles_ends)
{
	struct rig r;

	build(&r);
	put64(r.b.v + VB_AT(81) + 40, VB_AT(81));
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert(hl_vss_copy(r.vss, 1)->lacks);
	ck_assert_int_eq(letter(&r, 1, 22, HL_Q_OK), 'c');
	close_rig(&r);
}
END_TEST

START_TEST(lines_that_cannot_be)
{
	static const struct { uint64_t original, data; uint32_t flags; }
	lines[] = {
		{ VB_AT(23) + 512, VB_AT(92), 0 },   /* no block begins there */
		{ VB_SIZE, VB_AT(92), 0 },           /* behind the volume */
		{ VB_AT(23), VB_SIZE, 0 },           /* data behind it */
		{ VB_AT(23), VB_AT(92) + 512, 0 },
		{ VB_AT(23), VB_AT(92), 3 },         /* both at once */
		{ VB_AT(23), VB_AT(92), 0x10000 },
		{ VB_AT(23), UINT64_MAX - 0x3fff, 0 },
	};
	struct rig r;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		build(&r);
		vb_line(&r.b, 81, lines[i].original, 0, lines[i].data,
		        lines[i].flags, 1);
		ck_assert_int_eq(open_rig(&r), HL_OK);
		ck_assert_msg(hl_vss_copy(r.vss, 1)->lacks, "line %zu", i);
		ck_assert_int_eq(letter(&r, 1, 22, HL_Q_OK), 'c');
		ck_assert_int_eq(letter(&r, 1, 23, HL_Q_UNKNOWN), 'A' + 23);
		close_rig(&r);
	}
}
END_TEST

START_TEST(a_header_costs_its_identifiers)
{
	struct rig r;

	build(&r);
	memset(r.b.v + VB_AT(64), 0, VB_BLOCK);
	ck_assert_int_eq(open_rig(&r), HL_OK);
	ck_assert_str_eq(hl_vss_copy(r.vss, 0)->id, "");
	ck_assert(!hl_vss_copy(r.vss, 0)->lacks);
	ck_assert_ptr_nonnull(hl_vss_copy(r.vss, 0)->remark);
	ck_assert_int_eq(letter(&r, 0, 20, HL_Q_OK), 'a');
	close_rig(&r);
}
END_TEST

/* As Windows Server can do it; no other reader follows there. */
START_TEST(a_store_on_another_volume)
{
	struct rig r;
	struct hl_vss_area area;
	struct hl_extent e;
	struct vb b;
	uint8_t c;

	vb_new(&b);
	vb_store(&b, 1, 64);
	vb_keep(&b, 65, 20, 70, 'a');
	memset(&r, 0, sizeof(r));
	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	ck_assert_int_eq(hl_src_mem(&r.other, b.v, VB_SIZE, true,
	                            test_ctx()), HL_OK);
	free(b.v);
	memset(&area, 0, sizeof(area));
	area.src = r.other;
	ck_assert_int_eq(hl_src_mem(&r.live, r.b.v, VB_SIZE, false,
	                            test_ctx()), HL_OK);
	ck_assert_int_eq(hl_vss_open(&r.vss,
	                             &(struct hl_vss_area){ .src = r.live },
	                             &area, 1, test_ctx()), HL_OK);
	ck_assert(hl_vss_copy(r.vss, 0)->elsewhere);
	struct hl_src *s = hl_vss_copy(r.vss, 0)->src;
	ck_assert_int_eq(hl_src_read(s, VB_AT(20), &c, 1, NULL), HL_OK);
	ck_assert_int_eq(c, 'a');
	ck_assert_int_eq(hl_src_locate(s, VB_AT(20), &e), HL_OK);
	ck_assert_ptr_eq(e.in, r.other);
	ck_assert_uint_eq(e.in_off, VB_AT(70));
	ck_assert_int_eq(hl_src_locate(s, VB_AT(21), &e), HL_OK);
	ck_assert_ptr_eq(e.in, r.live);
	close_rig(&r);
}
END_TEST

START_TEST(memory_that_is_short)
{
	for (size_t n = 1; n < 60; n++) {
		struct rig r;
		enum hl_status st;

		build(&r);
		ck_assert_int_eq(hl_src_mem(&r.live, r.b.v, VB_SIZE, false,
		                            test_ctx()), HL_OK);
		test_fail_alloc(n);
		st = hl_vss_open(&r.vss, &(struct hl_vss_area){ .src = r.live },
		                 NULL, 0, test_ctx());
		test_fail_alloc(0);
		/* without libvshadow's opinion it goes on */
		ck_assert(st == HL_OK || st == HL_NOMEM);
		close_rig(&r);
	}
}
END_TEST

static bool stop(void *user)
{
	(void)user;
	return true;
}

START_TEST(who_wants_to_stop_is_heard)
{
	struct hl_ctx ctx = *test_ctx();
	struct rig r;

	build(&r);
	ctx.cancelled = stop;
	ck_assert_int_eq(hl_src_mem(&r.live, r.b.v, VB_SIZE, false,
	                            test_ctx()), HL_OK);
	ck_assert_int_eq(hl_vss_open(&r.vss, &(struct hl_vss_area){ .src = r.live },
		                 NULL, 0, &ctx),
	                 HL_CANCELLED);
	close_rig(&r);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("damage");

	tcase_add_test(t, a_volume_without_any);
	tcase_add_test(t, catalogues_that_lead_astray);
	tcase_add_test(t, without_a_header_its_file_leads_to_it);
	tcase_add_test(t, a_file_of_no_stores_is_not_asked);
	tcase_add_test(t, what_a_broken_chain_leads_to_is_found_by_its_file);
	tcase_add_test(t, without_a_file_it_is_searched_for);
	tcase_add_test(t, an_entry_that_is_wiped_is_missed);
	tcase_add_test(t, its_second_block_is_gone);
	tcase_add_test(t, a_catalogue_in_circles_ends);
	tcase_add_test(t, entries_of_no_kind);
	tcase_add_test(t, a_store_is_nowhere);
	tcase_add_test(t, whose_store_is_nowhere_is_told_where_to_look);
	tcase_add_test(t, stores_of_another_volume_are_not_mixed_with_its_own);
	tcase_add_test(t, a_list_is_cut);
	tcase_add_test(t, a_list_in_circles_ends);
	tcase_add_test(t, lines_that_cannot_be);
	tcase_add_test(t, a_header_costs_its_identifiers);
	tcase_add_test(t, a_store_on_another_volume);
	tcase_add_test(t, memory_that_is_short);
	tcase_add_test(t, who_wants_to_stop_is_heard);
	return test_main("vss_damage", t, NULL);
}
