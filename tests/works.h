/*
 * works.h: all the library does with an image, as ten works, and a digest of
 * what came out, so that a run under bad conditions can be held against a
 * sound one: the same came out, or it was said that it is not.
 */
#ifndef HL_WORKS_H
#define HL_WORKS_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

/* ---- a context that counts, and whose allocator can fail --------------- */

struct run {
	struct hl_ctx ctx;
	struct hl_stats stats;
	struct hl_notelog *log;
	size_t n, fail_at; /* allocations so far; 0: none fails */
	bool for_good, failed;
	bool said;         /* since then: a loss or worse, a call that failed */
	size_t losses, bad; /* all of them */
	uint64_t word[64]; /* hashes of the losses' texts, as many as fit */
	uint64_t digest;   /* of all that came out */
};

static void *shaky_realloc(void *user, void *p, size_t n)
{
	struct run *r = user;

	if (n == 0) {
		free(p);
		return NULL;
	}
	r->n++;
	if (r->fail_at &&
	    (r->n == r->fail_at || (r->for_good && r->n > r->fail_at))) {
		r->failed = true;
		return NULL;
	}
	return realloc(p, n);
}

static void keep_loss(struct run *r, const char *text)
{
	uint64_t h = 1;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	if (r->losses < sizeof(r->word) / sizeof(r->word[0]))
		r->word[r->losses] = h;
	r->losses++;
}

/* A loss of r that s has not. */
static inline bool another_loss(const struct run *r, const struct run *s)
{
	size_t n = sizeof(r->word) / sizeof(r->word[0]), k;

	for (size_t i = 0; i < r->losses && i < n; i++) {
		for (k = 0; k < s->losses && k < n; k++)
			if (s->word[k] == r->word[i])
				break;
		if (k == s->losses || k == n)
			return true;
	}
	return false;
}

static void on_note(void *user, const struct hl_note *note)
{
	struct run *r = user;

	if (note->level >= HL_LOSS && getenv("HIVELIFT_TEST_NOTES"))
		fprintf(stderr, "note %d: %s: %s\n", note->level, note->what,
		        note->text);
	/* a clean run has losses of its own on damaged images */
	if (note->level >= HL_LOSS && r->failed)
		r->said = true;
	if (note->level < HL_LOSS)
		return;
	keep_loss(r, note->text);
}

/* Anything but an ordinary end is said to the caller. */
static enum hl_status heard(struct run *r, enum hl_status st)
{
	if (st != HL_OK && st != HL_END && r->failed)
		r->said = true;
	r->bad += st != HL_OK && st != HL_END;
	return st;
}

static void mix(struct run *r, const void *p, size_t n)
{
	const uint8_t *s = p;

	for (size_t i = 0; i < n; i++)
		r->digest = (r->digest ^ s[i]) * UINT64_C(0x100000001b3);
}

static void mix_text(struct run *r, const char *s)
{
	mix(r, s, strlen(s) + 1);
}

static void mix_number(struct run *r, uint64_t v)
{
	mix(r, &v, sizeof(v));
}

/* ---- the work -------------------------------------------------------------- */

static void read_all(struct run *r, struct hl_src *src)
{
	static uint8_t buf[65536];
	uint64_t size = hl_src_size(src);
	struct hl_ranges bad;
	struct hl_extent e;

	mix_number(r, size);
	for (uint64_t off = 0; off < size; off += sizeof(buf)) {
		size_t n = size - off < sizeof(buf) ? (size_t)(size - off)
		                                    : sizeof(buf);
		hl_ranges_clear(&bad);
		if (heard(r, hl_src_read(src, off, buf, n, &bad)) != HL_OK)
			return;
		mix(r, buf, n);
		mix_number(r, bad.bytes);
		r->said |= r->failed && bad.bytes;
	}
	for (uint64_t off = 0; off < size; off += e.len) {
		if (heard(r, hl_src_locate(src, off, &e)) != HL_OK)
			return;
		mix_number(r, e.in_off);
		mix_number(r, e.quality);
	}
}

static void read_streams(struct run *r, struct hl_fs *fs,
                         const struct hl_ref *ref)
{
	struct hl_stream_info info;
	unsigned cursor = 0;
	struct hl_src *src;

	while (heard(r, hl_fs_stream_next(fs, ref, &cursor, &info)) ==
	       HL_OK) {
		mix_text(r, info.name);
		if (heard(r, hl_fs_stream(&src, fs, ref, info.name,
		                          HL_STREAM_CONTENT)) != HL_OK)
			continue;
		read_all(r, src);
		hl_src_close(src);
	}
}

static void look_at(struct run *r, struct hl_fs *fs, const struct hl_entry *e)
{
	struct hl_fact fact;
	struct hl_entry full;
	unsigned cursor = 0;
	char text[4096];

	mix_text(r, e->name);
	mix_number(r, e->size);
	if (heard(r, hl_fs_entry(fs, &e->ref, &full)) == HL_OK)
		mix_number(r, full.size);
	while (heard(r, hl_fs_fact_next(fs, &e->ref, &cursor, &fact)) ==
	       HL_OK)
		mix_text(r, fact.value);
	if (e->type == HL_LINK &&
	    heard(r, hl_fs_link(fs, &e->ref, text, sizeof(text))) == HL_OK)
		mix_text(r, text);
	read_streams(r, fs, &e->ref);
}

static void drain(struct run *r, struct hl_fs *fs, struct hl_fs_iter *it,
                  int depth);

static void list(struct run *r, struct hl_fs *fs, const struct hl_ref *dir,
                 int depth)
{
	struct hl_fs_iter *it;

	if (heard(r, hl_fs_list(&it, fs, dir, HL_LIST_FULL | HL_LIST_SHORT |
	                                HL_LIST_DELETED)) == HL_OK)
		drain(r, fs, it, depth);
}

static void drain(struct run *r, struct hl_fs *fs, struct hl_fs_iter *it,
                  int depth)
{
	struct hl_entry e;
	enum hl_status st;

	while ((st = heard(r, hl_fs_next(it, &e))) == HL_OK ||
	       st == HL_CORRUPT) {
		if (st == HL_CORRUPT)
			continue;
		look_at(r, fs, &e);
		if (e.type == HL_DIR && depth >= 0 && depth < 6 &&
		    !(e.flags & HL_ENTRY_DELETED))
			list(r, fs, &e.ref, depth + 1);
	}
	hl_fs_iter_close(it);
}

static void list_disk(struct run *r, struct hl_disk *disk)
{
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_fs *fs = hl_disk_volume(disk, i)->fs;
		struct hl_entry root;
		uint64_t bytes;

		if (!fs)
			continue;
		mix_text(r, hl_fs_info(fs)->label);
		if (heard(r, hl_fs_unallocated(fs, &bytes)) == HL_OK)
			mix_number(r, bytes);
		if (heard(r, hl_fs_root(fs, &root)) == HL_OK)
			list(r, fs, &root.ref, 0);
	}
}

static void sweep_disk(struct run *r, struct hl_disk *disk)
{
	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_fs *fs = hl_disk_volume(disk, i)->fs;
		struct hl_fs_iter *it;
		struct hl_entry e;
		enum hl_status st;
		char path[2048];

		if (!fs || !hl_fs_can_sweep(fs) ||
		    heard(r, hl_fs_sweep(&it, fs, HL_LIST_DELETED)) != HL_OK)
			continue;
		while ((st = heard(r, hl_fs_next(it, &e))) == HL_OK ||
		       st == HL_CORRUPT)
			if (st == HL_OK &&
			    heard(r, hl_fs_path(fs, &e, path, sizeof(path),
			                        NULL)) == HL_OK)
				mix_text(r, path);
		hl_fs_iter_close(it);
	}
}

static void find_hives(struct run *r, struct hl_disk *disk, bool deep)
{
	const struct hl_hive_query query = { .deleted = deep, .deep = deep };
	struct hl_coverage cover;
	struct hl_hives *hives;
	struct hl_src *src;

	if (heard(r, hl_hives_find(&hives, disk, &query, &r->ctx)) != HL_OK)
		return;
	mix_number(r, hl_hives_count(hives));
	for (size_t i = 0; i < hl_hives_count(hives); i++) {
		struct hl_hive *h = hl_hives_get(hives, i);

		mix_text(r, h->path);
		if (heard(r, hl_hive_examine(h, true, &r->ctx)) == HL_OK) {
			mix_text(r, h->sha256);
			mix_number(r, h->report.state);
		}
		if (heard(r, hl_hive_open(&src, h, false, &r->ctx)) ==
		    HL_OK) {
			read_all(r, src);
			hl_src_close(src);
		}
	}
	if (heard(r, hl_coverage_build(&cover, disk, &r->ctx)) == HL_OK) {
		mix_number(r, cover.n_searched);
		mix_number(r, cover.n_unsearched);
		hl_coverage_free(&cover, &r->ctx);
	}
	hl_hives_free(hives);
}

static int remove_one(const char *path, const struct stat *st, int flag,
                      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static struct run *mixing; /* nftw hands no user pointer */
static int mixing_pid;     /* digits of the number in the folder's name */

static int mix_one(const char *path, const struct stat *st, int flag,
                   struct FTW *ftw)
{
	/* the manifest and its line in SHA256SUMS hold the time */
	if (flag != FTW_F || !strcmp(path + ftw->base, "manifest.json") ||
	    !strcmp(path + ftw->base, "SHA256SUMS"))
		return 0;
	/* a folder has no order */
	struct run one = { .digest = 1 };
	mix_text(&one, strstr(path, "/out-") + 5 + mixing_pid);
	mix_number(&one, (uint64_t)st->st_size);
	mixing->digest += one.digest;
	return 0;
}

static bool drop(void *user, const void *p, size_t n)
{
	(void)user;
	(void)p;
	(void)n;
	return true;
}

static void lift_disk(struct run *r, struct hl_disk *disk, bool tar)
{
	char dir[256];
	const struct hl_lift_opts opts = {
		.dir = dir, .write = tar ? drop : NULL, .dfxml = true,
	};
	const struct hl_hive_query query = { .deleted = true };
	struct hl_hives *hives = NULL;
	enum hl_status st = HL_OK;
	struct hl_lift *lift;

	snprintf(dir, sizeof(dir), "%s/out-%d", test_tmp(), (int)getpid());
	if (heard(r, hl_lift_open(&lift, disk, &opts, &r->ctx)) != HL_OK)
		goto gone;
	for (size_t i = 0; i < hl_disk_count(disk) && st == HL_OK; i++)
		if (hl_disk_volume(disk, i)->fs)
			st = heard(r, hl_lift_path(lift,
			                           hl_disk_volume(disk, i),
			                           "/"));
	if (st == HL_OK)
		st = heard(r, hl_hives_find(&hives, disk, &query, &r->ctx));
	for (size_t i = 0; st == HL_OK && i < hl_hives_count(hives); i++)
		st = heard(r, hl_lift_hive(lift, hl_hives_get(hives, i)));
	hl_hives_free(hives);
	mix_number(r, hl_lift_files(lift));
	mix_number(r, hl_lift_bytes(lift));
	if (st != HL_OK) {
		hl_lift_abort(lift);
		goto gone;
	}
	st = heard(r, hl_lift_finish(lift, NULL));
	if (st == HL_OK && !tar) {
		mixing = r;
		mixing_pid = (int)(strlen(dir) -
		                   (size_t)(strstr(dir, "/out-") + 5 - dir));
		nftw(dir, mix_one, 16, FTW_PHYS);
		ck_assert_int_eq(nftw(dir, remove_one, 16,
		                      FTW_DEPTH | FTW_PHYS), 0);
	}
gone:
	/* what failed leaves nothing behind */
	ck_assert_int_ne(access(dir, F_OK), 0);
}

static void scan_image(struct run *r, struct hl_src *image)
{
	const struct hl_scan_opts opts = { 0 };
	struct hl_scan *scan;

	if (heard(r, hl_scan_open(&scan, image, &opts, &r->ctx)) != HL_OK)
		return;
	if (heard(r, hl_scan_pass(scan)) == HL_OK &&
	    heard(r, hl_scan_judge(scan)) == HL_OK)
		for (size_t i = 0; i < hl_scan_count(scan); i++) {
			const struct hl_lost *l = hl_scan_get(scan, i);
			mix_number(r, l->off);
			mix_number(r, l->size);
			mix_number(r, l->score);
			mix_number(r, l->n_ext);
			mix_number(r, l->n_evidence);
		}
	hl_scan_close(scan);
}

/* What a scan believes, opened and listed beside the table's volumes. */
static void lost_disk(struct run *r, struct hl_src *image)
{
	const struct hl_scan_opts opts = { 0 };
	struct hl_disk_opts with = { 0 };
	struct hl_disk *disk = NULL; /* also when nothing is recognised */

	if (heard(r, hl_scan_open(&with.scan, image, &opts, &r->ctx)) != HL_OK)
		return;
	if (heard(r, hl_scan_pass(with.scan)) == HL_OK &&
	    heard(r, hl_scan_judge(with.scan)) == HL_OK)
		(void)heard(r, hl_disk_open(&disk, image, &with, &r->ctx));
	if (disk) {
		list_disk(r, disk);
		sweep_disk(r, disk);
	}
	hl_disk_close(disk);
	hl_scan_close(with.scan);
}

static void carve_disk(struct run *r, struct hl_disk *disk)
{
	const struct hl_carve_opts opts = { .all = true };
	struct hl_carve *c;
	struct hl_src *src;

	if (heard(r, hl_carve_find(&c, disk, &opts, &r->ctx)) != HL_OK)
		return;
	mix_number(r, hl_carve_live(c));
	for (size_t i = 0; i < hl_carve_count(c); i++) {
		struct hl_carved *f = hl_carve_get(c, i);
		mix_number(r, f->off);
		mix_number(r, f->what);
		mix_text(r, f->belongs ? f->belongs : "");
		mix_text(r, f->inside ? f->inside : "");
		if (heard(r, hl_carve_open(&src, c, i)) == HL_OK) {
			read_all(r, src);
			hl_src_close(src);
		}
	}
	hl_carve_free(c);
}

static void verify_all(struct run *r, struct hl_src *image,
                       struct hl_disk *disk)
{
	struct hl_verify v;

	if (heard(r, hl_verify_image(&v, image, 1u << HL_VERIFY_MD5,
	                             &r->ctx)) == HL_OK &&
	    heard(r, hl_verify_files(&v, disk, &r->ctx)) == HL_OK) {
		mix_text(r, v.hash[HL_VERIFY_MD5].computed);
		mix_number(r, v.n_bad);
		mix_number(r, v.n_files);
		for (size_t i = 0; i < v.n_files; i++)
			mix_text(r, v.file[i].path);
	}
	hl_verify_free(&v, &r->ctx);
}

enum work { LIST, SWEEP, HIVES, DEEP, SCAN, LOST, CARVE, VERIFY, FOLDER, TAR,
            N_WORKS };

struct subject {
	const char *path; /* a file; or else the bytes */
	struct hl_src *mem;
	const uint8_t *p;
	size_t n;
};

static enum hl_status open_subject(struct run *r, const struct subject *s,
                                   struct hl_files **files,
                                   struct hl_src **image)
{
	enum hl_status st;

	if (!s->path)
		return hl_src_mem(image, s->p, s->n, false, &r->ctx);
	st = hl_files_find(files, s->path, NULL, &r->ctx);
	return st == HL_OK ? hl_image_open(image, *files, NULL, &r->ctx) : st;
}

static void work(struct run *r, const struct subject *s, enum work what)
{
	struct hl_files *files = NULL;
	struct hl_src *image = NULL;
	struct hl_disk *disk = NULL;
	struct hl_disk_opts opts = { 0 };
	enum hl_status st = open_subject(r, s, &files, &image);

	if (heard(r, st) == HL_OK)
		st = heard(r, hl_disk_open(&disk, image, &opts, &r->ctx));
	mix_number(r, (uint64_t)st);
	if (disk) {
		mix_number(r, hl_disk_count(disk));
		if (what == LIST)
			list_disk(r, disk);
		else if (what == SWEEP)
			sweep_disk(r, disk);
		else if (what == HIVES)
			find_hives(r, disk, false);
		else if (what == DEEP)
			find_hives(r, disk, true);
		else if (what == SCAN)
			scan_image(r, image);
		else if (what == LOST)
			lost_disk(r, image);
		else if (what == CARVE)
			carve_disk(r, disk);
		else if (what == VERIFY)
			verify_all(r, image, disk);
		else
			lift_disk(r, disk, what == TAR);
	}
	hl_disk_close(disk);
	hl_src_close(image);
	hl_files_close(files);
}

static void begin_run(struct run *r)
{
	r->digest = UINT64_C(0xcbf29ce484222325);
	r->ctx.user = r;
	r->ctx.note = on_note;
	r->ctx.realloc = shaky_realloc;
	r->ctx.stats = &r->stats;
	ck_assert_int_eq(hl_notelog_new(&r->log), HL_OK);
	r->ctx.log = r->log;
}

static void end_run(struct run *r, const char *name)
{
	hl_notelog_free(r->log);
	ck_assert_msg(r->stats.mem_now == 0, "%s: allocation %zu%s: "
	              "%llu bytes are kept", name, r->fail_at,
	              r->for_good ? " and on" : "",
	              (unsigned long long)r->stats.mem_now);
}

static const char *const work_names[] = {
	"list", "sweep", "hives", "deep", "scan", "lost", "carve", "verify",
	"folder", "tar",
};

/* One run under the conditions that are set in r; the rest is filled. */
static inline void run_work(struct run *r, const struct subject *s,
                            enum work what)
{
	begin_run(r);
	work(r, s, what);
	end_run(r, work_names[what]);
}

#endif
