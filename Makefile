# hivelift: this file is complete on its own; `make` needs nothing before it.
#
#   make              program and libraries, into build/
#   make demo         install what is missing, build, lift the sample's hives
#   make check        every test but the large images      (sets itself up)
#   make check-corpus every image of the corpus            (sets itself up)
#   make validation-report   both, and VALIDATION.md from what they found
#   make lint         static checks: clang-tidy, cppcheck, gcc -fanalyzer …
#   make hardening-check   the hardening flags, seen in the binaries
#   make bench        beside its peers: bench/RESULTS.md; QUICK=1: smaller;
#                     bench-clean removes its inputs (up to 12 GB)
#   make fuzz TARGET=x TIME=60   libFuzzer (clang) on one; see
#                     tests/fuzz/FUZZING.md for fuzz-all, fuzz-afl and more
#   make install      DESTDIR= prefix=/usr/local
#   make configure    optional: autoconf's probe, which only writes config.mk
#
# Knobs, on the command line or in local.mk (yours) or config.mk (configure's):
#   CC CFLAGS CPPFLAGS LDFLAGS AR PKG_CONFIG   as everywhere
#   B=build              build folder; one for each set of flags keeps all
#   DEVELOPER=1          warnings are errors
#   SANITIZE=address,undefined   with B=build-san
#   NO_LIBEWF=1          leave E01 out
#   NO_LIBVSHADOW=1      shadow copies are read without a second opinion
#   NO_LIBDEFLATE=1      inflate by zlib, which takes twice as long
#   NO_LIBZSTD=1         QCOW2 with zstd clusters is refused
#   NO_SECCOMP=1         leave the program's filter of system calls out
#   NO_HARDENING=1       leave the hardening flags out
#   V=1                  show whole commands
#   prefix bindir libdir includedir mandir pkgconfigdir   where install puts

B = build
AR ?= ar
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g

prefix ?= /usr/local
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libdir ?= $(exec_prefix)/lib
includedir ?= $(prefix)/include
datarootdir ?= $(prefix)/share
mandir ?= $(datarootdir)/man
pkgconfigdir ?= $(libdir)/pkgconfig

-include config.mk
-include local.mk

VERSION := $(shell cat VERSION)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))
UNAME_S := $(shell uname -s)

# ---- dependencies: looked up only when configure has not done it ------------

ifndef CONFIGURED
pc = $(shell $(PKG_CONFIG) $(1) 2>/dev/null)
ZLIB_LIBS := $(or $(call pc,--libs zlib),-lz)
JANSSON_LIBS := $(or $(call pc,--libs jansson),-ljansson)
CHECK_CFLAGS := $(call pc,--cflags check)
CHECK_LIBS := $(or $(call pc,--libs check),-lcheck)
ifndef NO_LIBEWF
LIBEWF_LIBS := $(call pc,--libs libewf)
LIBEWF_CFLAGS := $(call pc,--cflags libewf)
endif
ifndef NO_LIBVSHADOW
LIBVSHADOW_LIBS := $(call pc,--libs libvshadow)
LIBVSHADOW_CFLAGS := $(call pc,--cflags libvshadow)
endif
LIBBFIO_LIBS := $(call pc,--libs libbfio)
LIBBFIO_CFLAGS := $(call pc,--cflags libbfio)
LIBDEFLATE_LIBS := $(call pc,--libs libdeflate)
LIBDEFLATE_CFLAGS := $(call pc,--cflags libdeflate)
LIBZSTD_LIBS := $(call pc,--libs libzstd)
LIBZSTD_CFLAGS := $(call pc,--cflags libzstd)
ifeq ($(UNAME_S),Linux)
SYS_LIBS := -ldl -lpthread
else ifeq ($(UNAME_S),Darwin)
SYS_LIBS := -liconv
else
SYS_LIBS := -lpthread
endif
ifeq ($(UNAME_S),Linux)
ifndef NO_SECCOMP
SECCOMP_LIBS := $(call pc,--libs libseccomp)
SECCOMP_CFLAGS := $(call pc,--cflags libseccomp)
endif
endif
endif
ifdef NO_SECCOMP
SECCOMP_LIBS :=
endif
ifdef NO_LIBEWF
LIBEWF_LIBS :=
endif
ifdef NO_LIBVSHADOW
LIBVSHADOW_LIBS :=
endif
ifdef NO_LIBDEFLATE
LIBDEFLATE_LIBS :=
endif
ifdef NO_LIBZSTD
LIBZSTD_LIBS :=
endif
# libyal's libraries read through libbfio; without it they are no use to us
ifeq ($(strip $(LIBBFIO_LIBS)),)
LIBVSHADOW_LIBS :=
endif
ifeq ($(strip $(LIBVSHADOW_LIBS)),)
LIBBFIO_LIBS :=
endif

# ---- flags -------------------------------------------------------------------

WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-align -Wwrite-strings -Wvla -Wundef
ifdef DEVELOPER
WARN += -Werror
endif

ifdef SANITIZE
HARDEN = -fsanitize=$(SANITIZE) -fno-omit-frame-pointer \
	-fno-sanitize-recover=all
HARDEN_LD = -fsanitize=$(SANITIZE)
else ifndef NO_HARDENING
takes = $(shell $(CC) $(1) -x c -S -o /dev/null /dev/null 2>/dev/null && \
	echo $(1))
HARDEN := -fstack-protector-strong $(call takes,-fstack-clash-protection) \
	$(call takes,-fcf-protection)
# glibc warns when it cannot fortify, so only where there is optimisation; and
# of a level that it or the compiler does not know
ifneq ($(filter -O1 -O2 -O3 -Os,$(CFLAGS)),)
hash := \#
FORTIFY := $(shell echo '$(hash)include <stdio.h>' | $(CC) -O2 -U_FORTIFY_SOURCE \
	-D_FORTIFY_SOURCE=3 -x c -E -dM - 2>/dev/null | \
	sed -n 's/^.define __USE_FORTIFY_LEVEL //p')
HARDEN += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(if $(filter 3,$(FORTIFY)),3,2)
endif
ifneq ($(UNAME_S),Darwin)
HARDEN_EXE = -pie
HARDEN_LD = -Wl,-z,relro -Wl,-z,now
endif
endif

HL_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 \
	-D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DHL_VERSION='"$(VERSION)"' -Iinclude -Isrc
ifneq ($(strip $(LIBEWF_LIBS)),)
HL_CPPFLAGS += -DHAVE_LIBEWF $(LIBEWF_CFLAGS)
endif
ifneq ($(strip $(LIBBFIO_LIBS)),)
HL_CPPFLAGS += -DHAVE_LIBBFIO $(LIBBFIO_CFLAGS)
endif
ifneq ($(strip $(LIBVSHADOW_LIBS)),)
HL_CPPFLAGS += -DHAVE_LIBVSHADOW $(LIBVSHADOW_CFLAGS)
endif
ifneq ($(strip $(LIBDEFLATE_LIBS)),)
HL_CPPFLAGS += -DHAVE_LIBDEFLATE $(LIBDEFLATE_CFLAGS)
endif
ifneq ($(strip $(LIBZSTD_LIBS)),)
HL_CPPFLAGS += -DHAVE_LIBZSTD $(LIBZSTD_CFLAGS)
endif
ifneq ($(strip $(SECCOMP_LIBS)),)
HL_CPPFLAGS += -DHAVE_LIBSECCOMP $(SECCOMP_CFLAGS)
endif
HL_CFLAGS = -std=c11 -fPIC $(WARN) $(HARDEN) -MMD -MP
LIBS = $(LIBEWF_LIBS) $(LIBVSHADOW_LIBS) $(LIBBFIO_LIBS) \
	$(LIBDEFLATE_LIBS) $(LIBZSTD_LIBS) $(JANSSON_LIBS) $(ZLIB_LIBS) \
	$(SYS_LIBS)
COMPILE = $(CC) $(HL_CPPFLAGS) $(CPPFLAGS) $(HL_CFLAGS) $(CFLAGS)
LINK = $(CC) $(CFLAGS) $(HARDEN_LD) $(HARDEN_EXE) $(LDFLAGS)

ifndef V
quiet = @printf '  %-5s %s\n' '$(1)' '$@';
endif

# Only what the public headers declare leaves the shared library; the list is
# made from them, so that it cannot be forgotten.
ifeq ($(UNAME_S),Darwin)
SO = libhivelift.$(SOVERSION).dylib
SONAME = $(SO)
SO_LINK = libhivelift.dylib
EXPORTS_SED = s/^/_/
SHARED = -dynamiclib -install_name $(libdir)/$(SONAME) \
	-current_version $(VERSION) -compatibility_version $(SOVERSION) \
	-Wl,-exported_symbols_list,$(B)/exports
else
SO = libhivelift.so.$(VERSION)
SONAME = libhivelift.so.$(SOVERSION)
SO_LINK = libhivelift.so
EXPORTS_SED = s/$$/;/;1s/^/{ global: /;$$s/$$/ local: *; };/
SHARED = -shared -Wl,-soname,$(SONAME) -Wl,--version-script=$(B)/exports \
	-Wl,--as-needed
AS_NEEDED = -Wl,--as-needed
endif

# ---- sources: by wildcard, so that a new file needs no edit ------------------

HEADERS := $(wildcard include/hivelift/*.h)
LIB_SRC := $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SRC := $(wildcard src/cli/*.c)
CHECK_SRC := $(wildcard tests/check_*.c)
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
SEAL_SRC := $(wildcard tests/fuzz/seal*.c)
REPLAY_SRC := tests/fuzz/replay.c tests/fuzz/damage.c $(SEAL_SRC)
TOOL_SRC := $(wildcard tests/tools/*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
ifneq ($(strip $(SECCOMP_LIBS)),)
CLI_OBJ += $(B)/gen/sandbox_filter.o
endif
TEST_OBJ := $(patsubst %.c,$(B)/%.o,$(CHECK_SRC) $(FUZZ_SRC) $(TOOL_SRC) \
	tests/testing.c tests/sandbox/plant.c tests/limits/limits.c \
	$(REPLAY_SRC))
CHECKS := $(CHECK_SRC:tests/%.c=$(B)/%)
FUZZ := $(FUZZ_SRC:tests/fuzz/%.c=$(B)/%)
TOOLS := $(TOOL_SRC:tests/tools/%.c=$(B)/tools/%)
PC = $(B)/hivelift.pc

all: $(B)/libhivelift.a $(B)/$(SO) $(PC) $(if $(CLI_SRC),$(B)/hivelift)

# The stamp changes when the flags do, and everything depends on it.
FLAGS_NOW = $(COMPILE) | $(LINK) | $(LIBS) | $(SECCOMP_LIBS) | $(CHECK_LIBS)
PLACES_NOW = $(prefix) | $(libdir) | $(includedir) | $(LIBS)
stamp = mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' >$@.$$$$; \
	if cmp -s $@.$$$$ $@; then rm -f $@.$$$$; else mv -f $@.$$$$ $@; fi
$(B)/.flags: FORCE
	@$(call stamp,$(FLAGS_NOW))
$(B)/.places: FORCE
	@$(call stamp,$(PLACES_NOW))

$(B)/%.o: %.c $(B)/.flags
	@mkdir -p $(@D)
	$(call quiet,CC)$(COMPILE) -c -o $@ $<

$(B)/libhivelift.a: $(LIB_OBJ)
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $(LIB_OBJ)

$(B)/exports: $(HEADERS) Makefile
	@mkdir -p $(@D)
	@cat $(HEADERS) | tr '\n' ' ' | \
		sed 's|/\*[^*]*\*\([^/*][^*]*\*\)*/||g' | \
		grep -o 'hl_[a-z0-9_]*(' | tr -d '(' | LC_ALL=C sort -u \
		>$@.names
	@sed '$(EXPORTS_SED)' $@.names >$@

$(B)/$(SO): $(LIB_OBJ) $(B)/exports \
		$(if $(filter Darwin,$(UNAME_S)),$(B)/.places)
	$(call quiet,LINK)$(CC) $(CFLAGS) $(HARDEN_LD) $(SHARED) $(LDFLAGS) \
		-o $@ $(LIB_OBJ) $(LIBS)
	@ln -sf $(SO) $(B)/$(SO_LINK)
	@test $(SO) = $(SONAME) || ln -sf $(SO) $(B)/$(SONAME)

$(B)/hivelift: $(CLI_OBJ) $(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -o $@ $(CLI_OBJ) $(B)/libhivelift.a \
		$(AS_NEEDED) $(LIBS)

# system calls become a filter here, not each time the program starts
$(B)/mkfilter: $(B)/src/cli/filter/mkfilter.o $(B)/src/cli/sandbox_calls.o
	$(call quiet,LINK)$(LINK) -o $@ $^ $(SECCOMP_LIBS)
$(B)/gen/sandbox_filter.c: $(B)/mkfilter
	@mkdir -p $(@D)
	@$(RUN) $(B)/mkfilter >$@.new && mv -f $@.new $@
$(B)/gen/sandbox_filter.o: $(B)/gen/sandbox_filter.c $(B)/.flags
	$(call quiet,CC)$(COMPILE) -c -o $@ $<

# libewf and jansson have their place only in a static link
$(PC): hivelift.pc.in VERSION $(B)/.places
	@sed -e 's|@prefix@|$(prefix)|' -e 's|@libdir@|$(libdir)|' \
		-e 's|@includedir@|$(includedir)|' \
		-e 's|@VERSION@|$(VERSION)|' -e 's|@LIBS@|$(LIBS)|' \
		hivelift.pc.in >$@.new && mv -f $@.new $@

# ---- tests -------------------------------------------------------------------

$(B)/tests/%.o: HL_CPPFLAGS += -Itests $(CHECK_CFLAGS)

$(B)/check_%: $(B)/tests/check_%.o $(B)/tests/testing.o $(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIBS)

# Each ceiling of limits.h a variable, so that a small image reaches it; those
# that size an array or stand in a constant table stay.  tests/limits.sh builds
# with HL_TEST_LIMITS.
FIXED_RECMAP = RECMAP_(STRETCHES|INDEX|MFT_RUNS|ANCHORS)
FIXED_LIMITS = HL_MAX_(NOTE_TEXT|PATH|NTFS_DEPTH|LDM_BLOCKS|$(FIXED_RECMAP))
$(B)/limits_var.h: src/base/limits.h Makefile
	@mkdir -p $(@D)
	@sed -nE '/$(FIXED_LIMITS)/d; s/^#define (HL_[A-Z_0-9]+) +(.*)/\1 \2/p' \
		$< | { printf '#include <stddef.h>\n#include <stdint.h>\n'; while read -r n v; do \
		printf 'extern __typeof__(%s) t_%s;\n' "$$v" $$n; \
		printf '#ifdef LIMITS_DEFINE\n__typeof__(%s) t_%s = %s;\n' \
			"$$v" $$n "$$v"; \
		printf '#endif\n#undef %s\n#define %s t_%s\n' $$n $$n $$n; \
		list="$$list X($$n)"; done; \
		printf '#define LIMITS_ALL(X)%s\n' "$$list"; } >$@

ifneq ($(findstring HL_TEST_LIMITS,$(CPPFLAGS)),)
$(LIB_OBJ) $(B)/tests/limits/limits.o: $(B)/limits_var.h
endif

$(B)/limits: $(B)/tests/limits/limits.o $(B)/tests/testing.o \
		$(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -o $@ $^ $(CHECK_LIBS) $(LIBS)

$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(REPLAY_SRC:%.c=$(B)/%.o) \
		$(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -o $@ $^ $(LIBS)

# the program itself, with something planted that it must not be able to do
ifeq ($(UNAME_S),Linux)
PLANTED = $(B)/test-sandbox
endif
$(B)/test-sandbox: $(CLI_OBJ) $(B)/tests/sandbox/plant.o $(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -Wl,--wrap=hl_disk_open -o $@ $^ \
		$(AS_NEEDED) $(LIBS)

# it shares its builders with the unit suites
$(B)/tools/mkmany: $(B)/tests/testing.o
$(B)/tools/mkmany: LIBS += $(CHECK_LIBS)

$(B)/tools/%: $(B)/tests/tools/%.o $(B)/libhivelift.a
	@mkdir -p $(@D)
	$(call quiet,LINK)$(LINK) -o $@ $^ $(LIBS)

# everything that `check` runs, built and not run
build-tests: all $(CHECKS) $(FUZZ) $(TOOLS) $(PLANTED)

# the quick round while working: unit suites and fuzz replays
units: $(CHECKS) $(FUZZ)
	@B=$(B) tests/run.sh units

demo:
	@scripts/deps build
	@$(MAKE) --no-print-directory all
	@B=$(B) scripts/demo

check:
	@scripts/deps test
	@B=$(B) MAKE='$(MAKE)' tests/run.sh check

check-corpus:
	@scripts/deps test
	@B=$(B) MAKE='$(MAKE)' tests/run.sh corpus

# REPORT_FLAGS=--check DIR, --corpus DIR: take the logs of runs that were
validation-report:
	@scripts/deps test
	@B=$(B) MAKE='$(MAKE)' scripts/validation-report $(REPORT_FLAGS)

# what the flags above became, by readelf
hardening-check: all
	@B=$(B) sh tests/hardening.sh

# clang-tidy, cppcheck, gcc's analyzer, shellcheck, mandoc; minutes
lint:
	@sh tests/lint.sh

bench: all
	@scripts/deps test
	@$(MAKE) --no-print-directory build-tests
	@B=$(B) QUICK=$(QUICK) bench/run

bench-clean:
	@bench/run clean

# libFuzzer writes into corpus/, ours to throw away, and never into testdata/.
# TIME is of the processor, in seconds, for each target.
TIME = 60
FUZZ_FLAGS = CC=clang SANITIZE=address,undefined \
	CPPFLAGS=-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION

fuzz:
	@test -n '$(TARGET)' || { echo 'make fuzz TARGET=x, of these:' \
		$(FUZZ_SRC:tests/fuzz/fuzz_%.c=%); exit 1; }
	@$(MAKE) --no-print-directory B=$(B)-fuzz $(FUZZ_FLAGS) \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link' \
		$(TARGET:%=$(B)-fuzz/libfuzzer_%)
	@scripts/fuzz run --build $(B)-fuzz --cpu $(TIME) $(TARGET)

fuzz-all:
	@$(MAKE) --no-print-directory fuzz \
		TARGET='$(FUZZ_SRC:tests/fuzz/fuzz_%.c=%)'
	@scripts/fuzz summary

# What the corpora reach, by folder; DIR=: a campaign's, else corpus/
fuzz-coverage:
	@$(MAKE) --no-print-directory B=$(B)-cov CC=clang NO_HARDENING=1 \
		CFLAGS='-O1 -g -fprofile-instr-generate -fcoverage-mapping' \
		$(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(B)-cov/fuzz_%)
	@B=$(B)-cov DIR=$(DIR) scripts/fuzz-coverage

# AFL++ in persistent mode: its driver calls the same function.
fuzz-afl:
	@test -n '$(TARGET)' || { echo 'make fuzz-afl TARGET=x'; exit 1; }
	@$(MAKE) --no-print-directory B=$(B)-afl CC=afl-clang-fast \
		NO_HARDENING=1 CFLAGS='-O2 -g' CPPFLAGS=-DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION \
		$(TARGET:%=$(B)-afl/afl_%)
	@for t in $(TARGET); do \
		scripts/fuzz afl --build $(B)-afl --cpu $(TIME) $$t || exit; \
	done

$(B)/afl_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

$(B)/libfuzzer_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/mutate.o \
		$(SEAL_SRC:%.c=$(B)/%.o) $(B)/libhivelift.a
	$(call quiet,LINK)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# ---- install -----------------------------------------------------------------

D = $(DESTDIR)

install: all
	$(INSTALL) -d $(D)$(bindir) $(D)$(libdir) $(D)$(pkgconfigdir) \
		$(D)$(includedir)/hivelift $(D)$(mandir)/man1 \
		$(D)$(mandir)/man3
	$(if $(CLI_SRC),$(INSTALL) -m 755 $(B)/hivelift $(D)$(bindir))
	$(INSTALL) -m 644 $(B)/libhivelift.a $(D)$(libdir)
	$(INSTALL) -m 755 $(B)/$(SO) $(D)$(libdir)
	ln -sf $(SO) $(D)$(libdir)/$(SO_LINK)
	test $(SO) = $(SONAME) || ln -sf $(SO) $(D)$(libdir)/$(SONAME)
	$(INSTALL) -m 644 $(HEADERS) $(D)$(includedir)/hivelift
	$(INSTALL) -m 644 $(PC) $(D)$(pkgconfigdir)
	for m in $(wildcard man/*.1 man/*.3); do \
		$(INSTALL) -m 644 $$m $(D)$(mandir)/man$${m##*.} || exit 1; \
	done

uninstall:
	rm -f $(D)$(bindir)/hivelift $(D)$(libdir)/libhivelift.a \
		$(D)$(libdir)/$(SO) $(D)$(libdir)/$(SO_LINK) \
		$(D)$(libdir)/$(SONAME) $(D)$(pkgconfigdir)/hivelift.pc \
		$(D)$(mandir)/man1/hivelift.1 $(D)$(mandir)/man3/libhivelift.3
	rm -rf $(D)$(includedir)/hivelift

# ---- configure ---------------------------------------------------------------

configure: configure.ac
	autoconf -o $@ configure.ac
	rm -rf autom4te.cache

# Only when configure has been run: GNU make would otherwise try to make
# config.mk on every clone.
ifneq ($(wildcard config.status),)
config.mk: config.mk.in config.status
	./config.status config.mk
endif

# ---- cleaning ----------------------------------------------------------------

clean:
	rm -rf $(B) $(B)-san $(B)-fuzz $(B)-other $(B)-limits

distclean: clean
	rm -rf build build-* config.mk config.status config.log configure \
		autom4te.cache tests/system/__pycache__

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_OBJ:.o=.d) \
	$(B)/src/cli/filter/mkfilter.d
.PHONY: all build-tests units demo check check-corpus validation-report \
	bench bench-clean hardening-check lint fuzz fuzz-all fuzz-afl \
	fuzz-coverage \
	install uninstall clean distclean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
