/*
 * acquire.h: what the files of `acquire` share.
 *
 *	acquire_open.c   the output, before the sandbox
 *	cmd_acquire.c    the copy
 *	acquire_show.c   what came of it
 */
#ifndef HL_CLI_ACQUIRE_H
#define HL_CLI_ACQUIRE_H

#include "cli.h"

struct acquire_target {
	struct hl_acquire_opts o;
	char *folder, *name; /* of --output */
	char first[4200];    /* path of the first file; a device's */
	uint64_t room;       /* bytes that are free; of a device, that it has */
	uint64_t there;      /* bytes of what is replaced or gone on with */
};

/* What came of it, for both kinds of output. */
struct acquire_result {
	const struct acquire_target *t;
	const struct hl_acquired *a;
	int64_t start, end;  /* seconds since 1970 */
	double seconds;
	bool verified;
};
void acquire_text(struct cli *c, const struct acquire_result *r);
void acquire_json(struct cli *c, const struct acquire_result *r);

#endif
