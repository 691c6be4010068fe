/* find_glob.h: matching names and paths without case. */
#ifndef HL_FIND_GLOB_H
#define HL_FIND_GLOB_H

#include <stdbool.h>

/*
 * '*' is any run of bytes (also '/'), '?' one character; '\' and '/' are the
 * same; ASCII letters match without case.
 */
bool hl_glob_match(const char *pattern, const char *text);

#endif
