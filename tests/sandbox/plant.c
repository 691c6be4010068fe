/*
 * plant.c: what an image could do that has found a bug in a parser.
 *
 * Linked with the objects of the program itself, nothing of which is changed,
 * into build/test-sandbox: the linker leads the call of hl_disk_open here,
 * where the image is open and its first bytes are parsed.  $HL_PLANT says
 * what is tried, $HL_PLANT_PATH where; it says "done" or "refused" and errno.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "hivelift/hivelift.h"

enum hl_status __real_hl_disk_open(struct hl_disk **out, struct hl_src *image,
                                   const struct hl_disk_opts *opts,
                                   const struct hl_ctx *ctx);
enum hl_status __wrap_hl_disk_open(struct hl_disk **out, struct hl_src *image,
                                   const struct hl_disk_opts *opts,
                                   const struct hl_ctx *ctx);

#define NEW (O_WRONLY | O_CREAT | O_CLOEXEC)

static const char *path;

/* The output folder: the only folder that is open; -1: none. */
static int folder(void)
{
	struct stat sb;

	for (int fd = 3; fd < 256; fd++)
		if (fstat(fd, &sb) == 0 && S_ISDIR(sb.st_mode))
			return fd;
	return -1;
}

static long write_outside(void)
{
	return open(path, NEW, 0666);
}

static long write_absolute(void) /* with a folder that is ignored */
{
	return openat(folder(), path, NEW, 0666);
}

static long write_dotdot(void)
{
	return openat(folder(), "../planted", NEW, 0666);
}

static long write_inside(void)
{
	return openat(folder(), "planted", NEW, 0666);
}

static long append(void)
{
	return open(path, O_WRONLY | O_APPEND);
}

static long truncate_it(void)
{
	return syscall(SYS_truncate, path, 0L);
}

static long read_it(void)
{
	return open(path, O_RDONLY);
}

static long list(void)
{
	return open(path, O_RDONLY | O_DIRECTORY);
}

static long remove_it(void)
{
	return unlink(path);
}

static long remove_dotdot(void)
{
	return unlinkat(folder(), "../planted", 0);
}

static long move_out(void)
{
	int fd = openat(folder(), "planted", NEW, 0666);

	close(fd);
	return renameat(folder(), "planted", folder(), "../planted");
}

static long make_link(void)
{
	return symlinkat("/etc", folder(), "planted");
}

static long make_folder(void)
{
	return mkdir(path, 0777);
}

static long change_mode(void)
{
	return chmod(path, 04755);
}

static long execute(void)
{
	char *argv[] = { (char *)"true", NULL };

	return execve("/bin/true", argv, environ);
}

static long fork_it(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long inet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long local(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static long signal_parent(void)
{
	return kill(getppid(), 0);
}

static long code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static long type_for_the_user(void) /* into the terminal */
{
	return ioctl(0, TIOCSTI, "x") == 0 || errno == ENOTTY ? 0 : -1;
}

static long be_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long want_core(void)
{
	const struct rlimit some = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &some);
}

static long uring(void)
{
	char params[120] = { 0 };

	return syscall(425 /* io_uring_setup */, 1, params);
}

static long unknown_call(void) /* must not end the program */
{
	return syscall(SYS_syncfs, 1);
}

static long stop(void) /* so that somebody can kill it just here */
{
	return raise(SIGSTOP);
}

static void *in_thread(void *arg)
{
	long *out = arg;

	*out = open(path, NEW, 0666);
	if (*out < 0)
		*out = -errno;
	return NULL;
}

static long thread(void)
{
	pthread_t t;
	long result = -1;

	errno = pthread_create(&t, NULL, in_thread, &result);
	if (errno)
		return 0; /* must be allowed: so this is a failure */
	pthread_join(t, NULL);
	if (result < 0) {
		errno = (int)-result;
		result = -1;
	}
	return result;
}

static const struct {
	const char *name;
	long (*try)(void);
} plants[] = {
	{ "write-outside", write_outside },
	{ "write-absolute", write_absolute },
	{ "write-dotdot", write_dotdot }, { "write-inside", write_inside },
	{ "append", append }, { "truncate", truncate_it },
	{ "read", read_it }, { "list", list }, { "remove", remove_it },
	{ "remove-dotdot", remove_dotdot }, { "move-out", move_out },
	{ "symlink", make_link }, { "mkdir", make_folder },
	{ "chmod", change_mode }, { "execve", execute }, { "fork", fork_it },
	{ "inet", inet }, { "local", local }, { "ptrace", trace },
	{ "kill", signal_parent }, { "code", code },
	{ "tiocsti", type_for_the_user }, { "dumpable", be_dumpable },
	{ "core", want_core }, { "uring", uring },
	{ "unknown", unknown_call }, { "thread", thread },
	{ "stop", stop },
};

enum hl_status __wrap_hl_disk_open(struct hl_disk **out, struct hl_src *image,
                                   const struct hl_disk_opts *opts,
                                   const struct hl_ctx *ctx)
{
	const char *name = getenv("HL_PLANT");

	path = getenv("HL_PLANT_PATH");
	for (size_t i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
		if (!name || strcmp(plants[i].name, name) != 0)
			continue;
		errno = 0;
		if (plants[i].try() >= 0)
			fprintf(stderr, "planted %s: done\n", name);
		else
			fprintf(stderr, "planted %s: refused: %s\n", name,
			        strerror(errno));
	}
	return __real_hl_disk_open(out, image, opts, ctx);
}
