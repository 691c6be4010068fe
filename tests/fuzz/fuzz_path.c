/*
 * fuzz_path.c: what a user may type: a path, a glob over a path, the name of
 * a segment.  The first half of the input is a pattern for the second.
 */
#include <stdlib.h>
#include <string.h>

#include "hivelift/hivelift.h"
#include "io/segments.h"
#include "lift/find_glob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *text_of(const uint8_t *p, size_t n)
{
	char *s = malloc(n + 1);

	if (!s)
		abort();
	if (n)
		memcpy(s, p, n);
	s[n] = '\0';
	return s;
}

static void as_path(const char *arg)
{
	const char *end = arg + strlen(arg);
	struct hl_path path;

	if (hl_path_parse(arg, &path) != HL_OK)
		return;
	if (path.path < arg || path.path > end ||
	    path.n_base > (size_t)(end - path.path) ||
	    strlen(path.volume) >= sizeof(path.volume))
		abort();
	if (path.stream && (path.stream < path.path || path.stream > end ||
	                    path.path[path.n_base] != ':'))
		abort();
	if (!path.stream && path.n_base != strlen(path.path))
		abort();
}

/* A name that is parsed is formatted as itself again. */
static void as_segment(const char *name)
{
	char again[512];
	struct seg_name seg;

	for (int scheme = SEG_DIGITS; scheme <= SEG_EWF2; scheme++) {
		if (!hl_seg_parse(&seg, name, (enum seg_scheme)scheme))
			continue;
		uint64_t number = 0;
		if (!hl_seg_sibling(&seg, name, name, &number) ||
		    number != seg.number)
			abort();
		if (hl_seg_format(again, sizeof(again), &seg, name, number) &&
		    strlen(again) != strlen(name))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *all = text_of(data, size);
	char *pattern = text_of(data, size / 2);
	char *text = text_of(data + size / 2, size - size / 2);

	as_path(all);
	as_segment(all);
	(void)hl_glob_match(pattern, text);
	if (!hl_glob_match("*", text))
		abort();
	free(text);
	free(pattern);
	free(all);
	return 0;
}
