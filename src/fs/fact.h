/* fact.h: one line of what `stat` shows, filled. */
#ifndef HL_FACT_H
#define HL_FACT_H

#include "hivelift/fs.h"

void hl_fact_text(struct hl_fact *out, const char *group, const char *key,
                  const char *value);
void hl_fact_number(struct hl_fact *out, const char *group, const char *key,
                    uint64_t v);

#endif
