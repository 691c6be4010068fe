/* hives.h: what `hives` and `extract` do alike. */
#ifndef HL_CLI_HIVES_H
#define HL_CLI_HIVES_H

#include "cli.h"

bool hives_find(struct cli *c, struct hl_hives **out);
uint64_t hives_bytes(struct hl_hives *hives);
enum outcome hives_none(struct cli *c);
/* One line; mark: the count of the note log before it was examined. */
void hive_json(struct cli *c, struct hl_hives *hives, size_t i, size_t mark);
/* The same without the braces, for those that add keys. */
void hive_keys(struct cli *c, struct hl_hives *hives, size_t i, size_t mark);
/* SIDs, and the machines for hives_summary; false: said, or stopped. */
#define MACHINES 16
struct machines {
	size_t n;
	struct hl_machine m[MACHINES];
};
bool hives_identify(struct cli *c, struct hl_hives *hives,
                    struct machines *out);
/* For people: which Windows, whose computer, how many of which state. */
void hives_summary(struct cli *c, struct hl_hives *hives,
                   const struct machines *m);
/* "13 hives (8 clean, 5 dirty)"; state: how many, by enum hl_hive_state. */
#define TALLY_TEXT 512
void hives_tally(char *dst, size_t size, const size_t *state, size_t deleted);
const char *hive_state(const struct hl_hive *h);
void hive_say(struct cli *c, const struct hl_hive *h);

struct hl_layout;
/* Hive number i, by its name in names, or with its logs when that is NULL. */
enum hl_status extract_hive(struct cli *c, struct hl_lift *lift,
                            const struct hl_layout *names,
                            struct hl_hives *hives, size_t i) HL_MUST_CHECK;

#endif
