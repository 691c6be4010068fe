/*
 * fuzz_bde.c: BitLocker's metadata, boot sectors, startup keys, and texts with
 * recovery keys.
 *
 *	input: a byte that says what follows
 *	  0, 1, 2  metadata of Windows 7 and later, To Go, Vista: put on a small
 *	           volume three times, opened (by a clear key) and read
 *	  8, 9, a  the same behind two bytes of length and a startup key
 *	  3        a startup key   4  a text   5  a boot sector
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "bde/bde.h"
#include "hivelift/hivelift.h"

#define SIZE (256u << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(uint8_t *p, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* The CRC behind the block, so that what was mutated is used. */
static void seal(uint8_t *p, size_t n)
{
	size_t len = n > 12 ? (size_t)(p[8] | p[9] << 8) : 0;

	if (len && p[10] == 2)
		len *= 16;
	if (len && len + 8 <= n)
		put(p + len + 4, crc32(0, p, (uInt)len), 4);
}

static const uint64_t places[3] = { 0x2000, 0x14000, 0x28000 };

static void build(uint8_t *img, unsigned kind, const uint8_t *p, size_t n)
{
	static const uint8_t guid[16] = {
		0x3b, 0xd6, 0x67, 0x49, 0x29, 0x2e, 0xd8, 0x4a,
		0x83, 0x99, 0xf6, 0xa3, 0x39, 0xe3, 0xd0, 0x01,
	};
	size_t where = kind == 1 ? 0x1a8 : 0xa0;

	put(img + 11, 512, 2);
	img[13] = 1;
	if (kind != 1)
		memcpy(img + 3, "-FVE-FS-", 8);
	if (kind == 2)
		put(img + 0x38, places[0] / 512, 8);
	else
		memcpy(img + where, guid, sizeof(guid));
	for (int i = 0; i < 3; i++) {
		size_t some = n < 0xffff ? n : 0xffff;

		if (kind != 2)
			put(img + where + 16 + 8 * i, places[i], 8);
		memcpy(img + places[i], p, some);
		seal(img + places[i], some);
	}
}

static void read_plain(struct hl_src *src)
{
	static uint8_t buf[16384];
	struct hl_ranges bad;
	struct hl_extent e;
	uint64_t size = hl_src_size(src), at = 0;

	for (uint64_t off = 0; off < size; off += sizeof(buf) - 777) {
		hl_ranges_clear(&bad);
		(void)!hl_src_read(src, off, buf, sizeof(buf), &bad);
	}
	/* its map is a chain that ends where it does */
	while (at < size) {
		if (hl_src_map(src, at, &e) != HL_OK || e.off != at || !e.len)
			abort();
		at += e.len;
	}
	if (at != size)
		abort();
}

static void volume(unsigned kind, const uint8_t *p, size_t n)
{
	struct hl_bde_key key = { HL_BDE_STARTUP, p, 0 };
	struct hl_bde_keys keys = { &key, 0, NULL, NULL };
	const struct hl_ctx ctx = { .bde_keys = &keys };
	uint8_t *img = calloc(1, SIZE);
	struct hl_src *src = NULL;
	struct hl_bde *bde = NULL;

	if (!img)
		return;
	if (kind & 8 && n >= 2) {
		key.n = (size_t)(p[0] | p[1] << 8);
		key.secret = p += 2;
		n -= 2;
		key.n = key.n < n ? key.n : n;
		keys.n = 1;
		p += key.n;
		n -= key.n;
	}
	build(img, kind & 3, p, n);
	if (hl_src_mem(&src, img, SIZE, false, &ctx) == HL_OK &&
	    hl_bde_open(&bde, src, "1", &ctx) == HL_OK &&
	    hl_bde_plain(bde))
		read_plain(hl_bde_plain(bde));
	hl_bde_close(bde);
	hl_src_close(src);
	free(img);
}

static void text(const uint8_t *p, size_t n)
{
	const struct hl_ctx ctx = { .user = NULL };
	struct span s = span_of(p, n);
	struct hl_crypto *crypto;
	uint8_t key[BDE_KEY];

	if (hl_crypto_open(&crypto, &ctx) != HL_OK)
		return;
	(void)!hl_bde_password(crypto, s, key);
	for (size_t before = s.n + 1; s.n < before;) {
		before = s.n;
		(void)!hl_bde_recovery(crypto, &s, key);
	}
	hl_crypto_close(crypto);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bde_boot boot;
	struct span key;
	uint8_t id[16];

	if (!size)
		return 0;
	switch (data[0]) {
	case 3:
		(void)!hl_bde_startup(span_of(data + 1, size - 1), id, &key);
		break;
	case 4:
		text(data + 1, size - 1);
		break;
	case 5:
		(void)!hl_bde_boot(span_of(data + 1, size - 1), &boot);
		break;
	default:
		if ((data[0] & 7) < 3)
			volume(data[0], data + 1, size - 1);
	}
	return 0;
}
