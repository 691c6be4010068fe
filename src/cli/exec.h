/* exec.h: what cmd_exec.c and exec_hand.c share. */
#ifndef HL_CLI_EXEC_H
#define HL_CLI_EXEC_H

#include "hives.h"

/* The bytes of src into fd, an empty file.  Errors are said. */
enum hl_status exec_fill(struct cli *c, const char *name, struct hl_src *src,
                         int fd) HL_MUST_CHECK;
/* What a child may know of its hive; free it.  NULL: no memory. */
char *exec_environment(const struct hl_hive *h, const char *state, size_t *n);

#endif
