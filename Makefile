# idim: `make help` lists what there is.

PREFIX ?= /usr/local
ARCH ?= native
CC ?= cc
VARIANT ?= release
PACKAGES := build-essential pkg-config libopenblas-dev libgsl-dev librandom123-dev libjansson-dev \
  zlib1g-dev liblzma-dev libmd-dev libcmocka-dev gnuplot-nox dataset-fashion-mnist
LINT_PACKAGES := clang clang-format shellcheck

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wmissing-prototypes \
  -Wstrict-prototypes -Wvla -Wcast-qual -Wwrite-strings -Wundef -Wformat=2
STD := -std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -fno-math-errno -fPIC -fvisibility=hidden -pthread -Isrc -I.
LIBS := -lgsl -lopenblas -ljansson -lz -llzma -lmd -lm -pthread

OPT_release := -O3 -march=$(ARCH)
OPT_check := -O1 -g -march=$(ARCH) -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPT_double := -O2 -g -march=$(ARCH) -DIDIM_DOUBLE
OPT_tsan := -O1 -g -march=$(ARCH) -fsanitize=thread
OPT_cover := -O0 -g --coverage
OPT_clang := -O2 -march=$(ARCH)

B := build/$(VARIANT)
FLAGS = $(STD) $(WARN) $(OPT_$(VARIANT)) $(CFLAGS)
SRC := $(wildcard src/*/*.c)
OBJ := $(SRC:src/%.c=$(B)/src/%.o)
EXP := $(wildcard experiments/*.c)
EXPOBJ := $(EXP:%.c=$(B)/%.o)
TESTS := $(wildcard tests/*/*_test.c)
TESTBIN := $(TESTS:%.c=$(B)/%)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help check clean tests
all: $(B)/idim ## build the library and the program

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(B)/src/base/cpu.o: OPT_$(VARIANT) := $(subst -march=$(ARCH),-march=x86-64,$(OPT_$(VARIANT)))
$(B)/src/%.o: src/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c $< -o $@
$(B)/experiments/%.o: experiments/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -MMD -MP -c $< -o $@
$(B)/tests/%.o: tests/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(FLAGS) -Wno-unused-parameter -Itests -MMD -MP -c $< -o $@
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(FLAGS)' | cmp -s - $@ || echo '$(CC) $(FLAGS)' > $@
.PHONY: FORCE
FORCE:

$(B)/libidim.a: $(OBJ)
	@rm -f $@
	ar rcs $@ $^
$(B)/idim: $(EXPOBJ) $(B)/libidim.a
	$(CC) $(FLAGS) $^ -o $@ $(LDFLAGS) $(LIBS)
$(B)/tests/%_test: $(B)/tests/%_test.o $(B)/libidim.a
	$(CC) $(FLAGS) $^ -o $@ $(LDFLAGS) -lcmocka $(LIBS)

tests: $(TESTBIN)
-include $(OBJ:.o=.d) $(EXPOBJ:.o=.d) $(TESTBIN:=.d)

clean: ## remove build/
	rm -rf build
