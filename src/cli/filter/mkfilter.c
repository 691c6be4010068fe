/*
 * mkfilter.c: prints the filters of sandbox_filter.h as C.  It runs where the
 * program is built and is no part of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/sandbox_calls.h"
#include "cli/sandbox_filter.h"

/* A call that this machine does not have is none that could be misused. */
static bool one(scmp_filter_ctx f, uint32_t action, int nr)
{
	int e = seccomp_rule_add(f, action, nr, 0);

	return e == 0 || e == -EDOM;
}

static bool listed(scmp_filter_ctx f)
{
	size_t n;
	const int *nr = sandbox_allowed(&n);
	int trap;

	for (size_t i = 0; i < n; i++)
		if (!one(f, SCMP_ACT_ALLOW, nr[i]))
			return false;
	for (size_t i = 0; sandbox_trapped(i, &trap); i++)
		if (!one(f, SCMP_ACT_TRAP, trap))
			return false;
	return true;
}

static bool checked(scmp_filter_ctx f, bool writes)
{
	struct sandbox_check check;

	for (size_t i = 0; sandbox_check_get(i, writes, &check); i++) {
		int e = seccomp_rule_add_array(f, SCMP_ACT_ALLOW, check.nr,
		                               check.n, check.arg);
		if (e != 0 && e != -EDOM)
			return false;
	}
	return true;
}

static bool made(FILE *to, bool writes)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	bool ok = f != NULL;

#if SCMP_VER_MAJOR > 2 || SCMP_VER_MINOR >= 5
	if (ok) /* a tree: less to compare for each call */
		(void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
#endif
	ok = ok && listed(f) && checked(f, writes) &&
	     seccomp_export_bpf(f, fileno(to)) == 0;
	if (f)
		seccomp_release(f);
	return ok;
}

static bool print(FILE *from, const char *name)
{
	struct sock_filter c;
	unsigned own = 0;

	printf("static const struct sock_filter %s[] = {\n", name);
	rewind(from);
	while (fread(&c, sizeof(c), 1, from) == 1) {
		printf("\t{ 0x%x, %u, %u, 0x%x },\n", c.code, c.jt, c.jf, c.k);
		own += c.k == SANDBOX_OWN_PID;
	}
	printf("};\n\n");
	return own == 1;
}

static bool filter(bool writes, const char *name)
{
	FILE *f = tmpfile();
	bool ok = f && made(f, writes) && print(f, name);

	if (f)
		fclose(f);
	if (!ok)
		fprintf(stderr, "mkfilter: libseccomp made no filter\n");
	return ok;
}

int main(void)
{
	printf("/* Made by mkfilter.c; not edited. */\n"
	       "#include \"cli/sandbox_filter.h\"\n\n");
	if (!filter(false, "reads") || !filter(true, "writes"))
		return 1;
	printf("const struct sandbox_filter sandbox_filters[2] = {\n"
	       "\t{ reads, sizeof(reads) / sizeof(reads[0]) },\n"
	       "\t{ writes, sizeof(writes) / sizeof(writes[0]) },\n};\n");
	return fflush(stdout) != 0;
}
