/*
 * check_vhdx_log.c: the log of a VHDX: changes over one another as a painter
 * would lay them, and logs that want to take time or memory.  What QEMU makes
 * of logs is in tests/system/vhdxlog.py.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "io/vdisk_log.h"
#include "testing.h"

#define SECTOR 4096u
#define KIB 1024u

static uint32_t dice(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* ---- changes over a file --------------------------------------------------- */

#define ROOM 4096u

struct paint {
	uint8_t file[ROOM], log[ROOM], want[2 * ROOM];
	size_t n_file, n; /* n: of the view */
};

static void lay(struct paint *p, const struct vhdx_patch *q)
{
	if (q->from == HL_NO_OFFSET)
		memset(p->want + q->off, 0, (size_t)q->len);
	else
		memcpy(p->want + q->off, p->log + q->from, (size_t)q->len);
	if (q->off + q->len > p->n)
		p->n = (size_t)(q->off + q->len);
}

static void compare(struct paint *p, const struct vhdx_patch *q, size_t n,
                    uint64_t size)
{
	struct hl_src *file, *log, *view;
	uint8_t got[2 * ROOM];

	ck_assert_int_eq(hl_src_mem(&file, p->file, p->n_file, false,
	                            test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_mem(&log, p->log, ROOM, false, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_vhdx_patched(&view, file, log, q, n, size,
	                                 test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_src_size(view), p->n);
	ck_assert_int_eq(hl_src_read(view, 0, got, p->n, NULL), HL_OK);
	ck_assert_mem_eq(got, p->want, p->n);
	hl_src_close(view);
	hl_src_close(log);
	hl_src_close(file);
	ck_assert_uint_eq(test_mem_now(), 0);
}

START_TEST(changes_lie_over_one_another)
{
	static struct paint p;
	static struct vhdx_patch q[300];
	uint32_t seed = (uint32_t)_i * 77 + 1;
	size_t n = _i % 5 ? dice(&seed) % 40 : dice(&seed) % 300;
	uint64_t size = _i % 3 ? 0 : dice(&seed) % (2 * ROOM);

	memset(&p, 0, sizeof(p));
	p.n_file = p.n = dice(&seed) % ROOM + 1;
	for (size_t i = 0; i < ROOM; i++) {
		p.file[i] = (uint8_t)(dice(&seed) | 1);
		p.log[i] = (uint8_t)(dice(&seed) | 1);
	}
	memcpy(p.want, p.file, p.n);
	if (size > p.n)
		p.n = (size_t)size;
	for (size_t i = 0; i < n; i++) {
		uint64_t most = _i % 2 ? ROOM : 60;
		q[i].len = dice(&seed) % most + 1;
		q[i].off = dice(&seed) % (2 * ROOM - q[i].len + 1);
		q[i].from = dice(&seed) % 3 ? dice(&seed) % (ROOM - q[i].len + 1)
		                            : HL_NO_OFFSET;
		lay(&p, &q[i]);
	}
	compare(&p, q, n, size);
}
END_TEST

/* Each inside the one before, so that every one is cut in two. */
START_TEST(the_most_changes_cost_little)
{
	size_t n = HL_MAX_VHDX_PATCHES;
	struct vhdx_patch *q = calloc(n, sizeof(*q));
	struct hl_src *file, *log, *view;
	uint8_t one = 1, got[4];

	ck_assert_ptr_nonnull(q);
	for (size_t i = 0; i < n; i++)
		q[i] = (struct vhdx_patch){ i, 2 * (uint64_t)(n - i), i % 2
		                            ? 0 : HL_NO_OFFSET };
	ck_assert_int_eq(hl_src_mem(&file, &one, 1, false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_mem(&log, &one, 1, false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_vhdx_patched(&view, file, log, q, n, 0,
	                                 test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_src_size(view), 2 * n);
	ck_assert_int_eq(hl_src_read(view, n + 1, got, 1, NULL), HL_OK);
	ck_assert_uint_eq(got[0], 0); /* the last but one's */
	hl_src_close(view);
	hl_src_close(log);
	hl_src_close(file);
	free(q);
	ck_assert_uint_lt(test_stats()->mem_peak, 48u << 20);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* ---- logs ------------------------------------------------------------------- */

#define LOG_AT (64 * KIB)

struct disk {
	uint8_t *p;
	size_t n;
	struct vdisk_head head;
	struct hl_src *file;
	struct vhdx_log log;
};

static void new_disk(struct disk *d, size_t log_len)
{
	memset(d, 0, sizeof(*d));
	d->n = LOG_AT + log_len;
	d->p = calloc(1, d->n);
	ck_assert_ptr_nonnull(d->p);
	memset(d->p, 'f', LOG_AT);
	d->head.log = true;
	d->head.log_off = LOG_AT;
	d->head.log_len = log_len;
	memset(d->head.log_id, 0x77, 16);
}

static uint32_t crc_bits(uint32_t crc, const uint8_t *p, size_t n)
{
	while (n--) {
		crc ^= *p++;
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return crc;
}

static void entry_head(uint8_t *p, uint32_t len, uint32_t tail, uint64_t seq,
                       uint32_t n_desc)
{
	memcpy(p, "loge", 4);
	put32(p + 8, len);
	put32(p + 12, tail);
	put64(p + 16, seq);
	put32(p + 24, n_desc);
	memset(p + 32, 0x77, 16);
}

static void seal(uint8_t *p, size_t len)
{
	put32(p + 4, 0);
	put32(p + 4, ~crc_bits(0xffffffff, p, len));
}

/* One sector that says that `len` bytes at off are zeros. */
static void zeros(uint8_t *p, uint32_t tail, uint64_t seq, uint64_t off,
                  uint64_t len)
{
	entry_head(p, SECTOR, tail, seq, 1);
	memcpy(p + 64, "zero", 4);
	put64(p + 72, len);
	put64(p + 80, off);
	put64(p + 88, seq);
	seal(p, SECTOR);
}

static enum hl_status open_log(struct disk *d)
{
	struct hl_at at = { test_ctx(), NULL, HL_NO_OFFSET, "disk" };

	ck_assert_int_eq(hl_src_mem(&d->file, d->p, d->n, false, test_ctx()),
	                 HL_OK);
	return hl_vhdx_log_open(&d->log, d->file, &d->head, true, &at);
}

static void end(struct disk *d)
{
	hl_vhdx_log_close(&d->log, test_ctx());
	hl_src_close(d->file);
	free(d->p);
	ck_assert_uint_eq(test_mem_now(), 0);
}

START_TEST(an_entry_is_applied)
{
	uint8_t got[3];
	struct disk d;

	new_disk(&d, 16 * SECTOR);
	zeros(d.p + LOG_AT, 0, 1, SECTOR, SECTOR);
	ck_assert_int_eq(open_log(&d), HL_OK);
	ck_assert_ptr_nonnull(d.log.view);
	ck_assert(test_noted(HL_INFO, "1 changes of its log, 4096 bytes"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	ck_assert_int_eq(hl_src_read(d.log.view, SECTOR - 1, got, 2, NULL),
	                 HL_OK);
	ck_assert_mem_eq(got, "f", 2);
	ck_assert_int_eq(hl_src_read(d.log.view, 2 * SECTOR - 1, got, 2, NULL),
	                 HL_OK);
	ck_assert_mem_eq(got, "\0f", 2);
	end(&d);
}
END_TEST

static const struct {
	uint64_t off, len;
	bool ok;
} places[] = {
	{ 0, 1, false },
	{ 1, SECTOR, false },
	{ UINT64_C(1) << 63, SECTOR, false },
	{ SECTOR, UINT64_C(1) << 63, false },
	{ INT64_MAX & ~(uint64_t)4095, SECTOR, false },
	{ SECTOR, UINT64_MAX & ~(uint64_t)4095, false },
	{ (INT64_MAX & ~(uint64_t)4095) - SECTOR, SECTOR, true },
	{ 0, INT64_MAX & ~(uint64_t)4095, true },
};

START_TEST(places_are_bounded)
{
	struct disk d;

	new_disk(&d, 4 * SECTOR);
	zeros(d.p + LOG_AT, 0, 1, places[_i].off, places[_i].len);
	ck_assert_int_eq(open_log(&d), HL_OK);
	ck_assert_int_eq(d.log.view != NULL, places[_i].ok);
	if (d.log.view)
		ck_assert_uint_le(hl_src_size(d.log.view), INT64_MAX);
	else
		ck_assert(test_noted(HL_LOSS, "none of its entries is whole"));
	end(&d);
}
END_TEST

/* Each sector begins an entry that says it is as long as the whole log. */
START_TEST(entries_inside_one_another_take_no_time)
{
	size_t n = HL_MAX_VHDX_LOG / SECTOR;
	struct disk d;

	new_disk(&d, n * SECTOR);
	for (size_t i = 0; i < n; i++)
		entry_head(d.p + LOG_AT + i * SECTOR, HL_MAX_VHDX_LOG, 0,
		           i + 1, 0);
	ck_assert_int_eq(open_log(&d), HL_OK);
	ck_assert_ptr_null(d.log.view);
	ck_assert(test_noted(HL_LOSS, "cannot be replayed"));
	end(&d);
}
END_TEST

/* Sequences whose tails lie outside, each tried from each of its entries. */
START_TEST(sequences_that_do_not_hold_take_no_time)
{
	size_t n = HL_MAX_VHDX_LOG / 4 / SECTOR;
	struct disk d;

	new_disk(&d, n * SECTOR);
	for (size_t i = 0; i + 1 < n; i++)
		zeros(d.p + LOG_AT + i * SECTOR, (uint32_t)(n - 1) * SECTOR,
		      i + 1, 0, SECTOR);
	ck_assert_int_eq(open_log(&d), HL_OK);
	ck_assert_ptr_null(d.log.view);
	end(&d);
}
END_TEST

START_TEST(a_log_larger_than_any_is_said)
{
	struct disk d;

	new_disk(&d, HL_MAX_VHDX_LOG + SECTOR);
	zeros(d.p + LOG_AT, 0, 1, SECTOR, SECTOR);
	ck_assert_int_eq(open_log(&d), HL_OK);
	ck_assert_ptr_null(d.log.view);
	ck_assert(test_noted(HL_LOSS, "larger than any"));
	ck_assert_uint_lt(test_stats()->mem_peak, 1u << 20);
	end(&d);
}
END_TEST

START_TEST(too_many_changes_are_said)
{
	size_t per = (16 * SECTOR - 64) / 32, n = HL_MAX_VHDX_PATCHES / per + 1;
	struct disk d;

	new_disk(&d, (n + 1) * 16 * SECTOR);
	for (size_t i = 0; i < n; i++) {
		uint8_t *p = d.p + LOG_AT + i * 16 * SECTOR;
		entry_head(p, 16 * SECTOR, 0, i + 1, (uint32_t)per);
		for (size_t k = 0; k < per; k++) {
			memcpy(p + 64 + 32 * k, "zero", 4);
			put64(p + 72 + 32 * k, SECTOR);
			put64(p + 88 + 32 * k, i + 1);
		}
		seal(p, 16 * SECTOR);
	}
	ck_assert_int_eq(open_log(&d), HL_OK);
	ck_assert_ptr_null(d.log.view);
	ck_assert(test_noted(HL_LOSS, "too many entries"));
	end(&d);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
	enum hl_status st = HL_NOMEM;

	for (size_t i = 1; st == HL_NOMEM; i++) {
		struct disk d;

		new_disk(&d, 16 * SECTOR);
		zeros(d.p + LOG_AT, 0, 1, SECTOR, SECTOR);
		zeros(d.p + LOG_AT + SECTOR, 0, 2, 0, 3 * SECTOR);
		test_fail_alloc(i + 1); /* not of the file itself */
		st = open_log(&d);
		test_fail_alloc(0);
		ck_assert(st == HL_OK || st == HL_NOMEM);
		ck_assert_int_eq(d.log.view != NULL, st == HL_OK);
		end(&d);
		ck_assert_uint_lt(i, 100);
	}
}
END_TEST

static TCase *patches_case(void)
{
	TCase *t = tcase_create("changes");

	tcase_add_loop_test(t, changes_lie_over_one_another, 0, 500);
	tcase_add_test(t, the_most_changes_cost_little);
	return t;
}

static TCase *log_case(void)
{
	TCase *t = tcase_create("log");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, an_entry_is_applied);
	tcase_add_loop_test(t, places_are_bounded, 0,
	                    sizeof(places) / sizeof(*places));
	tcase_add_test(t, entries_inside_one_another_take_no_time);
	tcase_add_test(t, sequences_that_do_not_hold_take_no_time);
	tcase_add_test(t, a_log_larger_than_any_is_said);
	tcase_add_test(t, too_many_changes_are_said);
	tcase_add_test(t, every_allocation_may_fail);
	return t;
}

int main(void)
{
	return test_main("vhdx_log", patches_case(), log_case(), NULL);
}
