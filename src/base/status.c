/* status.c: the closed set of results, in words. */
#include "hivelift/status.h"

const char *hl_status_text(enum hl_status st)
{
	switch (st) {
	case HL_OK:
		return "done";
	case HL_END:
		return "no more";
	case HL_IO:
		return "input/output error";
	case HL_NOMEM:
		return "out of memory";
	case HL_RANGE:
		return "out of range";
	case HL_CORRUPT:
		return "damaged";
	case HL_UNSUPPORTED:
		return "not supported";
	case HL_LIMIT:
		return "a limit was reached";
	case HL_USAGE:
		return "wrong usage";
	case HL_CANCELLED:
		return "cancelled";
	case HL_EXISTS:
		return "exists already";
	}
	return "unknown status";
}
