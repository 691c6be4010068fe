/* check_hash.c: the digests against the published vectors. */
#include <stdlib.h>
#include <string.h>

#include "io/hash.h"
#include "testing.h"

#define ALL (1u << HL_MD5 | 1u << HL_SHA1 | 1u << HL_SHA256)

/* RFC 1321 A.5 and FIPS 180-4 examples (NIST), in the order of the kinds. */
static const struct {
	const char *in;
	const char *hex[HL_HASH_KINDS];
} vectors[] = {
	{ "",
	  { "d41d8cd98f00b204e9800998ecf8427e",
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855" } },
	{ "abc",
	  { "900150983cd24fb0d6963f7d28e17f72",
	    "a9993e364706816aba3e25717850c26c9cd0d89d",
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad" } },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  { "8215ef0796a20bcaaae116d3876c664a",
	    "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" } },
};

START_TEST(published_vectors)
{
	struct hl_hash *h;
	char hex[HL_HASH_HEX];

	ck_assert_int_eq(hl_hash_new(&h, ALL, test_ctx()), HL_OK);
	hl_hash_update(h, vectors[_i].in, strlen(vectors[_i].in));
	for (int k = 0; k < HL_HASH_KINDS; k++) {
		hl_hash_final(h, k, hex);
		ck_assert_str_eq(hex, vectors[_i].hex[k]);
	}
	hl_hash_free(h);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

/* FIPS 180-4: one million times the letter a, fed in uneven pieces. */
START_TEST(a_million_letters_in_pieces)
{
	struct hl_hash *h;
	char hex[HL_HASH_HEX], piece[997];
	size_t left = 1000000;

	memset(piece, 'a', sizeof(piece));
	ck_assert_int_eq(hl_hash_new(&h, ALL, test_ctx()), HL_OK);
	while (left) {
		size_t n = left < sizeof(piece) ? left : sizeof(piece);
		hl_hash_update(h, piece, n);
		left -= n;
	}
	hl_hash_final(h, HL_MD5, hex);
	ck_assert_str_eq(hex, "7707d6ae4e027c70eea2a935c2296f21");
	hl_hash_final(h, HL_SHA1, hex);
	ck_assert_str_eq(hex, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
	hl_hash_final(h, HL_SHA256, hex);
	ck_assert_str_eq(hex, "cdc76e5c9914fb9281a1c7e284d73e67"
	                      "f1809a48a497200e046d39ccc7112cd0");
	hl_hash_free(h);
}
END_TEST

START_TEST(a_kind_that_was_not_asked_for_is_empty)
{
	struct hl_hash *h;
	char hex[HL_HASH_HEX] = "x";

	ck_assert_int_eq(hl_hash_new(&h, 1u << HL_SHA256, test_ctx()), HL_OK);
	hl_hash_update(h, "abc", 3);
	hl_hash_final(h, HL_MD5, hex);
	ck_assert_str_eq(hex, "");
	hl_hash_final(h, HL_SHA256, hex);
	ck_assert_str_eq(hex, vectors[1].hex[HL_SHA256]);
	hl_hash_final(h, HL_SHA256, hex); /* its second end gives nothing */
	ck_assert_str_eq(hex, "");
	hl_hash_free(h);
	hl_hash_free(NULL);
}
END_TEST

START_TEST(no_memory_is_said_and_leaves_nothing)
{
	struct hl_hash *h = (void *)1;

	test_fail_alloc(1);
	ck_assert_int_eq(hl_hash_new(&h, ALL, test_ctx()), HL_NOMEM);
	ck_assert_ptr_null(h);
	test_fail_alloc(0);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("hash");

	tcase_add_loop_test(tc, published_vectors, 0,
	                    sizeof(vectors) / sizeof(vectors[0]));
	tcase_add_test(tc, a_million_letters_in_pieces);
	tcase_add_test(tc, a_kind_that_was_not_asked_for_is_empty);
	tcase_add_test(tc, no_memory_is_said_and_leaves_nothing);
	return test_main("hash", tc, NULL);
}
