/*
 * ntfs_links.c: from a name in a folder to its file, also where the two do
 * not agree: the record wins, since the index is made from it.
 */
#include "base/banned.h"
#include "fs/ntfs_fs.h"

static struct hl_ntfs *volume(struct hl_fs *fs)
{
	return ((struct hl_ntfs_fs *)fs->impl)->nt;
}

/* The file behind a link.  HL_OK; HL_END: not in use, or another's */
static enum hl_status open_link(struct hl_fs *fs, const struct hl_ntfs_link *l,
                                struct hl_ntfs_file **f)
{
	enum hl_status st = hl_ntfs_file_open(f, volume(fs), l->ref.number);

	if (st != HL_OK || (((*f)->head.flags & NTFS_IN_USE) &&
	                    (!l->ref.seq || l->ref.seq == (*f)->ref.seq)))
		return st;
	hl_ntfs_file_close(*f);
	*f = NULL;
	return HL_END;
}

/* Does another record call itself so in that folder? */
static enum hl_status find_other(struct hl_fs *fs, const struct hl_ref *dir,
                                 struct hl_ntfs_link *l,
                                 struct hl_ntfs_file **f)
{
	struct hl_ntfs_ref folder = { dir->id, (uint16_t)dir->seq };
	struct hl_at at = hl_ntfs_fs_at(fs, l->ref.number);
	struct hl_ntfs_link other;
	struct hl_entry e;
	enum hl_status st = hl_ntfs_kid_find(volume(fs), folder, &l->name,
	                                     &other);

	if (st == HL_OK && other.ref.number == l->ref.number &&
	    other.ref.seq == l->ref.seq)
		return HL_END; /* the same again */
	if (st != HL_OK)
		return st;
	hl_ntfs_entry_index(l, &e);
	hl_warn(&at, "\"%s\": its folder leads to record %llu-%u, which is "
	        "not this file; record %llu-%u, which says it is, is used",
	        e.name, (unsigned long long)l->ref.number, l->ref.seq,
	        (unsigned long long)other.ref.number, other.ref.seq);
	*l = other;
	st = open_link(fs, l, f);
	return st == HL_CORRUPT ? HL_END : st;
}

static void index_only(struct hl_fs *fs, const struct hl_ntfs_link *l,
                       enum hl_status st, struct hl_entry *out)
{
	struct hl_at at = hl_ntfs_fs_at(fs, l->ref.number);

	hl_ntfs_entry_index(l, out);
	out->flags |= HL_ENTRY_DAMAGED;
	if (st == HL_CORRUPT)
		hl_warn(&at, "\"%s\": its record %llu is damaged", out->name,
		        (unsigned long long)l->ref.number);
	else
		hl_warn(&at, "\"%s\": its record %llu is not in use or "
		        "another file's", out->name,
		        (unsigned long long)l->ref.number);
}

/* A name that the record does not have, and no other record either. */
static void say_name(struct hl_fs *fs, const struct hl_ntfs_link *l,
                     const struct hl_ntfs_file *f, struct hl_entry *out)
{
	struct hl_at at = hl_ntfs_fs_at(fs, l->ref.number);

	out->flags |= HL_ENTRY_DAMAGED;
	/* its record's own damage was said, and may be what took the name */
	if (!f->damaged)
		hl_warn(&at, "\"%s\": its record %llu has not this name in "
		        "this folder", out->name,
		        (unsigned long long)l->ref.number);
}

enum hl_status hl_ntfs_fs_follow(struct hl_fs *fs, const struct hl_ref *dir,
                                 const struct hl_ntfs_link *link,
                                 struct hl_entry *out, bool *wrong)
{
	struct hl_ntfs_fs *n = fs->impl;
	enum hl_ntfs_named named = NTFS_NAMED_NOT;
	struct hl_ntfs_link l = *link;
	struct hl_ntfs_file *f = NULL, *other = NULL;
	enum hl_status st = open_link(fs, &l, &f), by_name = HL_END;

	*wrong = false;
	if (st == HL_OK)
		named = hl_ntfs_file_named(f, dir->id, &l.name);
	if ((st == HL_OK && named != NTFS_NAMED_SO) || st == HL_END ||
	    st == HL_CORRUPT)
		by_name = find_other(fs, dir, &l, &other);
	if (by_name == HL_OK) {
		hl_ntfs_file_close(f);
		f = other;
		st = HL_OK;
		named = NTFS_NAMED_SO;
	} else if (by_name == HL_NOMEM || by_name == HL_CANCELLED) {
		hl_ntfs_file_close(f);
		return by_name;
	}
	if (st == HL_NOMEM || st == HL_CANCELLED)
		return st;
	if (st != HL_OK) {
		index_only(fs, link, st, out);
		return HL_OK;
	}
	hl_ntfs_entry_fill(n->nt, f, &l, out);
	/* whose name this was before is then not in the index */
	*wrong = by_name == HL_OK || named == NTFS_NAMED_OTHERWISE;
	if (named != NTFS_NAMED_SO)
		say_name(fs, &l, f, out);
	/* Likely to be asked for next. */
	hl_ntfs_file_close(n->last);
	n->last = f;
	return HL_OK;
}

enum hl_status hl_ntfs_fs_dir(struct hl_fs *fs, const struct hl_ref *ref,
                              struct hl_ntfs_dir **out, bool *exact,
                              struct hl_ntfs_file **file)
{
	struct hl_ntfs_ref lost = { ref->id, (uint16_t)ref->seq };
	struct hl_ntfs_file *f;
	struct hl_ntfs_sum sum;
	enum hl_status st = hl_ntfs_fs_file(fs, ref, false, &f);

	*out = NULL;
	*file = NULL;
	*exact = false;
	if (st == HL_CORRUPT || st == HL_END) {
		enum hl_status by_kids = hl_ntfs_dir_open_lost(out, volume(fs),
		                                               lost);
		return by_kids == HL_END ? st : by_kids;
	}
	if (st != HL_OK)
		return st;
	hl_ntfs_file_sum(f, &sum);
	*exact = sum.std.case_sensitive;
	if (!(f->head.flags & NTFS_IN_USE) && !sum.is_dir) {
		*file = f;
		return HL_END;
	}
	if (!(f->head.flags & NTFS_IN_USE)) {
		/* Deletion raises the sequence, so what is in use below this
		 * one shows that it lives, and its flag is damaged. */
		st = hl_ntfs_dir_open_lost(out, volume(fs), lost);
		if (st != HL_END)
			return st;
	}
	*file = f;
	if (!(f->head.flags & NTFS_IN_USE) && !hl_ntfs_has_index(f))
		return HL_OK;
	return hl_ntfs_dir_open(out, f);
}

void hl_ntfs_fs_lost_root(struct hl_fs *fs, struct hl_entry *out)
{
	struct hl_at at = hl_ntfs_fs_at(fs, NTFS_REC_ROOT);
	struct hl_ntfs_fs *n = fs->impl;

	if (!n->root_said)
		hl_warn(&at, "the record of the root folder is lost; names in "
		        "it are taken from the records of $MFT");
	n->root_said = true;
	*out = (struct hl_entry){
		.ref = { .id = NTFS_REC_ROOT, .seq = NTFS_REC_ROOT },
		.parent = { .id = NTFS_REC_ROOT, .seq = NTFS_REC_ROOT },
		.type = HL_DIR,
		.flags = HL_ENTRY_RECORD | HL_ENTRY_DAMAGED,
		.n_name16 = 1, .name16 = { '.' }, .name = ".",
	};
}
