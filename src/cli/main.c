/*
 * main.c: the command table, and the exit status in one place.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/banned.h"
#include "cli.h"

const struct command commands[] = {
	{ "info", CMD_INFO, 0, 0, "IMAGE",
	  "what the image is: container, partitions, gaps, file systems",
	  "hivelift info disk.E01", cmd_info, NULL, NULL },
	{ "hives", CMD_HIVES, 0, 0, "IMAGE",
	  "every registry hive where Windows keeps one, with its state",
	  "hivelift hives --kind NTUSER disk.E01", cmd_hives, NULL, NULL },
	{ "extract", CMD_EXTRACT, 0, -1, "IMAGE -o DIR [PATH...]",
	  "lift the hives with their logs, or the files named",
	  "hivelift extract disk.E01 -o out", cmd_extract, extract_open, extract_drop },
	{ "cat", CMD_CAT, 1, 1, "IMAGE PATH",
	  "one file or stream to stdout",
	  "hivelift cat disk.E01 3:/Windows/System32/config/SAM | sha256sum",
	  cmd_cat, NULL, NULL },
	{ "ls", CMD_LS, 0, 1, "IMAGE [PATH]",
	  "list a folder",
	  "hivelift ls -l disk.E01 3:/Users", cmd_ls, NULL, NULL },
	{ "stat", CMD_STAT, 1, 1, "IMAGE PATH",
	  "everything about one file, down to its runs on the image",
	  "hivelift stat disk.E01 3:/Users/alice/NTUSER.DAT", cmd_stat, NULL, NULL },
	{ "exec", CMD_EXEC, 0, 0, "IMAGE -- CMD ARG...",
	  "run a command once per hive; {} is the hive's file",
	  "hivelift exec disk.E01 -- regripper -r {} -a", cmd_exec,
	  exec_open, exec_drop },
	{ "scan", CMD_SCAN, 0, 0, "IMAGE",
	  "volumes that no partition table knows, and why they are believed",
	  "hivelift scan --state disk.scan disk.E01", cmd_scan, NULL, NULL },
	{ "carve", CMD_CARVE, 0, 0, "IMAGE -o DIR",
	  "hives, fragments and log entries that no file owns",
	  "hivelift carve disk.E01 -o out", cmd_carve,
	  extract_open, extract_drop },
	{ "verify", CMD_VERIFY, 0, 0, "IMAGE|DIR",
	  "an image against its hashes, an output folder against its lists",
	  "hivelift verify --files disk.E01", cmd_verify, verify_open, NULL },
	{ "acquire", CMD_ACQUIRE, 0, 0, "SOURCE -o FILE",
	  "a device or image into a raw image, an E01, or onto a device",
	  "hivelift acquire --case 17 /dev/sdb -o disk.E01", cmd_acquire,
	  acquire_open, acquire_drop },
	{ "replay", CMD_REPLAY, 0, 8, "HIVE [LOG...] -o OUT",
	  "apply transaction logs to a hive that was extracted",
	  "hivelift replay NTUSER.DAT -o NTUSER.replayed", cmd_replay,
	  replay_open, replay_drop },
	{ NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL },
};

const struct command *command_find(const char *name)
{
	for (const struct command *p = commands; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

/*
 * 0 complete; 1 failed, wrong usage, or nothing found although everything
 * was searched; 2 finished with a loss that was said.
 */
static int exit_status(const struct cli *c, enum outcome outcome)
{
	if (stop_signalled(c) || c->out.err || c->stop.broken)
		return 1;
	if (c->stop.timed_out || (outcome != DONE && c->stop.starved))
		return 2;
	if (outcome == FAILED)
		return 1;
	if (c->loss || (c->notes.any && c->notes.worst >= HL_LOSS))
		return 2;
	return outcome == NOTHING ? 1 : 0;
}

static enum outcome run(struct cli *c)
{
	enum outcome outcome = FAILED;

	c->ctx = (struct hl_ctx){
		.user = c,
		.note = note_sink,
		.cancelled = stop_wanted,
		.progress = progress_sink,
		.limits = { .max_memory = memory_ceiling(c),
		            .max_file_size = c->o.max_file_size },
		.stats = &c->stats,
		.codepage = c->o.codepage,
		.to_utc = c->o.tz ? zone_to_utc : NULL,
	};
	if (hl_notelog_new(&c->log) != HL_OK) {
		msg_error(c, "out of memory");
		return FAILED;
	}
	c->ctx.log = c->log;
	stop_init(c);
	progress_init(c);
	c->opening = true;
	stats_phase(c, PHASE_FIND);
	bool ok = session_open(c);
	/* of what is no image at all, what it lacks is of no interest */
	if (ok || !c->unknown || c->o.verbose)
		notes_release(c);
	c->opening = false;
	stats_phase(c, PHASE_SEARCH);
	if (ok)
		idle_say(c);
	if (ok)
		outcome = c->cmd->run(c);
	progress_clear(c);
	stats_print(c);
	session_close(c);
	hl_notelog_free(c->log);
	return outcome;
}

static bool colours(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term &&
	       strcmp(term, "dumb") != 0;
}

/* What the caller closed must not come back as the image's descriptor. */
static bool descriptors_open(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
	return fd > STDERR_FILENO;
}

int main(int argc, char **argv)
{
	static struct cli cli; /* too big for some stacks */
	struct cli *c = &cli;
	enum outcome outcome = FAILED;

	bool closed = fcntl(STDOUT_FILENO, F_GETFD) < 0;

	if (!descriptors_open())
		return 1;
	stop_early();
	out_init(&c->out, STDOUT_FILENO);
	c->out.err = closed ? EBADF : 0;
	c->argv = argv;
	c->colour = colours();
	c->o.args = calloc((size_t)argc + 1, sizeof(*c->o.args));
	char **args = c->o.args;
	if (!args)
		return 1;
	if (options_parse(c, argc, argv)) {
		outcome = DONE;
		if (c->o.help)
			help_print(c);
		else if (c->o.version)
			version_print(c);
		else
			outcome = run(c);
	}
	if (!out_flush(&c->out)) {
		errno = c->out.err;
		fprintf(stderr, "hivelift: stdout: %s\n", strerror(errno));
	}
	if (stop_signalled(c))
		fputs("hivelift: stopped by a signal\n", stderr);
	free(args);
	return exit_status(c, outcome);
}
