/*
 * fuzz_recmap.c: records and index blocks at places that the input names, and
 * the same input as a saved state; then as a volume without a boot sector.
 *
 *	| flags | cluster 2^n | mft cluster (4) | pieces of: place (4) |
 *	| length in 512 bytes (1) | bytes .. |
 */
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "fs/fs_impl.h"
#include "ntfs/recmap.h"

#define HEAD 6

static unsigned budget;

static bool spent(void *user)
{
	(void)user;
	return !budget || !--budget;
}

static struct hl_stats stats;
static const struct hl_ctx ctx = {
	.cancelled = spent, .stats = &stats,
	.limits = { .max_memory = 64u << 20 },
};

struct bytes {
	uint8_t *p;
	size_t n, cap;
};

static int keep(void *user, const void *p, size_t n)
{
	struct bytes *b = user;

	if (n > b->cap - b->n)
		return -1;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

static void check(const struct hl_recmap_volume *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t end = 0;

		if (!v[i].cluster_size || !v[i].record_size || !v[i].n_ext ||
		    v[i].score > 100)
			abort();
		for (size_t k = 0; k < v[i].n_ext; k++) {
			if (v[i].ext[k].number < end || !v[i].ext[k].n)
				abort();
			end = v[i].ext[k].number + v[i].ext[k].n;
		}
		for (size_t k = 0; k < v[i].n_evidence; k++)
			if (!strlen(v[i].evidence[k]))
				abort();
	}
}

/* The same volumes come out of what was saved. */
static void again(struct hl_recmap *m, size_t n)
{
	const struct hl_recmap_volume *v;
	struct bytes b = { .cap = 1 << 20 };
	struct hl_recmap *other;
	size_t n_other;

	b.p = malloc(b.cap);
	if (b.p && hl_recmap_save(m, keep, &b) == HL_OK) {
		enum hl_status st = hl_recmap_load(&other,
			(struct span){ b.p, b.n }, &ctx);

		if (st != HL_OK && st != HL_NOMEM)
			abort();
		if (st == HL_OK &&
		    hl_recmap_infer(other, &v, &n_other) == HL_OK &&
		    n_other != n)
			abort();
		if (st == HL_OK)
			hl_recmap_free(other);
	}
	free(b.p);
}

static void positions(const uint8_t *p, size_t n)
{
	const struct hl_recmap_volume *v;
	struct hl_recmap *m;
	size_t len, n_vol;

	if (hl_recmap_new(&m, &ctx) != HL_OK)
		return;
	while (n > 5) {
		uint64_t off = (uint64_t)le32_at(p) * 512;

		len = (size_t)p[4] * 512;
		if (len > n - 5)
			len = n - 5;
		if (hl_recmap_feed(m, off, (struct span){ p + 5, len }) ||
		    hl_recmap_add(m, off, le32_at(p), 1024, 4096))
			break;
		p += 5 + len;
		n -= 5 + len;
	}
	if (hl_recmap_infer(m, &v, &n_vol) == HL_OK) {
		check(v, n_vol);
		again(m, n_vol);
	}
	hl_recmap_free(m);
}

static void read_all(struct hl_fs *fs)
{
	static char path[4096];
	struct hl_fs_iter *it;
	struct hl_entry e, found;
	struct hl_src *s;
	enum hl_status st;
	int left = 100;

	if (hl_fs_sweep(&it, fs, HL_LIST_DELETED) != HL_OK)
		return;
	while (((st = hl_fs_next(it, &e)) == HL_OK || st == HL_CORRUPT) &&
	       left--) {
		if (st != HL_OK)
			continue;
		if (hl_fs_path(fs, &e, path, sizeof(path), NULL) == HL_OK &&
		    hl_fs_find(fs, path, &found) == HL_NOMEM)
			break;
		if (hl_fs_stream(&s, fs, &e.ref, "", HL_STREAM_CONTENT) ==
		    HL_OK)
			hl_src_close(s);
	}
	hl_fs_iter_close(it);
}

static void open_it(const uint8_t *head, const uint8_t *p, size_t n)
{
	struct hl_recmap_extent ext = { 512u * head[5], head[0], 300, 300 };
	struct hl_fs_lost how = {
		.cluster_size = 1u << (head[1] & 31), .has_mft = head[0] & 1,
		.mft_lcn = le32_at(head + 2), .vol_off = head[0] & 4 ? 7 : 0,
		.ext = head[0] & 2 ? &ext : NULL, .n_ext = head[0] & 2 ? 1 : 0,
	};
	struct hl_src *vol;
	struct hl_fs *fs;

	if (hl_src_mem(&vol, p, n, false, &ctx) != HL_OK)
		return;
	if (hl_fs_open_lost(&fs, vol, &how, &ctx) == HL_OK) {
		read_all(fs);
		hl_fs_close(fs);
	}
	hl_src_close(vol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hl_recmap *m;

	budget = 50000;
	if (hl_recmap_load(&m, (struct span){ data, size }, &ctx) == HL_OK)
		hl_recmap_free(m);
	if (size > HEAD) {
		positions(data + HEAD, size - HEAD);
		open_it(data, data + HEAD, size - HEAD);
	}
	if (stats.mem_now)
		abort(); /* a leak */
	return 0;
}
