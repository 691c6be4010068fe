/*
 * check_bde.c: BitLocker, decoder by decoder, and small volumes with one thing
 * wrong.  Metadata is what tests/tools/mkbde.py made; hashes were taken with
 * Python's hashlib.  Whole volumes: tests/system/bitlocker.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bde/bde.h"
#include "bde/bde_disk.h"
#include "testing.h"

#define SIZE (256u << 10)
#define RECOVERY "042647-302313-590458-071500-554323-116567-412181-516978"

static const uint64_t places[3] = { 0x4000, 0x14000, 0x28000 };

static void guid(uint8_t *p, uint8_t first)
{
	static const uint8_t usual[16] = {
		0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
		0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
	};

	memcpy(p, usual, 16);
	p[0] = first;
}

static const char *hex(const uint8_t *p, size_t n)
{
	static char s[2][129];
	static int i;

	i = !i;
	for (size_t k = 0; k < n; k++)
		snprintf(s[i] + 2 * k, 3, "%02x", p[k]);
	return s[i];
}

/* ---- boot sectors ------------------------------------------------------- */

static enum hl_status boot_of(const uint8_t b[512], struct bde_boot *out)
{
	uint8_t *p = tight(b, 512);
	enum hl_status st = hl_bde_boot(span_of(p, 512), out);

	free(p);
	return st;
}

START_TEST(boot_sectors_of_each_kind)
{
	uint8_t b[512] = { 0 };
	struct bde_boot out;

	ck_assert_int_eq(boot_of(b, &out), HL_END);
	put16(b + 11, 4096);
	memcpy(b + 3, "-FVE-FS-", 8);
	ck_assert_int_eq(boot_of(b, &out), HL_CORRUPT);
	guid(b + 0xa0, 0x3b);
	for (unsigned i = 0; i < 3; i++)
		put64(b + 0xb0 + 8 * i, 1000 * (i + 1));
	ck_assert_int_eq(boot_of(b, &out), HL_OK);
	ck_assert_int_eq(out.variant, BDE_SEVEN);
	ck_assert_uint_eq(out.sector_size, 4096);
	ck_assert_uint_eq(out.n, 3);
	ck_assert_uint_eq(out.off[2], 3000);
	put16(b + 11, 0); /* exFAT: the field is not there */
	ck_assert_int_eq(boot_of(b, &out), HL_OK);
	ck_assert_uint_eq(out.sector_size, 0);
	memcpy(b + 0xa0, "\x3b\x4d\xa8\x92\x80\xdd\x0e\x4d"
	       "\x9e\x4e\xb1\xe3\x28\x4e\xae\xd8", 16);
	ck_assert_int_eq(boot_of(b, &out), HL_UNSUPPORTED);
}
END_TEST

START_TEST(boot_sectors_of_vista_and_to_go)
{
	uint8_t b[512] = { 0 };
	struct bde_boot out;

	memcpy(b + 3, "-FVE-FS-", 8);
	put16(b + 11, 512);
	b[13] = 8;
	put64(b + 0x38, 100);
	ck_assert_int_eq(boot_of(b, &out), HL_OK);
	ck_assert_int_eq(out.variant, BDE_VISTA);
	ck_assert_uint_eq(out.n, 1);
	ck_assert_uint_eq(out.off[0], 100 * 4096);
	put64(b + 0x38, UINT64_MAX); /* its product does not fit */
	ck_assert_int_eq(boot_of(b, &out), HL_CORRUPT);
	b[13] = 0;
	put64(b + 0x38, 1);
	ck_assert_int_eq(boot_of(b, &out), HL_CORRUPT);

	memset(b, 0, sizeof(b));
	memcpy(b + 3, "MSWIN4.1", 8);
	guid(b + 0x1a8, 0x3b);
	put64(b + 0x1b8, 77);
	ck_assert_int_eq(boot_of(b, &out), HL_OK);
	ck_assert_int_eq(out.variant, BDE_TO_GO);
	ck_assert_uint_eq(out.off[0], 77);
}
END_TEST

/* ---- entries and metadata ------------------------------------------------ */

START_TEST(entries_that_cannot_be)
{
	uint8_t b[16] = { 16, 0, 2, 0, 8, 0, 1, 0 };
	struct bde_entry e;
	struct span s = span_of(b, 16);

	ck_assert_int_eq(hl_bde_entry(&s, &e), HL_OK);
	ck_assert_uint_eq(e.type, 2);
	ck_assert_uint_eq(e.value, 8);
	ck_assert_uint_eq(e.data.n, 8);
	ck_assert_uint_eq(s.n, 0);
	ck_assert_int_eq(hl_bde_entry(&s, &e), HL_END);
	for (unsigned size = 0; size < 20; size++) {
		b[0] = (uint8_t)size;
		s = span_of(b, 16);
		ck_assert_int_eq(hl_bde_entry(&s, &e), size == 0 ? HL_END :
		                 size < 8 || size > 16 ? HL_CORRUPT : HL_OK);
	}
	s = span_of(b, 7);
	ck_assert_int_eq(hl_bde_entry(&s, &e), HL_END);
}
END_TEST

/* The metadata of a seed; *key: the startup key before it, or none. */
static uint8_t *seed(const char *name, struct hl_bde_key *key, size_t *n)
{
	size_t all, skip = 1;
	uint8_t *p = test_file(name, &all), *meta;

	memset(key, 0, sizeof(*key));
	if (p[0] & 8) {
		key->kind = HL_BDE_STARTUP;
		key->n = (size_t)(p[1] | p[2] << 8);
		key->secret = tight(p + 3, key->n);
		skip = 3 + key->n;
	}
	*n = all - skip;
	meta = tight(p + skip, *n);
	free(p);
	return meta;
}

START_TEST(metadata_is_decoded)
{
	struct hl_bde_key key;
	struct bde_meta m;
	size_t n;
	uint8_t *p = seed("fuzz/bde/good-startup-key", &key, &n);

	ck_assert_int_eq(hl_bde_meta(span_of(p, n), &m), HL_OK);
	ck_assert(hl_bde_crc_fits(&m));
	ck_assert_uint_eq(m.version, 2);
	ck_assert_uint_eq(m.method, BDE_CBC_256_DIFFUSER);
	ck_assert_uint_eq(m.backup_len, 8192);
	ck_assert_uint_eq(m.n_vmk, 2);
	ck_assert_uint_eq(m.vmk[0].protection, BDE_STARTUP);
	ck_assert_uint_eq(m.vmk[1].protection, BDE_TPM);
	ck_assert_ptr_nonnull(m.vmk[0].sealed.nonce);
	ck_assert_ptr_null(m.vmk[1].sealed.nonce);
	ck_assert_ptr_nonnull(m.fvek.nonce);
	ck_assert_ptr_nonnull(m.hash.nonce);
	ck_assert(!m.cut);
	free(p);
	free((void *)key.secret);
}
END_TEST

/* Every field that is a size takes every value that may hurt. */
START_TEST(hostile_sizes_of_metadata)
{
	static const uint32_t values[] = {
		0, 1, 7, 8, 47, 48, 63, 64, 111, 112, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
	};
	struct hl_bde_key key;
	struct bde_meta m;
	size_t n;
	uint8_t *good = seed("fuzz/bde/good-clear-key", &key, &n);

	for (size_t off = 8; off + 4 <= n; off += off < 120 ? 1 : 2)
		for (size_t i = 0; i < sizeof(values) / 4; i++) {
			uint8_t *p = tight(good, n);

			put32(p + off, values[i]);
			enum hl_status st = hl_bde_meta(span_of(p, n), &m);
			ck_assert(st == HL_OK || st == HL_CORRUPT ||
			          st == HL_UNSUPPORTED);
			free(p);
		}
	for (size_t len = 0; len < n; len++) {
		uint8_t *p = tight(good, len);

		ck_assert_int_ne(hl_bde_meta(span_of(p, len), &m),
		                 HL_NOMEM);
		free(p);
	}
	free(good);
}
END_TEST

START_TEST(no_more_protectors_than_there_is_room_for)
{
	uint8_t b[64 + 48 + 100 * 36] = "-FVE-FS-";
	struct bde_meta m;

	put16(b + 8, sizeof(b));
	put16(b + 10, 1);
	put32(b + 64, sizeof(b) - 64);
	put32(b + 72, 48);
	for (size_t off = 112; off < sizeof(b); off += 36) {
		put16(b + off, 36);
		put16(b + off + 2, BDE_FOR_VMK);
		put16(b + off + 4, BDE_IS_VMK);
	}
	ck_assert_int_eq(hl_bde_meta(span_of(b, sizeof(b)), &m), HL_OK);
	ck_assert_uint_eq(m.n_vmk, BDE_PROTECTORS);
	ck_assert(m.more);
	ck_assert(!hl_bde_crc_fits(&m)); /* there is none */
}
END_TEST

/* ---- keys ---------------------------------------------------------------- */

static struct hl_crypto *crypto(void)
{
	struct hl_crypto *k;

	ck_assert_int_eq(hl_crypto_open(&k, test_ctx()), HL_OK);
	return k;
}

static void recovery_is(const char *text, enum hl_status want)
{
	struct hl_crypto *k = crypto();
	struct span s = span_of(text, strlen(text));
	uint8_t key[BDE_KEY];

	ck_assert_msg(hl_bde_recovery(k, &s, key) == want, "%s", text);
	if (want == HL_OK)
		ck_assert_str_eq(hex(key, 32), "3c93bebf9befb2d6fdc35221abfcba"
		                 "fc39a537477fbc0c087b2cec124397660f");
	hl_crypto_close(k);
}

START_TEST(recovery_keys_in_texts)
{
	recovery_is(RECOVERY, HL_OK);
	recovery_is("Recovery Key:\r\n\t" RECOVERY "\r\n", HL_OK);
	recovery_is("{3FD763F9-74C7-4E90-8FA2-1F6A2E2B4E0C} " RECOVERY, HL_OK);
	recovery_is("042647 302313 590458 071500 554323 116567 412181 516978",
	            HL_OK);
	recovery_is("key 042647302313590458071500554323116567412181516978.",
	            HL_OK);
	recovery_is("0426473023135904580715005543231165674121815169789",
	            HL_END);
	recovery_is("042647302313-590458071500554323116567412181516978",
	            HL_END);
	recovery_is("", HL_END);
	recovery_is("042647-302313-590458-071500-554323-116567-412181", HL_END);
	recovery_is("0426471-302313-590458-071500-554323-116567-412181-516978",
	            HL_END);
	/* not divisible by 11; more than sixteen bits */
	recovery_is("042648-302313-590458-071500-554323-116567-412181-516978",
	            HL_RANGE);
	recovery_is("999999-302313-590458-071500-554323-116567-412181-516978",
	            HL_RANGE);
}
END_TEST

START_TEST(passwords_are_stretched)
{
	struct hl_crypto *k = crypto();
	uint8_t key[BDE_KEY], salt[16];

	for (int i = 0; i < 16; i++)
		salt[i] = (uint8_t)i;
	ck_assert_int_eq(hl_bde_password(k, span_of("anaconda", 8), key),
	                 HL_OK);
	ck_assert_str_eq(hex(key, 32), "0d6cbf9e5d75af220d7ac3e9f35d05f5695260"
	                 "8dd1dacb31774452c489eadc51");
	ck_assert_int_eq(hl_bde_stretch(k, key, salt, test_ctx()), HL_OK);
	ck_assert_str_eq(hex(key, 32), "f7d898db56e670f9fb6f18a9678afa1e0c883d"
	                 "7a9424bed9e72d90ca76f78e9a");
	const uint8_t big[] = "\xfe\xff\0a\0n\0a\0c\0o\0n\0d\0a";
	ck_assert_int_eq(hl_bde_password(k, span_of(big, 18), key), HL_OK);
	ck_assert_str_eq(hex(key, 32), "0d6cbf9e5d75af220d7ac3e9f35d05f5695260"
	                 "8dd1dacb31774452c489eadc51");
	ck_assert_int_eq(hl_bde_password(k, span_of("\xff\xff\xff", 3), key),
	                 HL_RANGE);
	ck_assert_int_eq(hl_bde_password(k, span_of("a\0b", 3), key),
	                 HL_RANGE);
	hl_crypto_close(k);
}
END_TEST

static bool yes(void *user)
{
	(void)user;
	return true;
}

START_TEST(stretching_can_be_stopped)
{
	struct hl_ctx ctx = *test_ctx();
	struct hl_crypto *k = crypto();
	uint8_t key[BDE_KEY] = { 0 }, salt[16] = { 0 };

	ctx.cancelled = yes;
	ck_assert_int_eq(hl_bde_stretch(k, key, salt, &ctx), HL_CANCELLED);
	hl_crypto_close(k);
}
END_TEST

/* ---- the map ------------------------------------------------------------- */

static void map_is_a_chain(const struct bde_meta *m, uint64_t size)
{
	struct bde_boot boot = { .sector_size = 512, .cluster_size = 4096 };
	struct bde_piece x[BDE_PIECES];
	size_t n = hl_bde_map(x, m, &boot, size);
	uint64_t at = 0;

	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(x[i].off, at);
		ck_assert_uint_gt(x[i].len, 0);
		if (x[i].how == BDE_PLAIN || x[i].how == BDE_CRYPT)
			ck_assert(x[i].at <= size &&
			          x[i].len <= size - x[i].at);
		if (x[i].how == BDE_CRYPT)
			ck_assert_uint_eq(x[i].at % 512, 0);
		at += x[i].len;
	}
	ck_assert_uint_eq(at, size);
}

START_TEST(maps_of_hostile_numbers)
{
	static const uint64_t v[] = {
		0, 1, 511, 512, 8192, 65536, 100000, (1 << 20) - 512, 1 << 20,
		(1 << 20) + 1, UINT64_MAX - 511, UINT64_MAX,
	};
	const size_t n = sizeof(v) / sizeof(v[0]);

	for (size_t i = 0; i < n * n * n * 4; i++) {
		const struct bde_meta m = {
			.version = 1 + (i & 1),
			.state = i & 2 ? BDE_CONVERTING : BDE_ENCRYPTED,
			.encrypted = v[i / 4 % n],
			.backup = v[i / 4 / n % n],
			.backup_len = v[i / 4 / n / n],
			.convert = v[(i + 3) % n],
			.off = { v[i % n], v[(i / 3) % n], v[(i / 7) % n] },
		};
		map_is_a_chain(&m, 1 << 20);
	}
}
END_TEST

/* ---- volumes -------------------------------------------------------------- */

struct made {
	uint8_t *img;
	struct hl_src *src;
	struct hl_bde_key key;
	struct hl_bde_keys keys;
	struct hl_ctx ctx;
	size_t n; /* bytes of metadata */
};

static void make(struct made *m, const char *name)
{
	uint8_t *meta = seed(name, &m->key, &m->n);

	m->keys = (struct hl_bde_keys){ &m->key, m->key.n != 0, NULL, NULL };
	m->ctx = *test_ctx();
	m->ctx.bde_keys = &m->keys;
	m->img = calloc(1, SIZE);
	put16(m->img + 11, 512);
	memcpy(m->img + 3, "-FVE-FS-", 8);
	guid(m->img + 0xa0, 0x3b);
	for (int i = 0; i < 3; i++) {
		put64(m->img + 0xb0 + 8 * i, places[i]);
		memcpy(m->img + places[i], meta, m->n);
	}
	free(meta);
	ck_assert_int_eq(hl_src_mem(&m->src, m->img, SIZE, false, test_ctx()),
	                 HL_OK);
}

static void drop(struct made *m)
{
	hl_src_close(m->src);
	free(m->img);
	free((void *)m->key.secret);
}

static enum hl_status open_it(struct made *m, struct hl_bde **b)
{
	return hl_bde_open(b, m->src, "1", &m->ctx);
}

START_TEST(volumes_open_with_their_keys)
{
	static const char *const names[] = { "fuzz/bde/good-clear-key",
		"fuzz/bde/good-startup-key" };

	for (int i = 0; i < 2; i++) {
		struct hl_bde *b;
		struct made m;

		make(&m, names[i]);
		ck_assert_int_eq(open_it(&m, &b), HL_OK);
		ck_assert_ptr_nonnull(hl_bde_plain(b));
		ck_assert_str_eq(hl_bde_info(b)->opened->kind,
		                 i ? "startup-key" : "clear-key");
		ck_assert_uint_eq(test_note_count(HL_LOSS), 0);
		hl_bde_close(b);
		m.keys.n = 0;
		ck_assert_int_eq(open_it(&m, &b), HL_OK);
		ck_assert(i == 0 || !hl_bde_plain(b));
		hl_bde_close(b);
		drop(&m);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
}
END_TEST

static void damaged(size_t i, bool all, const uint8_t *with)
{
	struct hl_bde *b;
	struct made m;
	char said[32];

	make(&m, "fuzz/bde/good-startup-key");
	for (size_t k = all ? 0 : i; k <= i; k++)
		memcpy(m.img + places[k], with, m.n);
	test_forget_notes();
	enum hl_status st = open_it(&m, &b);
	if (all && i == 2) {
		ck_assert_int_eq(st, HL_CORRUPT);
		ck_assert(test_noted(HL_FAILED, "none of the three"));
	} else {
		ck_assert_int_eq(st, HL_OK);
		ck_assert_ptr_nonnull(hl_bde_plain(b));
		snprintf(said, sizeof(said), "copy %zu of 3", i + 1);
		/* a later copy is not asked when an earlier one is sound */
		ck_assert(test_noted(HL_LOSS, said) == (all || i == 0));
	}
	hl_bde_close(b);
	drop(&m);
}

START_TEST(each_copy_may_be_damaged)
{
	static uint8_t zeros[4096], noise[4096];

	memset(noise, 0xa5, sizeof(noise));
	for (size_t i = 0; i < 3; i++)
		for (int k = 0; k < 4; k++)
			damaged(i, k & 1, k & 2 ? noise : zeros);
}
END_TEST

static void reseal(uint8_t *p)
{
	size_t n = (size_t)(p[8] | p[9] << 8) * 16;

	put32(p + n + 4, (uint32_t)crc32(0, p, (uInt)n));
}

/* Windows writes all three alike. */
START_TEST(sound_copies_that_differ_are_said)
{
	struct hl_bde *b;
	struct made m;

	make(&m, "fuzz/bde/good-startup-key");
	m.img[places[2] + 64 + 40] ^= 1; /* its creation time */
	reseal(m.img + places[2]);
	ck_assert_int_eq(open_it(&m, &b), HL_OK);
	ck_assert_ptr_nonnull(hl_bde_plain(b));
	ck_assert_uint_eq(hl_bde_info(b)->copy, 1);
	ck_assert(test_noted(HL_LOSS, "copy 3 of 3 is sound too and is not "
	                     "the same as copy 1"));
	hl_bde_close(b);
	drop(&m);
}
END_TEST

/* The metadata says of itself where it is, and where the others are. */
START_TEST(what_the_boot_sector_does_not_tell_is_found)
{
	for (int how = 0; how < 5; how++) {
		enum hl_status st;
		struct hl_bde *b;
		struct made m;

		make(&m, "fuzz/bde/good-startup-key");
		/* the last are those of a volume that began elsewhere */
		for (int i = 0; how < 4 && i < 9; i++)
			put64(m.img + places[i / 3] + 0x20 + 8 * (i % 3),
			      places[i % 3]);
		for (int i = 0; i < 3; i++)
			reseal(m.img + places[i]);
		if (how == 0) /* three wrong places */
			memset(m.img + 0xb0, 0x5a, 24);
		else if (how == 1) /* and no metadata known to be there */
			memset(m.img + 0xa0, 0, 40);
		else
			memset(m.img, 0, 512);
		for (int i = 0; how == 3 && i < 2; i++)
			memset(m.img + places[i], 0, m.n);
		st = how < 2 ? open_it(&m, &b) :
		     hl_bde_open_lost(&b, m.src, "1", &m.ctx);
		if (how == 4) {
			ck_assert_int_eq(st, HL_END);
			ck_assert_ptr_null(b);
		} else {
			ck_assert_msg(st == HL_OK, "%d: %d", how, st);
			ck_assert_ptr_nonnull(hl_bde_plain(b));
			ck_assert(test_noted(HL_LOSS, "found by a search"));
		}
		test_forget_notes();
		hl_bde_close(b);
		drop(&m);
		ck_assert_uint_eq(test_mem_now(), 0);
	}
}
END_TEST

/* A volume that begins one of their distances behind the start of this: two
 * of the places are the same, the third tells. */
START_TEST(copies_of_a_volume_that_begins_later_are_not_taken)
{
	static const uint64_t says[3] = { 0x4000, 0x14000, 0x24000 };

	for (int gone = -1; gone < 3; gone++) {
		struct hl_bde *b;
		struct made m;

		make(&m, "fuzz/bde/good-startup-key");
		memset(m.img, 0, 512);
		for (int i = 0; i < 3; i++)
			put64(m.img + places[0] + 0x20 + 8 * i, says[i]);
		reseal(m.img + places[0]);
		uint8_t *meta = malloc(m.n);
		memcpy(meta, m.img + places[0], m.n);
		for (int i = 0; i < 3; i++)
			memset(m.img + places[i], 0, m.n);
		for (int i = 0; i < 3; i++)
			memcpy(m.img + says[i] + (gone < 0 ? 0x10000 : 0),
			       meta, m.n);
		if (gone >= 0)
			memset(m.img + says[gone], 0, m.n);
		free(meta);
		ck_assert_int_eq(hl_bde_open_lost(&b, m.src, "1", &m.ctx),
		                 gone < 0 ? HL_END : HL_OK);
		hl_bde_close(b);
		drop(&m);
	}
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

START_TEST(a_volume_full_of_them_ends)
{
	struct hl_bde *b;
	struct made m;

	make(&m, "fuzz/bde/good-startup-key");
	memset(m.img, 0, SIZE);
	for (size_t i = 512; i < SIZE; i += 512)
		memcpy(m.img + i, "-FVE-FS-", 8);
	ck_assert_int_eq(hl_bde_open_lost(&b, m.src, "1", &m.ctx),
	                 HL_CORRUPT);
	ck_assert(test_noted(HL_FAILED, "more than 256 blocks"));
	drop(&m);
}
END_TEST

/* Only one copy, and it is wrong: used, and said. */
START_TEST(a_wrong_crc_is_used_for_want_of_better)
{
	struct hl_bde *b;
	struct made m;

	make(&m, "fuzz/bde/good-startup-key");
	for (int i = 0; i < 3; i++)
		m.img[places[i] + 64 + 40] ^= 1; /* its creation time */
	ck_assert_int_eq(open_it(&m, &b), HL_OK);
	ck_assert_ptr_nonnull(hl_bde_plain(b));
	ck_assert(test_noted(HL_LOSS, "for want of a better one"));
	ck_assert(test_noted(HL_LOSS, "sealed SHA-256"));
	hl_bde_close(b);
	drop(&m);
}
END_TEST

/* Of a sector with one unreadable byte nothing can be had, and no more. */
START_TEST(damage_grows_to_the_sector)
{
	struct hl_ranges bad;
	struct hl_src *holed;
	struct hl_bde *b;
	struct made m;
	uint8_t buf[2048], whole[2048];

	make(&m, "fuzz/bde/good-clear-key");
	const struct hl_extent ext[] = {
		{ .len = 9000, .in = m.src },
		{ .off = 9000, .len = 1, .what = HL_WHAT_MISSING },
		{ .off = 9001, .len = SIZE - 9001, .in = m.src,
		  .in_off = 9001 },
	};
	ck_assert_int_eq(open_it(&m, &b), HL_OK);
	ck_assert_int_eq(hl_src_read(hl_bde_plain(b), 8192, whole, 2048, NULL),
	                 HL_OK);
	hl_bde_close(b);
	ck_assert_int_eq(hl_src_extents(&holed, "x", ext, 3, test_ctx()),
	                 HL_OK);
	ck_assert_int_eq(hl_bde_open(&b, holed, "1", &m.ctx), HL_OK);
	hl_ranges_clear(&bad);
	ck_assert_int_eq(hl_src_read(hl_bde_plain(b), 8192, buf, 2048, &bad),
	                 HL_OK);
	ck_assert_uint_eq(bad.n, 1);
	ck_assert_uint_eq(bad.r[0].off, 8704);
	ck_assert_uint_eq(bad.r[0].len, 512);
	ck_assert_mem_eq(buf, whole, 512);
	ck_assert_mem_eq(buf + 1024, whole + 1024, 1024);
	ck_assert_uint_eq(buf[512], 0);
	hl_ranges_clear(&bad); /* a part of it */
	ck_assert_int_eq(hl_src_read(hl_bde_plain(b), 8800, buf, 16, &bad),
	                 HL_OK);
	ck_assert_uint_eq(bad.bytes, 16);
	hl_bde_close(b);
	hl_src_close(holed);
	drop(&m);
}
END_TEST

START_TEST(memory_may_fail_anywhere)
{
	struct hl_bde *b;
	struct made m;
	bool opened = false;

	make(&m, "fuzz/bde/good-clear-key");
	for (size_t i = 1; !opened && i < 100; i++) {
		test_fail_alloc(i);
		enum hl_status st = open_it(&m, &b);
		test_fail_alloc(0);
		opened = st == HL_OK;
		ck_assert(opened || st == HL_NOMEM);
		hl_bde_close(b);
	}
	ck_assert(opened);
	drop(&m);
	ck_assert_uint_eq(test_mem_now(), 0);
}
END_TEST

static TCase *decoders(void)
{
	TCase *t = tcase_create("decoders");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, boot_sectors_of_each_kind);
	tcase_add_test(t, boot_sectors_of_vista_and_to_go);
	tcase_add_test(t, entries_that_cannot_be);
	tcase_add_test(t, metadata_is_decoded);
	tcase_add_test(t, hostile_sizes_of_metadata);
	tcase_add_test(t, no_more_protectors_than_there_is_room_for);
	tcase_add_test(t, recovery_keys_in_texts);
	tcase_add_test(t, passwords_are_stretched);
	tcase_add_test(t, stretching_can_be_stopped);
	tcase_add_test(t, maps_of_hostile_numbers);
	return t;
}

static TCase *volumes(void)
{
	TCase *t = tcase_create("volumes");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, volumes_open_with_their_keys);
	tcase_add_test(t, each_copy_may_be_damaged);
	tcase_add_test(t, sound_copies_that_differ_are_said);
	tcase_add_test(t, what_the_boot_sector_does_not_tell_is_found);
	tcase_add_test(t, copies_of_a_volume_that_begins_later_are_not_taken);
	tcase_add_test(t, a_volume_full_of_them_ends);
	tcase_add_test(t, a_wrong_crc_is_used_for_want_of_better);
	tcase_add_test(t, damage_grows_to_the_sector);
	tcase_add_test(t, memory_may_fail_anywhere);
	return t;
}

int main(void)
{
	return test_main("bde", decoders(), volumes(), NULL);
}
