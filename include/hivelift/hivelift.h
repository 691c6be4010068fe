/* hivelift.h: everything at once. */
#ifndef HIVELIFT_H
#define HIVELIFT_H

#include "status.h"
#include "ctx.h"
#include "times.h"
#include "src.h"
#include "vol.h"
#include "bde.h"
#include "fs.h"
#include "hive.h"
#include "lift.h"
#include "carve.h"
#include "scan.h"
#include "verify.h"
#include "acquire.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "0.1.0" of the library that is running. */
const char *hl_version(void);
/* Libraries it uses, as "name version" lines, in a static text. */
const char *hl_libraries(void);

#ifdef __cplusplus
}
#endif
#endif
