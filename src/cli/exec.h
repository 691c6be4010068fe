/* exec.h: what cmd_exec.c, exec_hand.c and exec_run.c share. */
#ifndef HL_CLI_EXEC_H
#define HL_CLI_EXEC_H

#include "hives.h"
#include "lift/outdir.h"

struct hl_layout;

struct exec {
	struct cli *c;
	struct hl_outdir *dir; /* NULL: without --out */
	struct hl_layout *names;
	size_t ran, failed, skipped;
};

struct one {
	struct hl_hive *hive;
	const char *file;  /* what its output is called */
	const char *state; /* of what is handed over */
	char name[1024];   /* "3:/Users/alice/NTUSER.DAT" */
};

/* The bytes of src into fd, an empty file.  Errors are said. */
enum hl_status exec_fill(struct cli *c, const char *name, struct hl_src *src,
                         int fd) HL_MUST_CHECK;
/* What a child may know of its hive; free it.  NULL: no memory. */
char *exec_environment(const struct hl_hive *h, const char *state, size_t *n);

/* The file is filled.  false: there is no use in going on, said. */
bool exec_run(struct exec *x, const struct one *o);

#endif
