/*
 * check_vdisk.c: virtual disks: which files belong to one, whose parent it
 * is, what a header may claim.  Disks of every kind that QEMU wrote are in
 * tests/system/vdisk.py.
 */
#include "io/vdisk.h"
#include "io_build.h"

#define BLOCK 16384u
#define BLOCKS 4u
#define DISK (BLOCK * BLOCKS)

/* ---- a VHD, field by field ------------------------------------------------ */

static void put64be(uint8_t *p, uint64_t v)
{
	put32be(p, (uint32_t)(v >> 32));
	put32be(p + 4, (uint32_t)v);
}

static void sum(uint8_t *p, size_t n, size_t at)
{
	uint32_t s = 0;

	put32be(p + at, 0);
	for (size_t i = 0; i < n; i++)
		s += p[i];
	put32be(p + at, ~s);
}

struct vhd {
	uint8_t p[512 + 1024 + 512 + BLOCKS * (512 + BLOCK) + 512];
	size_t n;
};

static void vhd_footer(uint8_t *p, uint32_t type, uint8_t id)
{
	memset(p, 0, 512);
	memcpy(p, "conectix", 8);
	put32be(p + 8, 2);
	put32be(p + 12, 0x10000);
	put64be(p + 16, 512);
	memcpy(p + 28, "test", 4);
	put32be(p + 32, 0x10002);
	put64be(p + 40, DISK);
	put64be(p + 48, DISK);
	put32be(p + 60, type);
	memset(p + 68, id, 16);
	sum(p, 512, 64);
}

/* Begin one; parent == 0: dynamic. */
static void vhd_new(struct vhd *v, uint8_t id, uint8_t parent,
                    const char *name)
{
	uint8_t *h = v->p + 512;

	memset(v, 0, sizeof(*v));
	vhd_footer(v->p, parent ? 4 : 3, id);
	memcpy(h, "cxsparse", 8);
	put64be(h + 8, UINT64_MAX);
	put64be(h + 16, 512 + 1024);
	put32be(h + 24, 0x10000);
	put32be(h + 28, BLOCKS);
	put32be(h + 32, BLOCK);
	if (parent)
		memset(h + 40, parent, 16);
	for (size_t i = 0; parent && name[i]; i++)
		h[64 + 2 * i + 1] = (uint8_t)name[i];
	sum(h, 1024, 36);
	memset(v->p + 1536, 0xff, 512);
	v->n = 2048;
}

/* Block `i` is stored; of its sectors those of the mask, filled with c. */
static void vhd_block(struct vhd *v, unsigned i, uint32_t mask, uint8_t c)
{
	put32be(v->p + 1536 + 4 * i, (uint32_t)(v->n / 512));
	for (unsigned s = 0; s < BLOCK / 512; s++)
		if (mask >> s & 1) {
			v->p[v->n + s / 8] |= (uint8_t)(0x80 >> s % 8);
			memset(v->p + v->n + 512 + 512 * s, c + (int)s, 512);
		}
	v->n += 512 + BLOCK;
}

static void vhd_write(struct vhd *v, const char *name)
{
	memcpy(v->p + v->n, v->p, 512);
	write_file(at("%s", name), v->p, v->n + 512);
}

static void base_and_child(const char *base, const char *named, uint8_t id)
{
	struct vhd v;

	vhd_new(&v, id, 0, NULL);
	vhd_block(&v, 0, 0xffffffff, 0x10);
	vhd_block(&v, 2, 0xffffffff, 0x40);
	vhd_write(&v, base);
	vhd_new(&v, 0x77, 0x55, named);
	vhd_block(&v, 0, 0x00000038, 0x80); /* sectors 3, 4, 5 */
	vhd_block(&v, 3, 0x80000001, 0xa0); /* the first and the last */
	vhd_write(&v, "child.vhd");
}

static void expect(uint8_t *want)
{
	memset(want, 0, DISK);
	for (unsigned s = 0; s < 32; s++) {
		memset(want + 512 * s, 0x10 + (int)s, 512);
		memset(want + 2 * BLOCK + 512 * s, 0x40 + (int)s, 512);
	}
	for (unsigned s = 3; s < 6; s++)
		memset(want + 512 * s, 0x80 + (int)s, 512);
	memset(want + 3 * BLOCK, 0xa0, 512);
	memset(want + 3 * BLOCK + 512 * 31, 0xa0 + 31, 512);
}

START_TEST(a_differencing_vhd_is_read_with_its_parent)
{
	static uint8_t want[DISK], got[DISK];
	struct hl_image_info info;
	struct opened o;

	base_and_child("base.vhd", "C:\\VMs\\BASE.vhd", 0x55);
	ck_assert_int_eq(open_image(&o, at("child.vhd"), false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 2);
	ck_assert(hl_files_is_source(o.files, at("base.vhd")));
	ck_assert(hl_files_is_parent(o.files, at("base.vhd")));
	ck_assert(!hl_files_is_parent(o.files, at("child.vhd")));
	ck_assert_uint_eq(hl_src_size(o.src), DISK);
	expect(want);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, DISK, NULL), HL_OK);
	ck_assert_mem_eq(got, want, DISK);
	for (unsigned i = 0; i < DISK - 700; i += 397) {
		ck_assert_int_eq(hl_src_read(o.src, i, got, 700, NULL), HL_OK);
		ck_assert_mem_eq(got, want + i, 700);
	}
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_str_eq(info.format, "VHD differencing");
	ck_assert_uint_eq(info.sector_size, 512);
	ck_assert_uint_eq(info.n_acquisition, 4);
	ck_assert_str_eq(info.acquisition[0][1], "test 1.2");
	ck_assert_str_eq(info.acquisition[3][1], "base.vhd");
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	close_image(&o);
}
END_TEST

START_TEST(a_missing_parent_is_named)
{
	struct opened o;

	base_and_child("elsewhere.vhd", "C:\\VMs\\gone.vhd", 0x55);
	ck_assert_int_eq(open_image(&o, at("child.vhd"), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, "C:\\VMs\\gone.vhd"));
	ck_assert(test_noted(HL_FAILED,
	                     "55555555-5555-5555-5555-555555555555"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(another_disk_is_no_parent)
{
	struct opened o;

	base_and_child("base.vhd", "base.vhd", 0x56);
	ck_assert_int_eq(open_image(&o, at("child.vhd"), false), HL_CORRUPT);
	ck_assert(test_noted(HL_FAILED, "is not the parent that is needed"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_parent_is_no_link_and_not_itself)
{
	struct opened o;

	base_and_child("real.vhd", "link.vhd", 0x55);
	(void)!symlink("real.vhd", at("link.vhd"));
	ck_assert_int_eq(open_image(&o, at("child.vhd"), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, "link.vhd"));
	test_forget_notes();
	base_and_child("real.vhd", "child.vhd", 0x55);
	ck_assert_int_eq(open_image(&o, at("child.vhd"), false), HL_CORRUPT);
	ck_assert(test_noted(HL_FAILED, "is itself or made from it"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* c1.vhd on c2.vhd on … the last of which is no child. */
static void chain(unsigned n)
{
	char name[16];
	struct vhd v;

	for (unsigned i = 1; i <= n; i++) {
		snprintf(name, sizeof(name), "c%u.vhd", i + 1);
		vhd_new(&v, (uint8_t)i, i < n ? (uint8_t)(i + 1) : 0, name);
		vhd_block(&v, 0, i < n ? 1u << (i - 1) % 32 : 0xffffffff, 1);
		snprintf(name, sizeof(name), "c%u.vhd", i);
		vhd_write(&v, name);
	}
}

START_TEST(a_chain_of_parents_ends)
{
	uint8_t buf[512];
	struct opened o;

	chain(64);
	ck_assert_int_eq(open_image(&o, at("c1.vhd"), false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 64);
	ck_assert_int_eq(hl_src_read(o.src, 512 * 31, buf, 512, NULL), HL_OK);
	ck_assert_uint_eq(buf[0], 32);
	close_image(&o);
	chain(65);
	ck_assert_int_eq(open_image(&o, at("c1.vhd"), false), HL_LIMIT);
	ck_assert(test_noted(HL_FAILED, "more than 64 parents"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_parent_named_by_the_user_is_taken)
{
	struct hl_files *files;
	struct hl_image_opts opts = { .n_parents = 1 };
	const char *name;

	base_and_child("x", "C:\\VMs\\far.vhd", 0x55);
	(void)!mkdir(at("far"), 0700);
	(void)!rename(at("x"), at("far/far.vhd"));
	name = at("far/far.vhd");
	opts.parents = &name;
	ck_assert_int_eq(hl_files_find(&files, at("child.vhd"), &opts,
	                               test_ctx()), HL_OK);
	ck_assert(hl_files_is_parent(files, at("far/far.vhd")));
	hl_files_close(files);
}
END_TEST

START_TEST(damage_costs_its_sectors)
{
	uint8_t buf[BLOCK];
	struct hl_ranges bad;
	struct opened o;
	struct vhd v;

	vhd_new(&v, 1, 0, NULL);
	vhd_block(&v, 0, 0xffffffff, 0x10);
	vhd_block(&v, 1, 0xffffffff, 0x20);
	put32be(v.p + 1536 + 4, 0x7000); /* block 1 lies behind the end */
	vhd_write(&v, "cut.vhd");
	ck_assert_int_eq(open_image(&o, at("cut.vhd"), false), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, BLOCK / 2, buf, BLOCK, &bad),
	                 HL_OK);
	ck_assert_uint_eq(bad.bytes, BLOCK / 2);
	ck_assert_uint_eq(bad.r[0].off, BLOCK);
	ck_assert_uint_eq(bad.r[0].quality, HL_Q_UNREADABLE);
	ck_assert_uint_eq(buf[0], 0x10 + 16);
	ck_assert_uint_eq(buf[BLOCK - 1], 0);
	close_image(&o);
}
END_TEST

/* Blocks behind the end, in the footer, and two in one place. */
START_TEST(a_table_may_say_anything)
{
	static const uint32_t where[] = { 0, 1, 4, 0x7fffffff, 0xfffffffe };
	uint8_t buf[DISK];
	struct hl_ranges bad;
	struct opened o;
	struct vhd v;

	for (size_t i = 0; i < sizeof(where) / sizeof(*where); i++) {
		vhd_new(&v, 1, 0, NULL);
		vhd_block(&v, 0, 0xffffffff, 0x10);
		for (unsigned k = 1; k < BLOCKS; k++)
			put32be(v.p + 1536 + 4 * k, where[i]);
		vhd_write(&v, "odd.vhd");
		ck_assert_int_eq(open_image(&o, at("odd.vhd"), false), HL_OK);
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_read(o.src, 0, buf, DISK, &bad),
		                 HL_OK);
		ck_assert_uint_eq(buf[BLOCK - 1], 0x10 + 31);
		ck_assert_uint_eq(bad.bytes, where[i] < 5 ? 0 : 3 * BLOCK);
		close_image(&o);
	}
}
END_TEST

static const uint64_t sizes[] = {
	DISK + 1, UINT64_C(1) << 40, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX,
};

START_TEST(a_size_beyond_the_table_is_cut)
{
	struct opened o;
	struct vhd v;

	vhd_new(&v, 1, 0, NULL);
	vhd_block(&v, 0, 0xffffffff, 0x10);
	put64be(v.p + 48, sizes[_i]);
	sum(v.p, 512, 64);
	vhd_write(&v, "huge.vhd");
	ck_assert_int_eq(open_image(&o, at("huge.vhd"), false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), DISK);
	ck_assert(test_noted(HL_LOSS, "too short for the size"));
	close_image(&o);
}
END_TEST

/* Fields of the header that ask for memory or for time. */
static const struct {
	unsigned at, n;
	uint64_t value;
} hungry[] = {
	{ 28, 4, 1u << 24 }, { 28, 4, UINT32_MAX }, { 28, 4, 5000 },
	{ 32, 4, 0 }, { 32, 4, 1 }, { 32, 4, 1u << 31 }, { 32, 4, 3 },
	{ 16, 8, UINT64_MAX }, { 16, 8, UINT64_C(1) << 63 },
	{ 16, 8, 1u << 20 },
};

START_TEST(a_header_cannot_ask_for_more_than_its_file)
{
	uint8_t buf[512];
	struct hl_ranges bad;
	struct opened o;
	struct vhd v;

	vhd_new(&v, 1, 0, NULL);
	vhd_block(&v, 0, 0xffffffff, 0x10);
	if (hungry[_i].n == 8)
		put64be(v.p + 512 + hungry[_i].at, hungry[_i].value);
	else
		put32be(v.p + 512 + hungry[_i].at, (uint32_t)hungry[_i].value);
	sum(v.p + 512, 1024, 36);
	vhd_write(&v, "hungry.vhd");
	if (open_image(&o, at("hungry.vhd"), false) == HL_OK) {
		hl_ranges_clear(&bad);
		ck_assert_int_eq(hl_src_read(o.src, 0, buf, 512, &bad), HL_OK);
		close_image(&o);
	} else {
		ck_assert_uint_gt(test_note_count(HL_FAILED), 0);
	}
	ck_assert_uint_lt(test_stats()->mem_peak, 1u << 20);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* ---- footers ------------------------------------------------------------- */

enum footers { BOTH, NO_FIRST, ZERO_FIRST, BAD_FIRST, NO_LAST, BAD_LAST,
	       BAD_BOTH, SHORT_LAST, SHORT_ALONE, BAD_HEADER };

static const struct {
	enum footers how;
	const char *say; /* NULL: nothing is wrong */
} footers[] = {
	{ BOTH, NULL },
	{ NO_FIRST, "copy of its footer at the beginning" },
	{ ZERO_FIRST, "copy of its footer at the beginning" },
	{ BAD_FIRST, "copy of its footer at the beginning" },
	{ NO_LAST, "its footer, at the end, is damaged or gone" },
	{ BAD_LAST, "its footer, at the end, is damaged or gone" },
	{ BAD_BOTH, "there is no sound copy" },
	{ SHORT_LAST, NULL },
	{ SHORT_ALONE, "copy of its footer at the beginning" },
	{ BAD_HEADER, "the checksum of its header" },
};

/* The parent of child.vhd, damaged. */
static void hurt(const char *name, enum footers how)
{
	uint8_t *p, *last;
	struct vhd v;
	size_t n;

	vhd_new(&v, 0x55, 0, NULL);
	vhd_block(&v, 0, 0xffffffff, 0x10);
	vhd_block(&v, 2, 0xffffffff, 0x40);
	memcpy(v.p + v.n, v.p, 512);
	p = v.p;
	last = p + v.n;
	n = v.n + 512;
	if (how == NO_FIRST)
		memset(p, 'x', 512);
	if (how == ZERO_FIRST || how == SHORT_ALONE)
		memset(p, 0, 512);
	if (how == BAD_FIRST)
		p[55] ^= 1; /* its size */
	if (how == BAD_BOTH)
		p[30] ^= 1;
	if (how == BAD_LAST || how == BAD_BOTH)
		last[100] ^= 1;
	if (how == NO_LAST)
		n -= 512;
	if (how == SHORT_LAST || how == SHORT_ALONE)
		n -= 1;
	if (how == BAD_HEADER)
		p[512 + 700] ^= 1;
	write_file(at("%s", name), p, n);
}

START_TEST(the_other_footer_is_used)
{
	static uint8_t want[DISK], got[DISK];
	const char *say = footers[_i].say;
	struct opened o;

	base_and_child("base.vhd", "base.vhd", 0x55);
	hurt("alone.vhd", footers[_i].how);
	hurt("base.vhd", footers[_i].how);
	ck_assert_int_eq(open_image(&o, at("alone.vhd"), false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_LOSS), say != NULL);
	ck_assert(!say || test_noted(HL_LOSS, say));
	memset(want, 0, BLOCK);
	for (unsigned s = 0; s < 32; s++)
		memset(want + 512 * s, 0x10 + (int)s, 512);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, BLOCK, NULL), HL_OK);
	ck_assert_mem_eq(got, want, BLOCK);
	close_image(&o);
	test_forget_notes();
	ck_assert_int_eq(open_image(&o, at("child.vhd"), false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_LOSS), say != NULL);
	expect(want);
	ck_assert_int_eq(hl_src_read(o.src, 0, got, DISK, NULL), HL_OK);
	ck_assert_mem_eq(got, want, DISK);
	close_image(&o);
}
END_TEST

/* A raw image that ends so, and one that only looks like it. */
START_TEST(a_footer_without_its_header_is_no_vhd)
{
	struct opened o;
	struct vhd v;

	vhd_new(&v, 1, 0, NULL);
	memcpy(v.p + v.n, v.p, 512);
	memset(v.p, 0, 1024);
	write_file(at("raw.dd"), v.p, v.n + 512);
	ck_assert_int_eq(open_image(&o, at("raw.dd"), false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), v.n + 512);
	close_image(&o);
}
END_TEST

START_TEST(a_fixed_vhd_may_end_one_byte_early)
{
	struct hl_image_info info;
	static uint8_t p[8192 + 512];
	struct opened o;

	memset(p, 'd', 8192);
	for (size_t n = 511; n <= 512; n++) {
		vhd_footer(p + 8192, 2, 3);
		write_file(at("fixed.vhd"), p, 8192 + n);
		test_forget_notes();
		ck_assert_int_eq(open_image(&o, at("fixed.vhd"), false), HL_OK);
		ck_assert_uint_eq(hl_src_size(o.src), 8192);
		ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
		ck_assert(test_noted(HL_INFO, n == 511 ? "511-byte footer"
		                                       : "512-byte footer"));
		ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
		close_image(&o);
	}
}
END_TEST

/* ---- names --------------------------------------------------------------- */

static const struct {
	const char *stored, *below; /* NULL: nothing is looked for */
} names[] = {
	{ "base.vhd", "base.vhd" },
	{ ".\\snap\\base.vhd", "snap/base.vhd" },
	{ "snap/./base.vhd", "snap/base.vhd" },
	{ "C:\\VMs\\base.vhd", "base.vhd" },
	{ "\\\\server\\share\\base.vhd", "base.vhd" },
	{ "/vm/base.qcow2", "base.qcow2" },
	{ "..\\base.vhd", "base.vhd" },
	{ "a/../../../etc/passwd", "passwd" },
	{ "file:///Users/me/base.vhd", "base.vhd" },
	{ "C:base.vhd", "base.vhd" },
	{ "file:base.vhd", "base.vhd" },
	{ "file:snap/base.vhd", "snap/base.vhd" },
	{ "file:../base.vhd", "base.vhd" },
	{ "file:", NULL },
	{ "..", NULL },
	{ "snap/..", NULL },
	{ ".", NULL },
	{ "/", NULL },
	{ "snap/", NULL },
	{ "", NULL },
};

START_TEST(names_stay_below)
{
	char dst[VDISK_NAME];
	bool ok = hl_vdisk_below(dst, sizeof(dst), names[_i].stored);

	ck_assert_int_eq(ok, names[_i].below != NULL);
	if (ok)
		ck_assert_str_eq(dst, names[_i].below);
}
END_TEST

START_TEST(a_long_name_is_none)
{
	char dst[VDISK_NAME], name[600];

	memset(name, 'x', sizeof(name));
	name[300] = '\0';
	ck_assert(!hl_vdisk_below(dst, sizeof(dst), name));
	name[200] = '/';
	ck_assert(hl_vdisk_below(dst, sizeof(dst), name));
	ck_assert(!hl_vdisk_below(dst, 100, name));
}
END_TEST

/* ---- VMDK ---------------------------------------------------------------- */

#define DESCRIPTOR "# Disk DescriptorFile\nversion=1\nCID=0000000a\n" \
	"parentCID=ffffffff\ncreateType=\"twoGbMaxExtentFlat\"\n"

START_TEST(extents_are_read_from_the_descriptor)
{
	const char *p = DESCRIPTOR
		"RW 16 FLAT \"a f001.vmdk\" 7\r\n"
		"RDONLY 8 ZERO\n"
		"# RW 9 FLAT \"no\" 0\n"
		"RW 999999999999999999999999 FLAT \"no\"\n"
		"  RW  4\tSPARSE \"b.vmdk\"\n"
		"RW 5 FLAT \"open\n";
	struct vmdk_extent e;

	ck_assert(hl_vmdk_extent(&p, &e));
	ck_assert_uint_eq(e.sectors, 16);
	ck_assert_str_eq(e.name, "a f001.vmdk");
	ck_assert_uint_eq(e.off, 7);
	ck_assert(hl_vmdk_extent(&p, &e));
	ck_assert_str_eq(e.type, "ZERO");
	ck_assert_str_eq(e.name, "");
	ck_assert(hl_vmdk_extent(&p, &e));
	ck_assert_str_eq(e.name, "b.vmdk");
	ck_assert(hl_vmdk_extent(&p, &e));
	ck_assert_str_eq(e.name, "");
	ck_assert(!hl_vmdk_extent(&p, &e));
}
END_TEST

static void split_vmdk(void)
{
	static const char text[] = DESCRIPTOR
		"\n# Extent description\n"
		"RW 16 FLAT \"d-f001.vmdk\" 0\nRW 16 FLAT \"d-f002.vmdk\" 0\n"
		"\n# The Disk Data Base\n#DDB\n\n"
		"ddb.adapterType = \"ide\"\n";
	uint8_t half[8192];

	write_file(at("d.vmdk"), text, sizeof(text) - 1);
	memset(half, 'A', sizeof(half));
	write_file(at("d-f001.vmdk"), half, sizeof(half));
	memset(half, 'B', sizeof(half));
	write_file(at("d-f002.vmdk"), half, sizeof(half));
}

START_TEST(a_split_vmdk_is_put_together)
{
	uint8_t buf[16384];
	struct hl_image_info info;
	struct opened o;

	split_vmdk();
	ck_assert_int_eq(open_image(&o, at("d.vmdk"), false), HL_OK);
	ck_assert_uint_eq(hl_src_size(o.src), sizeof(buf));
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, sizeof(buf), NULL), HL_OK);
	ck_assert_uint_eq(buf[8191], 'A');
	ck_assert_uint_eq(buf[8192], 'B');
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_str_eq(info.format, "VMDK split flat");
	ck_assert_uint_eq(info.segments, 3);
	close_image(&o);
}
END_TEST

START_TEST(a_missing_extent_is_named)
{
	uint8_t buf[16384];
	struct hl_ranges bad;
	struct opened o;

	split_vmdk();
	unlink(at("d-f002.vmdk"));
	ck_assert_int_eq(open_image(&o, at("d.vmdk"), false), HL_IO);
	ck_assert(test_noted(HL_FAILED, "d-f002.vmdk"));
	ck_assert_uint_eq(test_mem_now(), 0);
	test_forget_notes();
	ck_assert_int_eq(open_image(&o, at("d.vmdk"), true), HL_OK);
	ck_assert(test_noted(HL_LOSS, "d-f002.vmdk"));
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(o.src, 0, buf, sizeof(buf), &bad), HL_OK);
	ck_assert_uint_eq(bad.bytes, 8192);
	ck_assert_uint_eq(bad.r[0].off, 8192);
	close_image(&o);
}
END_TEST

START_TEST(too_many_extents_are_refused)
{
	static const char line[] = "RW 1 ZERO\n";
	struct bytes b = { 0 };
	struct opened o;

	b_add(&b, DESCRIPTOR, sizeof(DESCRIPTOR) - 1);
	for (int i = 0; i <= 8192; i++)
		b_add(&b, line, sizeof(line) - 1);
	write_file(at("many.vmdk"), b.p, b.n);
	free(b.p);
	ck_assert_int_eq(open_image(&o, at("many.vmdk"), false), HL_LIMIT);
	ck_assert(test_noted(HL_FAILED, "more than 8192 extents"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(an_extent_alone_names_no_disk)
{
	uint8_t head[512] = "KDMV\1";
	struct opened o;

	put64(head + 12, 64);
	put64(head + 20, 8);
	put32(head + 44, 512);
	write_file(at("s001.vmdk"), head, sizeof(head));
	ck_assert_int_eq(open_image(&o, at("s001.vmdk"), false), HL_USAGE);
	ck_assert(test_noted(HL_FAILED, "is an extent of a VMDK"));
	put64(head + 12, UINT64_C(1) << 60);
	write_file(at("s001.vmdk"), head, sizeof(head));
	ck_assert_int_eq(open_image(&o, at("s001.vmdk"), false), HL_CORRUPT);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* A directory of 8,192 tables of 256 KiB, all of them one: some are compared
 * with their copies, and the rest is said. */
START_TEST(tables_that_are_one_take_no_time)
{
	static uint8_t p[1 << 20];
	struct opened o;

	memset(p, 0, sizeof(p));
	memcpy(p, "KDMV", 4);
	put32(p + 4, 1);
	put32(p + 8, 3);
	put64(p + 12, UINT64_C(8192) * 65536 * 8); /* sectors */
	put64(p + 20, 8);
	put64(p + 28, 1);   /* the descriptor */
	put64(p + 36, 1);
	put32(p + 44, 65536);
	put64(p + 48, 128); /* second directory, directory */
	put64(p + 56, 256);
	snprintf((char *)p + 512, 512, "%sRW 4294967296 SPARSE \"x.vmdk\"\n",
	         DESCRIPTOR);
	for (size_t i = 0; i < 8192; i++) {
		put32(p + 128 * 512 + 4 * i, 512);
		put32(p + 256 * 512 + 4 * i, 513);
	}
	write_file(at("x.vmdk"), p, sizeof(p));
	ck_assert_int_eq(open_image(&o, at("x.vmdk"), false), HL_OK);
	ck_assert(test_noted(HL_LOSS, "the copies of 8188 were not compared"));
	ck_assert_uint_lt(test_stats()->mem_peak, 2u << 20);
	close_image(&o);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* ---- QCOW ---------------------------------------------------------------- */

static void qcow_head(uint8_t *h, uint32_t version)
{
	memset(h, 0, 4096);
	memcpy(h, "QFI\xfb", 4);
	put32be(h + 4, version);
	put32be(h + 20, 16);
	put64be(h + 24, 1 << 20);
	put32be(h + 36, 1);
	put64be(h + 40, 512);
}

static const struct {
	uint32_t version, at, value;
	enum hl_status st;
	const char *say;
} qcows[] = {
	{ 4, 0, 0, HL_UNSUPPORTED, "of version 4" },
	{ 2, 20, 3, HL_CORRUPT, "clusters of 2^3" },
	{ 2, 20, 0xffffffff, HL_CORRUPT, "clusters of" },
	{ 2, 24, 0x100000, HL_CORRUPT, "too small a table" },
	{ 2, 32, 1, HL_UNSUPPORTED, "encrypted" },
	{ 3, 76, 4, HL_UNSUPPORTED, "in another file" },
	{ 3, 76, 0x10, HL_UNSUPPORTED, "0x10" },
};

START_TEST(a_qcow_that_cannot_be_read_is_said)
{
	uint8_t h[4096];
	struct opened o;

	qcow_head(h, qcows[_i].version);
	if (qcows[_i].at)
		put32be(h + qcows[_i].at, qcows[_i].value);
	write_file(at("x.qcow2"), h, sizeof(h));
	ck_assert_int_eq(open_image(&o, at("x.qcow2"), false), qcows[_i].st);
	ck_assert(test_noted(HL_FAILED, qcows[_i].say));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_way_to_compress_is_told_by_its_number)
{
	uint8_t h[4096];
	struct opened o;

	qcow_head(h, 3);
	h[104] = 2;
	write_file(at("x.qcow2"), h, sizeof(h)); /* not said to be known */
	ck_assert_int_eq(open_image(&o, at("x.qcow2"), false), HL_OK);
	close_image(&o);
	put32be(h + 76, 8);
	write_file(at("x.qcow2"), h, sizeof(h)); /* the header ends before */
	ck_assert_int_eq(open_image(&o, at("x.qcow2"), false), HL_OK);
	close_image(&o);
	put32be(h + 100, 112);
	write_file(at("x.qcow2"), h, sizeof(h));
	ck_assert_int_eq(open_image(&o, at("x.qcow2"), false),
	                 HL_UNSUPPORTED);
	ck_assert(test_noted(HL_FAILED, "in a way that is not read (2)"));
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static TCase *names_case(void)
{
	TCase *t = tcase_create("names");

	tcase_add_loop_test(t, names_stay_below, 0,
	                    sizeof(names) / sizeof(*names));
	tcase_add_test(t, a_long_name_is_none);
	tcase_add_test(t, extents_are_read_from_the_descriptor);
	return t;
}

static TCase *files_case(void)
{
	TCase *t = tcase_create("files");

	tcase_add_test(t, a_differencing_vhd_is_read_with_its_parent);
	tcase_add_test(t, a_missing_parent_is_named);
	tcase_add_test(t, another_disk_is_no_parent);
	tcase_add_test(t, a_parent_is_no_link_and_not_itself);
	tcase_add_test(t, a_chain_of_parents_ends);
	tcase_add_test(t, too_many_extents_are_refused);
	tcase_add_test(t, a_parent_named_by_the_user_is_taken);
	tcase_add_test(t, damage_costs_its_sectors);
	tcase_add_test(t, a_table_may_say_anything);
	tcase_add_loop_test(t, a_size_beyond_the_table_is_cut, 0,
	                    sizeof(sizes) / sizeof(*sizes));
	tcase_add_loop_test(t, a_header_cannot_ask_for_more_than_its_file, 0,
	                    sizeof(hungry) / sizeof(*hungry));
	tcase_add_test(t, tables_that_are_one_take_no_time);
	tcase_add_loop_test(t, the_other_footer_is_used, 0,
	                    sizeof(footers) / sizeof(*footers));
	tcase_add_test(t, a_footer_without_its_header_is_no_vhd);
	tcase_add_test(t, a_fixed_vhd_may_end_one_byte_early);
	tcase_add_test(t, a_split_vmdk_is_put_together);
	tcase_add_test(t, a_missing_extent_is_named);
	tcase_add_test(t, an_extent_alone_names_no_disk);
	tcase_add_loop_test(t, a_qcow_that_cannot_be_read_is_said, 0,
	                    sizeof(qcows) / sizeof(*qcows));
	tcase_add_test(t, a_way_to_compress_is_told_by_its_number);
	return t;
}

int main(void)
{
	return test_main("vdisk", names_case(), files_case(), NULL);
}
