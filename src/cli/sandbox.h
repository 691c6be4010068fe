/*
 * sandbox.h: from here on this process can do little but think.
 *
 *	find and open the files     session.c, open of the command
 *	fork what must stay free    helper.c (exec), keeper.c (undo)
 *	sandbox_enter               <- here
 *	threads, parse
 *
 * What a command opens by name it opens before.  What it will make or open
 * by name later it announces, with sandbox_write or sandbox_read: all else is
 * refused by the kernel, whatever an image makes of the parser.
 *
 *	sandbox.c          what was announced; the steps; what is active
 *	sandbox_user.c     --run-as
 *	sandbox_linux.c    limits, capabilities, in which order
 *	sandbox_landlock.c files
 *	sandbox_seccomp.c  system calls
 *	sandbox_openbsd.c, sandbox_freebsd.c, sandbox_none.c
 */
#ifndef HL_CLI_SANDBOX_H
#define HL_CLI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

struct cli;

/* --run-as: looks the user up; false: said.  Fine without. */
bool sandbox_user(struct cli *c);
/* In a process that has just been forked: as that user.  0 or errno */
int sandbox_become(const struct cli *c);
/* A file this run made becomes theirs; false: said. */
bool sandbox_give(struct cli *c, int fd, const char *path);

/*
 * For open of a command: files may be made, replaced and removed below this
 * folder, whose descriptor stays open.  made: by this run; then the folder
 * itself is removed at the end if it is empty.
 */
bool sandbox_write(struct cli *c, int dirfd, const char *path, bool made);
/* The same of an output folder as the library opens it. */
struct hl_outdir;
bool sandbox_folder(struct cli *c, const struct hl_outdir *dir);
/* This file may be opened again, by this name, for reading; of a folder all
 * that is below it. */
bool sandbox_read(struct cli *c, const char *path);

/* The image's files are added here.  false: said */
bool sandbox_enter(struct cli *c);
void sandbox_free(struct cli *c);
/* Who holds a key leaves no core behind, in a sandbox or not. */
void sandbox_no_core(void);
/* "no_new_privs, landlock 7, seccomp", or "none: why" */
const char *sandbox_active(const struct cli *c);
/* For --version: what this build has, and this kernel. */
void sandbox_built(char *dst, size_t size);

/*
 * keeper.c: a file or folder that this run made, and that must not stay when
 * the run fails.  Who is in the sandbox can remove nothing outside of its
 * output, so a process that reads no evidence does it: at the end of the
 * run, whatever ended it.
 */
struct keeper {
	const char *made; /* a folder: removed if it is empty */
	bool folder;
	const char *to;   /* keep renames it to that; NULL: it is in place */
};
/* false: said */
bool keeper_start(struct cli *c, const struct keeper *what);
/* The run went well, or not; 0 or errno.  Fine when there is none. */
int keeper_end(struct cli *c, bool keep);

#endif
