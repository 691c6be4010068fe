/*
 * volume.c: what one volume holds, and how to call what is not read.
 *
 * The content decides; the type of the partition is asked only when the
 * content has no name, and for what is not whole by itself (dynamic disks).
 */
#include <inttypes.h>
#include <string.h>

#include "base/banned.h"
#include "io/note.h"
#include "fs/fs_impl.h"
#include "hivelift/bde.h"

/* Types under which Windows keeps file systems: second copies are tried. */
static bool may_rescue(const struct hl_part *part)
{
	static const char *const types[] = {
		"0x01", "0x04", "0x06", "0x07", "0x0b", "0x0c", "0x0e", "0x11",
		"0x14", "0x16", "0x17", "0x1b", "0x1c", "0x1e", "0x27", "0xef",
		"ebd0a0a2-b9e5-4433-87c0-68b6b72699c7",
		"c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
		"de94bba4-06d1-4d40-a16a-bfd50179d6ac",
	};

	if (strncmp(part->type, "ldm-", 4) == 0)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(part->type, types[i]) == 0)
			return true;
	return false;
}

/* What is said of a partition whose content has no name, by its type. */
static void judge_by_type(struct hl_volume *v, const struct hl_fs_found *found)
{
	unsigned flags = v->part ? v->part->flags : 0;

	if (flags & HL_PART_RESERVED) {
		v->expected_empty = true;
		if (flags & HL_PART_DYNAMIC)
			v->fs_name = "ldm";
		v->unread = flags & HL_PART_DYNAMIC ?
			"the database of a dynamic disk (LDM)" :
			"reserved, holds no file system";
	} else if (flags & HL_PART_DYNAMIC) {
		v->fs_name = "ldm";
		v->unread = "dynamic disk (LDM): not read";
	} else if (flags & HL_PART_SPACES) {
		v->fs_name = "storage-spaces";
		v->unread = "Storage Spaces member: not read";
	} else if (v->part && strcmp(v->part->type, "0xee") == 0) {
		v->unread = "GPT protective partition without a GPT";
	} else if (found->zeros) {
		v->unread = "no file system (all zeros at its start)";
	} else {
		v->unread = "no file system recognised";
	}
}

/*
 * A dynamic disk is one large partition with a database of its own.  What
 * begins at its start may be a simple or mirrored volume, whole on this disk,
 * or the first stripe of one that is not: then its size does not fit.  It is
 * tried in silence, for a stripe is not damage.
 */
static enum hl_status is_whole(struct hl_volume *v, const struct hl_ctx *ctx,
                               bool *yes)
{
	struct hl_fs_found found;
	uint64_t size;
	enum hl_status st = hl_fs_peek(&found, &size, v->src, false, ctx);

	*yes = st == HL_OK && size <= v->len;
	return st == HL_END ? HL_OK : st;
}

static void say_dynamic(const struct hl_volume *v, const struct hl_at *at)
{
	uint64_t size = hl_fs_info(v->fs)->size;

	/* LDM and NTFS round; what is larger is room for other volumes */
	if (size < v->len && v->len - size > size / 64 + (1 << 20))
		hl_warn(at, "volume %s: of this dynamic disk (LDM) only the "
		        "volume at its start is read", v->id);
	else
		hl_say(at, "volume %s: the only volume of a dynamic disk "
		       "(LDM)", v->id);
}

/*
 * Nothing that has a name, under a type of Windows: its boot sector may have
 * been that of a BitLocker volume.
 */
static enum hl_status look_below(struct hl_volume *v,
                                 struct hl_fs_found *found, bool search,
                                 const struct hl_at *at)
{
	if (v->bde || v->shadow || v->lacks || found->name[0] || !search ||
	    (v->part && v->part->flags & HL_PART_DYNAMIC))
		return HL_END;
	enum hl_status st = hl_volume_unlock_lost(v, at);
	if (st != HL_OK || !v->bde)
		return st == HL_OK ? HL_END : st;
	if (v->locked)
		return hl_fs_identify(found, v->src, true, at->ctx);
	found->name = "bitlocker";
	return HL_END;
}

static enum hl_status open_fs(struct hl_volume *v, bool search,
                              const struct hl_at *at)
{
	unsigned flags = v->part ? v->part->flags : 0;
	struct hl_fs_found found = { .name = "" };
	enum hl_status st = HL_OK;
	bool whole = true;

	if (flags & HL_PART_DYNAMIC)
		st = is_whole(v, at->ctx, &whole);
	if (v->part)
		search = may_rescue(v->part);
	if (st == HL_OK && whole)
		st = hl_fs_identify(&found, v->src, search, at->ctx);
	if (st == HL_END)
		st = look_below(v, &found, search, at);
	if (st != HL_OK && st != HL_END)
		return st;
	v->fs = found.fs;
	v->fs_name = found.name;
	v->unread = found.reason;
	v->zeros = !v->fs && found.zeros;
	if (v->bde && !v->locked)
		v->unread = hl_bde_text(v->bde);
	if (v->fs && (flags & HL_PART_DYNAMIC))
		say_dynamic(v, at);
	if (!v->fs && v->lacks && !v->shadow)
		v->unread = "too much of this dynamic volume is missing";
	if (!v->fs && !v->unread)
		judge_by_type(v, &found);
	/* no loss for who asks for a file elsewhere; coverage tells a search */
	if (v->unread && !v->expected_empty)
		hl_say(&(struct hl_at){ at->ctx, at->src, at->off,
		                        "unread volume" },
		       "volume %s (%" PRIu64 " bytes) is not read: %s", v->id,
		       v->len, v->unread);
	return HL_OK;
}

enum hl_status hl_volume_open(struct hl_volume *v, struct hl_src *image,
                              bool search, const struct hl_ctx *ctx)
{
	struct hl_at at = { ctx, image, v->off, "volume" };

	if (v->remark && v->lacks)
		hl_warn(&at, "volume %s: %s", v->id, v->remark);
	else if (v->remark)
		hl_say(&at, "volume %s: %s", v->id, v->remark);
	if (v->unread) /* already known, and told by whom it knows */
		return HL_OK;
	if (v->len == 0) {
		/* the table's reader has said where it should have been */
		v->unread = "it lies behind the end of the image";
		v->expected_empty = v->part && v->part->stated_len == 0;
		return HL_OK;
	}
	enum hl_status st = v->in ?
		hl_src_window(&v->src, v->in, 0, v->len, ctx) :
		hl_src_window(&v->src, image, v->off, v->len, ctx);
	if (st == HL_OK)
		st = hl_volume_unlock(v, &at);
	return st == HL_OK ? open_fs(v, search, &at) : st;
}

void hl_volume_close(struct hl_volume *v)
{
	hl_fs_close(v->fs);
	hl_volume_lock(v);
	hl_src_close(v->src);
}
