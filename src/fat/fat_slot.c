/*
 * fat_slot.c: the slots of a folder, and long names out of their pieces.
 *
 *	slot  0x43 "ame.text"    last piece first, 0x40 marks it
 *	slot  0x02 "with a long n"
 *	slot  0x01 "Hello, a file"
 *	slot  "HELLO,~1TEX"      the entry; all pieces carry its checksum
 *
 * A deleted piece has lost its order byte, so those are taken as they come;
 * the checksum that they carry then gives the first byte that the entry lost.
 */
#include <string.h>

#include "base/banned.h"
#include "fat/fat.h"
#include "fat/fat_disk.h"

#define DELETED 0xE5
#define LAST_PIECE 0x40

uint8_t hl_fat_checksum(const uint8_t name[11])
{
	unsigned sum = 0;

	for (int i = 0; i < 11; i++)
		sum = (((sum & 1) << 7) + (sum >> 1) + name[i]) & 0xFF;
	return (uint8_t)sum;
}

uint8_t hl_fat_first_byte(uint8_t sum, const uint8_t name[11])
{
	unsigned byte = sum;

	/* each step of the sum can be undone */
	for (int i = 10; i > 0; i--) {
		byte = (byte - name[i]) & 0xFF;
		byte = (byte << 1 | byte >> 7) & 0xFF;
	}
	return (uint8_t)byte;
}

static uint8_t upper(unsigned c)
{
	return (uint8_t)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

/* Characters that a long name may have and a short one may not. */
static bool is_replaced(uint16_t u)
{
	return u == '+' || u == ',' || u == ';' || u == '=' || u == '[' ||
	       u == ']';
}

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

bool hl_fat_first_fits(uint8_t byte, const uint8_t raw[11],
                       const uint16_t *name, size_t n)
{
	size_t i = 0;

	while (i < n && (name[i] == '.' || name[i] == ' '))
		i++; /* short names leave these out */
	if (i == n || is_replaced(name[i]))
		return byte == '_';
	if (name[i] < 0x80)
		return upper(byte) == upper(name[i]);
	/* Windows: "1AA7~1", a sum, when the code page has too little of it */
	if (is_hex(byte) && is_hex(raw[1]) && is_hex(raw[2]) &&
	    is_hex(raw[3]) && raw[4] == '~')
		return true;
	/* the code page is not known for sure; 05 stands for E5 */
	return byte >= 0x80 || byte == '_' || byte == 0x05;
}

void hl_fat_names_cut(struct hl_fat_names *names)
{
	names->orphans += names->n;
	names->n = 0;
	names->left = 0;
}

static void take_units(uint16_t dst[13], const struct fat_long *l)
{
	for (int i = 0; i < 5; i++)
		dst[i] = get16(l->name1[i]);
	for (int i = 0; i < 6; i++)
		dst[5 + i] = get16(l->name2[i]);
	for (int i = 0; i < 2; i++)
		dst[11 + i] = get16(l->name3[i]);
}

/* May this piece begin a name, or does it go on with the one held? */
static bool piece_fits(struct hl_fat_names *names, const struct fat_long *l)
{
	unsigned order = l->order & ~LAST_PIECE;
	bool deleted = l->order == DELETED;

	if (deleted) {
		if (names->n && (!names->deleted || names->sum != l->sum ||
		                 names->n == FAT_LONG_SLOTS))
			hl_fat_names_cut(names);
		return true;
	}
	if (l->order & LAST_PIECE) {
		hl_fat_names_cut(names);
		names->left = order <= FAT_LONG_SLOTS ? (uint8_t)order : 0;
		return names->left > 0;
	}
	return names->n && !names->deleted && names->sum == l->sum &&
	       order != 0 && order == names->left;
}

static void feed_piece(struct hl_fat_names *names, const struct fat_long *l)
{
	if (!piece_fits(names, l)) {
		hl_fat_names_cut(names);
		names->orphans++;
		return;
	}
	names->deleted = l->order == DELETED;
	names->sum = l->sum;
	take_units(names->piece[names->n++], l);
	if (!names->deleted)
		names->left--;
}

/* Units of the pieces in reading order, to the NUL; 0 when over-long. */
static uint16_t assemble(const struct hl_fat_names *names, uint16_t name[255])
{
	uint16_t n = 0;

	for (unsigned i = names->n; i-- > 0;) {
		for (unsigned j = 0; j < FAT_LONG_UNITS; j++) {
			uint16_t u = names->piece[i][j];
			if (u == 0)
				return n;
			if (n == 255)
				return 0;
			name[n++] = u;
		}
	}
	return n;
}

/* Padding behind the end and nowhere else: those pieces fit together. */
static bool is_padded(const struct hl_fat_names *names)
{
	bool ended = false;

	for (unsigned i = names->n; i-- > 0 && !ended;) {
		for (unsigned j = 0; j < FAT_LONG_UNITS; j++) {
			uint16_t u = names->piece[i][j];
			if (ended ? u != 0xFFFF : u == 0xFFFF)
				return false;
			ended |= u == 0;
		}
	}
	return true;
}

static void take_live(const struct hl_fat_names *names, struct hl_fat_entry *e)
{
	if (!names->deleted && names->left == 0 &&
	    names->sum == hl_fat_checksum(e->raw))
		e->n_name = assemble(names, e->name16);
}

/* The pieces may say more than the entry does, and then prove it. */
static void take_deleted(const struct hl_fat_names *names,
                         struct hl_fat_entry *e)
{
	uint8_t first = hl_fat_first_byte(names->sum, e->raw);

	if (names->deleted ? !is_padded(names) : names->left > 0)
		return;
	e->n_name = assemble(names, e->name16);
	if (hl_fat_first_fits(first, e->raw, e->name16, e->n_name))
		e->first = first;
	else
		e->n_name = 0;
}

static void take_name(struct hl_fat_names *names, struct hl_fat_entry *e)
{
	if (names->n && e->deleted)
		take_deleted(names, e);
	else if (names->n)
		take_live(names, e);
	e->long_name = e->n_name > 0;
	if (!e->long_name)
		names->orphans += names->n;
	names->n = 0;
	names->left = 0;
}

static bool is_dot(const struct fat_slot *s)
{
	return memcmp(s->name, ".          ", 11) == 0 ||
	       memcmp(s->name, "..         ", 11) == 0;
}

static enum hl_fat_what what_of(const struct fat_slot *s)
{
	if (s->attributes & FAT_ATTR_LABEL)
		return HL_FAT_LABEL;
	if (!(s->attributes & FAT_ATTR_DIR))
		return HL_FAT_FILE;
	return is_dot(s) ? HL_FAT_DOT : HL_FAT_FOLDER;
}

enum hl_fat_slot_is hl_fat_slot_feed(struct hl_fat_names *names,
                                     enum hl_fat_kind kind,
                                     const uint8_t slot[32],
                                     struct hl_fat_entry *out)
{
	struct span s = span_of(slot, FAT_SLOT);
	const struct fat_slot *f = SPAN_VIEW(s, 0, struct fat_slot);

	if (f->name[0] == 0) {
		hl_fat_names_cut(names);
		return HL_FAT_SLOT_END;
	}
	if ((f->attributes & FAT_ATTR_MASK) == FAT_ATTR_LONG) {
		feed_piece(names, SPAN_VIEW(s, 0, struct fat_long));
		return HL_FAT_SLOT_PIECE;
	}
	memset(out, 0, sizeof(*out));
	memcpy(out->raw, slot, sizeof(out->raw));
	out->deleted = f->name[0] == DELETED;
	out->high_lost = out->deleted && kind == HL_FAT32 &&
	                 get16(f->cluster_high) == 0;
	out->what = what_of(f);
	out->attributes = f->attributes;
	out->cluster = get16(f->cluster_low);
	if (kind == HL_FAT32)
		out->cluster |= (uint32_t)get16(f->cluster_high) << 16;
	out->size = out->what == HL_FAT_FOLDER ? 0 : get32(f->size);
	take_name(names, out);
	return HL_FAT_SLOT_ENTRY;
}
