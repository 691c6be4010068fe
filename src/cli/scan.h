/*
 * scan.h: what `scan` and --lost share.
 *
 *	cmd_scan.c    the command
 *	scan_run.c    state -> pass -> state -> results
 *	scan_slots.c  the file of --state
 *	scan_show.c   results for people, and as JSON
 *	scan_sfdisk.c results as partition tables
 */
#ifndef HL_CLI_SCAN_H
#define HL_CLI_SCAN_H

#include "cli.h"

/* ---- scan_slots.c -------------------------------------------------------- */

/*
 * Before the sandbox: open --state, or make it.  Refused when it is the image
 * or no state.  false: said
 */
bool slots_open(struct cli *c);
/* Its content, for free(); NULL: it is new, or out of memory (*failed). */
void *slots_load(struct cli *c, size_t *n, bool *failed);
/* All of p at once, or what was there before stays.  false: said */
bool slots_save(struct cli *c, const void *p, size_t n);
void slots_close(struct cli *c);

/* ---- scan_run.c ---------------------------------------------------------- */

/* Fills c->scan, judged.  HL_OK; HL_CANCELLED (the state is kept; said);
 * others (said) */
enum hl_status scan_run(struct cli *c);
void scan_free(struct cli *c);

/* ---- scan_show.c, scan_sfdisk.c ------------------------------------------ */

/* Is it asked for: by --generation, --volume, --offset? */
bool scan_shown(struct cli *c, size_t i);
bool scan_table(struct cli *c);
void scan_json(struct cli *c);
void scan_sfdisk(struct cli *c);
/* The options that open it: "--offset 1048576". */
#define SCAN_HOW 160
const char *scan_how(struct cli *c, char buf[SCAN_HOW],
                     const struct hl_lost *l);

#endif
