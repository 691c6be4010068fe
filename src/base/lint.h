/*
 * lint.h: words to gcc's analyzer, where it is wrong; each use says why.
 * A pair goes around the lines; to other compilers they are nothing.
 */
#ifndef HL_LINT_H
#define HL_LINT_H

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define LINT_PRAGMA_(x) _Pragma(#x)
#define LINT_NOT(warning) \
	_Pragma("GCC diagnostic push") \
	LINT_PRAGMA_(GCC diagnostic ignored warning)
#define LINT_AGAIN _Pragma("GCC diagnostic pop")
#else
#define LINT_NOT(warning)
#define LINT_AGAIN
#endif

#endif
