/*
 * vdisk_vhd.c: the header of a dynamic or differencing VHD.
 *
 *	0     footer's copy    "conectix"; size, type, identifier
 *	end   footer           of 511 bytes, when an old Virtual PC wrote it
 *	+16   -> header        "cxsparse"; entries of the table, block size,
 *	                       identifier and name of the parent
 *	+576  8 locators       W2ru: a relative name, W2ku: an absolute one
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/banned.h"
#include "base/be.h"
#include "base/text.h"
#include "io/vdisk.h"

#define FOOTER 512
#define HEADER 1024
#define SUM 64        /* 32 bits, in a footer; in the header: */
#define HEADER_SUM 36
#define TYPE_FIXED 2
#define TYPE_DYNAMIC 3
#define TYPE_DIFFERENCING 4
#define LOCATORS 8
/* VHDs end at 2040 GiB; blocks of 512 KiB are the smallest in use. */
#define MAX_ENTRIES (1u << 24)

/* As libvhdi and Windows show it: the bytes in their order. */
static void id_text(char dst[48], const uint8_t *p)
{
	char hex[33];

	hl_hex(hex, p, 16);
	snprintf(dst, 48, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	         hex + 16, hex + 20);
}

static void name16(struct vdisk_head *out, const uint8_t *p, size_t n,
                   bool big)
{
	uint16_t u[VDISK_NAME / 3];
	char name[VDISK_NAME];
	size_t k = 0;

	for (; k < n / 2 && k < sizeof(u) / sizeof(*u); k++) {
		u[k] = big ? be16_at(p + 2 * k)
		           : (uint16_t)(p[2 * k] | p[2 * k + 1] << 8);
		if (!u[k])
			break;
	}
	hl_utf8_from16(name, sizeof(name), u, k);
	hl_vdisk_hint(out, name, strlen(name));
}

static void locator(struct hl_src *file, struct vdisk_head *out,
                    const uint8_t *p)
{
	uint8_t name[2 * (VDISK_NAME / 3)];
	uint32_t len = be32_at(p + 8);
	uint64_t off = be64_at(p + 16);

	if ((memcmp(p, "W2ru", 4) != 0 && memcmp(p, "W2ku", 4) != 0) ||
	    len > sizeof(name))
		return;
	if (hl_src_read(file, off, name, len, NULL) == HL_OK)
		name16(out, name, len, false);
}

static enum hl_status parent(struct hl_src *file, struct vdisk_head *out,
                             const uint8_t *head)
{
	out->has_parent = true;
	id_text(out->parent_id, head + 40);
	for (size_t i = 0; i < LOCATORS; i++)
		locator(file, out, head + 576 + 24 * i);
	name16(out, head + 64, 512, true);
	return HL_OK;
}

/* The complement of the sum of all bytes but its own. */
static bool sum_ok(const uint8_t *p, size_t n, size_t at)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i < at || i >= at + 4 ? p[i] : 0;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return true;
#endif
	return (uint32_t)~sum == be32_at(p + at);
}

static bool footer_at(struct hl_src *file, uint64_t off, size_t n,
                      uint8_t foot[FOOTER])
{
	memset(foot, 0, FOOTER);
	return hl_src_read(file, off, foot, n, NULL) == HL_OK &&
	       !memcmp(foot, "conectix", 8);
}

/* The one at the end; returns its length, 0: there is none. */
static size_t last_footer(struct hl_src *file, uint8_t foot[FOOTER])
{
	uint64_t size = hl_src_size(file);

	for (size_t n = FOOTER; n >= FOOTER - 1; n--)
		if (size > n && footer_at(file, size - n, n, foot))
			return n;
	return 0;
}

/* Of both the one that can be trusted, and what is wrong with the other. */
static bool footer(struct hl_src *file, uint8_t foot[FOOTER],
                   struct vdisk_head *out)
{
	uint8_t last[FOOTER];
	bool here = footer_at(file, 0, FOOTER, foot);
	bool there = last_footer(file, last) != 0;
	bool sound = here && sum_ok(foot, FOOTER, SUM);
	bool last_sound = there && sum_ok(last, FOOTER, SUM);

	if (!sound && (last_sound || !here))
		memcpy(foot, last, FOOTER);
	if (!sound && !last_sound)
		out->flaw = "the checksum of its footer is wrong, and there "
			"is no sound copy";
	else if (!sound)
		out->flaw = "the copy of its footer at the beginning is "
			"damaged or gone; the footer is used";
	else if (!last_sound)
		out->flaw = "its footer, at the end, is damaged or gone, and "
			"blocks may be with it; the copy is used";
	return here || there;
}

bool hl_vhd_at_end(struct hl_src *file)
{
	uint8_t foot[FOOTER], head[8];

	return last_footer(file, foot) && sum_ok(foot, FOOTER, SUM) &&
	       (be32_at(foot + 60) == TYPE_DYNAMIC ||
	        be32_at(foot + 60) == TYPE_DIFFERENCING) &&
	       hl_src_read(file, be64_at(foot + 16), head, 8, NULL) == HL_OK &&
	       !memcmp(head, "cxsparse", 8);
}

size_t hl_vhd_fixed(struct hl_src *file)
{
	uint8_t foot[FOOTER];
	size_t n = last_footer(file, foot);

	return n && be32_at(foot + 60) == TYPE_FIXED ? n : 0;
}

/* Only parents: a fixed one is a raw image with a footer. */
static bool fixed(struct hl_src *file, struct vdisk_head *out)
{
	uint8_t foot[FOOTER];
	size_t n = last_footer(file, foot);

	if (!n || be32_at(foot + 60) != TYPE_FIXED)
		return false;
	id_text(out->id, foot + 68);
	if (footer_at(file, 0, FOOTER, foot))
		return false;
	out->format = "VHD fixed";
	out->size = hl_src_size(file) - n;
	out->sector_size = 512;
	return true;
}

enum hl_status hl_vhd_head(struct hl_src *file, struct vdisk_head *out,
                           const struct hl_at *at)
{
	uint8_t foot[FOOTER], head[HEADER];

	if (fixed(file, out))
		return HL_OK;
	if (!footer(file, foot, out) ||
	    hl_src_read(file, be64_at(foot + 16), head, sizeof(head),
	                NULL) != HL_OK || memcmp(head, "cxsparse", 8) != 0)
		return hl_fail(at, HL_CORRUPT,
		               "the header of this VHD cannot be read");
	uint32_t type = be32_at(foot + 60), entries = be32_at(head + 28);
	uint32_t block = be32_at(head + 32);
	if (!out->flaw && !sum_ok(head, HEADER, HEADER_SUM))
		out->flaw = "the checksum of its header is wrong";
	out->size = be64_at(foot + 48);
	out->sector_size = 512;
	out->format = type == TYPE_DIFFERENCING ? "VHD differencing"
	                                        : "VHD dynamic";
	if (type != TYPE_DYNAMIC && type != TYPE_DIFFERENCING)
		return hl_fail(at, HL_UNSUPPORTED, "is a VHD of type %" PRIu32,
		               type);
	/* a table that the file itself could not hold is not allocated */
	if (!block || block & (block - 1) || block < 512 ||
	    entries > MAX_ENTRIES ||
	    (uint64_t)entries * 4 > hl_src_size(file))
		return hl_fail(at, HL_CORRUPT, "is a VHD of %" PRIu32
		               " blocks of %" PRIu32 " bytes, which cannot be",
		               entries, block);
	/* else most of the disk would be damage, read sector by sector */
	if (out->size / block > entries ||
	    (out->size / block == entries && out->size % block)) {
		out->size = (uint64_t)entries * block;
		out->flaw = "its table of blocks is too short for the size "
			"that it states; as much as the table has is read";
	}
	out->block = block;
	out->table_off = be64_at(head + 16);
	out->table_len = (uint64_t)entries * 4;
	id_text(out->id, foot + 68);
	snprintf(out->text, sizeof(out->text), "%.4s %" PRIu32 ".%" PRIu32,
	         (const char *)foot + 28, be32_at(foot + 32) >> 16,
	         be32_at(foot + 32) & 0xffff);
	out->creator = out->text;
	return type == TYPE_DIFFERENCING ? parent(file, out, head) : HL_OK;
}
