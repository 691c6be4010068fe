/*
 * ntfs_many.h: an NTFS volume of any number of files, of which each cluster
 * is made when it is read: a million files cost no disk and no memory.
 *
 *	cluster 0	boot sector, its copy in the last sector
 *	2		$MFTMirr
 *	4		$MFT		records 0 to 11, and 23 + node
 *	hive_lcn	what the file SYSTEM holds
 *	bitmap_lcn	$Bitmap, all free
 *	index_lcn	one block for each folder, in the order of the nodes
 *
 * Node 0 is the root; those below node i are 16 i + 1 to 16 i + 16.  The first
 * ones down there make Windows/System32/config/SYSTEM; the others are called
 * z0000002 and so on, files also by a DOS name.
 */
#ifndef HL_NTFS_MANY_H
#define HL_NTFS_MANY_H

#include <stdio.h>

#include "io/src_impl.h"
#include "ntfs_build.h"

#define MANY_WIDE 16u /* in a folder */
#define MANY_FIRST 23u /* record of node 0, were it not the root */
#define MANY_CONFIG 273u /* node of that folder, and of what is in it: */
#define MANY_SYSTEM 4369u

struct many {
	struct hl_src src;
	uint32_t n_nodes, n_dirs, n_records;
	uint32_t hive_lcn, bitmap_lcn, index_lcn;
	const uint8_t *hive;
	uint32_t n_hive; /* bytes */
	uint64_t n_bytes; /* that were read */
	/* what is wrong with it: */
	bool no_index;       /* the blocks of the folders are gone */
	unsigned each_freed; /* every so manieth file is deleted; 0: none */
	struct nb b;
};

static inline bool many_is_dir(const struct many *m, uint32_t node)
{
	return node < m->n_dirs;
}

static inline uint32_t many_record(uint32_t node)
{
	return node ? MANY_FIRST + node : 5;
}

static inline unsigned many_seq(uint32_t node)
{
	return node ? 1 : 5;
}

static inline bool many_freed(const struct many *m, uint32_t node)
{
	return m->each_freed && !many_is_dir(m, node) &&
	       node != MANY_SYSTEM && node % m->each_freed == 0;
}

/* Returns the name space. */
static inline unsigned many_name(const struct many *m, uint32_t node, bool dos,
                                 char *name)
{
	static const struct { uint32_t node; const char *name; } first[] = {
		{ 0, "." }, { 1, "Windows" }, { 17, "System32" },
		{ MANY_CONFIG, "config" }, { MANY_SYSTEM, "SYSTEM" },
	};
	size_t i;

	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		if (first[i].node != node)
			continue;
		strcpy(name, first[i].name);
		return 3;
	}
	if (many_is_dir(m, node)) {
		sprintf(name, "z%07u", (unsigned)node);
		return 3;
	}
	sprintf(name, dos ? "Z%07u.TEX" : "z%07u.text", (unsigned)node);
	return dos ? 2 : 1;
}

static inline size_t many_name_value(const struct many *m, uint32_t node,
                                     bool dos, uint8_t *v)
{
	uint32_t up = node ? (node - 1) / MANY_WIDE : 0;
	char name[32];
	unsigned space = many_name(m, node, dos, name);

	return nb_name(v, many_record(up), many_seq(up), name, space,
	               many_is_dir(m, node));
}

static inline void many_runs(struct nb *b, uint32_t type, const char *name,
                             uint32_t lcn, uint64_t size)
{
	uint32_t n = (uint32_t)((size + NB_CLUSTER - 1) / NB_CLUSTER);
	struct nb_runs r = {
		.highest = n - 1, .allocated = (uint64_t)n * NB_CLUSTER,
		.size = size, .valid = size, .n = 9,
	};

	r.runs[0] = 0x43;
	r.runs[1] = (uint8_t)n;
	r.runs[2] = (uint8_t)(n >> 8);
	r.runs[3] = (uint8_t)(n >> 16);
	put32(r.runs + 4, lcn);
	nb_mapped(b, type, name, &r);
}

/* The index of a folder is one block, below a root that is empty. */
static inline void many_index(struct many *m, uint32_t node)
{
	uint8_t last[32], map[8] = { 1 };
	size_t n = nb_entry(last, 0, 0, NULL, 0);

	nb_root(&m->b, last, n, true);
	many_runs(&m->b, 0xa0, "$I30", m->index_lcn + node, NB_CLUSTER);
	nb_resident(&m->b, 0xb0, "$I30", map, sizeof(map));
}

static inline void many_node(struct many *m, uint32_t node, uint8_t *r)
{
	uint8_t v[0x42 + 510], std[72] = { 0 };
	bool dir = many_is_dir(m, node), freed = many_freed(m, node);
	char name[32];

	nb_record_at(&m->b, r, many_record(node), many_seq(node) + freed,
	             (freed ? 0u : 1u) | (dir ? 2u : 0u));
	for (unsigned i = 0; i < 4; i++)
		put64(std + 8 * i, 0x01d0000000000000 + node);
	nb_resident(&m->b, 0x10, "", std, sizeof(std));
	nb_resident(&m->b, 0x30, "", v, many_name_value(m, node, false, v));
	if (many_name(m, node, true, name) == 2)
		nb_resident(&m->b, 0x30, "", v,
		            many_name_value(m, node, true, v));
	if (dir)
		many_index(m, node);
	else if (node == MANY_SYSTEM && m->n_hive)
		many_runs(&m->b, 0x80, "", m->hive_lcn, m->n_hive);
	else
		nb_resident(&m->b, 0x80, "", &node, sizeof(node));
	nb_end(&m->b);
}

static inline void many_system(struct many *m, uint32_t number, uint8_t *r)
{
	static const uint8_t info[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 3, 1 };
	static const char *const name[] = { "$MFT", "$MFTMirr", "$LogFile",
		"$Volume", "$AttrDef", ".", "$Bitmap", "$Boot", "$BadClus",
		"$Secure", "$UpCase", "$Extend" };
	uint8_t zeros[160] = { 0 };

	nb_record_at(&m->b, r, number, number ? number : 1, 1);
	nb_file_name(&m->b, 5, name[number]);
	if (number == 3) {
		nb_resident(&m->b, 0x60, "", "m\0a\0n\0y\0", 8);
		nb_resident(&m->b, 0x70, "", info, sizeof(info));
	}
	if (number == 0)
		many_runs(&m->b, 0x80, "", NB_MFT,
		          (uint64_t)m->n_records * NB_RECORD);
	else if (number == 1)
		many_runs(&m->b, 0x80, "", 2, NB_CLUSTER);
	else if (number == 6)
		many_runs(&m->b, 0x80, "", m->bitmap_lcn,
		          (m->src.size / NB_CLUSTER + 7) / 8);
	else if (number != 3)
		nb_resident(&m->b, 0x80, "", zeros, sizeof(zeros));
	nb_end(&m->b);
}

static inline void many_mft(struct many *m, uint32_t number, uint8_t *r)
{
	memset(r, 0, NB_RECORD);
	if (number == 5)
		many_node(m, 0, r);
	else if (number < 11)
		many_system(m, number, r);
	else if (number > MANY_FIRST && number - MANY_FIRST < m->n_nodes)
		many_node(m, number - MANY_FIRST, r);
}

static inline size_t many_entry(const struct many *m, uint32_t node, bool dos,
                                uint8_t *p)
{
	char name[32];
	size_t n;

	(void)many_name(m, node, dos, name);
	n = nb_entry(p, many_record(node), many_seq(node), name, -1);
	(void)many_name_value(m, node, dos, p + 0x10);
	return n;
}

static inline void many_block(struct many *m, uint32_t node, uint8_t *out)
{
	uint8_t *p = calloc(1, 8192);
	char name[32];
	size_t n = 0;

	for (uint32_t i = 1; i <= MANY_WIDE; i++) {
		uint32_t kid = node * MANY_WIDE + i;

		if (kid >= m->n_nodes || many_freed(m, kid))
			continue;
		/* in their order: the shorter one first */
		if (many_name(m, kid, true, name) == 2)
			n += many_entry(m, kid, true, p + n);
		n += many_entry(m, kid, false, p + n);
	}
	n += nb_entry(p + n, 0, 0, NULL, -1);
	nb_indx(&m->b, 32, 0, p, n, false);
	memcpy(out, nb_cluster(&m->b, 32), NB_CLUSTER);
	free(p);
}

static inline void many_boot(struct many *m, uint8_t *out)
{
	nb_boot(&m->b);
	put64(m->b.v + 0x28, m->src.size / 512 - 1);
	memcpy(out, m->b.v, 512);
}

/* One cluster of the volume. */
static inline void many_cluster(struct many *m, uint64_t lcn, uint8_t *out)
{
	uint64_t end = m->src.size / NB_CLUSTER - 1;
	uint32_t i;

	memset(out, 0, NB_CLUSTER);
	if (lcn == 0)
		many_boot(m, out);
	else if (lcn == end)
		many_boot(m, out + NB_CLUSTER - 512);
	else if (lcn == 2 || (lcn >= NB_MFT && lcn < m->hive_lcn))
		for (i = 0; i < NB_CLUSTER / NB_RECORD; i++)
			many_mft(m, (uint32_t)(lcn == 2 ? 0 : lcn - NB_MFT) *
			         (NB_CLUSTER / NB_RECORD) + i,
			         out + i * NB_RECORD);
	else if (lcn >= m->hive_lcn && lcn < m->bitmap_lcn) {
		size_t off = (size_t)(lcn - m->hive_lcn) * NB_CLUSTER;

		memcpy(out, m->hive + off, m->n_hive - off < NB_CLUSTER ?
		       m->n_hive - off : NB_CLUSTER);
	} else if (lcn >= m->index_lcn && lcn < m->index_lcn + m->n_dirs &&
	           !m->no_index)
		many_block(m, (uint32_t)(lcn - m->index_lcn), out);
}

static enum hl_status many_read(struct hl_src *src, uint64_t off, void *buf,
                                size_t len, struct hl_ranges *bad)
{
	struct many *m = (struct many *)(void *)src;
	uint8_t c[NB_CLUSTER], *p = buf;

	(void)bad;
	m->n_bytes += len;
	while (len) {
		size_t in = (size_t)(off % NB_CLUSTER);
		size_t n = NB_CLUSTER - in < len ? NB_CLUSTER - in : len;

		many_cluster(m, off / NB_CLUSTER, c);
		memcpy(p, c + in, n);
		p += n;
		off += n;
		len -= n;
	}
	return HL_OK;
}

static void many_close(struct hl_src *src)
{
	free(src);
}

/* A source of so many nodes; size 0: as large as it has to be.  hive stays
 * the caller's.  hl_src_close frees it. */
static inline struct many *many_new(uint32_t n_nodes, uint64_t size,
                                    const uint8_t *hive, uint32_t n_hive,
                                    const struct hl_ctx *ctx)
{
	static const struct hl_src_ops ops = {
		.read = many_read, .close = many_close,
	};
	struct many *m = calloc(1, sizeof(*m));
	uint64_t least;

	m->n_nodes = n_nodes;
	m->n_dirs = (n_nodes + MANY_WIDE - 2) / MANY_WIDE;
	m->n_records = (MANY_FIRST + n_nodes + 3) / 4 * 4;
	m->hive = hive;
	m->n_hive = hive && n_nodes > MANY_SYSTEM ? n_hive : 0;
	m->hive_lcn = NB_MFT + m->n_records / 4;
	m->bitmap_lcn = m->hive_lcn + (m->n_hive + NB_CLUSTER - 1) / NB_CLUSTER;
	/* 512 clusters of bitmap are enough for 64 GiB */
	m->index_lcn = m->bitmap_lcn + 512;
	least = (uint64_t)(m->index_lcn + m->n_dirs + 64) * NB_CLUSTER;
	hl_src_init(&m->src, &ops, ctx, "many", size > least ?
	            size / NB_CLUSTER * NB_CLUSTER : least, 512);
	return m;
}

#endif
