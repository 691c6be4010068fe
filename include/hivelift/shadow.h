/*
 * shadow.h: what is known of one shadow copy of a volume.
 */
#ifndef HIVELIFT_SHADOW_H
#define HIVELIFT_SHADOW_H

#include "src.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hl_shadow {
	char store[40];        /* GUID that names the file of its store */
	char id[40];           /* its own, as vssadmin prints it; "" unknown */
	char set[40];          /* of all copies made with it; "" unknown */
	struct hl_time created;
	uint64_t sequence;     /* as the catalogue counts them */
	uint64_t flags;
	uint32_t attributes;   /* VSS_VOLSNAP_ATTR_* */
	bool has_attributes;
	bool offline;          /* marked so: Windows did not use it any more */
	bool elsewhere;        /* its store lies on another volume */
	uint64_t blocks;       /* its store's list has */
	struct hl_src *src;    /* the volume as it was; NULL: not readable */
	const char *unread;    /* why, or NULL */
	const char *remark;    /* what is wrong with it all the same, or NULL */
	bool lacks;            /* and that is a loss */
};

#ifdef __cplusplus
}
#endif
#endif
