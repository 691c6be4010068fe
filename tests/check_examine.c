/*
 * check_examine.c: one pass over a hive's stream: state, digest, logs, and
 * what is said of damage.
 */
#include <stdio.h>

#include "fake_fs.h"
#include "io/src_impl.h"
#include "lift/pass.h"

/* SHA-256 of no bytes at all, and of "abc" (FIPS 180-4). */
#define SHA_NONE \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA_ABC \
	"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static uint8_t small_hive[8192];
static uint8_t small_log[2048];

static void seal(uint8_t *h)
{
	uint32_t sum = 0;

	for (int i = 0; i < 508; i += 4)
		sum ^= (uint32_t)h[i] | (uint32_t)h[i + 1] << 8 |
		       (uint32_t)h[i + 2] << 16 | (uint32_t)h[i + 3] << 24;
	put32(h + 508, sum);
}

static void put_base(uint8_t *h, uint32_t seq1, uint32_t seq2, uint32_t type)
{
	memcpy(h, "regf", 4);
	put32(h + 4, seq1);
	put32(h + 8, seq2);
	put32(h + 20, 1);
	put32(h + 24, 5);
	put32(h + 28, type);
	put32(h + 32, 1);
	put32(h + 36, 32);
	put32(h + 40, 4096);
	put32(h + 44, 1);
	seal(h);
}

static void make_hive(uint32_t seq1, uint32_t seq2)
{
	uint8_t *h = small_hive;

	memset(h, 0, sizeof(small_hive));
	put_base(h, seq1, seq2, 0);
	memcpy(h + 4096, "hbin", 4);
	put32(h + 4096 + 8, 4096);
	put32(h + 4128, (uint32_t)-88);
	memcpy(h + 4132, "nk", 2);
	put16(h + 4134, 0x2c);
	put16(h + 4132 + 0x48, 1);
	h[4132 + 0x4c] = 'R';
	memset(small_log, 0, sizeof(small_log));
	put_base(small_log, seq1, seq1, 6);
	for (uint32_t i = 0; i < 2; i++) {
		uint8_t *e = small_log + 512 + i * 512;
		memcpy(e, "HvLE", 4);
		put32(e + 4, 512);
		put32(e + 12, seq1 + i);
		put32(e + 16, 4096);
		put32(e + 20, 1);
	}
}

static struct hl_hives *one_hive(const uint8_t *p, size_t n)
{
	struct hl_disk *disk = fake_start(1);
	struct fake_node *node;
	struct hl_hives *hives;

	node = fake_add(&fake[0], "/Windows/System32/config/SAM");
	node->content = p;
	node->size = n;
	node = fake_add(&fake[0], "/Windows/System32/config/SAM.LOG1");
	node->content = small_log;
	node->size = sizeof(small_log);
	fake_add(&fake[0], "/Windows/System32/config/SAM.LOG2");
	ck_assert_int_eq(hl_hives_find(&hives, disk, NULL, test_ctx()), HL_OK);
	ck_assert_uint_eq(hl_hives_count(hives), 1);
	test_forget_notes();
	return hives;
}

START_TEST(a_dirty_hive_is_said_but_no_loss)
{
	make_hive(8, 7);
	put_base(small_hive, 10, 9, 0); /* the log is stale for it */
	struct hl_hives *hives = one_hive(small_hive, sizeof(small_hive));
	struct hl_hive *h = hl_hives_get(hives, 0);

	ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_OK);
	ck_assert_int_eq(h->report.state, HL_HIVE_DIRTY);
	ck_assert_int_eq(h->replay.state, HL_REPLAY_REFUSED);
	ck_assert(test_noted(HL_INFO, "SAM.LOG1 is stale"));
	ck_assert_uint_eq(strlen(h->sha256), 64);
	ck_assert_uint_eq(h->n_logs, 2);
	ck_assert_str_eq(h->logs[0].info.format, "HvLE");
	ck_assert_uint_eq(h->logs[0].info.first_seq, 8);
	ck_assert_uint_eq(h->logs[0].info.last_seq, 9);
	ck_assert_str_eq(h->logs[1].info.format, "empty");
	ck_assert(test_noted(HL_INFO, "10 and 9"));
	ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
	/* hive, two logs: each opened once */
	ck_assert_uint_eq(fake[0].streams, 3);
	hl_hives_free(hives);
}
END_TEST

/* Its entries' hashes are wrong, and they are the hive's next ones. */
START_TEST(a_log_that_should_apply_and_is_broken_is_a_loss)
{
	make_hive(8, 8);
	put_base(small_hive, 9, 8, 0);
	struct hl_hives *hives = one_hive(small_hive, sizeof(small_hive));
	struct hl_hive *h = hl_hives_get(hives, 0);

	ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_OK);
	ck_assert_int_eq(h->report.state, HL_HIVE_DIRTY);
	ck_assert_int_eq(h->replay.state, HL_REPLAY_REFUSED);
	ck_assert(test_noted(HL_LOSS, "not replayed: SAM.LOG1: entry 8 is "
	                     "broken"));
	hl_hives_free(hives);
}
END_TEST

START_TEST(a_clean_and_an_empty_hive_say_nothing)
{
	make_hive(7, 7);
	struct hl_hives *hives = one_hive(small_hive, sizeof(small_hive));

	ck_assert_int_eq(hl_hive_examine(hl_hives_get(hives, 0), false,
	                                 test_ctx()), HL_OK);
	ck_assert_int_eq(hl_hives_get(hives, 0)->report.state, HL_HIVE_CLEAN);
	ck_assert_str_eq(hl_hives_get(hives, 0)->sha256, "");
	hl_hives_free(hives);
	hives = one_hive(small_hive, 0);
	ck_assert_int_eq(hl_hive_examine(hl_hives_get(hives, 0), true,
	                                 test_ctx()), HL_OK);
	ck_assert_int_eq(hl_hives_get(hives, 0)->report.state, HL_HIVE_EMPTY);
	ck_assert_str_eq(hl_hives_get(hives, 0)->sha256, SHA_NONE);
	ck_assert_uint_eq(test_note_count(HL_INFO), 0);
	hl_hives_free(hives);
}
END_TEST

START_TEST(damage_and_other_content_are_losses)
{
	make_hive(7, 7);
	small_hive[4096] = 'X';
	struct hl_hives *hives = one_hive(small_hive, sizeof(small_hive));

	ck_assert_int_eq(hl_hive_examine(hl_hives_get(hives, 0), false,
	                                 test_ctx()), HL_OK);
	ck_assert(test_noted(HL_LOSS, "config/SAM: damaged: bin at 4096"));
	hl_hives_free(hives);
	hives = one_hive((const uint8_t *)"abc", 3);
	struct hl_hive *h = hl_hives_get(hives, 0);
	ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_OK);
	ck_assert_int_eq(h->report.state, HL_HIVE_NOT_A_HIVE);
	ck_assert_str_eq(h->sha256, SHA_ABC);
	ck_assert(test_noted(HL_LOSS, "not-a-hive: the content is text"));
	hl_hives_free(hives);
}
END_TEST

START_TEST(a_stream_that_cannot_be_opened_is_said)
{
	make_hive(7, 7);
	struct hl_hives *hives = one_hive(small_hive, sizeof(small_hive));
	struct hl_hive *h = hl_hives_get(hives, 0);

	fake[0].node[h->entry.ref.id].broken = true;
	ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_CORRUPT);
	ck_assert_int_eq(h->report.state, HL_HIVE_DAMAGED);
	ck_assert(test_noted(HL_FAILED, "config/SAM: its content cannot"));
	hl_hives_free(hives);
	hives = one_hive(small_hive, sizeof(small_hive));
	h = hl_hives_get(hives, 0);
	fake[0].node[h->logs[0].entry.ref.id].broken = true;
	ck_assert_int_eq(hl_hive_examine(h, true, test_ctx()), HL_OK);
	ck_assert(test_noted(HL_LOSS, "SAM.LOG1: the log cannot be opened"));
	hl_hives_free(hives);
}
END_TEST

struct sunk {
	size_t n;
	size_t stop; /* fail at this many bytes; 0: never */
	uint8_t p[sizeof(small_hive)];
};

static enum hl_status sink(void *user, uint64_t off, const void *p, size_t n)
{
	struct sunk *s = user;

	ck_assert_uint_eq(off, s->n);
	if (s->stop)
		return HL_IO;
	memcpy(s->p + s->n, p, n);
	s->n += n;
	return HL_OK;
}

/* A source of zeros, except that one stretch is unreadable. */
static enum hl_status bad_read(struct hl_src *src, uint64_t off, void *buf,
                               size_t len, struct hl_ranges *bad)
{
	(void)src;
	memcpy(buf, small_hive + off, len);
	for (uint64_t at = 7000; at < 7512; at++) {
		if (at < off || at - off >= len)
			continue;
		((uint8_t *)buf)[at - off] = 0;
		hl_ranges_add(bad, at, 1, HL_WHAT_DATA, HL_Q_UNREADABLE);
	}
	return HL_OK;
}

static void bad_close(struct hl_src *src)
{
	(void)src;
}

START_TEST(unreadable_bytes_are_counted_and_the_hive_is_not_clean)
{
	static const struct hl_src_ops ops = { .read = bad_read,
	                                       .close = bad_close };
	static struct sunk s;
	struct hl_hive hive = { .path = (char[]){ "/SAM" } };
	struct hl_pass pass = { .sink = sink, .user = &s };
	struct hl_src src;

	make_hive(7, 7);
	hl_src_init(&src, &ops, test_ctx(), "bad", sizeof(small_hive), 512);
	test_forget_notes();
	ck_assert_int_eq(hl_hive_pass(&hive, &src, &pass, test_ctx()), HL_OK);
	ck_assert_uint_eq(hive.bad_bytes, 512);
	ck_assert(hive.entry.flags & HL_ENTRY_DAMAGED);
	ck_assert_int_eq(hive.report.state, HL_HIVE_DAMAGED);
	ck_assert(test_noted(HL_LOSS, "/SAM: 512 bytes at 7000"));
	ck_assert_uint_eq(s.n, sizeof(small_hive));
	ck_assert_int_eq(memcmp(s.p, small_hive, 7000), 0);
}
END_TEST

START_TEST(an_unreadable_log_header_is_said)
{
	static const struct hl_src_ops ops = { .read = bad_read,
	                                       .close = bad_close };
	struct hl_hive_log log = { .path = (char[]){ "/SAM.LOG1" } };
	struct hl_src src;

	make_hive(7, 7);
	hl_src_init(&src, &ops, test_ctx(), "bad", 7512, 512);
	test_forget_notes();
	memcpy(small_hive + 512, "HvLE", 4); /* its entry ends at 7168 */
	put32(small_hive + 516, 6656);
	put32(small_hive + 524, 7);
	put32(small_hive + 528, 4096);
	put32(small_hive + 532, 1);
	ck_assert_int_eq(hl_hive_log_look(&log, &src, test_ctx()), HL_OK);
	ck_assert_str_eq(log.info.format, "HvLE");
	ck_assert(test_noted(HL_LOSS, "/SAM.LOG1: 40 bytes"));
}
END_TEST

START_TEST(what_the_sink_says_ends_the_pass)
{
	static struct sunk s;
	struct hl_pass pass = { .sink = sink, .user = &s };
	struct hl_src *src;

	s.stop = 1;
	ck_assert_int_eq(hl_src_mem(&src, small_hive, sizeof(small_hive),
	                            false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_pass_run(&pass, src, "/SAM", test_ctx()), HL_IO);
	hl_src_close(src);
}
END_TEST

START_TEST(short_memory_leaks_nothing)
{
	make_hive(8, 7);
	struct hl_hives *hives = one_hive(small_hive, sizeof(small_hive));
	struct hl_hive *h = hl_hives_get(hives, 0);
	uint64_t before = test_mem_now();
	enum hl_status st = HL_NOMEM;

	for (size_t n = 1; st == HL_NOMEM; n++) {
		test_fail_alloc(n);
		st = hl_hive_examine(h, true, test_ctx());
		ck_assert_uint_lt(n, 100);
		ck_assert_uint_eq(test_mem_now(), before);
	}
	test_fail_alloc(0);
	ck_assert_int_eq(st, HL_OK);
	hl_hives_free(hives);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("examine");

	tcase_add_test(tc, a_dirty_hive_is_said_but_no_loss);
	tcase_add_test(tc, a_log_that_should_apply_and_is_broken_is_a_loss);
	tcase_add_test(tc, a_clean_and_an_empty_hive_say_nothing);
	tcase_add_test(tc, damage_and_other_content_are_losses);
	tcase_add_test(tc, a_stream_that_cannot_be_opened_is_said);
	tcase_add_test(tc,
	               unreadable_bytes_are_counted_and_the_hive_is_not_clean);
	tcase_add_test(tc, an_unreadable_log_header_is_said);
	tcase_add_test(tc, what_the_sink_says_ends_the_pass);
	tcase_add_test(tc, short_memory_leaks_nothing);
	return test_main("examine", tc, NULL);
}
