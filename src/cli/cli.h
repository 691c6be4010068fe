/*
 * cli.h: what the files of the program share.
 *
 *	main.c     the command table, the exit status
 *	options.c  words of the command line -> struct opts
 *	help.c     what --help and --version print
 *	session.c  find and open files -> sandbox -> open image -> open disk
 *	sandbox*.c what closes in between (sandbox.h); keeper.c
 *	with.c     more images than one
 *	idle.c     options that change nothing
 *	secrets*.c keys of encrypted volumes (secrets.h)
 *	where.c    PATH on the command line -> volume, entry, stream
 *	out.c      stdout: bytes, text, JSON lines
 *	esc.c      names from the evidence -> text that cannot hurt
 *	table.c    aligned tables
 *	show.c     shared keys and texts: times, sizes, entries
 *	coverage.c what was searched and what was not
 *	notes.c    stderr: notes, errors, messages
 *	progress.c stderr: how far it is
 *	stop.c     signals, the time budget
 *	memory.c   the memory budget
 *	zone.c     --tz: wall clock -> UTC
 *	helper*.c  the process that starts the children of exec (helper.h)
 *	cmd_*.c    one command each
 */
#ifndef HL_CLI_H
#define HL_CLI_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/json.h"
#include "hivelift/hivelift.h"

struct cli;

/* How a command ended; main.c makes the exit status of it. */
enum outcome {
	DONE,    /* what could be done was done; notes tell of losses */
	NOTHING, /* it found nothing at all (said) */
	FAILED,  /* said */
};

struct command {
	const char *name;
	unsigned bit; /* for struct option.commands */
	int min_args, max_args; /* after IMAGE; -1: any number */
	const char *usage, *does, *example;
	enum outcome (*run)(struct cli *c);
	/*
	 * Before the sandbox, so before a byte of the image was looked at:
	 * opens by name all that run will write, and what it reads besides
	 * the image, into c->opened.  NULL: there is none.  false: said.
	 */
	bool (*open)(struct cli *c);
	/* Takes back what open made, when run never came. */
	void (*drop)(struct cli *c);
};
enum {
	CMD_INFO = 1, CMD_HIVES = 2, CMD_EXTRACT = 4, CMD_CAT = 8,
	CMD_LS = 16, CMD_STAT = 32, CMD_EXEC = 64, CMD_REPLAY = 128,
	CMD_SCAN = 256, CMD_CARVE = 512, CMD_VERIFY = 1024,
	CMD_ACQUIRE = 2048,
	/* those that read an image */
	CMD_IMAGE = 127 | CMD_SCAN | CMD_CARVE | CMD_VERIFY,
	CMD_ALL = CMD_IMAGE | CMD_REPLAY | CMD_ACQUIRE,
};
extern const struct command commands[];
const struct command *command_find(const char *name);
enum outcome cmd_info(struct cli *c);
enum outcome cmd_hives(struct cli *c);
enum outcome cmd_extract(struct cli *c);
bool extract_open(struct cli *c);
void extract_drop(struct cli *c);
enum outcome cmd_scan(struct cli *c);
enum outcome cmd_cat(struct cli *c);
enum outcome cmd_ls(struct cli *c);
enum outcome cmd_stat(struct cli *c);
enum outcome cmd_replay(struct cli *c);
bool replay_open(struct cli *c);
void replay_drop(struct cli *c);
enum outcome cmd_exec(struct cli *c);
enum outcome cmd_carve(struct cli *c);
enum outcome cmd_verify(struct cli *c);
bool verify_open(struct cli *c);
enum outcome cmd_acquire(struct cli *c);
bool acquire_usage(struct cli *c); /* and chooses the format */
bool acquire_open(struct cli *c);
void acquire_drop(struct cli *c);
bool exec_open(struct cli *c);
void exec_drop(struct cli *c);

/* ---- options.c, help.c ---- */

#define SECRETS_MAX 16
#define WITH_MAX (HL_ARRAY_COLUMNS - 1)
struct opts {
	const char *image;
	char **args; /* after the image, options taken out */
	int n_args;
	char **child; /* of exec: what stands behind "--"; or NULL */
	const char *volume;
	bool at_offset, offset_in_sectors;
	uint64_t offset, sector_size, max_memory, max_file_size, timeout;
	bool allow_missing, json, quiet, verbose, progress, stats;
	const char *tz, *codepage, *map;
	uint32_t kinds;
	const char *user, *glob, *output;
	char glob_volume[16]; /* --path 3:/Windows/...: "3" */
	bool orphan, deep;
	bool flat, print0, dfxml; /* flat: --layout regripper */
	bool force, no_replay, slack, raw, recursive, longform, body;
	bool deleted, sweep;
	bool all; /* carve: the whole medium */
	bool lost, sfdisk;
	uint64_t cluster_size, mft_lcn, generation;
	bool has_mft;
	const char *state;
	unsigned hashes; /* --hash: bits 1 << HL_VERIFY_* */
	bool files;
	const char *of_image, *folder; /* verify: --image; an output folder */
	const char *with[WITH_MAX]; /* more images */
	size_t n_with;
	uint64_t stripe; /* bytes; 0: no such array */
	bool mirror;
	/* acquire; format and packing are of hl_acquire_opts, + 1 */
	int format, packing;
	uint64_t split, retries;
	const char *case_number, *evidence, *examiner, *case_notes;
	bool clone, resume, read_back;
	struct opt_secret { /* where a key comes from, never the key */
		enum hl_bde_key_kind kind;
		const char *file;
	} secret[SECRETS_MAX];
	size_t n_secrets;
	bool snapshots, all_copies;
	uint32_t snapshot[64]; /* --snapshots=1,3; none: all */
	size_t n_snapshots;
	bool no_sandbox;
	const char *run_as;
	bool help, version;
};

struct option {
	const char *name;
	char letter;      /* or 0 */
	const char *arg;  /* its name in --help; NULL: takes none */
	unsigned commands; /* CMD_* bits */
	enum { OPT_FLAG, OPT_TEXT, OPT_SIZE, OPT_CALL } how;
	size_t at;        /* offsetof(struct opts, …) */
	bool (*set)(struct opts *o, const char *arg);
	const char *help;
};
extern const struct option options[];

/* Fills c->o and c->cmd; false: wrong usage, said. */
bool options_parse(struct cli *c, int argc, char **argv);
/* "4096", "0x1000", "8K", "2M", "1G"; with sectors also "63s". */
bool size_parse(const char *s, uint64_t *out, bool *sectors);
void help_print(struct cli *c);
void version_print(struct cli *c);

/* ---- out.c, esc.c, table.c ---- */

#define OUT_BUFFER 65536
struct out {
	int fd;
	int err; /* errno of the first failure; then it goes quiet */
	size_t n;
	struct hl_json json;
	char buf[OUT_BUFFER];
};
void out_init(struct out *o, int fd);
bool out_write(struct out *o, const void *p, size_t n);
bool out_text(struct out *o, const char *s); /* our own words only */
bool out_printf(struct out *o, const char *fmt, ...) HL_PRINTF(2, 3);
bool out_name(struct out *o, const char *s); /* from the evidence */
bool out_flush(struct out *o);

/* One UTF-8 character at s, NUL-terminated; its bytes, 0: not UTF-8. */
size_t esc_decode(const char *s, uint32_t *out);
#define ESC_MAX 20 /* bytes that one step may write, with NUL */
/*
 * The next character of *s, made safe, into dst; moves *s on.  `also` holds
 * ASCII characters to escape as well, or NULL.  Returns its width on a
 * terminal in columns.
 */
unsigned esc_step(char dst[ESC_MAX], const char **s, const char *also);
/* A whole text, cut to size between characters. */
char *esc_text(char *dst, size_t size, const char *s, const char *also);
unsigned esc_width(const char *safe);

#define TABLE_COLUMNS 10
struct table {
	const char *head[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS]; /* numbers */
	unsigned n_columns;
	int bold;        /* column whose cells are coloured, or -1 */
	size_t n_cells, cap;
	char **cells;    /* already safe */
	const char **colours; /* one per row, NULL: none */
	size_t n_rows, cap_rows;
	bool failed;     /* memory was short */
};
void table_cell(struct table *t, const char *text); /* made safe here */
void table_cellf(struct table *t, const char *fmt, ...) HL_PRINTF(2, 3);
void table_colour(struct table *t, const char *colour); /* of this row */
bool table_print(struct table *t, struct out *o, bool colour);
void table_free(struct table *t);

/* ---- notes.c, progress.c, stop.c, zone.c ---- */

struct notes {
	enum hl_level worst;
	bool any;
	uint64_t *seen; /* hashes of what was printed; open addressing */
	size_t n_seen, cap_seen;
};
void note_sink(void *user, const struct hl_note *note); /* user: struct cli */
/* Print what was kept while the image was opened; ends that phase. */
void notes_release(struct cli *c);
/* A loss or an information of the program itself, through the same sink. */
void note_loss(struct cli *c, struct hl_src *src, uint64_t off,
               const char *what, const char *fmt, ...) HL_PRINTF(5, 6);
void note_info(struct cli *c, const char *what, const char *fmt, ...)
	HL_PRINTF(3, 4);
/* "hivelift: IMAGE: …"; error and fail also with -q. */
void msg_error(struct cli *c, const char *fmt, ...) HL_PRINTF(2, 3);
void msg_say(struct cli *c, const char *fmt, ...) HL_PRINTF(2, 3);
/* Wrong usage, before there is an image: two lines, the second a hint. */
void msg_usage(struct cli *c, const char *fmt, ...) HL_PRINTF(2, 3);

struct progress {
	bool wanted, terminal, shown;
	uint64_t base, total; /* bytes, set by the command; total 0: unknown */
	uint64_t before; /* of those, done by an earlier run */
	struct timespec start, last;
};
void progress_init(struct cli *c);
void progress_sink(void *user, const struct hl_progress *p);
void progress_total(struct cli *c, uint64_t total);
void progress_done(struct cli *c, uint64_t bytes); /* one more item */
void progress_step(struct cli *c, const char *what, uint64_t done);
void progress_clear(struct cli *c);

struct stop {
	bool has_deadline, timed_out, finishing;
	bool complete; /* all is written: a signal comes too late */
	bool starved;  /* what it was at needed more than --max-memory */
	bool broken;   /* it failed, and not for want of time or memory */
	struct timespec deadline;
};
/* Time or memory: what was done until then is kept, and that is status 2. */
bool stop_by_budget(const struct cli *c);
/* Before anything is written: what the system would kill for is an error. */
void stop_early(void);
void stop_init(struct cli *c);
bool stop_wanted(void *user); /* ctx.cancelled */
bool stop_signalled(const struct cli *c);

/* Bytes the library may take. */
uint64_t memory_ceiling(const struct cli *c);
/*
 * Did it fail because of that ceiling?  Once the disk is open this is a loss
 * and no failure: remembered for the exit status and the coverage.
 */
bool memory_reached(struct cli *c, enum hl_status st);

/* false: no such zone */
bool zone_set(const char *zone);
/* hl_ctx.to_utc */
struct hl_time zone_to_utc(void *user, struct hl_time local);

/* ---- with.c ---- */

struct with {
	struct hl_files *files[WITH_MAX];
	struct hl_src *image[WITH_MAX];
	struct hl_src *first; /* IMAGE itself, when it is one column of all */
};
bool with_usage(struct cli *c);
/* Before the sandbox, and behind it; false: said. */
bool with_find(struct cli *c, const struct hl_image_opts *io);
bool with_open(struct cli *c, const struct hl_image_opts *io);
/* IMAGE or one of --with, or on a file system of theirs. */
bool with_is_source(const struct cli *c, const char *path);
/* The same of what is still to be made. */
bool with_lies_on_source(const struct cli *c, const char *path);
void with_unused(struct cli *c); /* c->disk is open */
void with_close(struct cli *c); /* behind c->image */

/* ---- preload.c, session.c, where.c ---- */

/* What libraries would open later is opened now. */
void preload(struct cli *c);
void preload_free(struct cli *c);

/* All up to the open disk (replay: its files).  false: said */
bool session_open(struct cli *c);
/* Where --volume lies, as hl_scan_find_volume has it; false: said, or
 * stopped. */
bool session_stretch(struct cli *c, uint64_t *off, uint64_t *len);
/* What scan believes, for --lost; false: said. */
bool session_lost(struct cli *c);
/* c->disk, as all options together say; as hl_disk_open. */
enum hl_status session_disk(struct cli *c, bool shadows);
void session_close(struct cli *c);

struct where {
	struct hl_volume *volume;
	struct hl_entry entry;
	char *path;   /* on the volume, '/' first, without the stream */
	char *stream; /* "" is the unnamed one */
	char *asked;  /* what was given, without its volume */
};
/* The only volume that has it; false: none or several, said. */
bool where_find(struct cli *c, const char *arg, struct where *out);
void where_free(struct where *w);
bool volume_matches(const struct hl_volume *v, const char *id);

/* ---- idle.c ---- */

/* Behind session_open: says which options have no effect. */
void idle_say(struct cli *c);

/* ---- show.c, coverage.c ---- */

#define SIZE_TEXT 32
const char *show_size(char buf[SIZE_TEXT], uint64_t bytes); /* "1.5 MiB" */
/* Why it failed, in the words of the option that made it so. */
const char *show_status(struct cli *c, enum hl_status st);
#define ATTR_TEXT 16
const char *show_attributes(char buf[ATTR_TEXT], uint32_t attributes);
/* path, and path_utf16 when the last name needs it */
void show_path(struct cli *c, const char *path, const struct hl_entry *e);
/* The same from its parts; path16 NULL: the text tells it. */
void show_path_units(struct cli *c, const char *path, const uint16_t *path16,
                     size_t n16);

/* Build it, note its loss, print it where the options want it. */
enum hl_status coverage_report(struct cli *c, struct hl_coverage *out);
/* For people, what was not searched; a loss with -q too. */
void coverage_unsearched(struct cli *c, const struct hl_coverage *v);
void coverage_json(struct cli *c, const struct hl_coverage *v);
void coverage_looked_in(struct cli *c, const char *what);

/* ---- stats.c ---- */

enum phase { PHASE_FIND, PHASE_OPEN, PHASE_SEARCH, PHASE_READ, N_PHASES };
struct phases {
	bool begun;
	enum phase now;
	struct timespec since;
	long long ns[N_PHASES];
};
/* The time from here on belongs to that. */
void stats_phase(struct cli *c, enum phase next);
/* Where --stats is wanted. */
void stats_print(struct cli *c);

/* ---- all of it ---- */

struct cli {
	const struct command *cmd;
	char **argv;
	struct opts o;
	char asked_volume[16]; /* the one that every PATH names */
	struct hl_ctx ctx;
	struct hl_stats stats;
	struct hl_notelog *log;
	struct notes notes;
	struct progress progress;
	struct phases phases;
	struct stop stop;
	struct { int sock; pid_t pid; } helper; /* pid 0: none (helper.h) */
	void *opened; /* what the command's open left for its run, or NULL */
	struct sandbox *sandbox; /* NULL: nothing announced, not entered */
	struct preload *preload; /* preload.c */
	struct secrets *secrets; /* secrets.h; or NULL */
	struct { int sock; pid_t pid; } keeper; /* pid 0: none (sandbox.h) */
	struct hl_files *files;
	struct hl_src *image;
	struct hl_disk *disk;
	struct with with;
	struct hl_scan *scan; /* of scan and --lost; or NULL */
	const struct hl_lost *scan_in; /* scan --volume L1: that one, or NULL */
	void *state;          /* of --state (scan.h) */
	bool opening;   /* notes are about the image as a whole, and kept */
	bool releasing; /* they are printed now */
	int folder_fd; /* of verify */
	bool unknown; /* nothing on the image was recognised */
	bool loss;    /* something was not searched that should have been */
	bool colour;
	struct out out;
};

#endif
