# hivelift: complete on its own.  Knobs: CC CFLAGS LDFLAGS B= (build folder)
# DEVELOPER=1 (warnings are errors) SANITIZE=address,undefined NO_LIBEWF=1

CC ?= cc
B ?= build
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
WARN = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wcast-align -Wwrite-strings -Wvla -Wundef
ifdef DEVELOPER
WARN += -Werror
endif
ifdef SANITIZE
SAN = -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
endif
VERSION := $(shell cat VERSION)
HL_CPPFLAGS = -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -D_DEFAULT_SOURCE -D_DARWIN_C_SOURCE \
	-D_FILE_OFFSET_BITS=64 -DHL_VERSION='"$(VERSION)"' -Iinclude -Isrc
HL_CFLAGS = -std=c11 -fPIC $(WARN) $(SAN) -MMD -MP
LIBS = -ldl -lpthread

ifndef NO_LIBEWF
ifeq ($(shell $(PKG_CONFIG) --exists libewf 2>/dev/null && echo y),y)
HL_CPPFLAGS += -DHAVE_LIBEWF $(shell $(PKG_CONFIG) --cflags libewf)
LIBS += $(shell $(PKG_CONFIG) --libs libewf)
endif
endif
LIBS += $(shell $(PKG_CONFIG) --libs jansson zlib 2>/dev/null || echo -ljansson -lz)
CHECK_LIBS = $(shell $(PKG_CONFIG) --libs check 2>/dev/null || echo -lcheck)

LIB_SRC := $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SRC := $(wildcard src/cli/*.c)
CHECK_SRC := $(wildcard tests/check_*.c)
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
CHECKS := $(CHECK_SRC:tests/%.c=$(B)/%)
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))

all: $(B)/libhivelift.a $(if $(CLI_SRC),$(B)/hivelift)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(HL_CPPFLAGS) $(CPPFLAGS) $(HL_CFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/libhivelift.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/hivelift: $(CLI_OBJ) $(B)/libhivelift.a
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)

$(B)/check_%: $(B)/tests/check_%.o $(B)/tests/testing.o $(B)/libhivelift.a
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(CHECK_LIBS) $(LIBS)

$(B)/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/tests/fuzz/replay.o $(B)/libhivelift.a
	$(CC) $(SAN) $(LDFLAGS) -o $@ $^ $(LIBS)

units: $(CHECKS) $(FUZZ)
	@for t in $(CHECKS); do $$t || exit 1; done

clean:
	rm -rf $(B)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d)
.PHONY: all units clean
.SECONDARY:
