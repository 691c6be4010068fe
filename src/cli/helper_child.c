/*
 * helper_child.c: how a child of `exec` is started.
 *
 *	stdin /dev/null, stdout as ours or a file, stderr as ours
 *	{} in the arguments, also inside one: the path of the hive's file
 *	the signals as they were before we had to do with them
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "base/banned.h"
#include "helper.h"

/* With every {} replaced; NULL: no memory. */
static char *filled(const char *arg, const char *path)
{
	size_t n = strlen(arg) + 1, n_path = strlen(path);
	char *out, *to;

	for (const char *s = arg; (s = strstr(s, "{}")); s += 2)
		n += n_path;
	to = out = malloc(n);
	while (out && *arg) {
		if (arg[0] == '{' && arg[1] == '}') {
			memcpy(to, path, n_path);
			to += n_path;
			arg += 2;
		} else {
			*to++ = *arg++;
		}
	}
	if (out)
		*to = '\0';
	return out;
}

static void free_words(char **argv)
{
	for (size_t i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}

/* The command itself is no argument. */
static char **words(char *const *cmd, const char *path)
{
	size_t n = 0;

	while (cmd[n])
		n++;
	char **argv = calloc(n + 1, sizeof(*argv));
	for (size_t i = 0; argv && i < n; i++) {
		argv[i] = i ? filled(cmd[i], path) : strdup(cmd[i]);
		if (!argv[i]) {
			free_words(argv);
			return NULL;
		}
	}
	return argv;
}

static void signals(const sigset_t *mask)
{
	static const int ours[] = { SIGINT,  SIGTERM, SIGHUP,
		                    SIGPIPE, SIGXFSZ, SIGCHLD };
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = SIG_DFL;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		sigaction(ours[i], &sa, NULL);
	/* not in the foreground, and yet it may write to the terminal */
	sa.sa_handler = SIG_IGN;
	sigaction(SIGTTOU, &sa, NULL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

static bool place(int fd, int at)
{
	return fd >= 0 && dup2(fd, at) >= 0;
}

static bool descriptors(const struct spawn *how)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (!place(null, STDIN_FILENO))
		return false;
	if (how->out >= 0 && !place(how->out, STDOUT_FILENO))
		return false;
	/* in this process only: its file must be open behind the exec */
	return !how->hand->inherit || fcntl(how->hand->fd, F_SETFD, 0) >= 0;
}

static bool environment(const struct spawn *how)
{
	for (size_t i = 0; i < how->n_env; i += strlen(how->env + i) + 1)
		if (putenv(how->env + i) != 0)
			return false;
	return true;
}

static void become(const struct spawn *how, char **argv, int report)
{
	int e;

	setpgid(0, 0);
	if (descriptors(how) && environment(how)) {
		signals(how->mask);
		/* argv[0] was checked: NOLINTNEXTLINE(clang-analyzer-core.*) */
		execvp(argv[0], argv);
	}
	e = errno;
	while (write(report, &e, sizeof(e)) < 0 && errno == EINTR)
		;
	_exit(127);
}

/* What kept it from being started: 0, or errno. */
static int outcome(int report, pid_t pid)
{
	int e = 0;
	ssize_t n;

	do
		n = read(report, &e, sizeof(e));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(e))
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return e ? e : EINVAL;
}

int child_start(const struct spawn *how, pid_t *pid)
{
	char **argv = words(how->cmd, how->hand->path);
	int report[2], e;

	if (!argv)
		return ENOMEM;
	if (pipe(report) != 0) {
		e = errno;
		free_words(argv);
		return e;
	}
	wire_cloexec(report[0]);
	wire_cloexec(report[1]);
	*pid = fork();
	e = errno;
	if (*pid == 0)
		become(how, argv, report[1]);
	close(report[1]);
	if (*pid > 0) {
		setpgid(*pid, *pid); /* whichever of us comes first */
		e = outcome(report[0], *pid);
	}
	close(report[0]);
	free_words(argv);
	return e;
}
