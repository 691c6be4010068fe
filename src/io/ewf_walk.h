/*
 * ewf_walk.h: one segment file while its sections are walked.
 */
#ifndef HL_EWF_WALK_H
#define HL_EWF_WALK_H

#include "io/ewf_impl.h"

struct walk {
	struct ewf *e;
	size_t seg;
	const char *path;
	uint64_t size, off;     /* of the file; of the section now */
	uint64_t body, end;     /* of the section's content */
	struct ewf_section sect;
	/* the group */
	uint64_t data_off, data_end; /* of the last sectors section, or 0 */
	bool data_whole;        /* not cut by the end of the file */
	bool open;              /* sectors seen, no table yet */
	bool have;              /* a good table */
	bool tried;             /* a bad one */
	uint64_t tried_off;
	const char *why;
	struct ewf_table half;  /* the bad one; n when known */
	bool ended;             /* next or done */
	bool last;              /* done */
	bool stop;              /* the rest of this file cannot be trusted */
};

/*
 * Damage from which the rest of the file cannot be followed.  st: what
 * hl_ewf_flaw answered.
 */
enum hl_status hl_ewf_give_up(struct walk *w, enum hl_status st) HL_MUST_CHECK;

/* ewf_group.c: sections that hold chunks or find them. */
enum hl_status hl_ewf_add_hole(struct ewf *e) HL_MUST_CHECK;
enum hl_status hl_ewf_close_group(struct walk *w) HL_MUST_CHECK;
enum hl_status hl_ewf_try_table(struct walk *w) HL_MUST_CHECK;
enum hl_status hl_ewf_on_sectors(struct walk *w) HL_MUST_CHECK;
enum hl_status hl_ewf_on_table(struct walk *w) HL_MUST_CHECK;
enum hl_status hl_ewf_on_table2(struct walk *w) HL_MUST_CHECK;

/* ewf_facts.c: sections that hold no chunks. */
enum hl_status hl_ewf_on_volume(struct walk *w) HL_MUST_CHECK;
enum hl_status hl_ewf_on_fact(struct walk *w) HL_MUST_CHECK;
enum hl_status hl_ewf_on_errors(struct walk *w) HL_MUST_CHECK;

#endif
