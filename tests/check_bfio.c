/*
 * check_bfio.c: a source behind libbfio's handle, as libyal's libraries use
 * it.  They have no other way to the medium, so what the bridge refuses they
 * cannot read.
 */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"
#include "io/bfio.h"

#ifdef HAVE_LIBBFIO

#define SIZE 1000

struct rig {
	struct hl_src *mem, *src;
	struct hl_bfio b;
	libbfio_handle_t *h;
};

/* Its last 100 bytes are missing. */
static void rig_open(struct rig *r, uint64_t budget)
{
	uint8_t p[SIZE - 100];

	for (size_t i = 0; i < sizeof(p); i++)
		p[i] = (uint8_t)(i * 7);
	memset(r, 0, sizeof(*r));
	ck_assert_int_eq(hl_src_mem(&r->mem, p, sizeof(p), true, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_src_window(&r->src, r->mem, 0, SIZE, test_ctx()),
	                 HL_OK);
	/* the one that is called here: libewf has one in it, too */
	r->b = (struct hl_bfio){ .src = r->src, .ctx = test_ctx(),
	                         .lib = dlopen(NULL, RTLD_NOW),
	                         .budget = budget };
	ck_assert_int_eq(hl_bfio_open(&r->h, &r->b), HL_OK);
	ck_assert_int_eq(libbfio_handle_open(r->h, LIBBFIO_OPEN_READ, NULL),
	                 1);
}

static void rig_close(struct rig *r)
{
	ck_assert_int_eq(libbfio_handle_close(r->h, NULL), 0);
	ck_assert_int_eq(libbfio_handle_free(&r->h, NULL), 1);
	dlclose(r->b.lib);
	hl_src_close(r->src);
	hl_src_close(r->mem);
	ck_assert_uint_eq(test_mem_now(), 0);
}

static ssize_t read_at(struct rig *r, off64_t off, uint8_t *p, size_t n)
{
	if (libbfio_handle_seek_offset(r->h, off, SEEK_SET, NULL) != off)
		return -2;
	return libbfio_handle_read_buffer(r->h, p, n, NULL);
}

START_TEST(bytes_come_from_where_they_lie)
{
	uint8_t p[64];
	size64_t size;
	struct rig r;

	rig_open(&r, UINT64_MAX);
	ck_assert_int_eq(libbfio_handle_get_size(r.h, &size, NULL), 1);
	ck_assert_uint_eq(size, SIZE);
	ck_assert_int_eq(read_at(&r, 300, p, 64), 64);
	for (size_t i = 0; i < 64; i++)
		ck_assert_uint_eq(p[i], (uint8_t)((300 + i) * 7));
	/* and on from there */
	ck_assert_int_eq(libbfio_handle_read_buffer(r.h, p, 1, NULL), 1);
	ck_assert_uint_eq(p[0], (uint8_t)(364 * 7));
	rig_close(&r);
}
END_TEST

START_TEST(missing_bytes_are_an_error_and_never_zeros)
{
	uint8_t p[200];
	struct rig r;

	rig_open(&r, UINT64_MAX);
	ck_assert_int_eq(read_at(&r, 850, p, 100), -1);
	ck_assert_uint_eq(r.b.damaged, 50);
	ck_assert_int_eq(hl_bfio_why(&r.b), HL_IO);
	rig_close(&r);
}
END_TEST

START_TEST(the_end_is_the_end)
{
	uint8_t p[16];
	struct rig r;

	rig_open(&r, UINT64_MAX);
	ck_assert_int_eq(read_at(&r, SIZE, p, 16), 0);
	ck_assert_int_eq(hl_bfio_why(&r.b), HL_CORRUPT);
	rig_close(&r);
}
END_TEST

START_TEST(a_budget_ends)
{
	uint8_t p[16];
	struct rig r;
	int n = 0;

	rig_open(&r, 3 * (16 + HL_BFIO_COST) + 5);
	while (n < 100 && read_at(&r, 0, p, 16) == 16)
		n++;
	ck_assert_int_eq(n, 3);
	ck_assert(r.b.spent);
	ck_assert_int_eq(hl_bfio_why(&r.b), HL_LIMIT);
	rig_close(&r);
}
END_TEST

static bool stop(void *user)
{
	(void)user;
	return true;
}

START_TEST(who_wants_to_stop_is_heard)
{
	struct hl_ctx ctx = *test_ctx();
	uint8_t p[16];
	struct rig r;

	rig_open(&r, UINT64_MAX);
	ctx.cancelled = stop;
	r.b.ctx = &ctx;
	ck_assert_int_eq(read_at(&r, 0, p, 16), -1);
	ck_assert_int_eq(hl_bfio_why(&r.b), HL_CANCELLED);
	rig_close(&r);
}
END_TEST

START_TEST(nothing_is_ever_written)
{
	uint8_t p[16] = { 0 };
	struct rig r;

	rig_open(&r, UINT64_MAX);
	ck_assert_int_lt(libbfio_handle_write_buffer(r.h, p, 16, NULL), 0);
	ck_assert_int_eq(libbfio_handle_close(r.h, NULL), 0);
	ck_assert_int_lt(libbfio_handle_open(r.h, LIBBFIO_OPEN_READ_WRITE,
	                                     NULL), 0);
	ck_assert_int_eq(libbfio_handle_open(r.h, LIBBFIO_OPEN_READ, NULL),
	                 1);
	rig_close(&r);
}
END_TEST

START_TEST(a_clone_has_its_own_position)
{
	libbfio_handle_t *two = NULL;
	uint8_t p[1];
	struct rig r;

	rig_open(&r, UINT64_MAX);
	ck_assert_int_eq(read_at(&r, 10, p, 1), 1);
	ck_assert_int_eq(libbfio_handle_clone(&two, r.h, NULL), 1);
	ck_assert_int_eq(libbfio_handle_seek_offset(two, 500, SEEK_SET, NULL),
	                 500);
	ck_assert_int_eq(libbfio_handle_read_buffer(r.h, p, 1, NULL), 1);
	ck_assert_uint_eq(p[0], (uint8_t)(11 * 7));
	ck_assert_int_eq(libbfio_handle_close(two, NULL), 0);
	ck_assert_int_eq(libbfio_handle_free(&two, NULL), 1);
	rig_close(&r);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("bfio");

	tcase_add_test(t, bytes_come_from_where_they_lie);
	tcase_add_test(t, missing_bytes_are_an_error_and_never_zeros);
	tcase_add_test(t, the_end_is_the_end);
	tcase_add_test(t, a_budget_ends);
	tcase_add_test(t, who_wants_to_stop_is_heard);
	tcase_add_test(t, nothing_is_ever_written);
	tcase_add_test(t, a_clone_has_its_own_position);
	return test_main("bfio", t, NULL);
}

#else

START_TEST(without_libbfio)
{
	SKIP("this build has no libbfio");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("bfio");

	tcase_add_test(t, without_libbfio);
	return test_main("bfio", t, NULL);
}

#endif
