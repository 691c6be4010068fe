/* info.h: what the two forms of `info` share. */
#ifndef HL_CLI_INFO_H
#define HL_CLI_INFO_H

#include "cli.h"

/* Is it a note about the partition table? */
bool info_about_table(const struct hl_note *n);
void info_json_image(struct cli *c, const struct hl_image_info *m);
void info_json_table(struct cli *c, const struct hl_table_info *t);
void info_json_volume(struct cli *c, const struct hl_volume *v);
void info_json_gap(struct cli *c, uint64_t off, uint64_t len);
/* A line of facts about the image: "Size        310.0 MiB ..." */
void info_fact(struct cli *c, const char *key, const char *value);
void info_image(struct cli *c, const struct hl_image_info *m);
void info_table(struct cli *c, const struct hl_table_info *t);

/* info_bde.c: BitLocker volumes and their protectors, in words. */
void info_bde(struct cli *c);

#endif
