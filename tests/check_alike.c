/* check_alike.c: streams that are the same by their places or by their bytes,
 * those that are not, and those of which it cannot be told. */
#include <stdlib.h>
#include <string.h>

#include "lift/alike.h"
#include "testing.h"

#define SIZE (256u << 10)
#define HALF (SIZE / 2)
#define MANY 1000

/* The live volume, another medium that keeps blocks, and a copy of both. */
static uint8_t live_bytes[2 * SIZE], store_bytes[SIZE];
static struct hl_src *live, *store;

static void setup(void)
{
	for (size_t i = 0; i < SIZE; i++)
		live_bytes[i] = live_bytes[SIZE + i] = store_bytes[i] =
			(uint8_t)(i * 7 + i / 251);
	ck_assert_int_eq(hl_src_mem(&live, live_bytes, sizeof(live_bytes),
	                            false, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_mem(&store, store_bytes, sizeof(store_bytes),
	                            false, test_ctx()), HL_OK);
}

static void teardown(void)
{
	hl_src_close(store);
	hl_src_close(live);
	ck_assert_uint_eq(test_mem_now(), 0);
}

#define PLACES(...) (struct hl_spot[]){ __VA_ARGS__ }, \
	sizeof((struct hl_spot[]){ __VA_ARGS__ }) / sizeof(struct hl_spot)

/* A copy of which src shows what lies there, and a file that is all of it. */
static struct hl_alike taken(const struct hl_spot *p, size_t n, size_t max)
{
	struct hl_extent *e = calloc(n, sizeof(*e));
	struct hl_shadow shadow = { .blocks = 0 };
	struct hl_volume v = { .shadow = &shadow };
	struct hl_src *file;
	struct hl_alike a;
	uint64_t off = 0;

	for (size_t i = 0; i < n; i++) {
		e[i] = (struct hl_extent){
			.off = off, .len = p[i].len, .in_len = p[i].len,
			.in = p[i].in, .in_off = p[i].at,
			.what = p[i].in ? HL_WHAT_DATA : HL_WHAT_SPARSE };
		off += p[i].len;
	}
	ck_assert_int_eq(hl_src_extents(&shadow.src, "copy", e, n,
	                                test_ctx()), HL_OK);
	ck_assert_int_eq(hl_src_window(&file, shadow.src, 0, off, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_alike_take(&a, &v, file, off, max, test_ctx()),
	                 HL_OK);
	hl_src_close(file);
	hl_src_close(shadow.src);
	free(e);
	return a;
}

static enum hl_likeness liken(struct hl_alike a, struct hl_alike b)
{
	enum hl_likeness like, back;

	ck_assert_int_eq(hl_alike_compare(&a, &b, &like, test_ctx()), HL_OK);
	ck_assert_int_eq(hl_alike_compare(&b, &a, &back, test_ctx()), HL_OK);
	ck_assert_int_eq(like, back);
	hl_alike_free(&a, test_ctx());
	hl_alike_free(&b, test_ctx());
	return like;
}

START_TEST(one_place_need_not_be_read)
{
	struct hl_alike a = taken(PLACES({ SIZE, live, 0 }), MANY);
	struct hl_alike b = taken(PLACES({ HALF, live, 0 },
	                                 { HALF, live, HALF }), MANY);
	uint64_t before;

	ck_assert(a.known && b.known);
	ck_assert_uint_eq(b.n, 1); /* one after the other is one */
	before = test_stats()->image_bytes;
	ck_assert_int_eq(liken(a, b), HL_ALIKE_SAME);
	ck_assert_uint_eq(test_stats()->image_bytes, before);
}
END_TEST

START_TEST(elsewhere_the_bytes_decide)
{
	ck_assert_int_eq(liken(
		taken(PLACES({ SIZE, live, 0 }), MANY),
		taken(PLACES({ HALF - 3, live, SIZE },
		             { HALF + 3, store, HALF - 3 }), MANY)),
		HL_ALIKE_SAME);
	/* each byte of what lies elsewhere, and of the piece's ends */
	for (size_t at = HALF; at < SIZE;
	     at += at % 65536 < 3 || at % 65536 > 65533 ? 1 : 65531) {
		store_bytes[at] ^= 1;
		ck_assert_int_eq(liken(
			taken(PLACES({ SIZE, live, 0 }), MANY),
			taken(PLACES({ HALF, live, 0 },
			             { HALF, store, HALF }), MANY)),
			HL_ALIKE_DIFFERS);
		store_bytes[at] ^= 1;
	}
	store_bytes[SIZE - 1] ^= 1;
	ck_assert_int_eq(liken(taken(PLACES({ SIZE, live, 0 }), MANY),
	                       taken(PLACES({ SIZE, store, 0 }), MANY)),
	                 HL_ALIKE_DIFFERS);
}
END_TEST

/* The same source at another place is another place. */
START_TEST(one_source_is_not_one_place)
{
	live_bytes[2 * SIZE - 1] ^= 1;
	ck_assert_int_eq(liken(taken(PLACES({ SIZE, live, 0 }), MANY),
	                       taken(PLACES({ SIZE, live, SIZE }), MANY)),
	                 HL_ALIKE_DIFFERS);
}
END_TEST

START_TEST(size_and_head_come_first)
{
	struct hl_alike a = taken(PLACES({ SIZE, live, 0 }), MANY);
	struct hl_alike b = taken(PLACES({ SIZE - 1, live, 0 }), MANY);
	struct hl_alike c = taken(PLACES({ SIZE, live, 1 }), MANY);

	ck_assert(!hl_alike_may_be(&a, &b));
	ck_assert(!hl_alike_may_be(&a, &c));
	hl_alike_free(&c, test_ctx());
	ck_assert_int_eq(liken(a, b), HL_ALIKE_DIFFERS);
	ck_assert_int_eq(liken((struct hl_alike){ .size = 0, .known = true },
	                       (struct hl_alike){ .size = 0, .known = true }),
	                 HL_ALIKE_SAME);
}
END_TEST

START_TEST(zeros_lie_nowhere)
{
	memset(store_bytes + HALF, 0, HALF);
	ck_assert_int_eq(liken(
		taken(PLACES({ HALF, live, 0 }, { HALF, NULL, 0 }), MANY),
		taken(PLACES({ HALF, live, 0 }, { HALF, store, HALF }), MANY)),
		HL_ALIKE_SAME);
	ck_assert_int_eq(liken(
		taken(PLACES({ HALF, live, 0 }, { HALF, NULL, 0 }), MANY),
		taken(PLACES({ HALF, live, 0 }, { HALF, NULL, 7 }), MANY)),
		HL_ALIKE_SAME);
	store_bytes[SIZE - 1] = 1;
	ck_assert_int_eq(liken(
		taken(PLACES({ HALF, live, 0 }, { HALF, NULL, 0 }), MANY),
		taken(PLACES({ HALF, live, 0 }, { HALF, store, HALF }), MANY)),
		HL_ALIKE_DIFFERS);
}
END_TEST

/* A volume that ends before the file does: what is missing is no place. */
START_TEST(what_is_not_known_is_not_guessed)
{
	struct hl_src *cut;
	struct hl_alike a, b;

	a = taken(PLACES({ HALF, live, 0 }, { HALF, store, 0 }), 1);
	ck_assert(!a.known && !a.spot);
	ck_assert_int_eq(liken(a, taken(PLACES({ SIZE, live, 0 }), MANY)),
	                 HL_ALIKE_UNKNOWN);
	ck_assert_int_eq(hl_src_window(&cut, live, 2 * SIZE - HALF, SIZE,
	                               test_ctx()), HL_OK);
	a = taken(PLACES({ SIZE, cut, 0 }), MANY);
	b = taken(PLACES({ HALF, live, SIZE + HALF }, { HALF, store, 0 }),
	          MANY);
	ck_assert_int_eq(liken(a, b), HL_ALIKE_UNKNOWN);
	hl_src_close(cut);
	/* no volume at all */
	ck_assert_int_eq(hl_alike_take(&a, &(struct hl_volume){ .off = 0 },
	                               live, SIZE, MANY, test_ctx()), HL_OK);
	ck_assert(!a.known && a.size == SIZE);
}
END_TEST

START_TEST(no_memory)
{
	struct hl_alike a = taken(PLACES({ SIZE, live, 0 }), MANY);
	struct hl_alike b = taken(PLACES({ SIZE, store, 0 }), MANY);
	enum hl_likeness like;

	test_fail_alloc(1);
	ck_assert_int_eq(hl_alike_compare(&a, &b, &like, test_ctx()),
	                 HL_NOMEM);
	test_fail_alloc(0);
	ck_assert_int_eq(liken(a, b), HL_ALIKE_SAME);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("alike");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, one_place_need_not_be_read);
	tcase_add_test(tc, elsewhere_the_bytes_decide);
	tcase_add_test(tc, one_source_is_not_one_place);
	tcase_add_test(tc, size_and_head_come_first);
	tcase_add_test(tc, zeros_lie_nowhere);
	tcase_add_test(tc, what_is_not_known_is_not_guessed);
	tcase_add_test(tc, no_memory);
	return test_main("alike", tc, NULL);
}
