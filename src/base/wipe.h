/* wipe.h: forgetting a secret in a way that no compiler leaves out. */
#ifndef HL_BASE_WIPE_H
#define HL_BASE_WIPE_H

#include <stddef.h>

static inline void hl_wipe(void *p, size_t n)
{
	volatile unsigned char *v = p;

	while (n--)
		*v++ = 0;
}

#endif
