/*
 * vdisk_vhdx.c: the headers of a VHDX.
 *
 *	0      "vhdxfile", creator (UTF-16)
 *	64 K   header, 128 K its copy    which is newer; the log's place, and
 *	                                 its identifier when it holds changes
 *	192 K  regions, 256 K its copy   -> metadata, block allocation table
 *	metadata  a table of items, among them sizes and the parent's names
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "base/ckd.h"
#include "base/le.h"
#include "base/mem.h"
#include "base/text.h"
#include "io/vdisk_log.h"

#define KIB ((size_t)1024)
#define TABLE (64 * KIB)
#define MAX_REGIONS 2047
#define MAX_ITEMS 2047
#define MAX_LOCATOR (64 * KIB)
#define MAX_KEYS 256
#define HEADER (4 * KIB)

#define FLAG_HAS_PARENT 2
#define FLAG_FIXED 1

/* Identifiers as they lie on the disk. */
static const uint8_t region_bat[16] = {
	0x66, 0x77, 0xc2, 0x2d, 0x23, 0xf6, 0x00, 0x42,
	0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08 };
static const uint8_t region_metadata[16] = {
	0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
	0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e };
static const uint8_t item_parameters[16] = {
	0x37, 0x67, 0xa1, 0xca, 0x36, 0xfa, 0x43, 0x4d,
	0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b };
static const uint8_t item_size[16] = {
	0x24, 0x42, 0xa5, 0x2f, 0x1b, 0xcd, 0x76, 0x48,
	0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8 };
static const uint8_t item_sector[16] = {
	0x1d, 0xbf, 0x41, 0x81, 0x6f, 0xa9, 0x09, 0x47,
	0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f };
static const uint8_t item_locator[16] = {
	0x2d, 0x5f, 0xd3, 0xa8, 0x0b, 0xb3, 0x4d, 0x45,
	0xab, 0xf7, 0xd3, 0xd8, 0x48, 0x34, 0xab, 0x0c };

struct vhdx {
	struct hl_src *raw;  /* the file, and with its log replayed */
	struct hl_src *file;
	struct vhdx_log log;
	struct vdisk_head *out;
	const struct hl_at *at;
	uint64_t meta_off, bat_off, bat_len;
	uint32_t block;
	uint8_t buf[TABLE];
};

static bool get(struct vhdx *v, uint64_t off, size_t n)
{
	return n <= sizeof(v->buf) &&
	       hl_src_read(v->file, off, v->buf, n, NULL) == HL_OK;
}

/* CRC-32C of all of it, its own field taken as zeros. */
static bool sound(uint8_t *p, size_t n)
{
	uint32_t want = le32_at(p + 4), crc;

	memset(p + 4, 0, 4);
	crc = hl_vhdx_crc(~(uint32_t)0, p, n);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	want = ~crc;
#endif
	return want == (uint32_t)~crc;
}

static bool checked(struct vhdx *v, uint64_t off, size_t n, const char *sign)
{
	if (get(v, off, n) && !memcmp(v->buf, sign, 4) && sound(v->buf, n))
		return true;
	v->out->flaw = "one of its two headers is damaged; the other is used";
	return false;
}

/* The newer of two headers. */
static bool header(struct vhdx *v)
{
	static const uint8_t none[16];
	uint64_t best = 0;
	bool any = false;

	for (uint64_t off = 64 * KIB; off <= 128 * KIB; off += 64 * KIB) {
		if (!checked(v, off, HEADER, "head"))
			continue;
		uint64_t seq = le64_at(v->buf + 8);
		if (any && seq <= best)
			continue;
		any = true;
		best = seq;
		hl_guid_text(v->out->id, v->buf + 32); /* of its data */
		v->out->log = memcmp(v->buf + 48, none, 16) != 0;
		memcpy(v->out->log_id, v->buf + 48, 16);
		v->out->log_version = le16_at(v->buf + 64);
		v->out->log_len = le32_at(v->buf + 68);
		v->out->log_off = le64_at(v->buf + 72);
	}
	return any;
}

static bool regions(struct vhdx *v)
{
	for (uint64_t off = 192 * KIB; off <= 256 * KIB; off += 64 * KIB) {
		if (!checked(v, off, TABLE, "regi"))
			continue;
		uint32_t n = le32_at(v->buf + 8);
		for (size_t i = 0; i < n && i < MAX_REGIONS; i++) {
			const uint8_t *p = v->buf + 16 + 32 * i;
			if (!memcmp(p, region_metadata, 16))
				v->meta_off = le64_at(p + 16);
			if (memcmp(p, region_bat, 16) != 0)
				continue;
			v->bat_off = le64_at(p + 16);
			v->bat_len = le32_at(p + 24);
		}
		if (v->meta_off && v->bat_off)
			return true;
	}
	return false;
}

/* One key of the parent's locator, ASCII; the value as UTF-8. */
static void locator_key(struct vhdx *v, const char *key, const char *value)
{
	struct vdisk_head *out = v->out;

	if (!strcmp(key, "parent_linkage") ||
	    !strcmp(key, "parent_linkage2")) {
		bool other = key[14] == '2';
		size_t n = strlen(value);
		if (n != 38 || value[0] != '{')
			return;
		char *dst = other ? out->other_id : out->parent_id;
		for (size_t i = 0; i < 36; i++) {
			char c = value[i + 1];
			if (c >= 'A' && c <= 'F')
				c = (char)(c | 0x20);
			dst[i] = c;
		}
		dst[36] = '\0';
	} else if (!strcmp(key, "relative_path") ||
	           !strcmp(key, "absolute_win32_path") ||
	           !strcmp(key, "volume_path")) {
		hl_vdisk_hint(out, value, strlen(value));
	}
}

static void locator(struct vhdx *v, struct span s)
{
	const uint8_t *p = span_view(s, 0, 20);
	uint32_t n = p ? le16_at(p + 18) : 0;

	for (uint32_t i = 0; i < n && i < MAX_KEYS; i++) {
		char key[64], value[VDISK_NAME];
		struct span k, t;
		p = span_view(s, 20 + 12 * (uint64_t)i, 12);
		if (!p || !span_sub(s, le32_at(p), le16_at(p + 8), &k) ||
		    !span_sub(s, le32_at(p + 4), le16_at(p + 10), &t))
			continue;
		hl_utf8_from16le(key, sizeof(key), k, true);
		if (t.n > 2 * (sizeof(value) / 3))
			continue;
		hl_utf8_from16le(value, sizeof(value), t, true);
		locator_key(v, key, value);
	}
}

struct item {
	uint32_t off, len;
};

static bool find_item(const uint8_t *table, const uint8_t *id,
                      struct item *out)
{
	uint32_t n = le16_at(table + 10);

	for (size_t i = 0; i < n && i < MAX_ITEMS; i++) {
		const uint8_t *p = table + 32 + 32 * i;
		if (memcmp(p, id, 16) != 0)
			continue;
		*out = (struct item){ le32_at(p + 16), le32_at(p + 20) };
		return true;
	}
	return false;
}

/* Up to eight bytes of an item. */
static bool value_of(struct vhdx *v, const uint8_t *id, uint8_t *dst, size_t n)
{
	struct item it;
	uint64_t off;

	return find_item(v->buf, id, &it) && it.len >= n &&
	       !ckd_add(&off, v->meta_off, it.off) &&
	       hl_src_read(v->file, off, dst, n, NULL) == HL_OK;
}

static enum hl_status parent(struct vhdx *v)
{
	struct item it;
	uint64_t off;

	v->out->has_parent = true;
	v->out->format = "VHDX differencing";
	if (!find_item(v->buf, item_locator, &it) || it.len > MAX_LOCATOR ||
	    ckd_add(&off, v->meta_off, it.off) || !get(v, off, it.len))
		return hl_fail(v->at, HL_CORRUPT,
		               "what it says of its parent cannot be read");
	locator(v, span_of(v->buf, it.len));
	return HL_OK;
}

static enum hl_status metadata(struct vhdx *v)
{
	uint8_t p[8], s[8], l[4];

	if (!get(v, v->meta_off, TABLE) ||
	    memcmp(v->buf, "metadata", 8) != 0 ||
	    !value_of(v, item_parameters, p, 8) ||
	    !value_of(v, item_size, s, 8) || !value_of(v, item_sector, l, 4))
		return hl_fail(v->at, HL_CORRUPT,
		               "the metadata of this VHDX cannot be read");
	v->block = le32_at(p);
	v->out->vhdx = true;
	v->out->block = v->block;
	v->out->table_off = v->bat_off;
	v->out->table_len = v->bat_len;
	v->out->size = le64_at(s);
	v->out->sector_size = le32_at(l);
	v->out->format = le32_at(p + 4) & FLAG_FIXED ? "VHDX fixed"
	                                             : "VHDX dynamic";
	if (!is_power_of_two(v->block) || v->block < 1024 * KIB ||
	    v->block > 256 * (1024 * KIB) ||
	    (v->out->sector_size != 512 && v->out->sector_size != 4096))
		return hl_fail(v->at, HL_CORRUPT, "is a VHDX with blocks of %"
		               PRIu32 " bytes and sectors of %" PRIu32
		               ", which cannot be", v->block,
		               v->out->sector_size);
	if (v->out->size / v->block > v->bat_len / 8 ||
	    v->bat_len > hl_src_size(v->raw))
		return hl_fail(v->at, HL_CORRUPT, "is a VHDX of %" PRIu64
		               " bytes with too small a table", v->out->size);
	return le32_at(p + 4) & FLAG_HAS_PARENT ? parent(v) : HL_OK;
}

static enum hl_status decode(struct vhdx *v)
{
	bool any = header(v);

	/* it may have changed whatever follows; said by who reads blocks */
	if (any && v->out->log) {
		enum hl_status st = hl_vhdx_log_open(&v->log, v->raw, v->out,
		                                     false, v->at);
		if (st != HL_OK)
			return st;
		if (v->log.view)
			v->file = v->log.view;
	}
	if (!any || !regions(v))
		return hl_fail(v->at, HL_CORRUPT,
		               "the headers of this VHDX cannot be read");
	if (hl_src_read(v->file, 8, v->buf, 120, NULL) == HL_OK) {
		hl_utf8_from16le(v->out->text, sizeof(v->out->text),
		                 span_of(v->buf, 120), true);
		v->out->creator = *v->out->text ? v->out->text : NULL;
	}
	return metadata(v);
}

enum hl_status hl_vhdx_head(struct hl_src *file, struct vdisk_head *out,
                            const struct hl_at *at)
{
	struct vhdx *v = hl_zalloc(at->ctx, sizeof(*v));
	enum hl_status st;

	if (!v)
		return HL_NOMEM;
	v->raw = v->file = file;
	v->out = out;
	v->at = at;
	st = decode(v);
	hl_vhdx_log_close(&v->log, at->ctx);
	hl_free(at->ctx, v);
	return st;
}
