/*
 * lift_fake.h: a file system in memory with any names, links, streams and
 * extents a test wants, behind the ordinary hl_fs interface.  No disk format
 * holds "../x" or a folder that is its own grandchild; the writer must bear
 * both.
 *
 *	image  1 MiB, byte i is (i * 7 + i / 251)
 *	volume a window of it from 64 KiB on; extents count from its start
 */
#ifndef HL_LIFT_FAKE_H
#define HL_LIFT_FAKE_H

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "io/note.h"
#include "base/text.h"
#include "fs/fs_impl.h"
#include "testing.h"

#define FAKE_IMAGE (1u << 20)
#define FAKE_START 65536u
#define FAKE_NODES 64

struct fake_stream {
	const char *name; /* NULL: no more */
	size_t n_ext;
	struct hl_extent ext[6]; /* in != NULL means: in the volume */
};

struct fake_node {
	struct hl_entry e;
	struct fake_stream stream[3];
	const char *link;
	struct hl_src *leaf; /* handed out as it is, once */
};

struct fake {
	uint8_t bytes[FAKE_IMAGE];
	struct hl_src *image, *vol;
	struct hl_disk *disk;
	struct hl_fs fs;
	struct hl_volume volume;
	size_t n;
	struct fake_node node[FAKE_NODES]; /* id is the index; 0 the root */
};

static struct fake fake;

static struct fake_node *fake_of(const struct hl_ref *ref)
{
	return ref->id < fake.n ? &fake.node[ref->id] : NULL;
}

static enum hl_status fake_root(struct hl_fs *fs, struct hl_entry *out)
{
	(void)fs;
	*out = fake.node[0].e;
	return HL_OK;
}

static enum hl_status fake_entry(struct hl_fs *fs, const struct hl_ref *ref,
                                 bool by_number, struct hl_entry *out)
{
	struct fake_node *node = fake_of(ref);

	(void)fs;
	(void)by_number;
	if (!node)
		return HL_END;
	*out = node->e;
	return HL_OK;
}

static enum hl_status fake_lookup(struct hl_fs *fs, const struct hl_ref *dir,
                                  const char *name, struct hl_entry *out)
{
	(void)fs;
	for (size_t i = 1; i < fake.n; i++)
		if (fake.node[i].e.parent.id == dir->id &&
		    !strcasecmp(fake.node[i].e.name, name)) {
			*out = fake.node[i].e;
			return HL_OK;
		}
	return HL_END;
}

struct fake_iter {
	uint64_t dir;
	size_t at;
};

static enum hl_status fake_list(void **iter, struct hl_fs *fs,
                                const struct hl_ref *dir, unsigned how)
{
	struct fake_iter *it = calloc(1, sizeof(*it));

	(void)fs;
	(void)how;
	it->dir = dir->id;
	it->at = 1;
	*iter = it;
	return HL_OK;
}

static enum hl_status fake_next(struct hl_fs *fs, void *iter,
                                struct hl_entry *out)
{
	struct fake_iter *it = iter;

	(void)fs;
	while (it->at < fake.n) {
		struct fake_node *node = &fake.node[it->at++];
		if (node->e.parent.id == it->dir) {
			*out = node->e;
			return HL_OK;
		}
	}
	return HL_END;
}

static void fake_list_close(struct hl_fs *fs, void *iter)
{
	(void)fs;
	free(iter);
}

static enum hl_status fake_stream_open(struct hl_src **out, struct hl_fs *fs,
                                       const struct hl_ref *ref,
                                       const char *stream,
                                       enum hl_stream_how how)
{
	struct fake_node *node = fake_of(ref);

	(void)how;
	*out = NULL;
	if (node && node->e.flags & HL_ENTRY_ENCRYPTED)
		return hl_fail(&(struct hl_at){ fs->ctx, NULL, HL_NO_OFFSET,
		                                "file" },
		               HL_UNSUPPORTED, "encrypted: no key");
	if (node && node->leaf) {
		*out = node->leaf;
		return HL_OK;
	}
	for (int i = 0; node && i < 3 && node->stream[i].name; i++)
		if (!strcmp(node->stream[i].name, stream ? stream : ""))
			return node->stream[i].n_ext
			               ? hl_src_extents(out, "stream",
			                                node->stream[i].ext,
			                                node->stream[i].n_ext,
			                                fs->ctx)
			               : hl_src_mem(out, "", 0, false, fs->ctx);
	return HL_END;
}

static enum hl_status fake_stream_next(struct hl_fs *fs,
                                       const struct hl_ref *ref,
                                       unsigned *cursor,
                                       struct hl_stream_info *out)
{
	struct fake_node *node = fake_of(ref);

	(void)fs;
	if (!node || *cursor >= 3 || !node->stream[*cursor].name)
		return HL_END;
	memset(out, 0, sizeof(*out));
	hl_copy(out->name, sizeof(out->name), node->stream[(*cursor)++].name);
	return HL_OK;
}

static enum hl_status fake_link(struct hl_fs *fs, const struct hl_ref *ref,
                                char *buf, size_t n)
{
	struct fake_node *node = fake_of(ref);

	(void)fs;
	if (!node || !node->link)
		return HL_END;
	hl_copy(buf, n, node->link);
	return HL_OK;
}

static const struct hl_fs_ops fake_ops = {
	.root = fake_root,
	.lookup = fake_lookup,
	.entry = fake_entry,
	.list = fake_list,
	.next = fake_next,
	.list_close = fake_list_close,
	.stream = fake_stream_open,
	.stream_next = fake_stream_next,
	.link = fake_link,
};

static struct fake_node *fake_add16(uint64_t parent, enum hl_type type,
                                    const uint16_t *u, size_t n)
{
	struct fake_node *node = &fake.node[fake.n];

	ck_assert_uint_lt(fake.n, FAKE_NODES);
	memset(node, 0, sizeof(*node));
	node->e.ref = (struct hl_ref){ .id = fake.n++, .seq = 1 };
	node->e.parent.id = parent;
	node->e.type = type;
	node->e.flags = HL_ENTRY_RECORD | HL_ENTRY_FULL;
	node->e.modified = (struct hl_time){ 132224078451234567u, HL_TIME_UTC };
	node->e.n_name16 = (uint16_t)n;
	if (n)
		memcpy(node->e.name16, u, 2 * n);
	if (!hl_utf8_from16(node->e.name, sizeof(node->e.name), u, n))
		node->e.flags |= HL_ENTRY_BAD_NAME;
	return node;
}

static struct fake_node *fake_add(uint64_t parent, enum hl_type type,
                                  const char *name)
{
	uint16_t u[HL_NAME_UNITS];
	size_t n = hl_utf16_from8(u, HL_NAME_UNITS, name);

	ck_assert_uint_ne(n, SIZE_MAX);
	return fake_add16(parent, type, u, n);
}

/* The next extent of a stream; vol_off HL_NO_OFFSET: not in the volume. */
static void fake_extent(struct fake_node *node, int stream, const char *name,
                        uint64_t len, uint64_t vol_off, enum hl_what what)
{
	struct fake_stream *s = &node->stream[stream];
	uint64_t off = 0;

	s->name = name;
	if (s->n_ext)
		off = s->ext[s->n_ext - 1].off + s->ext[s->n_ext - 1].len;
	s->ext[s->n_ext++] = (struct hl_extent){
		.off = off, .len = len,
		.in = vol_off == HL_NO_OFFSET ? NULL : fake.vol,
		.in_off = vol_off == HL_NO_OFFSET ? 0 : vol_off,
		.in_len = vol_off == HL_NO_OFFSET ? 0 : len,
		.what = (uint16_t)what,
		.quality = what == HL_WHAT_MISSING ? HL_Q_UNREADABLE : HL_Q_OK,
	};
	if (stream == 0)
		node->e.size = off + len;
}

static struct fake_node *fake_file(uint64_t parent, const char *name,
                                   uint64_t vol_off, uint64_t len)
{
	struct fake_node *node = fake_add(parent, HL_FILE, name);

	if (len)
		fake_extent(node, 0, "", len, vol_off, HL_WHAT_DATA);
	else
		node->stream[0].name = "";
	return node;
}

static void fake_open(const struct hl_ctx *ctx)
{
	enum hl_status st;

	memset(&fake, 0, sizeof(fake));
	for (size_t i = 0; i < FAKE_IMAGE; i++)
		fake.bytes[i] = (uint8_t)(i * 7 + i / 251);
	memset(fake.bytes, 0, FAKE_START); /* no table, no file system */
	ck_assert_int_eq(hl_src_mem(&fake.image, fake.bytes, FAKE_IMAGE, false,
	                            ctx),
	                 HL_OK);
	ck_assert_int_eq(hl_src_window(&fake.vol, fake.image, FAKE_START,
	                               FAKE_IMAGE - FAKE_START, ctx),
	                 HL_OK);
	st = hl_disk_open(&fake.disk, fake.image, NULL, ctx);
	ck_assert(st == HL_OK || st == HL_END);
	fake.fs.ops = &fake_ops;
	fake.fs.ctx = ctx;
	fake.fs.src = fake.vol;
	fake.fs.info.name = "fake";
	fake.fs.info.has_records = true;
	fake.volume = (struct hl_volume){ .id = "3", .off = FAKE_START,
		                          .src = fake.vol, .fs = &fake.fs,
		                          .fs_name = "fake" };
	struct fake_node *root = fake_add(0, HL_DIR, ".");
	root->e.parent.id = 0;
}

static void fake_close(void)
{
	hl_fs_paths_free(&fake.fs);
	hl_disk_close(fake.disk);
	hl_src_close(fake.vol);
	hl_src_close(fake.image);
}

#endif
