/*
 * check_vss.c: which bytes a shadow copy has, on volumes written by hand.
 * What every block must be follows from how Windows applies stores, told in
 * letters beside each test; no decoder is asked.
 */
#include "vss_build.h"

struct rig {
	struct vb b;
	struct hl_src *live;
	struct hl_vss *vss;
};

static void open_rig(struct rig *r)
{
	ck_assert_int_eq(hl_src_mem(&r->live, r->b.v, VB_SIZE, false,
	                            test_ctx()), HL_OK);
	ck_assert_int_eq(hl_vss_open(&r->vss, &(struct hl_vss_area){ .src = r->live }, NULL, 0, test_ctx()),
	                 HL_OK);
}

static void close_rig(struct rig *r)
{
	hl_vss_close(r->vss);
	hl_src_close(r->live);
	free(r->b.v);
	ck_assert_uint_eq(test_mem_now(), 0);
}

/* Sector s of a block in copy i (from 0): its letter and where it is. */
static void is(struct rig *r, size_t i, unsigned block, unsigned s,
               char letter, uint64_t at)
{
	struct hl_src *src = hl_vss_copy(r->vss, i)->src;
	uint64_t off = VB_AT(block) + s * 512;
	uint8_t p[512];
	struct hl_extent e;

	ck_assert_ptr_nonnull(src);
	ck_assert_msg(hl_src_read(src, off, p, sizeof(p), NULL) == HL_OK,
	              "copy %zu, block %u: damaged", i, block);
	for (size_t k = 0; k < sizeof(p); k++)
		ck_assert_msg(p[k] == (uint8_t)letter,
		              "copy %zu, block %u, sector %u: '%c', not '%c'",
		              i, block, s, p[k], letter);
	ck_assert_int_eq(hl_src_locate(src, off, &e), HL_OK);
	ck_assert_uint_eq(e.in_off, at + s * 512);
	ck_assert_ptr_eq(e.in, r->live);
	ck_assert_uint_eq(e.what == HL_WHAT_STORED, at >= VB_AT(64));
	ck_assert_uint_ge(e.len, 512);
}

static char live(unsigned block)
{
	return (char)('A' + block % 26);
}

START_TEST(own_store_then_newer_ones_then_live)
{
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 2, 0x40);
	vb_copy(&r.b, 1, 0x40); /* the catalogue is in no order */
	vb_store(&r.b, 1, 64);
	vb_store(&r.b, 2, 80);
	vb_keep(&r.b, 65, 20, 70, 'a');
	vb_keep(&r.b, 65, 21, 71, 'b');
	vb_keep(&r.b, 81, 21, 90, 'c');
	vb_keep(&r.b, 81, 22, 91, 'd');
	open_rig(&r);
	ck_assert_uint_eq(hl_vss_count(r.vss), 2);
	for (unsigned s = 0; s < 32; s += 31) {
		is(&r, 0, 20, s, 'a', VB_AT(70));
		is(&r, 0, 21, s, 'b', VB_AT(71));
		is(&r, 0, 22, s, 'd', VB_AT(91));
		is(&r, 0, 23, s, live(23), VB_AT(23));
		is(&r, 1, 20, s, live(20), VB_AT(20));
		is(&r, 1, 21, s, 'c', VB_AT(90));
		is(&r, 1, 22, s, 'd', VB_AT(91));
	}
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_read_over_many_blocks_is_each_of_them)
{
	static uint8_t p[VB_BLOCK * 4];
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_store(&r.b, 1, 64);
	vb_keep(&r.b, 65, 20, 70, 'a');
	vb_keep(&r.b, 65, 22, 71, 'b');
	open_rig(&r);
	ck_assert_int_eq(hl_src_read(hl_vss_copy(r.vss, 0)->src,
	                             VB_AT(20) - 100, p, sizeof(p), NULL),
	                 HL_OK);
	ck_assert_int_eq(p[99], live(19));
	ck_assert_int_eq(p[100], 'a');
	ck_assert_int_eq(p[100 + VB_BLOCK - 1], 'a');
	ck_assert_int_eq(p[100 + VB_BLOCK], live(21));
	ck_assert_int_eq(p[100 + 2 * VB_BLOCK], 'b');
	ck_assert_int_eq(p[100 + 3 * VB_BLOCK], live(23));
	close_rig(&r);
}
END_TEST

START_TEST(an_overlay_is_of_its_sectors_and_of_its_own_copy)
{
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_copy(&r.b, 2, 0x40);
	vb_store(&r.b, 1, 64);
	vb_store(&r.b, 2, 80);
	/* over a regular block, and over what a newer store has */
	vb_keep(&r.b, 65, 20, 70, 'a');
	memset(r.b.v + VB_AT(72), 'o', VB_BLOCK);
	vb_line(&r.b, 65, VB_AT(20), 1, VB_AT(72), 2, 0x80000001);
	memset(r.b.v + VB_AT(73), 'p', VB_BLOCK);
	vb_line(&r.b, 65, VB_AT(21), 1, VB_AT(73), 2, 0x00000004);
	vb_line(&r.b, 65, VB_AT(21), 1, VB_AT(73), 2, 0x00000100);
	vb_keep(&r.b, 81, 21, 90, 'c');
	memset(r.b.v + VB_AT(92), 'q', VB_BLOCK);
	vb_line(&r.b, 81, VB_AT(22), 1, VB_AT(92), 2, 0x00000002);
	open_rig(&r);
	is(&r, 0, 20, 0, 'o', VB_AT(72));
	is(&r, 0, 20, 1, 'a', VB_AT(70));
	is(&r, 0, 20, 30, 'a', VB_AT(70));
	is(&r, 0, 20, 31, 'o', VB_AT(72));
	is(&r, 0, 21, 1, 'c', VB_AT(90));
	is(&r, 0, 21, 2, 'p', VB_AT(73));
	is(&r, 0, 21, 8, 'p', VB_AT(73));
	is(&r, 0, 22, 1, live(22), VB_AT(22)); /* copy 2's own affair */
	is(&r, 1, 22, 1, 'q', VB_AT(92));
	is(&r, 1, 22, 2, live(22), VB_AT(22));
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(a_forwarder_goes_on_to_the_next_copy)
{
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_copy(&r.b, 2, 0x40);
	vb_store(&r.b, 1, 64);
	vb_store(&r.b, 2, 80);
	vb_line(&r.b, 65, VB_AT(20), VB_AT(30), 0, 1, 0);
	vb_line(&r.b, 65, VB_AT(21), VB_AT(31), 0, 1, 0);
	vb_keep(&r.b, 81, 30, 90, 'f');
	open_rig(&r);
	is(&r, 0, 20, 0, 'f', VB_AT(90));
	is(&r, 0, 21, 0, live(31), VB_AT(31));
	is(&r, 1, 20, 0, live(20), VB_AT(20));
	close_rig(&r);
}
END_TEST

START_TEST(what_is_kept_of_where_a_forwarder_led_is_its)
{
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_store(&r.b, 1, 64);
	vb_line(&r.b, 65, VB_AT(20), VB_AT(30), 0, 1, 0);
	vb_keep(&r.b, 65, 30, 70, 'a'); /* for block 20 */
	vb_keep(&r.b, 65, 30, 71, 'b'); /* only the first is */
	open_rig(&r);
	is(&r, 0, 20, 0, 'a', VB_AT(70));
	is(&r, 0, 30, 0, 'b', VB_AT(71));
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(what_is_marked_unused_is_not_used)
{
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_store(&r.b, 1, 64);
	vb_line(&r.b, 65, VB_AT(20), 0, VB_AT(70), 4, 0);
	vb_keep(&r.b, 65, 21, 71, 'a');
	open_rig(&r);
	is(&r, 0, 20, 0, live(20), VB_AT(20));
	is(&r, 0, 21, 0, 'a', VB_AT(71));
	close_rig(&r);
}
END_TEST

static struct hl_extent where(struct rig *r, size_t i, unsigned block)
{
	struct hl_extent e;

	ck_assert_int_eq(hl_src_locate(hl_vss_copy(r->vss, i)->src,
	                               VB_AT(block), &e), HL_OK);
	return e;
}

START_TEST(nobody_vouches_for_what_was_not_in_use)
{
	struct hl_extent e;
	struct hl_ranges bad;
	uint8_t p[512];
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	vb_copy(&r.b, 2, 0x440);
	vb_store(&r.b, 1, 64);
	vb_store(&r.b, 2, 80);
	vb_spare(&r.b, 66, 20);
	vb_spare(&r.b, 66, 21);
	vb_keep(&r.b, 65, 21, 70, 'a'); /* kept all the same */
	vb_spare(&r.b, 82, 22);
	open_rig(&r);
	e = where(&r, 0, 20);
	ck_assert_uint_eq(e.in_off, VB_AT(20));
	ck_assert_uint_eq(e.quality, HL_Q_UNKNOWN);
	ck_assert_uint_eq(e.len, VB_BLOCK);
	is(&r, 0, 21, 0, 'a', VB_AT(70));
	/* the second copy says that such blocks are nothing */
	e = where(&r, 1, 22);
	ck_assert_ptr_null(e.in);
	ck_assert_uint_eq(e.what, HL_WHAT_MISSING);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(hl_vss_copy(r.vss, 1)->src, VB_AT(22), p,
	                             512, &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, 512);
	ck_assert_uint_eq(p[0], 0);
	/* and the first does not know of it */
	is(&r, 0, 22, 0, live(22), VB_AT(22));
	ck_assert_int_eq(hl_src_read(hl_vss_copy(r.vss, 0)->src, VB_AT(20), p,
	                             512, NULL), HL_OK);
	ck_assert_int_eq(p[0], live(20));
	close_rig(&r);
	ck_assert(test_noted(HL_INFO, "512 bytes were read that neither"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(the_bitmap_before_takes_its_word_back)
{
	struct rig r;
	uint8_t *p;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x40);
	p = vb_store(&r.b, 1, 64);
	put64(p + 72, VB_AT(67));
	vb_head(&r.b, VB_AT(67), 6, 0);
	vb_spare(&r.b, 66, 20);
	vb_spare(&r.b, 66, 21);
	vb_spare(&r.b, 67, 21);
	open_rig(&r);
	ck_assert_uint_eq(where(&r, 0, 20).quality, HL_Q_OK);
	ck_assert_uint_eq(where(&r, 0, 21).quality, HL_Q_UNKNOWN);
	close_rig(&r);
}
END_TEST

/* libvshadow's known fault: what lies behind the 30th is not read. */
START_TEST(forty_copies_are_forty)
{
	struct rig r;

	vb_new(&r.b);
	for (unsigned k = 1; k <= 40; k++) {
		vb_copy(&r.b, k, 0x40);
		vb_store(&r.b, k, 64 + (k - 1) * 4);
		vb_keep(&r.b, 64 + (k - 1) * 4 + 1, 20, 64 + (k - 1) * 4 + 3,
		        (char)(k + 32));
	}
	open_rig(&r);
	ck_assert_uint_eq(hl_vss_count(r.vss), 40);
	for (unsigned k = 1; k <= 40; k++) {
		ck_assert_uint_eq(hl_vss_copy(r.vss, k - 1)->sequence, k);
		is(&r, k - 1, 20, 5, (char)(k + 32), VB_AT(64 + k * 4 - 1));
	}
	close_rig(&r);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
}
END_TEST

START_TEST(what_is_known_of_a_copy_is_told)
{
	const struct hl_shadow *s;
	char t[HL_TIME_TEXT];
	struct rig r;

	vb_new(&r.b);
	vb_copy(&r.b, 1, 0x140);
	vb_store(&r.b, 1, 64);
	vb_keep(&r.b, 65, 20, 70, 'a');
	open_rig(&r);
	s = hl_vss_copy(r.vss, 0);
	ck_assert_str_eq(s->store, "01010101-0101-0101-0101-010101010101");
	ck_assert_str_eq(s->id, "c1c1c1c1-c1c1-c1c1-c1c1-c1c1c1c1c1c1");
	ck_assert_str_eq(s->set, "e0e0e0e0-e0e0-e0e0-e0e0-e0e0e0e0e0e0");
	ck_assert_str_eq(hl_time_text(t, s->created),
	                 "2019-06-04T23:43:02.4843750Z");
	ck_assert(s->offline);
	ck_assert(!s->elsewhere);
	ck_assert_uint_eq(s->attributes, 0x42000d);
	ck_assert_uint_eq(s->blocks, 1);
	ck_assert_ptr_null(hl_vss_copy(r.vss, 1));
	close_rig(&r);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("copies");

	tcase_add_test(t, own_store_then_newer_ones_then_live);
	tcase_add_test(t, a_read_over_many_blocks_is_each_of_them);
	tcase_add_test(t, an_overlay_is_of_its_sectors_and_of_its_own_copy);
	tcase_add_test(t, a_forwarder_goes_on_to_the_next_copy);
	tcase_add_test(t, what_is_kept_of_where_a_forwarder_led_is_its);
	tcase_add_test(t, what_is_marked_unused_is_not_used);
	tcase_add_test(t, nobody_vouches_for_what_was_not_in_use);
	tcase_add_test(t, the_bitmap_before_takes_its_word_back);
	tcase_add_test(t, forty_copies_are_forty);
	tcase_add_test(t, what_is_known_of_a_copy_is_told);
	return test_main("vss", t, NULL);
}
