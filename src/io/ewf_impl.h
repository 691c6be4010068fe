/*
 * ewf_impl.h: an open EWF set, shared by the files that build and read it.
 *
 *	ewf_walk.c   segment files -> sections             (at open)
 *	ewf_facts.c  small sections -> volume, hashes, notes
 *	ewf_table.c  tables checked, placed, looked up
 *	ewf_resync.c, ewf_salvage.c  what is left of damaged ones
 *	ewf_unpack.c stored chunks -> bytes                (any thread)
 *	ewf_chunk.c  one chunk, through the cache          (any thread)
 *	ewf_ahead.c  long reads in order, by several threads (ewf_ring.c)
 *	ewf.c        the source
 */
#ifndef HL_EWF_IMPL_H
#define HL_EWF_IMPL_H

#include <pthread.h>

#include "hivelift/src.h"
#include "io/ewf_sections.h"
#include "io/ewf_values.h"
#include "io/files.h"
#include "io/src_impl.h"

/*
 * One table: where the entries of chunks [first, first + n) are.  While the
 * set is walked `first` is not known yet, and a hole stands for any number
 * of chunks whose table is gone.
 */
struct ewf_table {
	uint64_t first;
	uint64_t entries_off; /* in the segment file */
	uint64_t base;
	uint64_t data_end;    /* where the last chunk's data end */
	uint32_t *entries;    /* of salvaged chunks; else they stay on disk */
	size_t seg;
	uint32_t n;
	uint32_t wide_from;   /* from here entries are 32-bit offsets */
	bool hole;            /* n not known */
	bool bad;             /* n known, entries not */
};

#define EWF_PAGE_ENTRIES 1024
#define EWF_PAGES 32

/* A part of a table's entries. */
struct ewf_page {
	size_t table;  /* SIZE_MAX: empty */
	uint32_t page, n;
	uint8_t entries[EWF_PAGE_ENTRIES * 4];
};

struct ewf_worker;
struct ewf_shard;
struct ewf_ahead;

/* Chunks that are read and inflated in one step, and their bytes. */
#define EWF_BATCH_CHUNKS 64
#define EWF_BATCH_BYTES (128u << 10)

struct ewf {
	struct hl_src src;
	struct hl_files *files;
	bool allow_missing;

	bool has_volume;
	struct ewf_volume vol;
	struct ewf_hashes hashes;
	char md5[33], sha1[41];
	struct ewf_values values;
	uint32_t chunk_size;
	uint64_t n_chunks; /* that the medium needs */
	uint64_t biggest;  /* bytes of the largest segment file */

	struct ewf_table *table;
	size_t n_tables, cap_tables;
	struct ewf_bad_sectors *error; /* ascending, apart */
	size_t n_errors, cap_errors;

	pthread_mutex_t lock; /* of page and idle */
	struct ewf_page *page;
	struct ewf_worker *idle;
	struct ewf_shard *shard;
	size_t n_shards;
	struct ewf_ahead *ahead; /* NULL: every read for itself */
};

/* Where a chunk's bytes are. */
struct ewf_place {
	size_t seg;
	uint64_t off;
	uint32_t len; /* stored bytes, at most */
	bool deflated;
};

/*
 * Damage of the set.  Without allow_missing it is the end: said and returned.
 * With it: a loss is noted and HL_OK returned.
 */
enum hl_status hl_ewf_flaw(const struct ewf *e, const char *path,
                           enum hl_status st, const char *fmt, ...)
	HL_PRINTF(4, 5) HL_MUST_CHECK;

/* ewf_walk.c.  HL_OK, HL_IO, HL_CORRUPT, HL_UNSUPPORTED, HL_LIMIT, HL_NOMEM */
enum hl_status hl_ewf_walk(struct ewf *e) HL_MUST_CHECK;

/*
 * ewf_table.c: check the table whose section body is [off, end) of a segment
 * file; data_end as in struct ewf_table, 0 when chunks follow the entries.
 * *why says what is wrong.  t->n is set as soon as it is known.
 *   HL_OK, HL_CORRUPT, HL_IO, HL_CANCELLED
 */
struct ewf_body {
	size_t seg;
	uint64_t off, end, data_end;
};
enum hl_status hl_ewf_table_check(const struct ewf *e,
                                  const struct ewf_body *body,
                                  struct ewf_table *t, const char **why)
	HL_MUST_CHECK;
enum hl_status hl_ewf_add_table(struct ewf *e, const struct ewf_table *t)
	HL_MUST_CHECK;
/* Give the tables their first chunks.  HL_OK, HL_CORRUPT (said) */
enum hl_status hl_ewf_place_tables(struct ewf *e) HL_MUST_CHECK;
/* The table that holds a chunk, or the place where it would be. */
bool hl_ewf_find_table(const struct ewf *e, uint64_t chunk, size_t *i);
/*
 * own: a page of the caller's alone, so that no lock is taken; or NULL.
 * HL_OK; HL_END: no table has it; HL_IO, HL_CORRUPT: its entry is useless
 */
enum hl_status hl_ewf_locate(struct ewf *e, uint64_t chunk,
                             struct ewf_page *own,
                             struct ewf_place *out) HL_MUST_CHECK;

/*
 * ewf_resync.c: the next sound descriptor from *off on.
 *   HL_OK, HL_END, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ewf_resync(const struct ewf *e, size_t seg, uint64_t *off)
	HL_MUST_CHECK;

/*
 * ewf_salvage.c: the chunks in [off, end) of a segment that has no table for
 * them; t->n is 0 when there are none, t->data_end where the search ended.
 * t->entries is the caller's, also after a failure.
 *   HL_OK, HL_NOMEM, HL_CANCELLED
 */
enum hl_status hl_ewf_salvage(const struct ewf *e, size_t seg, uint64_t off,
                              uint64_t end, struct ewf_table *t) HL_MUST_CHECK;

/* ewf_chunk.c */
enum hl_status hl_ewf_chunks_init(struct ewf *e) HL_MUST_CHECK;
void hl_ewf_chunks_free(struct ewf *e);
/* Bytes [from, from + len) of one chunk; zeros and a range when damaged. */
enum hl_status hl_ewf_chunk_read(struct ewf *e, uint64_t chunk, uint32_t from,
                                 void *buf, uint32_t len,
                                 struct hl_ranges *bad) HL_MUST_CHECK;
/*
 * What the last chunk holds behind the last whole sector: a source that was
 * no multiple of a sector.  HL_OK (*n may be 0), HL_NOMEM
 */
enum hl_status hl_ewf_tail(struct ewf *e, uint8_t *buf, size_t room,
                           size_t *n) HL_MUST_CHECK;

/*
 * ewf_ahead.c: reads in order of some length, by several threads that start
 * with the first of them.  HL_END: not such a read, nothing was done;
 * HL_OK, HL_CANCELLED
 */
enum hl_status hl_ewf_ahead_init(struct ewf *e) HL_MUST_CHECK;
void hl_ewf_ahead_free(struct ewf *e);
void hl_ewf_ahead_advise(struct ewf *e, uint64_t off, uint64_t len);
enum hl_status hl_ewf_ahead_read(struct ewf *e, uint64_t off, uint8_t *buf,
                                 size_t len,
                                 struct hl_ranges *bad) HL_MUST_CHECK;

#endif
