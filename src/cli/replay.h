/* replay.h: the files that `replay` reads and writes. */
#ifndef HL_CLI_REPLAY_H
#define HL_CLI_REPLAY_H

#include "cli.h"

/* The logs, open; at most HL_REPLAY_LOGS. */
struct replay_files {
	struct hl_src *hive; /* NULL: --orphan */
	size_t n;
	struct hl_replay_log log[HL_REPLAY_LOGS];
	char *path[HL_REPLAY_LOGS];
	int out;    /* --output, new; -1: none */
	char *temp; /* its name until it replaces what is there; or NULL */
};
/*
 * HIVE and the logs named, or those beside it; with --orphan logs only.
 * false: said.
 */
bool replay_find(struct cli *c, struct replay_files *f);
void replay_close(struct replay_files *f);

/*
 * A new file for --output, before anything was read; false: said.  With
 * --force what is there stays until the new one is complete.
 */
bool replay_create(struct cli *c, struct replay_files *f);
/* It is complete, and gets its name; or it is removed.  false: said */
bool replay_finish(struct cli *c, bool keep);

/*
 * Write src to --output, with its digest and the judgement over it.  false:
 * said, and nothing is left behind.
 */
bool replay_write(struct cli *c, struct replay_files *f, struct hl_src *src,
                  char sha256[65], struct hl_hive_report *report);

#endif
