/*
 * fuzz_scan_state.c: the state of a scan, taken up again with the medium it
 * is of, gone on with, judged, opened; and saved once more.
 *
 *	| bytes of the state from its line "at" on (4) | those | the medium |
 *
 * Size and identity of the medium are written before it, and the number of
 * bytes and the checksum of its records are made right, so that what lies
 * behind them is reached.  Where the number has its highest bit, the state is
 * of the first half of the medium.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "hivelift/hivelift.h"

#define RECORDS "\nrecords "

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	uint8_t *p;
	size_t n, cap;
};

static bool put(void *user, const void *p, size_t n)
{
	struct text *t = user;

	if (n > t->cap - t->n) {
		size_t cap = 2 * (t->cap + n);
		uint8_t *more = realloc(t->p, cap);

		if (!more)
			return false;
		t->p = more;
		t->cap = cap;
	}
	memcpy(t->p + t->n, p, n);
	t->n += n;
	return true;
}

static bool out_of_budget(void *user)
{
	unsigned *left = user;

	return *left == 0 || --*left == 0;
}

/* Behind so many line ends; n when there are fewer. */
static size_t behind_lines(const uint8_t *p, size_t n, unsigned lines)
{
	size_t i = 0;

	for (; i < n && lines; i++)
		lines -= p[i] == '\n';
	return i;
}

static uint64_t fnv(const uint8_t *p, size_t n)
{
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return sum;
}

/* The records behind their line: how many bytes, and what they add up to. */
static bool records(struct text *t, const uint8_t *p, size_t n)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "records %zu\n", n);
	uint64_t sum;
	uint8_t last[8];

	if (!put(t, line, (size_t)len) || n < 8)
		return n == 0;
	sum = fnv(p, n - 8);
	for (int i = 0; i < 8; i++)
		last[i] = (uint8_t)(sum >> 8 * i);
	return put(t, p, n - 8) && put(t, last, 8);
}

/* What the input has, behind the two lines that tell of which medium it is. */
static bool sealed(struct text *t, bool half, const uint8_t *p, size_t n)
{
	const size_t word = strlen(RECORDS);

	t->n = behind_lines(t->p, t->n, half ? 3 : 2);
	for (size_t i = 0; i + word <= n; i++)
		if (!memcmp(p + i, RECORDS, word)) {
			size_t at = i + 1 + behind_lines(p + i + 1, n - i - 1,
			                                 1);
			return put(t, p, i + 1) && records(t, p + at, n - at);
		}
	return put(t, p, n);
}

static void results(const struct hl_scan *scan, uint64_t size)
{
	uint64_t before = 0;

	for (size_t i = 0; i < hl_scan_count(scan); i++) {
		const struct hl_lost *l = hl_scan_get(scan, i);

		if (!l->fs || l->score > 100 || l->off < before ||
		    l->generation > hl_scan_generations(scan) ||
		    (l->believed && l->off >= size))
			abort();
		before = l->off;
	}
}

static void go_on(struct hl_scan *scan, struct hl_src *image,
                  const struct hl_ctx *ctx)
{
	struct hl_disk_opts how = { .scan = scan };
	struct hl_disk *disk = NULL;

	if (hl_scan_position(scan) > hl_src_size(image))
		abort();
	if (hl_scan_pass(scan) != HL_OK || hl_scan_judge(scan) != HL_OK)
		return;
	results(scan, hl_src_size(image));
	if (hl_disk_open(&disk, image, &how, ctx) >= 0)
		hl_disk_close(disk);
}

/* What was taken is what would be given. */
static void again(struct hl_scan *scan, struct hl_src *image,
                  const struct hl_scan_opts *opts, const struct hl_ctx *ctx)
{
	struct text one = { NULL, 0, 0 }, two = one;
	struct hl_scan *other = NULL;

	if (hl_scan_save(scan, put, &one) == HL_OK &&
	    hl_scan_open(&other, image, opts, ctx) == HL_OK &&
	    hl_scan_load(other, one.p, one.n) == HL_OK &&
	    hl_scan_save(other, put, &two) == HL_OK &&
	    (one.n != two.n || memcmp(one.p, two.p, one.n) != 0))
		abort();
	hl_scan_close(other);
	free(one.p);
	free(two.p);
}

static void taken_up(const uint8_t *p, size_t n, bool half,
                     struct hl_src *image, const struct hl_ctx *ctx)
{
	const struct hl_scan_opts opts = {
		.to = half ? hl_src_size(image) / 2 : 0,
	};
	struct text t = { NULL, 0, 0 };
	struct hl_scan *scan = NULL;
	uint64_t from, to;

	if (hl_scan_open(&scan, image, &opts, ctx) == HL_OK &&
	    hl_scan_save(scan, put, &t) == HL_OK &&
	    sealed(&t, hl_scan_range(scan, &from, &to), p, n) &&
	    hl_scan_load(scan, t.p, t.n) == HL_OK) {
		if (hl_scan_position(scan) > to)
			abort();
		again(scan, image, &opts, ctx);
		go_on(scan, image, ctx);
	}
	hl_scan_close(scan);
	free(t.p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned budget = 20000;
	struct hl_stats stats = { 0 };
	struct hl_ctx ctx = { .user = &budget, .cancelled = out_of_budget,
	                      .limits.max_memory = 64u << 20,
	                      .stats = &stats };
	struct hl_src *image;
	size_t n;

	if (size < 4)
		return 0;
	n = le32_at(data) & INT32_MAX;
	bool half = data[3] & 0x80;
	data += 4;
	size -= 4;
	if (n > size)
		n = size;
	if (hl_src_mem(&image, data + n, size - n, false, &ctx) != HL_OK)
		return 0;
	taken_up(data, n, half, image, &ctx);
	hl_src_close(image);
	if (stats.mem_now)
		abort();
	return 0;
}
