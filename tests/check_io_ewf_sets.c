/*
 * check_io_ewf_sets.c: EWF sets that others wrote: ewfacquire in every
 * format it knows, and the corpus; libewf is the oracle.
 */
#include <dirent.h>
#include <pthread.h>
#include <sys/wait.h>

#include "io_build.h"
#include "io/files.h"

#define SIZE (3u << 20)

static uint8_t *medium;

/* Noise, zeros, and text: chunks of every kind. */
static void make_medium(size_t size)
{
	uint32_t x = 1;

	medium = calloc(1, size);
	ck_assert_ptr_nonnull(medium);
	for (size_t i = 0; i < size; i++) {
		x = x * 1664525u + 1013904223u;
		if (i < size / 2)
			medium[i] = (uint8_t)(x >> 24);
		else if (i > size / 4 * 3)
			medium[i] = (uint8_t)"hivelift\n"[i % 9];
	}
	write_file(at("medium.raw"), medium, size);
}

static bool have(const char *tool)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", tool);
	return system(cmd) == 0;
}

/* Compare with what is known to be right, in reads that cross chunks. */
static void same_as(struct hl_src *src, const uint8_t *want, size_t size)
{
	static uint8_t buf[100001];

	ck_assert_uint_eq(hl_src_size(src), size);
	for (size_t off = 0; off < size; off += sizeof(buf)) {
		size_t n = size - off < sizeof(buf) ? size - off : sizeof(buf);
		ck_assert_int_eq(hl_src_read(src, off, buf, n, NULL), HL_OK);
		ck_assert_mem_eq(buf, want + off, n);
	}
}

static const char *const acquisitions[] = {
	"-f encase1 -c none -S 1MiB", "-f encase2 -c fast -S 1MiB",
	"-f encase3 -c best -S 1MiB", "-f encase4 -c none -S 1MiB",
	"-f encase5 -c fast -S 1MiB", "-f encase6 -c best -S 1MiB",
	"-f encase7 -c fast -S 1MiB", "-f linen5 -c fast -S 1MiB",
	"-f linen6 -c none -S 1MiB", "-f linen7 -c best -S 1MiB",
	"-f ftk -c fast -S 1MiB", "-f smart -c fast -S 1MiB",
	"-f ewf -c fast -S 1MiB", "-f encase6 -c fast -b 1024 -S 1MiB",
	"-f encase6 -c none -b 16 -S 1MiB", "-f encase6 -c empty-block",
	"-f encase6 -c best -b 32768", "-f encase7 -P 4096 -c fast",
	"-f encase6 -c best -b 4096 -P 4096", /* a chunk larger than all */
};

/* The first file of the set NAME.*; ewfacquire chooses the letter. */
static const char *first_of(const char *name)
{
	static const char *const ends[] = { "E01", "e01", "s01" };
	struct stat sb;

	for (size_t i = 0; i < 3; i++)
		if (stat(at("%s.%s", name, ends[i]), &sb) == 0)
			return at("%s.%s", name, ends[i]);
	return NULL;
}

START_TEST(whatever_ewfacquire_writes_reads_back)
{
	char cmd[2048], name[32];
	struct hl_image_info info;
	struct opened o;

	if (!have("ewfacquire"))
		SKIP("ewfacquire is not installed");
	make_medium(SIZE);
	snprintf(name, sizeof(name), "acq%d", _i);
	snprintf(cmd, sizeof(cmd), "ewfacquire -u -q %s -t %s -C case -D text "
	         "-e me -E 1 -N note -m fixed -M physical %s >/dev/null 2>&1",
	         acquisitions[_i], at("%s", name), at("medium.raw"));
	ck_assert_msg(system(cmd) == 0, "%s", cmd);
	ck_assert_ptr_nonnull(first_of(name));
	ck_assert_int_eq(open_image(&o, first_of(name), false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	same_as(o.src, medium, SIZE);
	ck_assert_int_eq(hl_image_info(o.src, &info), HL_OK);
	ck_assert_ptr_nonnull(info.md5);
	ck_assert_uint_ge(info.n_acquisition, 5);
	for (size_t i = 0; i < info.n_acquisition; i++)
		if (strcmp(info.acquisition[i][0], "case_number") == 0)
			ck_assert_str_eq(info.acquisition[i][1], "case");
	close_image(&o);
	free(medium);
}
END_TEST

START_TEST(a_streamed_acquisition_reads_back)
{
	char cmd[2048];
	struct opened o;

	if (!have("ewfacquirestream"))
		SKIP("ewfacquirestream is not installed");
	make_medium(SIZE);
	snprintf(cmd, sizeof(cmd), "ewfacquirestream -q -S 1MiB -t %s "
	         "<%s >/dev/null 2>&1", at("stream"), at("medium.raw"));
	ck_assert_int_eq(system(cmd), 0);
	ck_assert_int_eq(open_image(&o, at("stream.E01"), false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	same_as(o.src, medium, SIZE);
	close_image(&o);
	free(medium);
}
END_TEST

static unsigned open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The same bytes in the place of a segment are another file. */
static void exchange(const char *name)
{
	char cmd[1500];

	snprintf(cmd, sizeof(cmd), "mv %s %s && cp %s %s", at("%s", name),
	         at("away"), at("away"), at("%s", name));
	ck_assert_int_eq(system(cmd), 0);
}

START_TEST(a_set_of_hundreds_of_segments_reads_back)
{
	struct b_set s = { 600, 1, 0x33, 5, false };
	struct opened o;
	uint8_t want[B_CHUNK], got[B_CHUNK];
	struct seg_name like;
	char name[64];

	/* the last has a chunk of its own too */
	s.per_segment = 2;
	ck_assert(hl_seg_parse(&like, "h.E01", SEG_EWF));
	for (unsigned k = 0; k < s.segments; k++) {
		struct bytes b = b_segment(&s, k);
		hl_seg_format(name, sizeof(name), &like, "h.E01", k + 1);
		write_file(at("%s", name), b.p, b.n);
		free(b.p);
	}
	ck_assert_int_eq(open_image(&o, at("h.E01"), false), HL_OK);
	ck_assert_uint_eq(hl_files_count(o.files), 600);
	ck_assert_int_ge(hl_files_folder(o.files), 0);
	ck_assert_uint_lt(open_descriptors(), 200);
	for (unsigned i = 0; i < b_set_chunks(&s); i += 13) {
		b_content(want, i, 5);
		ck_assert_int_eq(hl_src_read(o.src, (uint64_t)i * B_CHUNK, got,
		                             B_CHUNK, NULL), HL_OK);
		ck_assert_mem_eq(got, want, B_CHUNK);
	}
	ck_assert_uint_lt(open_descriptors(), 200);
	hl_seg_format(name, sizeof(name), &like, "h.E01", 301);
	exchange(name);
	ck_assert_int_eq(hl_src_read(o.src, 600ull * B_CHUNK, got, B_CHUNK,
	                             NULL), HL_IO);
	close_image(&o);
}
END_TEST

/* ---- threads ---------------------------------------------------------- */

struct reader {
	struct hl_src *src;
	unsigned seed, wrong;
};

static void *read_around(void *arg)
{
	struct reader *r = arg;
	uint8_t want[B_CHUNK], got[1000];

	for (unsigned i = 0; i < 3000; i++) {
		r->seed = r->seed * 1664525u + 1013904223u;
		unsigned c = (r->seed >> 8) % 127;
		unsigned from = (r->seed >> 16) % (B_CHUNK - 1000);
		b_content(want, c, 5);
		if (hl_src_read(r->src, (uint64_t)c * B_CHUNK + from, got,
		                sizeof(got), NULL) != HL_OK ||
		    memcmp(got, want + from, sizeof(got)) != 0)
			r->wrong++;
	}
	return NULL;
}

START_TEST(threads_may_read_at_once)
{
	struct b_set s = { 4, 32, 0x44, 5, false };
	struct reader r[4];
	pthread_t t[4];
	struct opened o;

	ck_assert_int_eq(open_image(&o, b_write_set("th", &s), false), HL_OK);
	for (unsigned i = 0; i < 4; i++) {
		r[i] = (struct reader){ o.src, i * 77 + 1, 0 };
		ck_assert_int_eq(pthread_create(&t[i], NULL, read_around,
		                                &r[i]), 0);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(t[i], NULL);
		ck_assert_uint_eq(r[i].wrong, 0);
	}
	close_image(&o);
}
END_TEST

/* ---- corpus ----------------------------------------------------------- */

static const char *const corpus_sets[] = {
	"images/SecurityRonin__ewf-forensic/forensic/multiseg_v1.E01",
	"images/Velocidex__go-ewf/rand.dd.E01",
	"images/log2timeline__dfvfs/image-split.E01",
	"images/log2timeline__dfvfs/ext2.split.E01",
	"images/fox-it__dissect.evidence/ewf.E01",
	"images/simsong__bulk_extractor/CFReDS001.E01",
	"images/simsong__bulk_extractor/Images/german_ansi.E01",
	"images/njitacm__jerseyctf-2021-challenges/NJCTF_Image1.E01",
	"images/mfput__CTF-Questions/file6.E01",
	"images/Velocidex__velociraptor/partition_image.E01",
	"images/Velocidex__velociraptor/test.ntfs.dd.E01",
	"images/SecurityRonin__ewf-forensic/forensic/exfat1.E01",
	"cases/win10.E01",
	"images/SecurityRonin__ewf-forensic/core/ntfs_sample.E01",
	"images/SecurityRonin__ewf-forensic/forensic/ctf_file6.E01",
	"images/SecurityRonin__ewf-forensic/forensic/gpt_130_partitions.E01",
	"images/SecurityRonin__ewf-forensic/forensic/imageformat_mmls_1.E01",
	"images/SecurityRonin__ewf-forensic/forensic/nps-2010-emails.E01",
	"images/SecurityRonin__forensic-vfs/gpt_ntfs.E01",
	"images/SecurityRonin__forensic-vfs/partitioned_ntfs.E01",
	"images/log2timeline__dfvfs/ext2.E01",
	"images/log2timeline__dfvfs/image.E01",
	"images/pranaykumar2__DFlab/ntfs1-gen0.E01",
	"images/simsong__bulk_extractor/Images/ansi.E01",
	"images/simsong__bulk_extractor/Images/german_utf8.E01",
	"images/simsong__bulk_extractor/Images/kml_samples.E01",
	"images/simsong__bulk_extractor/nps-2010-emails.E01",
	"images/sleuthkit__sleuthkit/image.E01",
	"images/sleuthkit__sleuthkit/imageformat_mmls_1.E01",
};

START_TEST(the_corpus_reads_as_libewf_reads_it)
{
	static const struct hl_image_opts opts;
	const char *path = test_corpus(corpus_sets[_i]);
	static uint8_t a[300001], b[300001];
	struct hl_src *lib;
	struct opened o;
	uint64_t size;

	if (!path)
		SKIP("no corpus");
	ck_assert_int_eq(open_image(&o, path, false), HL_OK);
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
#ifndef HAVE_LIBEWF
	close_image(&o);
	SKIP("built without libewf");
#endif
	ck_assert_int_eq(hl_libewf_open(&lib, o.files, &opts, test_ctx()),
	                 HL_OK);
	size = hl_src_size(lib);
	ck_assert_uint_eq(hl_src_size(o.src), size);
	for (uint64_t off = 0; off < size; off += sizeof(a)) {
		size_t n = size - off < sizeof(a) ? (size_t)(size - off)
		                                  : sizeof(a);
		ck_assert_int_eq(hl_src_read(o.src, off, a, n, NULL), HL_OK);
		ck_assert_int_eq(hl_src_read(lib, off, b, n, NULL), HL_OK);
		ck_assert_mem_eq(a, b, n);
	}
	hl_src_close(lib);
	close_image(&o);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	char cmd[2048];

	snprintf(cmd, sizeof(cmd), "cp '%s' '%s' && chmod u+w '%s'", from, to,
	         to);
	ck_assert_int_eq(system(cmd), 0);
}

static const struct {
	const char *set;
	unsigned segments;
} damaged_sets[] = {
	{ "images/SecurityRonin__ewf-forensic/forensic/multiseg_v1", 8 },
	{ "images/Velocidex__go-ewf/rand.dd", 6 },
	{ "images/log2timeline__dfvfs/image-split", 2 },
};

static bool copy_set(int i)
{
	char name[512];
	const char *path;

	for (unsigned k = 1; k <= damaged_sets[i].segments; k++) {
		snprintf(name, sizeof(name), "%s.E%02u", damaged_sets[i].set,
		         k);
		path = test_corpus(name);
		if (!path)
			return false;
		copy_file(path, at("dam.E%02u", k));
	}
	return true;
}

/* Refused with one note that names the file; with allow_missing it goes on. */
static void named(const char *part, bool loses)
{
	static uint8_t buf[1 << 20];
	struct hl_ranges bad;
	struct opened o;

	ck_assert_int_lt(open_image(&o, at("dam.E01"), false), HL_OK);
	ck_assert_msg(test_noted(HL_FAILED, part), "%s is not named", part);
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
	ck_assert_int_eq(open_image(&o, at("dam.E01"), true), HL_OK);
	ck_assert(test_noted(HL_LOSS, part));
	hl_ranges_clear(&bad);
	for (uint64_t off = 0; off < hl_src_size(o.src); off += sizeof(buf)) {
		size_t n = sizeof(buf);
		if (n > hl_src_size(o.src) - off)
			n = (size_t)(hl_src_size(o.src) - off);
		ck_assert_int_eq(hl_src_read(o.src, off, buf, n, &bad), HL_OK);
	}
	ck_assert(loses == (bad.bytes > 0));
	ck_assert_uint_lt(bad.bytes, hl_src_size(o.src));
	close_image(&o);
}

START_TEST(every_deleted_corpus_segment_is_named)
{
	char part[32];

	if (!copy_set(_i))
		SKIP("no corpus");
	for (unsigned k = 2; k <= damaged_sets[_i].segments; k++) {
		snprintf(part, sizeof(part), "dam.E%02u", k);
		ck_assert_int_eq(rename(at("%s", part), at("away")), 0);
		named(part, true);
		ck_assert_int_eq(rename(at("away"), at("%s", part)), 0);
	}
}
END_TEST

START_TEST(every_cut_corpus_segment_is_named)
{
	static const long cuts[] = { 1, 76, 3000, 100000 };
	struct stat sb;
	char part[32];

	if (!copy_set(_i))
		SKIP("no corpus");
	for (unsigned k = 2; k <= damaged_sets[_i].segments; k++) {
		snprintf(part, sizeof(part), "dam.E%02u", k);
		copy_file(at("%s", part), at("whole"));
		ck_assert_int_eq(stat(at("whole"), &sb), 0);
		for (size_t c = 0; c < 4; c++) {
			ck_assert_int_eq(truncate(at("%s", part),
			                          sb.st_size - cuts[c]), 0);
			named(part, c > 1);
			copy_file(at("whole"), at("%s", part));
		}
	}
}
END_TEST

START_TEST(swapped_corpus_segments_are_named)
{
	if (damaged_sets[_i].segments < 4)
		return;
	if (!copy_set(_i))
		SKIP("no corpus");
	rename(at("dam.E02"), at("away"));
	rename(at("dam.E04"), at("dam.E02"));
	rename(at("away"), at("dam.E04"));
	named("dam.E02: says that it is segment 4", true);
}
END_TEST

START_TEST(a_segment_of_another_corpus_set_is_named)
{
	const char *other;

	if (_i == 1 || damaged_sets[_i].segments < 3)
		return;
	if (!copy_set(_i))
		SKIP("no corpus");
	other = test_corpus("images/Velocidex__go-ewf/rand.dd.E03");
	ck_assert_ptr_nonnull(other);
	copy_file(other, at("dam.E03"));
	named("dam.E03: this segment is of another set", true);
}
END_TEST

START_TEST(hostile_corpus_files_are_refused_at_once)
{
	static const char *const names[] = {
		"images/SecurityRonin__ewf-forensic/forensic/"
		"fuzz-crash-recover-alloc-too-big.E01",
		"images/SecurityRonin__ewf-forensic/core/"
		"fuzz-crash-parse_segment-add-overflow.E01",
	};
	struct opened o;

	for (size_t i = 0; i < 2; i++) {
		const char *path = test_corpus(names[i]);
		if (!path)
			SKIP("no corpus");
		ck_assert_int_eq(open_image(&o, path, false), HL_CORRUPT);
		ck_assert_uint_eq(test_note_count(HL_INFO), 1);
		test_stats()->mem_peak = 0;
		if (open_image(&o, path, true) == HL_OK)
			close_image(&o);
		ck_assert_uint_lt(test_stats()->mem_peak, 4 << 20);
	}
}
END_TEST

START_TEST(ex01_is_refused_in_those_words)
{
	const char *path = test_corpus(
		"images/SecurityRonin__ewf-forensic/forensic/zeros_128s.Ex01");
	struct opened o;
	enum hl_status st;

	if (!path)
		SKIP("no corpus");
	st = open_image(&o, path, false);
	if (st == HL_OK) { /* a libewf that can */
		close_image(&o);
		return;
	}
	ck_assert_int_eq(st, HL_UNSUPPORTED);
	ck_assert(test_noted(HL_FAILED, "is an Ex01 image"));
	ck_assert_uint_eq(test_note_count(HL_INFO), 1);
}
END_TEST

static TCase *made(void)
{
	TCase *t = tcase_create("made");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, whatever_ewfacquire_writes_reads_back, 0,
	                    (int)(sizeof(acquisitions) /
	                          sizeof(*acquisitions)));
	tcase_add_test(t, a_streamed_acquisition_reads_back);
	tcase_add_test(t, a_set_of_hundreds_of_segments_reads_back);
	tcase_add_test(t, threads_may_read_at_once);
	return t;
}

static TCase *corpus(void)
{
	TCase *t = tcase_create("corpus");
	int n = (int)(sizeof(damaged_sets) / sizeof(*damaged_sets));

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, the_corpus_reads_as_libewf_reads_it, 0,
	                    (int)(sizeof(corpus_sets) / sizeof(*corpus_sets)));
	tcase_add_loop_test(t, every_deleted_corpus_segment_is_named, 0, n);
	tcase_add_loop_test(t, every_cut_corpus_segment_is_named, 0, n);
	tcase_add_loop_test(t, swapped_corpus_segments_are_named, 0, n);
	tcase_add_loop_test(t, a_segment_of_another_corpus_set_is_named, 0, n);
	tcase_add_test(t, hostile_corpus_files_are_refused_at_once);
	tcase_add_test(t, ex01_is_refused_in_those_words);
	return t;
}

int main(void)
{
	return test_main("io_ewf_sets", made(), corpus(), NULL);
}
