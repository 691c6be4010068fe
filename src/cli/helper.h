/*
 * helper.h: the process that starts the children of `exec`.
 *
 * It is forked before the first byte of the image is parsed, and does nothing
 * but make the file that a child gets, fork, exec and wait.  So neither the
 * children nor what starts them ever runs in a process that has read the
 * evidence, and the process that reads it may lock itself in.
 *
 *	hivelift                        helper                     child
 *	  ask for a file      ------->  memfd or temporary file
 *	  fill it             <-------  its descriptor
 *	  run, environment    ------->  seal, fork, exec  ------>  CMD ARG...
 *	                      <-------  wait              <------  ends
 *	  close the socket    ------->  end children, remove the file, end
 *
 *	helper.c       hivelift's side
 *	helper_wire.c  messages and descriptors over the socket
 *	helper_loop.c  the helper's side
 *	helper_child.c how a child is started and ended
 *	helper_file.c  the file that it gets
 */
#ifndef HL_CLI_HELPER_H
#define HL_CLI_HELPER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct cli;

/* How a child ended. */
struct helper_end {
	int error;  /* errno: it could not be started; 0: it ran */
	int signal; /* it was killed by that one; 0: it was not */
	int status; /* else its exit status */
};

/* Forks; false: said.  c->o.child is what it will run. */
bool helper_start(struct cli *c);
/*
 * A new file to be filled, or -1 with errno; close it before helper_run.
 * There is one at a time, and the next call of either makes an end of it.
 */
int helper_file(struct cli *c);
/*
 * Run the command with that file.  env holds n bytes, "NAME=value" and a NUL
 * each.  fd becomes the child's stdout; -1: as ours is.
 *   false: the helper is gone, or stop_wanted() came true; the child too
 */
bool helper_run(struct cli *c, const char *env, size_t n, int fd,
                struct helper_end *end);
/* Ends what still runs and waits for the helper; fine when there is none. */
void helper_stop(struct cli *c);

/* ---- helper_wire.c: between the two ---------------------------------- */

enum { WIRE_FILE, WIRE_RUN, WIRE_DONE };
/* Environment of one child; a path has 3 * 32767 bytes at most. */
#define WIRE_MAX (1u << 18)

struct wire {
	int what;
	int error, signal, status; /* of WIRE_DONE */
	size_t n;                  /* bytes that follow */
};
/* fd -1: none.  false: the other side is gone, errno tells. */
bool wire_send(int sock, const struct wire *w, const void *p, int fd);
/* *fd is -1, or a descriptor that closes on exec. */
bool wire_recv(int sock, struct wire *w, int *fd);
bool wire_bytes(int sock, void *p, size_t n);
void wire_cloexec(int fd);

/* ---- helper_file.c ----------------------------------------------------- */

#define HAND_PATH 4096
struct hand {
	int fd;               /* -1: none */
	bool inherit;         /* the child has it open, path names that */
	char path[HAND_PATH]; /* what stands for {} */
};
/* 0 or errno */
int hand_open(struct hand *h);
void hand_seal(struct hand *h);
void hand_close(struct hand *h);

/* ---- helper_child.c, helper_loop.c ----------------------------------- */

struct spawn {
	char *const *cmd;
	const struct hand *hand;
	char *env;         /* n_env bytes, as in helper_run */
	size_t n_env;
	int out;           /* or -1 */
	const sigset_t *mask; /* as it was before the helper */
};
/* 0 or errno; the child leads a process group of its own. */
int child_start(const struct spawn *how, pid_t *pid);

/* Never returns. */
void helper_loop(int sock, char *const *cmd);

#endif
