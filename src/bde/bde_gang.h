/*
 * bde_gang.h: threads that decipher what one of them reads.
 *
 *	reader   read 0  read 1  read 2  read 3  decipher 3
 *	other            decipher 0  decipher 1  decipher 2
 *
 * What lies below is read in its order and by one thread, as who reads ahead
 * there expects it.
 */
#ifndef HL_BDE_GANG_H
#define HL_BDE_GANG_H

#include "hivelift/ctx.h"

/* A read is worth it from here on, and handed out in such pieces. */
#define BDE_GANG_READ (512u << 10)
#define BDE_GANG_PIECE (128u << 10)

struct bde_job {
	uint64_t at;
	uint8_t *p;
	size_t n;
};

struct bde_gang;
/*
 * work is called by several threads at a time and must not allocate; false: it
 * failed.  NULL: there is but one processor, or no thread to be had.
 */
struct bde_gang *hl_bde_gang_new(bool (*work)(void *arg,
                                              const struct bde_job *job),
                                 void *arg, const struct hl_ctx *ctx);
/* Threads that it has beside the caller's. */
size_t hl_bde_gang_size(const struct bde_gang *g);
void hl_bde_gang_free(struct bde_gang *g); /* NULL is fine */

/* false: it works for another reader.  Else put jobs, and in any case end. */
bool hl_bde_gang_take(struct bde_gang *g);
void hl_bde_gang_put(struct bde_gang *g, const struct bde_job *job);
/* The caller works too, until all is done.  false: one of them failed */
bool hl_bde_gang_end(struct bde_gang *g) HL_MUST_CHECK;

#endif
