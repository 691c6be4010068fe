/*
 * check_ldm.c: the database of dynamic disks, byte by byte: each structure's
 * decoder, objects in several records, every copy, numbers that lie.  What
 * Windows wrote is in tests/system/arrays.py.
 */
#include <stdlib.h>
#include <string.h>

#include "hivelift/vol.h"
#include "testing.h"
#include "vol/ldm.h"
#include "vol/ldm_disk.h"

#define SECTORS 8192u
#define DB (SECTORS - 2048u)
#define DATA 63u
#define CONFIG 17u
#define DISK_ID "11111111-2222-3333-4444-555555555555"
#define GROUP_ID "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

static void put64be(uint8_t *p, uint64_t v)
{
	put32be(p, (uint32_t)(v >> 32));
	put32be(p + 4, (uint32_t)v);
}

static void sum(uint8_t *p)
{
	uint32_t s = 0;

	put32be(p + 8, 0);
	for (size_t i = 0; i < 512; i++)
		s += p[i];
	put32be(p + 8, s);
}

/* ---- structures of one sector ------------------------------------------------ */

static void make_head(uint8_t *p)
{
	memset(p, 0, 512);
	memcpy(p, "PRIVHEAD", 8);
	memcpy(p + 0x30, DISK_ID, 36);
	memcpy(p + 0xb0, GROUP_ID, 36);
	memcpy(p + 0xf0, "Group0", 6);
	put64be(p + 0x11b, DATA);
	put64be(p + 0x123, DB - DATA);
	put64be(p + 0x12b, DB);
	put64be(p + 0x133, 2048);
	sum(p);
}

START_TEST(a_private_header_is_decoded)
{
	struct ldm_privhead h;
	uint8_t p[512];

	make_head(p);
	p[0xf2] = 0x1b; /* no way into a terminal */
	sum(p);
	ck_assert_int_eq(hl_ldm_privhead(span_of(p, 512), &h), HL_OK);
	ck_assert_str_eq(h.disk, DISK_ID);
	ck_assert_str_eq(h.group, GROUP_ID);
	ck_assert_str_eq(h.name, "Gr?up0");
	ck_assert_uint_eq(h.data, DATA);
	ck_assert_uint_eq(h.n_data, DB - DATA);
	ck_assert_uint_eq(h.db, DB);
	ck_assert_uint_eq(h.n_db, 2048);
	ck_assert_int_eq(hl_ldm_privhead(span_of(p, 511), &h), HL_END);
	p[0] = 'p';
	ck_assert_int_eq(hl_ldm_privhead(span_of(p, 512), &h), HL_END);
}
END_TEST

START_TEST(a_private_header_that_cannot_be_is_damaged)
{
	static const size_t numbers[] = { 0x11b, 0x123, 0x12b, 0x133 };
	struct ldm_privhead h;
	uint8_t p[512];

	for (size_t at = 12; at < 512; at++) {
		make_head(p);
		p[at] ^= 0x10;
		ck_assert_int_eq(hl_ldm_privhead(span_of(p, 512), &h),
		                 HL_CORRUPT);
	}
	for (size_t i = 0; i < 4; i++) {
		make_head(p);
		put64be(p + numbers[i], UINT64_C(1) << 54);
		sum(p);
		ck_assert_int_eq(hl_ldm_privhead(span_of(p, 512), &h),
		                 HL_CORRUPT);
	}
	make_head(p);
	p[0x30] = 0;
	sum(p);
	ck_assert_int_eq(hl_ldm_privhead(span_of(p, 512), &h), HL_CORRUPT);
}
END_TEST

static void make_toc(uint8_t *p, size_t entry, uint64_t start, uint64_t n)
{
	uint8_t *e = p + 0x24 + 0x22 * entry;

	memset(p, 0, 512);
	memcpy(p, "TOCBLOCK", 8);
	memcpy(p + 0x24 + 0x22 * (1 - entry), "log", 3);
	memcpy(e, "config", 6);
	put64be(e + 0x0a, start);
	put64be(e + 0x12, n);
	sum(p);
}

static const struct {
	uint64_t start, n;
	enum hl_status st;
} tocs[] = {
	{ 17, 1481, HL_OK },
	{ 2047, 2048, HL_OK },
	{ 0, 10, HL_CORRUPT },
	{ 2048, 10, HL_CORRUPT },
	{ 17, 0, HL_CORRUPT },
	{ 17, 2049, HL_CORRUPT },
	{ UINT64_MAX, 1, HL_CORRUPT },
	{ 17, UINT64_MAX, HL_CORRUPT },
};

START_TEST(a_table_of_contents_is_decoded)
{
	struct ldm_toc toc;
	uint8_t p[512];

	for (size_t entry = 0; entry < 2; entry++) {
		make_toc(p, entry, tocs[_i].start, tocs[_i].n);
		ck_assert_int_eq(hl_ldm_toc(span_of(p, 512), &toc),
		                 tocs[_i].st);
		if (tocs[_i].st == HL_OK)
			ck_assert_uint_eq(toc.config, tocs[_i].start);
		p[500] = 1;
		ck_assert_int_eq(hl_ldm_toc(span_of(p, 512), &toc),
		                 HL_CORRUPT);
	}
	ck_assert_int_eq(hl_ldm_toc(span_of(p, 100), &toc), HL_END);
}
END_TEST

static void make_vmdb(uint8_t *p, uint32_t last)
{
	memset(p, 0, 512);
	memcpy(p, "VMDB", 4);
	put32be(p + 4, last);
	put32be(p + 8, 128);
	put32be(p + 12, 512);
	put16be(p + 16, 1);
	put64be(p + 0x75, 77);
}

START_TEST(the_head_of_records_is_bounded)
{
	uint8_t p[512 + 10 * 128 + 5];
	struct ldm_vmdb v;
	struct span s = span_of(p, sizeof(p));

	memset(p, 0, sizeof(p));
	make_vmdb(p, 5);
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_OK);
	ck_assert_uint_eq(v.n_blocks, 6);
	ck_assert(v.consistent);
	ck_assert_uint_eq(v.committed, 77);
	make_vmdb(p, UINT32_MAX); /* no more than there is room for */
	p[17] = 2;
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_OK);
	ck_assert_uint_eq(v.n_blocks, 10);
	ck_assert(!v.consistent);
	put32be(p + 8, 0);
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_CORRUPT);
	put32be(p + 8, 24);
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_CORRUPT);
	put32be(p + 8, 513);
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_CORRUPT);
	put32be(p + 8, 128);
	put32be(p + 12, UINT32_MAX);
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_CORRUPT);
	put32be(p + 12, sizeof(p));
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_OK);
	ck_assert_uint_eq(v.n_blocks, 0);
	p[0] = 'v';
	ck_assert_int_eq(hl_ldm_vmdb(s, &v), HL_END);
}
END_TEST

START_TEST(a_record_says_which_part_it_is)
{
	struct ldm_block b;
	uint8_t p[128] = "VBLK";

	put32be(p + 8, 9);
	put16be(p + 12, 1);
	put16be(p + 14, 2);
	ck_assert_int_eq(hl_ldm_block(span_of(p, 128), &b), HL_OK);
	ck_assert_uint_eq(b.group, 9);
	ck_assert_uint_eq(b.index, 1);
	ck_assert_uint_eq(b.count, 2);
	ck_assert_uint_eq(b.data.n, 112);
	put16be(p + 12, 2);
	ck_assert_int_eq(hl_ldm_block(span_of(p, 128), &b), HL_END);
	put16be(p + 12, 0);
	put16be(p + 14, 0);
	ck_assert_int_eq(hl_ldm_block(span_of(p, 128), &b), HL_END);
	put16be(p + 14, 1);
	put32be(p + 8, 0);
	ck_assert_int_eq(hl_ldm_block(span_of(p, 128), &b), HL_END);
	put32be(p + 8, 1);
	ck_assert_int_eq(hl_ldm_block(span_of(p, 16), &b), HL_END);
	p[0] = 0;
	ck_assert_int_eq(hl_ldm_block(span_of(p, 128), &b), HL_END);
}
END_TEST

/* ---- objects ---------------------------------------------------------------- */

struct rec {
	uint8_t p[1024];
	size_t n;
};

static void fixed(struct rec *r, size_t n)
{
	memset(r->p + r->n, 0, n);
	r->n += n;
}

static void number(struct rec *r, uint64_t v)
{
	size_t n = 1;

	while (n < 8 && v >> (8 * n))
		n++;
	r->p[r->n++] = (uint8_t)n;
	while (n--)
		r->p[r->n++] = (uint8_t)(v >> (8 * n));
}

static void text(struct rec *r, const char *s)
{
	size_t n = strlen(s);

	r->p[r->n++] = (uint8_t)n;
	memcpy(r->p + r->n, s, n);
	r->n += n;
}

static void number64(struct rec *r, uint64_t v)
{
	put64be(r->p + r->n, v);
	r->n += 8;
}

static void begin(struct rec *r, unsigned kind, unsigned flags, uint64_t id,
                  const char *name)
{
	memset(r, 0, sizeof(*r));
	r->p[2] = (uint8_t)flags;
	r->p[3] = (uint8_t)kind;
	r->n = 8;
	number(r, id);
	text(r, name);
}

static void end(struct rec *r)
{
	put32be(r->p + 4, (uint32_t)(r->n - 8));
}

static void volume(struct rec *r, uint64_t id, const char *name, uint64_t size)
{
	begin(r, 0x51, 0x08 | 0x20 | 0x80 | 0x02, id, name);
	text(r, "gen");
	text(r, "");
	fixed(r, 21);
	number(r, 1);
	fixed(r, 16);
	number(r, size);
	fixed(r, 5 + 16);
	text(r, "one");
	text(r, "two");
	number(r, size);
	text(r, "E:");
	end(r);
}

static void component(struct rec *r, uint64_t id, unsigned layout,
                      uint64_t parent, uint64_t stripe, uint64_t columns)
{
	begin(r, 0x32, columns ? 0x10 : 0, id, "comp");
	text(r, "ACTIVE");
	r->p[r->n] = (uint8_t)layout;
	r->n += 5;
	number(r, 1);
	fixed(r, 16);
	number(r, parent);
	fixed(r, 1);
	if (columns) {
		number(r, stripe);
		number(r, columns);
	}
	end(r);
}

static void partition(struct rec *r, uint64_t id, uint64_t start, uint64_t at,
                      uint64_t size, uint64_t parent, uint64_t index)
{
	begin(r, 0x33, 0x08, id, "part");
	fixed(r, 12);
	number64(r, start);
	number64(r, at);
	number(r, size);
	number(r, parent);
	number(r, 1); /* the disk's id */
	number(r, index);
	end(r);
}

static void disk(struct rec *r, unsigned revision)
{
	static const uint8_t id[16] = {
		0x11, 0x11, 0x11, 0x11, 0x22, 0x22, 0x33, 0x33,
		0x44, 0x44, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55 };

	begin(r, revision << 4 | 4, 0, 1, "Disk1");
	if (revision < 4) {
		text(r, DISK_ID);
	} else {
		memcpy(r->p + r->n, id, 16);
		r->n += 16;
	}
	end(r);
}

static enum hl_status decode(const struct rec *r, size_t n,
                             struct ldm_object *o)
{
	uint8_t *p = tight(r->p, n);
	enum hl_status st = hl_ldm_object(span_of(p, n), o);

	free(p);
	return st;
}

START_TEST(objects_are_decoded)
{
	struct ldm_object o;
	struct rec r;

	volume(&r, 0x1234567890, "Volume1", 0x8000);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_OK);
	ck_assert_uint_eq(o.kind, LDM_KIND_VOLUME);
	ck_assert_uint_eq(o.id, 0x1234567890);
	ck_assert_str_eq(o.name, "Volume1");
	ck_assert_uint_eq(o.size, 0x8000);
	ck_assert_str_eq(o.drive, "E:");
	component(&r, 3, LDM_LAYOUT_STRIPE, 2, 128, 5);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_OK);
	ck_assert(o.active);
	ck_assert_uint_eq(o.layout, LDM_LAYOUT_STRIPE);
	ck_assert_uint_eq(o.parent, 2);
	ck_assert_uint_eq(o.stripe, 128);
	ck_assert_uint_eq(o.columns, 5);
	partition(&r, 4, 100, 200, 300, 3, 7);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_OK);
	ck_assert_uint_eq(o.start, 100);
	ck_assert_uint_eq(o.at, 200);
	ck_assert_uint_eq(o.size, 300);
	ck_assert_uint_eq(o.parent, 3);
	ck_assert_uint_eq(o.disk, 1);
	ck_assert_uint_eq(o.index, 7);
	for (unsigned revision = 3; revision <= 4; revision++) {
		disk(&r, revision);
		ck_assert_int_eq(decode(&r, r.n, &o), HL_OK);
		ck_assert_str_eq(o.guid, DISK_ID);
	}
	r.p[3] = 0x35; /* a group of disks, and what nobody knows */
	ck_assert_int_eq(decode(&r, r.n, &o), HL_END);
	r.p[3] = 0x3f;
	ck_assert_int_eq(decode(&r, r.n, &o), HL_END);
}
END_TEST

static void any_kind(struct rec *r, int i)
{
	switch (i) {
	case 0:
		volume(r, 2, "Volume1", 1000);
		break;
	case 1:
		component(r, 3, LDM_LAYOUT_STRIPE, 2, 128, 2);
		break;
	case 2:
		partition(r, 4, 1, 2, 3, 3, 1);
		break;
	default:
		disk(r, i);
		break;
	}
}

/* Whatever length is cut, stated or lied about: damaged, and not a byte more
 * is read. */
START_TEST(objects_that_are_cut_are_damaged)
{
	struct ldm_object o;
	struct rec r;
	size_t n;

	any_kind(&r, _i);
	n = r.n;
	for (size_t cut = 0; cut < n; cut++)
		ck_assert_int_eq(decode(&r, cut, &o), HL_CORRUPT);
	for (size_t len = 0; len + 8 < n; len++) {
		put32be(r.p + 4, (uint32_t)len);
		ck_assert_int_eq(decode(&r, n, &o), HL_CORRUPT);
	}
	put32be(r.p + 4, UINT32_MAX);
	ck_assert_int_eq(decode(&r, n, &o), HL_CORRUPT);
	put32be(r.p + 4, (uint32_t)n); /* some bytes more than there are */
	ck_assert_int_eq(decode(&r, n, &o), HL_CORRUPT);
	for (size_t at = 8; at < n; at++) {
		any_kind(&r, _i);
		r.p[at] = 0xff;
		(void)!decode(&r, n, &o);
		r.p[at] = 9; /* a number of nine bytes */
		(void)!decode(&r, n, &o);
	}
	any_kind(&r, _i);
	r.p[8] = 9;
	ck_assert_int_eq(decode(&r, n, &o), HL_CORRUPT);
	any_kind(&r, _i);
	memset(r.p + 9, 0, 1); /* nothing has the number 0 */
	ck_assert_int_eq(decode(&r, n, &o), HL_CORRUPT);
}
END_TEST

START_TEST(sizes_that_cannot_be_are_damaged)
{
	uint64_t big = UINT64_C(1) << 54;
	struct ldm_object o;
	struct rec r;

	volume(&r, 2, "v", big);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_CORRUPT);
	volume(&r, 2, "v", big - 1);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_OK);
	partition(&r, 2, big, 0, 1, 1, 0);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_CORRUPT);
	partition(&r, 2, 0, UINT64_MAX, 1, 1, 0);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_CORRUPT);
	partition(&r, 2, 0, 0, UINT64_MAX, 1, 0);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_CORRUPT);
	component(&r, 2, LDM_LAYOUT_STRIPE, 1, big, 2);
	ck_assert_int_eq(decode(&r, r.n, &o), HL_CORRUPT);
}
END_TEST

static TCase *decoders_case(void)
{
	TCase *t = tcase_create("decoders");

	tcase_add_test(t, a_private_header_is_decoded);
	tcase_add_test(t, a_private_header_that_cannot_be_is_damaged);
	tcase_add_loop_test(t, a_table_of_contents_is_decoded, 0,
	                    sizeof(tocs) / sizeof(*tocs));
	tcase_add_test(t, the_head_of_records_is_bounded);
	tcase_add_test(t, a_record_says_which_part_it_is);
	tcase_add_test(t, objects_are_decoded);
	tcase_add_loop_test(t, objects_that_are_cut_are_damaged, 0, 5);
	tcase_add_test(t, sizes_that_cannot_be_are_damaged);
	return t;
}

/* ---- a disk ------------------------------------------------------------------- */

static uint8_t image[SECTORS * 512];

struct made {
	struct hl_src *src;
	struct hl_table *table;
	struct hl_ldm *ldm;
	uint32_t n_blocks, group;
};

static uint8_t *sector(uint32_t lba)
{
	return image + (size_t)lba * 512;
}

static uint8_t *block(uint32_t i)
{
	return sector(DB + CONFIG) + 512 + 128 * (size_t)i;
}

/* Every sector of the volumes' room tells its number. */
static void new_disk(struct made *m)
{
	static const uint8_t entry[16] = { 0, 0, 0, 0, 0x42, 0, 0, 0,
	                                   DATA, 0, 0, 0, 0, 0x17, 0, 0 };

	memset(m, 0, sizeof(*m));
	memset(image, 0, sizeof(image));
	for (uint32_t i = DATA; i < DB; i++)
		put32be(sector(i), i);
	memcpy(image + 0x1be, entry, 16);
	image[510] = 0x55;
	image[511] = 0xaa;
	make_head(sector(6));
	make_head(sector(DB + 1856));
	make_head(sector(DB + 2047));
	for (uint32_t i = 0; i < 2; i++) {
		make_toc(sector(DB + 1 + i), 0, CONFIG, 1481);
		make_toc(sector(DB + 2045 + i), 0, CONFIG, 1481);
	}
	make_vmdb(sector(DB + CONFIG), 1000);
}

/* An object in records of 112 bytes, the last one first. */
static void add(struct made *m, const struct rec *r)
{
	uint32_t n = (uint32_t)((r->n + 111) / 112);

	m->group++;
	for (uint32_t i = n; i-- > 0;) {
		uint8_t *p = block(m->n_blocks++);
		size_t k = r->n - 112 * i < 112 ? r->n - 112 * i : 112;
		memcpy(p, "VBLK", 4);
		put32be(p + 8, m->group);
		put16be(p + 12, i);
		put16be(p + 14, n);
		memcpy(p + 16, r->p + 112 * i, k);
	}
}

/* A spanned volume of two parts, the second before the first. */
static void add_spanned(struct made *m)
{
	struct rec r;

	disk(&r, 4);
	add(m, &r);
	volume(&r, 2, "Volume1 whose name is long enough for two records, as "
	       "that of no volume ever was, but who knows what comes", 300);
	add(m, &r);
	component(&r, 3, LDM_LAYOUT_SPAN, 2, 0, 0);
	add(m, &r);
	partition(&r, 4, 1000, 0, 100, 3, 0);
	add(m, &r);
	partition(&r, 5, 500, 100, 200, 3, 0);
	add(m, &r);
}

static enum hl_status open_disk(struct made *m)
{
	const struct hl_table *tables[1];
	enum hl_status st;

	ck_assert_int_eq(hl_src_mem(&m->src, image, sizeof(image), false,
	                            test_ctx()), HL_OK);
	ck_assert_int_eq(hl_table_open(&m->table, m->src, 512, test_ctx()),
	                 HL_OK);
	tables[0] = m->table;
	st = hl_ldm_open(&m->ldm, &m->src, tables, 1, test_ctx());
	if (st != HL_OK)
		m->ldm = NULL;
	return st;
}

static void close_disk(struct made *m)
{
	hl_ldm_close(m->ldm);
	hl_table_close(m->table);
	hl_src_close(m->src);
	ck_assert_uint_eq(test_mem_now(), 0);
	test_forget_notes();
}

/* Sector `at` of a volume is that one of the disk. */
static void lies_at(const struct hl_ldm_volume *v, uint64_t at, uint32_t lba)
{
	uint8_t got[512];

	ck_assert_int_eq(hl_src_read(v->src, at * 512, got, 512, NULL), HL_OK);
	ck_assert_mem_eq(got, sector(lba), 512);
}

static void is_spanned(struct made *m)
{
	const struct hl_ldm_volume *v;

	ck_assert_uint_eq(hl_ldm_count(m->ldm), 1);
	v = hl_ldm_volume(m->ldm, 0);
	ck_assert_str_eq(v->part.type, "ldm-spanned");
	ck_assert_uint_eq(v->part.len, 300 * 512);
	ck_assert_ptr_null(v->remark);
	lies_at(v, 0, DATA + 1000);
	lies_at(v, 99, DATA + 1099);
	lies_at(v, 100, DATA + 500);
	lies_at(v, 299, DATA + 699);
}

START_TEST(records_in_any_order_are_joined)
{
	struct made m;

	new_disk(&m);
	add_spanned(&m);
	ck_assert_uint_gt(m.n_blocks, 5);
	ck_assert_int_eq(open_disk(&m), HL_OK);
	is_spanned(&m);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	close_disk(&m);
}
END_TEST

/* Which copies are destroyed, how, and what is said. */
static const struct {
	uint32_t at[4];
	bool flip; /* else zeros */
	const char *say;
} copies[] = {
	{ { 6 }, true, "private header: damaged, another copy is used" },
	{ { 6, DB + 1856 }, true, "damaged, another copy is used" },
	{ { 6, DB + 1856 }, false, NULL }, /* nothing says that one was there */
	{ { DB + 1 }, true, "a table of contents is damaged" },
	{ { DB + 1, DB + 2 }, true, "a table of contents is damaged" },
	{ { DB + 1, DB + 2, DB + 2045 }, true, "table of contents" },
	{ { DB + 1, DB + 2, DB + 2045, DB + 2046 }, true, "its usual" },
	{ { DB + 1, DB + 2, DB + 2045, DB + 2046 }, false, "its usual" },
};

START_TEST(every_copy_may_serve)
{
	struct made m;

	new_disk(&m);
	add_spanned(&m);
	for (size_t i = 0; i < 4 && copies[_i].at[i]; i++)
		if (copies[_i].flip)
			sector(copies[_i].at[i])[300] ^= 1;
		else
			memset(sector(copies[_i].at[i]), 0, 512);
	ck_assert_int_eq(open_disk(&m), HL_OK);
	is_spanned(&m);
	ck_assert_uint_eq(test_note_count(HL_LOSS), copies[_i].say != NULL);
	ck_assert(!copies[_i].say || test_noted(HL_LOSS, copies[_i].say));
	close_disk(&m);
}
END_TEST

START_TEST(without_a_private_header_there_is_nothing)
{
	struct made m;

	new_disk(&m);
	add_spanned(&m);
	sector(6)[300] ^= 1;
	memset(sector(DB + 1856), 0, 512);
	memset(sector(DB + 2047), 0, 512);
	ck_assert_int_eq(open_disk(&m), HL_END);
	ck_assert(test_noted(HL_INFO, "none of its copies can be read"));
	close_disk(&m);
}
END_TEST

/* Records of the volume's group: gone, twice, counted wrongly. */
START_TEST(an_object_with_a_wrong_record_is_said)
{
	struct made m;

	for (int how = 0; how < 4; how++) {
		uint8_t *p;

		new_disk(&m);
		add_spanned(&m);
		p = block(1); /* behind the disk's */
		ck_assert_uint_eq(p[15], 2);
		if (how == 0)
			memset(p, 0, 128);
		if (how == 1)
			p[13] = 0; /* the other one's place */
		if (how == 2)
			p[15] = block(2)[15] = 3;
		if (how == 3)
			block(2)[14] = 0xff; /* 65,282 records */
		ck_assert_int_eq(open_disk(&m), HL_OK);
		ck_assert_uint_eq(hl_ldm_count(m.ldm), 0);
		ck_assert(test_noted(HL_LOSS, "1 of its records are damaged"));
		close_disk(&m);
	}
}
END_TEST

/* ---- what cannot be put together ------------------------------------------------ */

START_TEST(parts_that_do_not_fit_are_said)
{
	static const struct {
		uint64_t at, size;
	} second[] = { { 99, 200 }, { 101, 200 }, { 0, 200 } };
	struct made m;

	for (size_t i = 0; i < 3; i++) {
		const struct hl_ldm_volume *v;
		struct rec r;

		new_disk(&m);
		disk(&r, 3);
		add(&m, &r);
		volume(&r, 2, "V", 300);
		add(&m, &r);
		component(&r, 3, LDM_LAYOUT_SPAN, 2, 0, 0);
		add(&m, &r);
		partition(&r, 4, 1000, 0, 100, 3, 0);
		add(&m, &r);
		partition(&r, 5, 500, second[i].at, second[i].size, 3, 0);
		add(&m, &r);
		ck_assert_int_eq(open_disk(&m), HL_OK);
		v = hl_ldm_volume(m.ldm, 0);
		ck_assert_ptr_nonnull(v);
		ck_assert_ptr_null(v->src);
		ck_assert(v->loss);
		ck_assert_ptr_nonnull(strstr(v->remark, "contradict"));
		close_disk(&m);
	}
}
END_TEST

static const struct {
	unsigned layout;
	uint64_t stripe, columns;
} odd[] = {
	{ LDM_LAYOUT_STRIPE, 0, 1 },
	{ LDM_LAYOUT_STRIPE, 3, 1 },
	{ LDM_LAYOUT_STRIPE, UINT64_C(1) << 53, 1 },
	{ LDM_LAYOUT_STRIPE, 128, 33 },
	{ LDM_LAYOUT_STRIPE, 128, UINT64_MAX },
	{ LDM_LAYOUT_STRIPE, 128, 2 },   /* one column has no partition */
	{ LDM_LAYOUT_RAID5, 128, 1 },
	{ LDM_LAYOUT_RAID5, 128, 2 },
	{ 0, 0, 0 },
	{ 99, 128, UINT64_C(1) << 32 },
};

START_TEST(odd_layouts_are_said)
{
	const struct hl_ldm_volume *v;
	struct made m;
	struct rec r;

	new_disk(&m);
	disk(&r, 4);
	add(&m, &r);
	volume(&r, 2, "V", 128);
	add(&m, &r);
	component(&r, 3, odd[_i].layout, 2, odd[_i].stripe, odd[_i].columns);
	add(&m, &r);
	partition(&r, 4, 1000, 0, 128, 3, 0);
	add(&m, &r);
	ck_assert_int_eq(open_disk(&m), HL_OK);
	v = hl_ldm_volume(m.ldm, 0);
	if (v) {
		ck_assert_ptr_null(v->src);
		ck_assert(v->loss);
		ck_assert_ptr_nonnull(v->remark);
	} else {
		ck_assert(test_noted(HL_INFO, "1 more volumes"));
	}
	close_disk(&m);
}
END_TEST

START_TEST(more_than_the_parts_hold_is_said)
{
	const struct hl_ldm_volume *v;
	struct made m;
	struct rec r;

	new_disk(&m);
	disk(&r, 4);
	add(&m, &r);
	volume(&r, 2, "V", (UINT64_C(1) << 54) - 1);
	add(&m, &r);
	component(&r, 3, LDM_LAYOUT_SPAN, 2, 0, 0);
	add(&m, &r);
	partition(&r, 4, 1000, 0, 128, 3, 0);
	add(&m, &r);
	ck_assert_int_eq(open_disk(&m), HL_OK);
	v = hl_ldm_volume(m.ldm, 0);
	ck_assert_ptr_nonnull(v);
	ck_assert_uint_eq(hl_src_size(v->src), 128 * 512);
	ck_assert(test_noted(HL_LOSS, "its parts hold 65536 bytes, and"));
	lies_at(v, 127, DATA + 1127);
	close_disk(&m);
}
END_TEST

/* A part of a disk that the database does not know, and of one elsewhere. */
START_TEST(disks_that_are_not_given_are_named)
{
	const struct hl_ldm_volume *v;
	struct made m;
	struct rec r;

	new_disk(&m);
	add_spanned(&m);
	begin(&r, 0x34, 0, 9, "Disk9");
	text(&r, "99999999-2222-3333-4444-555555555555");
	end(&r);
	add(&m, &r);
	for (uint64_t other = 8; other <= 9; other++) {
		volume(&r, 10 * other, other == 9 ? "Known" : "Unknown", 20);
		add(&m, &r);
		component(&r, 10 * other + 1, LDM_LAYOUT_SPAN, 10 * other, 0,
		          0);
		add(&m, &r);
		partition(&r, 10 * other + 2, 2000 + other * 10, 0, 10,
		          10 * other + 1, 0);
		add(&m, &r);
		partition(&r, 10 * other + 3, 0, 10, 10, 10 * other + 1, 0);
		r.p[r.n - 3] = (uint8_t)other; /* its disk */
		add(&m, &r);
	}
	ck_assert_int_eq(open_disk(&m), HL_OK);
	ck_assert_uint_eq(hl_ldm_count(m.ldm), 3);
	for (size_t i = 0; i < 3; i++) {
		v = hl_ldm_volume(m.ldm, i);
		if (strstr(v->part.name, "Volume1"))
			continue;
		ck_assert(v->loss);
		ck_assert_ptr_nonnull(strstr(v->remark, v->part.name[0] == 'K'
			? "not given, and read as zeros: Disk9 (99999999-2222"
			: "not in the database"));
	}
	close_disk(&m);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
	enum hl_status st = HL_NOMEM;
	struct made m;

	for (size_t i = 1; st == HL_NOMEM; i++) {
		const struct hl_table *tables[1];

		new_disk(&m);
		add_spanned(&m);
		ck_assert_int_eq(hl_src_mem(&m.src, image, sizeof(image),
		                            false, test_ctx()), HL_OK);
		ck_assert_int_eq(hl_table_open(&m.table, m.src, 512,
		                               test_ctx()), HL_OK);
		tables[0] = m.table;
		test_fail_alloc(i);
		st = hl_ldm_open(&m.ldm, &m.src, tables, 1, test_ctx());
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		close_disk(&m);
		ck_assert_uint_lt(i, 1000);
	}
}
END_TEST

static TCase *disk_case(void)
{
	TCase *t = tcase_create("disk");

	tcase_add_test(t, records_in_any_order_are_joined);
	tcase_add_loop_test(t, every_copy_may_serve, 0,
	                    sizeof(copies) / sizeof(*copies));
	tcase_add_test(t, without_a_private_header_there_is_nothing);
	tcase_add_test(t, an_object_with_a_wrong_record_is_said);
	tcase_add_test(t, parts_that_do_not_fit_are_said);
	tcase_add_loop_test(t, odd_layouts_are_said, 0,
	                    sizeof(odd) / sizeof(*odd));
	tcase_add_test(t, more_than_the_parts_hold_is_said);
	tcase_add_test(t, disks_that_are_not_given_are_named);
	tcase_add_test(t, every_allocation_may_fail);
	return t;
}

int main(void)
{
	return test_main("ldm", decoders_case(), disk_case(), NULL);
}
