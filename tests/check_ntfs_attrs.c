/* check_ntfs_attrs.c: records, attributes, values, index entries, by hand. */
#include <stdlib.h>
#include <string.h>

#include "ntfs/ntfs.h"
#include "testing.h"

/* ---- record and attributes ----------------------------------------------- */

static void record(uint8_t r[1024], unsigned usa_off, unsigned used)
{
	memset(r, 0, 1024);
	memcpy(r, "FILE", 4);
	put16(r + 0x04, usa_off);
	put16(r + 0x06, 3);
	put64(r + 0x08, 77);   /* LSN */
	put16(r + 0x10, 5);    /* sequence */
	put16(r + 0x12, 2);    /* links */
	put16(r + 0x14, 0x38); /* attributes */
	put16(r + 0x16, 1);    /* in use */
	put32(r + 0x18, used);
	put32(r + 0x1c, 1024);
	put64(r + 0x20, 0x0007000000000020); /* base 32, sequence 7 */
	put16(r + 0x28, 9);
	put32(r + 0x2c, 1234); /* its number, in headers since XP */
}

START_TEST(both_record_headers)
{
	struct hl_ntfs_head h;
	uint8_t r[1024];

	record(r, 0x30, 0x40);
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_OK);
	ck_assert_int_eq(h.magic, NTFS_MAGIC_FILE);
	ck_assert(h.has_number);
	ck_assert_uint_eq(h.number, 1234);
	ck_assert_uint_eq(h.seq, 5);
	ck_assert_uint_eq(h.links, 2);
	ck_assert_uint_eq(h.base.number, 32);
	ck_assert_uint_eq(h.base.seq, 7);
	record(r, 0x2a, 0x40);
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_OK);
	ck_assert(!h.has_number);
	memcpy(r, "BAAD", 4);
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_OK);
	ck_assert_int_eq(h.magic, NTFS_MAGIC_BAAD);
}
END_TEST

START_TEST(hostile_record_headers)
{
	struct hl_ntfs_head h;
	uint8_t r[1024];

	record(r, 0x30, 1025);
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_CORRUPT);
	record(r, 0x30, 0x30); /* ends before its attributes */
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_CORRUPT);
	record(r, 0x30, 0x40);
	put16(r + 0x14, 0x10); /* attributes inside the header */
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_CORRUPT);
	put16(r + 0x14, 0xfff8);
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 1024), &h), HL_CORRUPT);
	ck_assert_int_eq(hl_ntfs_head_decode(span_of(r, 0x29), &h), HL_CORRUPT);
}
END_TEST

/* $DATA, resident, named "ab", value "hello" */
static void resident(uint8_t a[0x28])
{
	memset(a, 0, 0x28);
	put32(a + 0x00, 0x80);
	put32(a + 0x04, 0x28); /* length */
	a[0x09] = 2;           /* name units */
	put16(a + 0x0a, 0x18);
	put16(a + 0x0e, 3);    /* id */
	put32(a + 0x10, 5);    /* value length */
	put16(a + 0x14, 0x20);
	put_utf16(a + 0x18, "ab");
	memcpy(a + 0x20, "hello", 5);
}

static enum hl_status first_attr(const uint8_t *p, size_t n,
                                 struct hl_ntfs_attr *a)
{
	static uint8_t *last;
	uint32_t off = 0;

	free(last);
	last = tight(p, n);
	return hl_ntfs_attr_next(span_of(last, n), &off, a);
}

START_TEST(a_resident_attribute)
{
	struct hl_ntfs_attr a;
	uint8_t b[0x28];

	resident(b);
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_OK);
	ck_assert_uint_eq(a.type, NTFS_DATA);
	ck_assert_uint_eq(a.id, 3);
	ck_assert(a.resident);
	ck_assert_uint_eq(a.name.n, 4);
	ck_assert_uint_eq(a.value.n, 5);
	ck_assert(!memcmp(a.value.p, "hello", 5));
	ck_assert_uint_eq(a.size, 5);
}
END_TEST

START_TEST(sums_near_the_top_do_not_wrap)
{
	struct hl_ntfs_attr a;
	uint8_t b[0x28];

	resident(b);
	put32(b + 0x10, 0xfffffff0); /* value length; + 0x20 would wrap */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	resident(b);
	put16(b + 0x14, 0xffff);
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	resident(b);
	put16(b + 0x0a, 0xfffe); /* name */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	resident(b);
	put32(b + 0x04, 0xfffffff8); /* the attribute itself */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	resident(b);
	put32(b + 0x04, 0); /* no way on */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	resident(b);
	put32(b + 0x04, 0x10); /* too short for a value */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
}
END_TEST

START_TEST(damage_and_end_are_told_apart)
{
	struct hl_ntfs_attr a;
	uint8_t b[0x60] = { 0 };
	struct span s = span_of(b, 0x54);
	uint32_t off = 0;

	resident(b);
	put32(b + 0x10, 0xfffffff0); /* broken, but its length is good */
	resident(b + 0x28);
	put32(b + 0x50, 0xffffffff);
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_CORRUPT);
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_OK);
	ck_assert_uint_eq(a.off, 0x28);
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_END);
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_END);
	/* no end mark at all: damage first, then the end */
	off = 0x28;
	s.n = 0x52;
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_OK);
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_CORRUPT);
	ck_assert_int_eq(hl_ntfs_attr_next(s, &off, &a), HL_END);
}
END_TEST

static void nonresident(uint8_t a[0x48])
{
	memset(a, 0, 0x48);
	put32(a + 0x00, 0x80);
	put32(a + 0x04, 0x48);
	a[0x08] = 1;
	put16(a + 0x0a, 0x40);
	put64(a + 0x18, 9);      /* highest VCN */
	put16(a + 0x20, 0x40);   /* runs */
	put64(a + 0x28, 40960);  /* allocated */
	put64(a + 0x30, 40000);  /* size */
	put64(a + 0x38, 30000);  /* valid */
	a[0x40] = 0x11;
	a[0x41] = 10;
	a[0x42] = 5;
}

START_TEST(a_nonresident_attribute)
{
	struct hl_ntfs_attr a;
	uint8_t b[0x48];

	nonresident(b);
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_OK);
	ck_assert(!a.resident);
	ck_assert_uint_eq(a.size, 40000);
	ck_assert_uint_eq(a.valid, 30000);
	ck_assert_uint_eq(a.runs.n, 8);
	put64(b + 0x30, UINT64_MAX); /* negative size */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	nonresident(b);
	put16(b + 0x20, 0x49); /* runs behind the attribute */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
	nonresident(b);
	put64(b + 0x10, 20); /* begins after it ends */
	ck_assert_int_eq(first_attr(b, sizeof(b), &a), HL_CORRUPT);
}
END_TEST

/* ---- attribute list, names, links ---------------------------------------- */

START_TEST(list_entries)
{
	struct hl_ntfs_list_entry e;
	uint8_t b[0x40] = { 0 };
	size_t off = 0;

	put32(b + 0x00, 0x80);
	put16(b + 0x04, 0x20);
	put64(b + 0x08, 1392); /* lowest VCN */
	put64(b + 0x10, 0x0003000000000025);
	put16(b + 0x18, 4);
	put32(b + 0x20, 0x80);
	put16(b + 0x24, 0x20);
	b[0x26] = 9;           /* a name that does not fit */
	b[0x27] = 0x1a;
	ck_assert_int_eq(hl_ntfs_list_next(span_of(b, 0x40), &off, &e), HL_OK);
	ck_assert_uint_eq(e.lowest_vcn, 1392);
	ck_assert_uint_eq(e.ref.number, 0x25);
	ck_assert_uint_eq(e.ref.seq, 3);
	ck_assert_uint_eq(e.id, 4);
	ck_assert_int_eq(hl_ntfs_list_next(span_of(b, 0x40), &off, &e),
	                 HL_CORRUPT);
	ck_assert_int_eq(hl_ntfs_list_next(span_of(b, 0x40), &off, &e), HL_END);
	off = 0;
	put16(b + 0x04, 0); /* would never end */
	ck_assert_int_eq(hl_ntfs_list_next(span_of(b, 0x40), &off, &e),
	                 HL_CORRUPT);
	ck_assert_int_eq(hl_ntfs_list_next(span_of(b, 0x40), &off, &e), HL_END);
}
END_TEST

START_TEST(a_name_must_fit_its_value)
{
	struct hl_ntfs_name n;
	uint8_t b[0x46] = { 0 };

	put64(b, 0x0002000000000005);
	b[0x40] = 2;
	b[0x41] = NTFS_NS_DOS;
	put_utf16(b + 0x42, "ab");
	ck_assert_int_eq(hl_ntfs_name_decode(span_of(b, 0x46), &n), HL_OK);
	ck_assert_uint_eq(n.parent.number, 5);
	ck_assert_uint_eq(n.n, 2);
	ck_assert_uint_eq(n.u[1], 'b');
	ck_assert_int_eq(hl_ntfs_name_decode(span_of(b, 0x45), &n), HL_CORRUPT);
	b[0x40] = 255;
	ck_assert_int_eq(hl_ntfs_name_decode(span_of(b, 0x46), &n), HL_CORRUPT);
	b[0x40] = 0;
	ck_assert_int_eq(hl_ntfs_name_decode(span_of(b, 0x46), &n), HL_CORRUPT);
}
END_TEST

START_TEST(links_of_both_kinds)
{
	struct hl_ntfs_reparse r;
	uint8_t b[0x40] = { 0 };

	put32(b, NTFS_TAG_SYMLINK);
	put16(b + 4, 0x14);   /* data: 12 of header, 8 of path */
	put16(b + 8, 4);      /* substitute name */
	put16(b + 10, 4);
	put16(b + 12, 0);     /* print name */
	put16(b + 14, 4);
	put_utf16(b + 20, "abcd");
	ck_assert_int_eq(hl_ntfs_reparse_decode(span_of(b, 28), &r), HL_OK);
	ck_assert(r.is_link);
	ck_assert(!memcmp(r.subst.p, "c\0d\0", 4));
	ck_assert(!memcmp(r.print.p, "a\0b\0", 4));
	put32(b, NTFS_TAG_MOUNT_POINT); /* no flags before the path */
	put_utf16(b + 16, "wxyz");
	ck_assert_int_eq(hl_ntfs_reparse_decode(span_of(b, 28), &r), HL_OK);
	ck_assert(!memcmp(r.print.p, "w\0x\0", 4));
	put16(b + 10, 0xfff0);
	ck_assert_int_eq(hl_ntfs_reparse_decode(span_of(b, 28), &r),
	                 HL_CORRUPT);
	ck_assert_uint_eq(r.tag, NTFS_TAG_MOUNT_POINT);
	put32(b, NTFS_TAG_WOF);
	ck_assert_int_eq(hl_ntfs_reparse_decode(span_of(b, 28), &r), HL_OK);
	ck_assert(!r.is_link);
	ck_assert_int_eq(hl_ntfs_reparse_decode(span_of(b, 7), &r), HL_CORRUPT);
}
END_TEST

/* ---- index --------------------------------------------------------------- */

START_TEST(index_entries)
{
	struct hl_ntfs_entry e;
	uint8_t b[0x48] = { 0 };
	struct span s = span_of(b, sizeof(b));
	size_t off = 0;

	put64(b, 0x0001000000000030);
	put16(b + 0x08, 0x20); /* length */
	put16(b + 0x0a, 5);    /* key */
	memcpy(b + 0x10, "abcde", 5);
	put16(b + 0x28, 0x18);
	put16(b + 0x2c, 3);    /* last, with a child */
	put64(b + 0x30, 42);
	ck_assert_int_eq(hl_ntfs_entry_next(s, &off, &e), HL_OK);
	ck_assert_uint_eq(e.ref.number, 0x30);
	ck_assert_uint_eq(e.key.n, 5);
	ck_assert(!e.has_child && !e.last);
	ck_assert_int_eq(hl_ntfs_entry_next(s, &off, &e), HL_OK);
	ck_assert(e.has_child && e.last);
	ck_assert_uint_eq(e.child_vcn, 42);
	ck_assert_int_eq(hl_ntfs_entry_next(s, &off, &e), HL_END);
	off = 0;
	put16(b + 0x0a, 0x20); /* the key is longer than the entry */
	ck_assert_int_eq(hl_ntfs_entry_next(s, &off, &e), HL_CORRUPT);
	ck_assert_uint_eq(off, 0x20); /* but the next one can be found */
	off = 0;
	put16(b + 0x08, 0);
	ck_assert_int_eq(hl_ntfs_entry_next(s, &off, &e), HL_CORRUPT);
	ck_assert_int_eq(hl_ntfs_entry_next(s, &off, &e), HL_END);
}
END_TEST

START_TEST(index_nodes)
{
	struct hl_ntfs_indx x;
	struct hl_ntfs_root r;
	uint8_t b[0x100] = { 0 };

	memcpy(b, "INDX", 4);
	put64(b + 0x10, 7);
	put32(b + 0x18, 0x28); /* entries, from the node head */
	put32(b + 0x1c, 0x38); /* used */
	b[0x24] = 1;
	ck_assert_int_eq(hl_ntfs_indx_decode(span_of(b, 0x100), &x), HL_OK);
	ck_assert_uint_eq(x.vcn, 7);
	ck_assert(x.node.children);
	ck_assert_uint_eq(x.node.entries.n, 0x10);
	ck_assert_ptr_eq(x.node.entries.p, b + 0x18 + 0x28);
	put32(b + 0x1c, 0xfffffff0);
	ck_assert_int_eq(hl_ntfs_indx_decode(span_of(b, 0x100), &x),
	                 HL_CORRUPT);
	put32(b + 0x1c, 0x20); /* ends before it begins */
	ck_assert_int_eq(hl_ntfs_indx_decode(span_of(b, 0x100), &x),
	                 HL_CORRUPT);
	b[0] = 'B';
	ck_assert_int_eq(hl_ntfs_indx_decode(span_of(b, 0x100), &x), HL_END);
	ck_assert_int_eq(hl_ntfs_root_decode(span_of(b, 0x1f), &r), HL_CORRUPT);
}
END_TEST

START_TEST(order_of_names)
{
	static uint16_t table[65536];
	const uint16_t a[] = { 'a', 0xe9 }, b[] = { 'A', 0xc9 };
	size_t i;

	for (i = 0; i < 65536; i++)
		table[i] = (uint16_t)i;
	table[0xe9] = 0xc9;
	ck_assert_int_eq(hl_ntfs_name_fold_cmp(table, a, 2, b, 2), 0);
	ck_assert_int_ne(hl_ntfs_name_fold_cmp(NULL, a, 2, b, 2), 0);
	ck_assert_int_lt(hl_ntfs_name_fold_cmp(table, a, 1, b, 2), 0);
	ck_assert_int_gt(hl_ntfs_name_cmp(a, 2, b, 2), 0);
}
END_TEST

static TCase *attributes(void)
{
	TCase *t = tcase_create("attributes");

	tcase_add_test(t, both_record_headers);
	tcase_add_test(t, hostile_record_headers);
	tcase_add_test(t, a_resident_attribute);
	tcase_add_test(t, sums_near_the_top_do_not_wrap);
	tcase_add_test(t, damage_and_end_are_told_apart);
	tcase_add_test(t, a_nonresident_attribute);
	tcase_add_test(t, list_entries);
	tcase_add_test(t, a_name_must_fit_its_value);
	tcase_add_test(t, links_of_both_kinds);
	tcase_add_test(t, index_entries);
	tcase_add_test(t, index_nodes);
	tcase_add_test(t, order_of_names);
	return t;
}

int main(void)
{
	return test_main("ntfs_attrs", attributes(), NULL);
}
