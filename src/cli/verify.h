/*
 * verify.h: what the files of `verify` share.
 *
 *	cmd_verify.c   which of the two it is; an image
 *	verify_show.c  its result as text and JSON
 *	verify_dir.c   an output folder
 */
#ifndef HL_CLI_VERIFY_H
#define HL_CLI_VERIFY_H

#include "cli.h"

/*
 * Before anything is opened: an output folder is no image; --image says which
 * one it is of.  false: said.
 */
bool verify_sort(struct cli *c);
/* The disk, where it is needed; nothing on it is no failure.  false: said */
bool verify_disk(struct cli *c);

void verify_text(struct cli *c, const struct hl_verify *v);
void verify_json(struct cli *c, const struct hl_verify *v);

bool verify_dir_open(struct cli *c);
enum outcome verify_dir(struct cli *c);

#endif
