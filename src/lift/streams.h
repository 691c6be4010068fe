/*
 * streams.h: a hive and, when it is dirty, its logs, opened once for all
 * that reads them: the copy, the judgement, the replay.
 */
#ifndef HL_STREAMS_H
#define HL_STREAMS_H

#include "hivelift/lift.h"

struct hl_streams {
	const struct hl_ctx *ctx;
	struct hl_hive *hive;
	struct hl_src *src;      /* of the hive */
	struct hl_src *replayed; /* or NULL: as found it is */
	/* open when the hive is dirty; or NULL; as hive->logs */
	struct hl_src *log[HL_REPLAY_LOGS];
	struct hl_src *under[1 + HL_REPLAY_LOGS]; /* below a cache */
};

/*
 * Opens the hive's stream; replay: when it is dirty also its logs, and
 * applies them.  Fills hive->replay and logs[].used, and says what came of
 * it.  Whatever comes back, hl_streams_close is due.
 *   HL_OK; HL_NOMEM, HL_CANCELLED; else what the stream's opening said
 */
enum hl_status hl_streams_open(struct hl_streams *s, struct hl_hive *hive,
                               bool replay,
                               const struct hl_ctx *ctx) HL_MUST_CHECK;
void hl_streams_close(struct hl_streams *s);

/* After hl_hive_pass: how the replay went, in state and notes. */
void hl_streams_say(struct hl_streams *s);

#endif
