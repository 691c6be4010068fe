/* carve_talk.h: what the cells of a hive say of one another. */
#ifndef HL_CARVE_TALK_H
#define HL_CARVE_TALK_H

#include "lift/carve_impl.h"

struct carve_talk {
	/* set by the caller; from and to are cells, bytes in the hive */
	bool (*wanted)(struct carve_talk *t, uint64_t from, uint64_t to);
	void (*word)(struct carve_talk *t, uint64_t from, uint64_t to,
	             bool right);
	void *user;

	struct carve_in near, far;
	uint64_t bins_at, first, end;
	uint32_t *bin; /* where each begins, in the hive */
	size_t n, cap;
	uint8_t *buf;
	const struct hl_ctx *ctx;
};
/* Finds the bins.  Close it whatever came of it.  HL_OK, HL_NOMEM, … */
enum hl_status hl_carve_talk_open(struct carve_talk *t, struct hl_src *src,
                                  uint64_t bins_at, uint64_t bin_off,
                                  uint64_t end,
                                  const struct hl_ctx *ctx) HL_MUST_CHECK;
enum hl_status hl_carve_talk_close(struct carve_talk *t,
                                   enum hl_status st) HL_MUST_CHECK;
/* The bin that holds a place; n is not 0. */
size_t hl_carve_bin_of(const struct carve_talk *t, uint64_t at);
/* Listen to every cell in use of one bin. */
void hl_carve_walk(struct carve_talk *t, size_t i);

#endif
