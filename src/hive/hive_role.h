/*
 * hive_role.h: what a hive is by its content: the name in its base block and
 * the keys below its root.
 */
#ifndef HL_HIVE_ROLE_H
#define HL_HIVE_ROLE_H

#include "hivelift/hive.h"
#include "hivelift/src.h"

struct hl_hive_role {
	char name[97];       /* last part of the embedded name, or "" */
	char root_name[128]; /* of the root key, or "" */
	const char *role;    /* "SYSTEM", "NTUSER" … by the root's keys; or "" */
	bool log;            /* it is a transaction log */
};
/* HL_OK; HL_END (no "regf"); HL_NOMEM, HL_CANCELLED */
enum hl_status hl_hive_role(struct hl_hive_role *out,
                            struct hl_src *src) HL_MUST_CHECK;

#endif
