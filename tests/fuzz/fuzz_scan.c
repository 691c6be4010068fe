/*
 * fuzz_scan.c: an image is scanned for lost volumes; what is believed is
 * opened, listed a little and read a little.  What was seen goes to a state
 * and back, and the bytes themselves are tried as a state.  Then a part of it,
 * which the first bytes choose, with a geometry that they state.
 */
#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	uint8_t *p;
	size_t n;
};

static bool out_of_budget(void *user)
{
	unsigned *left = user;

	return *left == 0 || --*left == 0;
}

static bool keep(void *user, const void *p, size_t n)
{
	struct text *t = user;
	uint8_t *more = realloc(t->p, t->n + n + 1);

	if (!more)
		return false;
	t->p = more;
	memcpy(t->p + t->n, p, n);
	t->n += n;
	return true;
}

/* What was saved is taken back, by the same image. */
static void there_and_back(struct hl_scan *scan, struct hl_src *image,
                           const struct hl_scan_opts *opts,
                           const struct hl_ctx *ctx)
{
	struct text t = { NULL, 0 };
	struct hl_scan *again;

	if (hl_scan_save(scan, keep, &t) == HL_OK &&
	    hl_scan_open(&again, image, opts, ctx) == HL_OK) {
		enum hl_status st = hl_scan_load(again, t.p, t.n);
		if (st != HL_OK && st != HL_NOMEM && st != HL_CANCELLED)
			abort();
		if (st == HL_OK &&
		    hl_scan_position(again) != hl_scan_position(scan))
			abort();
		hl_scan_close(again);
	}
	free(t.p);
}

static void as_state(const uint8_t *data, size_t size, struct hl_src *image,
                     const struct hl_ctx *ctx)
{
	const struct hl_scan_opts opts = { 0 };
	struct hl_scan *scan;

	if (hl_scan_open(&scan, image, &opts, ctx) != HL_OK)
		return;
	if (hl_scan_load(scan, data, size) == HL_OK &&
	    hl_scan_judge(scan) == HL_OK && hl_scan_count(scan) > size)
		abort();
	hl_scan_close(scan);
}

static void results(const struct hl_scan *scan, uint64_t size)
{
	unsigned most = hl_scan_generations(scan);
	uint64_t before = 0;

	for (size_t i = 0; i < hl_scan_count(scan); i++) {
		const struct hl_lost *l = hl_scan_get(scan, i);
		if (!l->fs || l->score > 100 || l->off < before ||
		    l->generation > most || (l->believed && l->off > size))
			abort();
		for (size_t k = 0; k < l->n_evidence; k++)
			if (!l->evidence[k] || !*l->evidence[k])
				abort();
		before = l->off;
	}
}

static void look(struct hl_disk *disk)
{
	struct hl_fs_iter *it;
	struct hl_entry e;

	for (size_t i = 0; i < hl_disk_count(disk); i++) {
		struct hl_fs *fs = hl_disk_volume(disk, i)->fs;
		enum hl_status st;
		int left = 50;

		if (!fs || hl_fs_root(fs, &e) != HL_OK ||
		    hl_fs_list(&it, fs, &e.ref, HL_LIST_FULL) != HL_OK)
			continue;
		while (((st = hl_fs_next(it, &e)) == HL_OK ||
		        st == HL_CORRUPT) && left--)
			;
		hl_fs_iter_close(it);
	}
}

/* The whole would not take its state, nor the other way round. */
static void of_another_range(struct hl_scan *scan, struct hl_src *image,
                             const struct hl_ctx *ctx)
{
	const struct hl_scan_opts opts = { 0 };
	struct text t = { NULL, 0 };
	struct hl_scan *whole;

	if (hl_scan_save(scan, keep, &t) == HL_OK &&
	    hl_scan_open(&whole, image, &opts, ctx) == HL_OK) {
		if (hl_scan_load(whole, t.p, t.n) == HL_OK ||
		    hl_scan_position(whole))
			abort();
		hl_scan_close(whole);
	}
	free(t.p);
}

static void part(const uint8_t *data, size_t size, struct hl_src *image,
                 const struct hl_ctx *ctx)
{
	const struct hl_lost_geom geom = {
		.cluster_size = 512u << data[2] % 13,
		.mft_lcn = data[3],
	};
	uint64_t from = size * (uint64_t)data[0] / 256;
	const struct hl_scan_opts opts = {
		.from = from, .to = from + (size - from) * data[1] / 256,
		.stated = data[4] % 2 ? &geom : NULL, .stated_off = from,
	};
	struct hl_scan *scan;
	uint64_t a, b;

	if (hl_scan_open(&scan, image, &opts, ctx) != HL_OK)
		return;
	bool less = hl_scan_range(scan, &a, &b);
	if (a > from || a > b || b > size || hl_scan_position(scan) != a)
		abort();
	if (hl_scan_pass(scan) == HL_OK && hl_scan_judge(scan) == HL_OK) {
		if (hl_scan_position(scan) != b)
			abort();
		results(scan, size);
		there_and_back(scan, image, &opts, ctx);
		if (less)
			of_another_range(scan, image, ctx);
	}
	hl_scan_close(scan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct hl_scan_opts opts = { 0 };
	unsigned budget = 50000;
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .user = &budget, .cancelled = out_of_budget,
	                      .limits.max_memory = 64u << 20,
	                      .stats = &stats };
	struct hl_disk *disk = NULL;
	struct hl_src *image;
	struct hl_scan *scan;

	if (hl_src_mem(&image, data, size, false, &ctx) != HL_OK)
		return 0;
	if (hl_scan_open(&scan, image, &opts, &ctx) == HL_OK) {
		if (hl_scan_pass(scan) == HL_OK &&
		    hl_scan_judge(scan) == HL_OK) {
			struct hl_disk_opts how = { .scan = scan };
			results(scan, size);
			there_and_back(scan, image, &opts, &ctx);
			if (hl_disk_open(&disk, image, &how, &ctx) >= 0 &&
			    disk)
				look(disk);
			hl_disk_close(disk);
		}
		hl_scan_close(scan);
	}
	as_state(data, size, image, &ctx);
	if (size > 4)
		part(data, size, image, &ctx);
	hl_src_close(image);
	if (stats.mem_now)
		abort();
	return 0;
}
