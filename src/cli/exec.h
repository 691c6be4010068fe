/* exec.h: what cmd_exec.c, exec_hand.c, exec_run.c and exec_json.c share. */
#ifndef HL_CLI_EXEC_H
#define HL_CLI_EXEC_H

#include "helper.h"
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
	char output[512];  /* with --out, below it; or "" */
	char not_run[256]; /* why; "": it ran */
	struct helper_end end;
};

/* The bytes of src into fd, an empty file.  Errors are said. */
enum hl_status exec_fill(struct cli *c, const char *name, struct hl_src *src,
                         int fd) HL_MUST_CHECK;
/* What a child may know of its hive; free it.  NULL: no memory. */
char *exec_environment(const struct hl_hive *h, const char *state, size_t *n);

/* The file is filled.  false: there is no use in going on, said. */
bool exec_run(struct exec *x, struct one *o);

/* What became of hive i, with --json; mark as of hive_json. */
void exec_json(struct exec *x, struct hl_hives *hives, size_t i, size_t mark,
               const struct one *o);

#endif
