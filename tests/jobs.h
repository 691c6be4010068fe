/*
 * jobs.h: what the library does with things that no small image of works.h
 * holds: dynamic disks, shadow copies, BitLocker, virtual disks, sets of
 * files, maps, copies, logs without a hive, output folders.  Each is a job
 * that runs under the conditions of a struct run, as a work does.
 */
#ifndef HL_JOBS_H
#define HL_JOBS_H

#include <zlib.h>

#include "hive/hive_role.h"
#include "io_build.h"
#include "replay_build.h"
#include "vss_build.h"
#include "works.h"

struct job {
	const char *name;
	void (*go)(struct run *r);
};

/* Of a source that may be large, some bytes here and there. */
static void read_some(struct run *r, struct hl_src *src)
{
	static uint8_t buf[65536];
	uint64_t size = hl_src_size(src), step = size / 16 + 1;
	struct hl_ranges bad;
	struct hl_extent e;

	mix_number(r, size);
	for (uint64_t off = 0; off < size; off += step) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off)
		                                    : sizeof(buf);
		hl_ranges_clear(&bad);
		if (heard(r, hl_src_read(src, off, buf, n, &bad)) != HL_OK)
			return;
		mix(r, buf, n);
		mix_number(r, bad.bytes);
		r->said |= r->failed && bad.bytes;
		if (heard(r, hl_src_locate(src, off, &e)) == HL_OK)
			mix_number(r, e.in_off);
	}
}

/* A loss that a result carries, for its owner to say. */
static void told(struct run *r, const char *text)
{
	if (!text)
		return;
	r->said |= r->failed;
	keep_loss(r, text);
}

/* ---- dynamic disks: header, contents and records of a seed ---------------- */

#define LDM_SECTORS 8192
#define LDM_DATABASE (LDM_SECTORS - 2048)

static void ldm_seal(uint8_t *p, const char *magic)
{
	uint32_t sum = 0;

	memcpy(p, magic, 8);
	memset(p + 8, 0, 4);
	for (size_t i = 0; i < 512; i++)
		sum += p[i];
	put32be(p + 8, sum);
}

static uint8_t *ldm_disk(void)
{
	static uint8_t img[LDM_SECTORS * 512];
	uint8_t *head = img + 6 * 512, *toc = img + (LDM_DATABASE + 1) * 512;
	size_t n;

	if (img[510])
		return img;
	uint8_t *seed = test_file("fuzz/ldm/every-layout", &n);
	img[0x1be + 4] = 0x42;
	put32(img + 0x1be + 8, 63);
	put32(img + 0x1be + 12, 4096);
	put16(img + 510, 0xaa55);
	memcpy(head, seed, 512);
	memcpy(toc, seed + 512, 512);
	memcpy(img + (LDM_DATABASE + 17) * 512, seed + 1024, n - 1024);
	memset(head + 0x12b, 0, 8);
	put16be(head + 0x131, LDM_DATABASE);
	ldm_seal(head, "PRIVHEAD");
	ldm_seal(toc, "TOCBLOCK");
	free(seed);
	return img;
}

static void job_ldm(struct run *r)
{
	struct hl_src *src = NULL;
	struct hl_table *table = NULL;
	struct hl_ldm *ldm = NULL;

	enum hl_status st = hl_src_mem(&src, ldm_disk(), LDM_SECTORS * 512,
	                               false, &r->ctx);
	if (heard(r, st) == HL_OK)
		st = heard(r, hl_table_open(&table, src, 512, &r->ctx));
	const struct hl_table *const tables[] = { table };
	if (st == HL_OK && table)
		st = heard(r, hl_ldm_open(&ldm, &src, tables, 1, &r->ctx));
	mix_number(r, (uint64_t)st);
	for (size_t i = 0; ldm && i < hl_ldm_count(ldm); i++) {
		const struct hl_ldm_volume *v = hl_ldm_volume(ldm, i);

		mix_text(r, v->part.name);
		mix_number(r, v->part.off);
		told(r, v->loss ? v->remark : NULL);
		if (v->src)
			read_some(r, v->src);
	}
	hl_ldm_close(ldm);
	hl_table_close(table);
	hl_src_close(src);
}

/* ---- shadow copies: two, with overlays ------------------------------------ */

static uint8_t *vss_volume(void)
{
	static struct vb b;

	if (b.v)
		return b.v;
	vb_new(&b);
	vb_copy(&b, 1, 0x40);
	vb_copy(&b, 2, 0x40);
	vb_store(&b, 1, 64);
	vb_store(&b, 2, 80);
	vb_keep(&b, 65, 20, 70, 'a');
	vb_keep(&b, 65, 21, 71, 'b');
	memset(b.v + VB_AT(72), 'o', VB_BLOCK);
	vb_line(&b, 65, VB_AT(20), 1, VB_AT(72), 2, 0x80000001);
	vb_keep(&b, 81, 21, 90, 'c');
	vb_keep(&b, 81, 22, 91, 'd');
	vb_spare(&b, 66, 30);
	return b.v;
}

static void job_vss(struct run *r)
{
	struct hl_src *live = NULL;
	struct hl_vss *vss = NULL;

	if (heard(r, hl_src_mem(&live, vss_volume(), VB_SIZE, false,
	                        &r->ctx)) == HL_OK &&
	    heard(r, hl_vss_open(&vss, &(struct hl_vss_area){ .src = live },
	                         NULL, 0, &r->ctx)) == HL_OK) {
		mix_number(r, hl_vss_count(vss));
		for (size_t i = 0; i < hl_vss_count(vss); i++) {
			const struct hl_shadow *s = hl_vss_copy(vss, i);

			told(r, s->unread);
			told(r, s->lacks ? s->remark : NULL);
			if (s->src)
				read_some(r, s->src);
		}
	}
	hl_vss_close(vss);
	hl_src_close(live);
}

/* ---- BitLocker: metadata of seeds on a small volume ------------------------ */

#define BDE_SIZE (256u << 10)

static void bde_volume(uint8_t *img, const uint8_t *meta, size_t n)
{
	static const uint8_t guid[16] = {
		0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
		0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
	};
	static const uint64_t places[3] = { 0x4000, 0x14000, 0x28000 };

	memset(img, 0, BDE_SIZE);
	put16(img + 11, 512);
	img[13] = 1;
	memcpy(img + 3, "-FVE-FS-", 8);
	memcpy(img + 0xa0, guid, sizeof(guid));
	for (int i = 0; i < 3; i++) {
		uint8_t *p = img + places[i];
		size_t len;

		put64(img + 0xb0 + 8 * i, places[i]);
		memcpy(p, meta, n);
		len = (size_t)(p[8] | p[9] << 8) * (p[10] == 2 ? 16 : 1);
		ck_assert_uint_le(len + 8, n);
		put32(p + len + 4, (uint32_t)crc32(0, p, (uInt)len));
	}
}

static void open_bde(struct run *r, const uint8_t *img,
                     const struct hl_bde_keys *keys)
{
	struct hl_src *src = NULL;
	struct hl_bde *bde = NULL;

	r->ctx.bde_keys = keys;
	if (heard(r, hl_src_mem(&src, img, BDE_SIZE, false, &r->ctx)) ==
	    HL_OK &&
	    heard(r, hl_bde_open(&bde, src, "1", &r->ctx)) == HL_OK) {
		mix_number(r, hl_bde_plain(bde) != NULL);
		if (hl_bde_plain(bde))
			read_some(r, hl_bde_plain(bde));
		else /* a volume that no key opens says so itself */
			r->said |= r->failed;
	}
	hl_bde_close(bde);
	hl_src_close(src);
	r->ctx.bde_keys = NULL;
}

static void job_bde_clear(struct run *r)
{
	static uint8_t img[BDE_SIZE];
	const struct hl_bde_keys keys = { NULL, 0, NULL, NULL };
	size_t n;
	uint8_t *p = test_file("fuzz/bde/good-clear-key", &n);

	bde_volume(img, p + 1, n - 1);
	free(p);
	open_bde(r, img, &keys);
}

static void job_bde_startup(struct run *r)
{
	static uint8_t img[BDE_SIZE];
	size_t n, len;
	uint8_t *p = test_file("fuzz/bde/good-startup-key", &n);
	struct hl_bde_key key = { HL_BDE_STARTUP, p + 3, 0 };
	const struct hl_bde_keys keys = { &key, 1, NULL, NULL };

	key.n = len = (size_t)(p[1] | p[2] << 8);
	bde_volume(img, p + 3 + len, n - 3 - len);
	open_bde(r, img, &keys);
	free(p);
}

/* Three recovery keys in one text, of which none is the volume's. */
static void job_bde_keys(struct run *r)
{
#define A_KEY "042647-302313-590458-071500-554323-116567-412181-516978\n"
	static const char keys3[] = A_KEY A_KEY A_KEY;
	static uint8_t img[BDE_SIZE];
	struct hl_bde_key key = { HL_BDE_RECOVERY, keys3, sizeof(keys3) - 1 };
	const struct hl_bde_keys keys = { &key, 1, NULL, NULL };
	size_t n, len;
	uint8_t *p = test_file("fuzz/bde/good-startup-key", &n);

	len = (size_t)(p[1] | p[2] << 8);
	bde_volume(img, p + 3 + len, n - 3 - len);
	free(p);
	open_bde(r, img, &keys);
}

/* The three blocks, which nothing leads to, behind two that are none. */
static void bde_alone(uint8_t *img, bool boot)
{
	size_t n;
	uint8_t *p = test_file("fuzz/bde/good-clear-key", &n);

	bde_volume(img, p + 1, n - 1);
	free(p);
	memset(img + 0xb0, 0, 24);
	if (!boot)
		memset(img, 0, 512);
	memcpy(img + 0x1000, "-FVE-FS-", 8);
	memcpy(img + 0x1800, "-FVE-FS-", 8);
}

static void job_bde_search(struct run *r)
{
	static uint8_t img[BDE_SIZE];
	const struct hl_bde_keys keys = { NULL, 0, NULL, NULL };

	bde_alone(img, true);
	open_bde(r, img, &keys);
}

static void job_bde_scan(struct run *r)
{
	static uint8_t img[BDE_SIZE];
	struct hl_src *src = NULL;

	bde_alone(img, false);
	if (heard(r, hl_src_mem(&src, img, BDE_SIZE, false, &r->ctx)) == HL_OK)
		scan_image(r, src);
	hl_src_close(src);
}

static void job_bde_lost(struct run *r)
{
	static uint8_t img[BDE_SIZE];
	struct hl_src *src = NULL;
	struct hl_bde *bde = NULL;

	bde_alone(img, false);
	if (heard(r, hl_src_mem(&src, img, BDE_SIZE, false, &r->ctx)) == HL_OK)
		mix_number(r, (uint64_t)heard(r, hl_bde_open_lost(&bde, src,
		                                                  "1",
		                                                  &r->ctx)));
	hl_bde_close(bde);
	hl_src_close(src);
}

/* ---- what comes from files ------------------------------------------------- */

static void open_path(struct run *r, const char *path,
                      const struct hl_image_opts *opts,
                      void (*then)(struct run *, struct hl_src *))
{
	struct hl_files *files = NULL;
	struct hl_src *src = NULL;
	enum hl_status st = hl_files_find(&files, path, opts, &r->ctx);

	if (heard(r, st) == HL_OK)
		st = heard(r, hl_image_open(&src, files, opts, &r->ctx));
	mix_number(r, (uint64_t)st);
	if (src)
		then(r, src);
	hl_src_close(src);
	hl_files_close(files);
}

static void with_info(struct run *r, struct hl_src *src)
{
	struct hl_image_info i;

	if (heard(r, hl_image_info(src, &i)) == HL_OK) {
		mix_number(r, i.segments);
		for (size_t k = 0; k < i.n_acquisition; k++)
			mix_text(r, i.acquisition[k][1]);
	}
	read_some(r, src);
}

static void vdisk(struct run *r, const char *seed)
{
	const char *path = at("%s-%d", strrchr(seed, '/') + 1, (int)getpid());
	size_t n;

	if (access(path, F_OK) != 0) {
		uint8_t *p = test_file(seed, &n);
		write_file(path, p, n);
		free(p);
	}
	open_path(r, path, NULL, with_info);
}

#define VDISK(name, file) \
	static void job_##name(struct run *r) { vdisk(r, "fuzz/vdisk/" file); }
VDISK(qcow, "good-qcow2")
VDISK(vhd, "good-vhd-dynamic")
VDISK(vhdx, "good-vhdx.hex")
VDISK(vmdk, "good-vmdk-sparse.hex")

/* A VHD above a VHD: fixed, of 16 KiB, "p.vhd". */
static void job_chain(struct run *r)
{
	static uint8_t p[16384 + 512];
	size_t n;

	if (access(at("p.vhd"), F_OK) != 0) {
		uint8_t *child = test_file("fuzz/vdisk/"
		                           "good-vhd-differencing.hex", &n);
		write_file(at("child.vhd"), child, n);
		free(child);
		memset(p, 'p', 16384);
		memcpy(p + 16384, "conectix", 8);
		p[16384 + 63] = 2;
		memset(p + 16384 + 68, 0x55, 16);
		write_file(at("p.vhd"), p, sizeof(p));
	}
	open_path(r, at("child.vhd"), NULL, with_info);
}

/* The medium against its hashes; each bad stretch. */
static void verified(struct run *r, struct hl_src *src)
{
	struct hl_verify v;

	with_info(r, src);
	if (heard(r, hl_verify_image(&v, src, 1u << HL_VERIFY_MD5,
	                             &r->ctx)) == HL_OK) {
		mix_text(r, v.hash[HL_VERIFY_MD5].computed);
		mix_number(r, v.n_bad);
		mix_number(r, v.bad_bytes);
	}
	hl_verify_free(&v, &r->ctx);
}

/* Three files with case data, two bad chunks, two stretches not acquired. */
static const char *bad_set(void)
{
	static const struct b_set s = { .segments = 3, .per_segment = 4,
		                        .id = 7 };
	static const struct b_volume v = { 11, 8, 512, 88, 7 };
	static const uint8_t text[] =
		"1\nmain\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\n"
		"case\tnumber\tabout\texaminer\tnotes\t6\tLinux\t\t\t0\n";
	static uint8_t all[20000]; /* more than is inflated at once */
	uint8_t packed[300], list[520 + 16 + 4] = { 0 };
	struct bytes b = { 0 };
	uLongf len = sizeof(packed);

	if (access(at("set.E01"), F_OK) == 0)
		return at("set.E01");
	ck_assert_uint_eq(b_set_chunks(&s), v.chunks);
	(void)b_write_set("set", &s);
	memset(all, '\n', sizeof(all));
	memcpy(all, text, sizeof(text) - 1);
	ck_assert_int_eq(compress(packed, &len, all, sizeof(all)), Z_OK);
	b_head(&b, 1);
	b_section(&b, "header", len, 0);
	b_add(&b, packed, len);
	b_volume(&b, "volume", &v);
	size_t data = b.n + 76;
	b_sectors(&b, &s, 0, s.per_segment);
	put32(list, 2);
	put32(list + 516, b_adler(list, 516));
	put32(list + 520, 20);
	put32(list + 524, 1);
	put32(list + 528, 60);
	put32(list + 532, 1);
	put32(list + 536, b_adler(list + 520, 16));
	b_section(&b, "error2", sizeof(list), 0);
	b_add(&b, list, sizeof(list));
	b_section(&b, "next", 0, b.n);
	b.p[data + 300] ^= 1;
	write_file(at("set.E01"), b.p, b.n);
	free(b.p);
	flip(at("set.E03"), 13 + 76 + 1052 + 76 + 300, 1);
	return at("set.E01");
}

static void job_set(struct run *r)
{
	open_path(r, bad_set(), NULL, verified);
}

/* ---- maps, copies ----------------------------------------------------------- */

#define RAW_SIZE (96u << 10)

static const char *mapped(void)
{
	static uint8_t p[RAW_SIZE];
	static const char map[] =
		"# Mapfile. Created by a test\n0x0 + 1\n"
		"0x0000 0x1000 +\n0x1000 0x200 -\n0x1200 0x1000 +\n"
		"0x2200 0x400 -\n0x2600 0x1a00 +\n0x4000 0x200 -\n"
		"0x4200 0x13e00 +\n";

	for (size_t i = 0; i < RAW_SIZE; i++)
		p[i] = (uint8_t)(i >> 9);
	if (access(at("some.raw"), F_OK) != 0) {
		write_file(at("some.raw"), p, sizeof(p));
		write_file(at("some.map"), map, sizeof(map) - 1);
	}
	return at("some.raw");
}

static void job_map(struct run *r)
{
	const char *path = mapped();
	const struct hl_image_opts opts = { .map = at("some.map") };

	open_path(r, path, &opts, verified);
}

static void copied(struct run *r, struct hl_src *src,
                   enum hl_acquire_format format, const char *name)
{
	struct hl_acquire_opts o = { .format = format, .name = name,
		.device = -1, .hashes = 7, .split = 40u << 10, .replace = true,
		.case_number = "1" };
	struct hl_acquired a;

	o.folder = open(test_tmp(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(o.folder, 0);
	enum hl_status st = heard(r, hl_acquire(&a, src, &o, &r->ctx));
	mix_number(r, (uint64_t)st);
	if (st == HL_OK) {
		mix_text(r, a.hash[HL_VERIFY_MD5]);
		mix_number(r, a.n_bad);
		mix_number(r, a.bad_bytes);
		mix_number(r, a.files);
	}
	hl_acquired_free(&a, &r->ctx);
	close(o.folder);
}

static void copied_raw(struct run *r, struct hl_src *src)
{
	copied(r, src, HL_ACQUIRE_RAW, "copy.raw");
}

static void copied_ewf(struct run *r, struct hl_src *src)
{
	copied(r, src, HL_ACQUIRE_EWF, "copy.E01");
}

static void job_acquire_raw(struct run *r)
{
	const char *path = mapped();
	const struct hl_image_opts opts = { .map = at("some.map") };

	open_path(r, path, &opts, copied_raw);
}

static void job_acquire_ewf(struct run *r)
{
	const char *path = mapped();
	const struct hl_image_opts opts = { .map = at("some.map") };

	open_path(r, path, &opts, copied_ewf);
}

/* ---- logs whose hive is gone ------------------------------------------------- */

static void job_orphan(struct run *r)
{
	static struct blob b;
	struct hl_src *log = NULL, *out = NULL;
	struct hl_replay_report report;

	begin_log(&b, 3, 6, 4);
	add_entry(&b, 3, 4, 1, 'x');
	add_entry(&b, 4, 4, 2, 'y');
	add_entry(&b, 5, 4, 3, 'z');
	if (heard(r, hl_src_mem(&log, b.p, b.n, false, &r->ctx)) == HL_OK) {
		const struct hl_replay_log logs[] = { { log, "LOG1" } };

		if (heard(r, hl_replay_orphan(&out, logs, 1, &report,
		                              &r->ctx)) == HL_OK) {
			mix_number(r, report.entries);
			for (size_t i = 0; i < report.n_notes; i++)
				told(r, report.notes[i]);
			read_all(r, out);
			hl_src_close(out);
		}
	}
	hl_src_close(log);
}

/* ---- an output folder, read back ---------------------------------------------- */

static void lift_sample(struct hl_disk *disk, const char *dir)
{
	const struct hl_lift_opts opts = { .dir = dir };
	const struct hl_hive_query query = { .deleted = false };
	struct hl_hives *hives;
	struct hl_lift *lift;

	ck_assert_int_eq(hl_lift_open(&lift, disk, &opts, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_hives_find(&hives, disk, &query, test_ctx()),
	                 HL_OK);
	for (size_t i = 0; i < 3 && i < hl_hives_count(hives); i++)
		ck_assert_int_eq(hl_lift_hive(lift, hl_hives_get(hives, i)),
		                 HL_OK);
	hl_hives_free(hives);
	ck_assert_int_eq(hl_lift_finish(lift, NULL), HL_OK);
}

static void sample_disk(struct opened *o, struct hl_disk **disk)
{
	const struct hl_disk_opts opts = { 0 };
	char path[512];

	snprintf(path, sizeof(path), "%s/testdata/sample.E01",
	         getenv("HIVELIFT_ROOT") ? getenv("HIVELIFT_ROOT") : ".");
	ck_assert_int_eq(open_image(o, path, false), HL_OK);
	ck_assert_int_eq(hl_disk_open(disk, o->src, &opts, test_ctx()), HL_OK);
}

static const char *lifted(void)
{
	struct hl_disk *disk;
	struct opened o;

	if (access(at("lifted"), F_OK) == 0)
		return at("lifted");
	sample_disk(&o, &disk);
	lift_sample(disk, at("lifted"));
	hl_disk_close(disk);
	close_image(&o);
	write_file(at("lifted/more"), "x", 1);
	return at("lifted");
}

static void job_folder(struct run *r)
{
	int fd = open(lifted(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct hl_verify_dir *d = NULL;
	struct hl_found f;
	enum hl_status st;

	ck_assert_int_ge(fd, 0);
	st = heard(r, hl_verify_dir_open(&d, fd, NULL, &r->ctx));
	mix_number(r, (uint64_t)st);
	while (d && heard(r, hl_verify_dir_next(d, &f)) == HL_OK) {
		mix_text(r, f.path);
		mix_number(r, f.state);
		r->said |= r->failed && f.state != HL_FOUND_OK;
	}
	hl_verify_dir_close(d);
	close(fd);
}

/* ---- what a hive is, by its keys ------------------------------------------------ */

static void job_role(struct run *r)
{
	static uint8_t hive[1 << 20];
	static size_t n;
	struct hl_hive_role role;
	struct hl_src *src;

	if (!n) {
		const struct hl_hive_query query = { .deleted = false };
		struct hl_hives *hives;
		struct hl_disk *disk;
		struct opened o;

		sample_disk(&o, &disk);
		ck_assert_int_eq(hl_hives_find(&hives, disk, &query,
		                               test_ctx()), HL_OK);
		ck_assert_int_eq(hl_hive_open(&src, hl_hives_get(hives, 0),
		                              false, test_ctx()), HL_OK);
		n = (size_t)hl_src_size(src);
		ck_assert_uint_le(n, sizeof(hive));
		ck_assert_int_eq(hl_src_read(src, 0, hive, n, NULL), HL_OK);
		hl_src_close(src);
		hl_hives_free(hives);
		hl_disk_close(disk);
		close_image(&o);
	}
	if (heard(r, hl_src_mem(&src, hive, n, false, &r->ctx)) != HL_OK)
		return;
	if (heard(r, hl_hive_role(&role, src)) == HL_OK) {
		mix_text(r, role.role);
		mix_text(r, role.root_name);
	}
	hl_src_close(src);
}

static const struct job jobs[] = {
	{ "ldm", job_ldm },
	{ "vss", job_vss },
	{ "bitlocker", job_bde_clear },
	{ "bitlocker-startup", job_bde_startup },
	{ "bitlocker-keys", job_bde_keys },
	{ "bitlocker-search", job_bde_search },
	{ "bitlocker-scan", job_bde_scan },
	{ "bitlocker-lost", job_bde_lost },
	{ "qcow2", job_qcow },
	{ "vhd", job_vhd },
	{ "vhdx", job_vhdx },
	{ "vmdk", job_vmdk },
	{ "chain", job_chain },
	{ "set", job_set },
	{ "map", job_map },
	{ "acquire-raw", job_acquire_raw },
	{ "acquire-ewf", job_acquire_ewf },
	{ "orphan", job_orphan },
	{ "folder", job_folder },
	{ "role", job_role },
};
#define N_JOBS (int)(sizeof(jobs) / sizeof(jobs[0]))

#endif
