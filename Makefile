# idim: `make help` lists what there is.
PREFIX ?= /usr/local
ARCH ?= native
VARIANT ?= release
VERSION := $(shell sed -n 's/^\#define IDIM_VERSION "\(.*\)"/\1/p' src/base/idim.h)
MAJOR := $(firstword $(subst ., ,$(VERSION)))
BUILD_PACKAGES := build-essential pkg-config libopenblas-dev liblapacke-dev libgsl-dev librandom123-dev \
  libjansson-dev zlib1g-dev liblzma-dev libmd-dev
USE_PACKAGES := gnuplot-nox dataset-fashion-mnist
TEST_PACKAGES := libcmocka-dev clang libclang-rt-14-dev clang-format shellcheck python3-numpy zsh curl poppler-utils openmpi-bin slurm-wlm munge

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wdouble-promotion -Wmissing-prototypes \
  -Wstrict-prototypes -Wvla -Wcast-qual -Wwrite-strings -Wundef -Wformat=2
STD := -std=c17 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -fno-math-errno -fPIC \
  -fvisibility=hidden -pthread
LIBS := -lgsl -llapacke -lopenblas -ljansson -lz -llzma -lmd -lm -pthread

# One folder of objects a variant: build/VARIANT.
OPT_release := -O3 -march=$(ARCH)
OPT_static := -O3 -march=$(ARCH)
OPT_check := -O1 -g -march=$(ARCH) -fsanitize=address,undefined,float-cast-overflow \
  -fno-sanitize-recover=undefined,float-cast-overflow -fno-omit-frame-pointer -DIDIM_FAULTS
OPT_double := -O2 -g -march=$(ARCH) -DIDIM_DOUBLE
OPT_tsan := -O1 -g -march=$(ARCH) -fsanitize=thread
OPT_cover := -O0 -g -march=$(ARCH) --coverage -DIDIM_FAULTS
OPT_fuzz := -O1 -g -march=$(ARCH) -fsanitize=fuzzer-no-link,address,undefined,float-cast-overflow \
  -fno-sanitize-recover=undefined,float-cast-overflow -fno-omit-frame-pointer -DIDIM_FUZZ
OPT_gcc := -O2 -march=$(ARCH) -Werror
OPT_clang := -O2 -march=$(ARCH) -Werror

B := build/$(VARIANT)
FLAGS = $(STD) $(WARN) $(OPT_$(VARIANT)) -Isrc -I. -I$(B)/gen $(CFLAGS)
SRC := $(wildcard src/*/*.c)
OBJ := $(SRC:%.c=$(B)/%.o)
EXPOBJ := $(patsubst %.c,$(B)/%.o,$(wildcard experiments/*.c))
TESTS := $(wildcard tests/*/*_test.c)
FUZZ := $(wildcard tests/fuzz/*_fuzz.c)
TESTBIN := $(TESTS:%.c=$(B)/%) $(FUZZ:%.c=$(B)/%)
BENCH := $(patsubst %.c,$(B)/%,$(wildcard bench/*.c))
GEN := $(B)/gen/build_info.h $(B)/gen/plot_scripts.h

# What the compiler was told to use decides what cpu.c, compiled for any CPU, must look for.
MACROS := $(shell echo | $(CC) $(filter -march=%,$(OPT_$(VARIANT))) -dM -E - 2>/dev/null)
NEEDS := $(if $(findstring __AVX512F__,$(MACROS)),-DCPU_NEEDS_AVX512) \
  $(if $(findstring __AVX2__,$(MACROS)),-DCPU_NEEDS_AVX2)
ANY_CPU := $(if $(findstring __x86_64__,$(MACROS)),-march=x86-64)

# `make V=1` shows whole commands.
Q := $(if $(V),,@)
# make -s says nothing of what it compiles
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help deps check unit lint fuzz fuzz-unit crash tsan coverage static install uninstall \
  check-install check-repro demo bench benches bench-peers replay clean FORCE
FORCE:

all: $(B)/idim links ## build the program and the library

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install the Debian packages that are missing
	@sh tests/deps.sh $(BUILD_PACKAGES) $(USE_PACKAGES) $(TEST_PACKAGES)

demo-deps:
	@sh tests/deps.sh $(BUILD_PACKAGES) $(USE_PACKAGES)

# ---------------------------------------------------------------- objects
$(B)/gen/build_info.h: FORCE
	@mkdir -p $(@D)
	@commit=$$(git describe --always --dirty 2>/dev/null || echo unknown); \
	  printf '#define BUILD_COMMIT "%s"\n#define BUILD_FLAGS "%s"\n' "$$commit" \
	    '$(strip $(OPT_$(VARIANT)) $(CFLAGS))' | cmp -s - $@ || \
	  printf '#define BUILD_COMMIT "%s"\n#define BUILD_FLAGS "%s"\n' "$$commit" \
	    '$(strip $(OPT_$(VARIANT)) $(CFLAGS))' > $@
$(B)/gen/plot_scripts.h: plots/embed.sh plots $(wildcard plots/*.gp) # the folder: when one goes
	@mkdir -p $(@D)
	@sh $(filter-out plots,$^) > $@
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(FLAGS)' | cmp -s - $@ || echo '$(CC) $(FLAGS)' > $@

$(B)/src/base/cpu.o: src/base/cpu.c $(B)/flags
	@mkdir -p $(@D)
	$(Q)$(CC) $(filter-out -march=%,$(FLAGS)) $(ANY_CPU) $(NEEDS) -MMD -MP -c $< -o $@
$(B)/%.o: %.c $(B)/flags | $(GEN)
	@mkdir -p $(@D)
	$(if $(V)$(SILENT),,@echo '  cc $@')
	$(Q)$(CC) $(FLAGS) $(if $(filter tests/%,$<),-Wno-unused-parameter) -MMD -MP -c $< -o $@

$(B)/libidim.a: $(OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/libidim.so.$(VERSION): $(OBJ)
	$(Q)$(CC) $(FLAGS) -shared -Wl,-soname,libidim.so.$(MAJOR) $^ -o $@ $(LDFLAGS) $(LIBS)
$(B)/idim: $(EXPOBJ) $(B)/libidim.a
	$(Q)$(CC) $(FLAGS) $^ -o $@ $(LDFLAGS) $(LIBS)
$(B)/tests/%: $(B)/tests/%.o $(B)/libidim.a
	$(Q)$(CC) $(FLAGS) $^ -o $@ $(LDFLAGS) -lcmocka $(LIBS)
$(B)/bench/%: $(B)/bench/%.o $(B)/libidim.a
	$(Q)$(CC) $(FLAGS) $^ -o $@ $(LDFLAGS) $(LIBS) -ldl
-include $(OBJ:.o=.d) $(EXPOBJ:.o=.d) $(TESTBIN:=.d) $(BENCH:=.d)

# idim-d90 is idim by another name
.PHONY: links
links: $(B)/idim
	@for c in $$($(B)/idim --commands); do ln -sf idim $(B)/idim-$$c; done

# ---------------------------------------------------------------- tests
unit: $(TESTBIN) # the unit, law and golden tests of one variant
check: ## build and run all tests
	+@pkg-config --exists cmocka || $(MAKE) --no-print-directory deps
	+@$(MAKE) --no-print-directory VARIANT=check unit
	+@$(MAKE) --no-print-directory VARIANT=double unit
	+@$(MAKE) --no-print-directory all
	@sh tests/run.sh check double

tsan: ## the thread tests under ThreadSanitizer
	+@$(MAKE) --no-print-directory VARIANT=tsan unit
	@sh tests/run.sh tsan

coverage: ## which lines the tests reach: each file, then each floor
	+@$(MAKE) --no-print-directory VARIANT=cover unit build/cover/idim
	@find build/cover -name '*.gcda' -exec rm {} +
	@sh tests/run.sh cover
	@cd build/cover && gcov -n $$(find src experiments -name '*.gcno') 2>/dev/null | \
	  awk '/^File .(src|experiments).*\.c.$$/ { f = $$2 } /^Lines executed/ && f { \
	  split($$0, p, "[:% ]"); hit = p[3] * p[6] / 100; gsub("\047", "", f); floor = f; \
	  gsub("^src/|/[^/]*$$", "", floor); got[floor] += hit; of[floor] += p[6]; \
	  printf "%6.1f %%  %s\n", p[3], f; f = "" } END { for (i in of) \
	  printf "%6.1f %% of %d lines of floor %s\n", 100 * got[i] / of[i], of[i], i }' | \
	  sort -k3,3r -k1,1n

REPRO ?= toy mnist-fc mnist-fc-shuffled-pixels mnist-lenet mnist-lenet-shuffled-pixels mnist-fc-labels mnist-fc-optimiser
check-repro: all ## the quickest published experiments again, 5 CPU minutes: do their bands still hold?
	@rm -rf build/check-repro && mkdir -p build/check-repro && cd build/check-repro && \
	  export IDIM_DATA="$${IDIM_DATA:-$(CURDIR)/data}" && \
	  for n in $(REPRO); do \
	    $(CURDIR)/$(B)/idim repro run $$n --files $(CURDIR)/experiments/repro >$$n.log 2>&1 || \
	      { cat $$n.log; exit 1; }; done && \
	  $(CURDIR)/$(B)/idim repro report --check --files $(CURDIR)/experiments/repro

SECONDS ?= 60
fuzz: ## libFuzzer on every reader of what comes from outside, SECONDS=60 each
	+@$(MAKE) --no-print-directory VARIANT=fuzz CC=clang LDFLAGS=-fsanitize=fuzzer fuzz-unit
	@sh tests/fuzz/run.sh build/fuzz $(SECONDS)
fuzz-unit: $(FUZZ:%.c=$(B)/%)

POINTS ?= 340
crash: all ## kill and hurt a sweep at POINTS=340 points, start it again, compare the bytes
	@sh tests/crash/crash.sh $(B)/idim $(POINTS)

check-install: ## install into a fresh folder, build and run a program against it
	+@$(MAKE) --no-print-directory all
	@sh tests/cli/install.sh $(B)/idim

# ---------------------------------------------------------------- lint
FLOORS := base linalg format data nn models spaces train measure sweep report
.PHONY: floors headers format symbols shell warnings docs docs-same
lint: floors headers format shell warnings symbols docs-same ## formatter, floors, warnings as errors, symbols, docs

floors: # a floor includes only floors below it
	@awk -v o=' $(FLOORS) ' '/^ *# *include *"/ { split(FILENAME, p, "/"); to = $$0; \
	  gsub(/^[^"]*"|[\/"].*$$/, "", to); t = index(o, " " to " "); \
	  if (to != "build_info.h" && to != "plot_scripts.h" && \
	      (!t || t > index(o, " " p[2] " "))) { \
	  bad = 1; print FILENAME ":" FNR ": " p[2] " may not include " to } } END { exit bad }' \
	  $(wildcard src/*/*.[ch])
headers: # every header compiles alone, and idim.h as C++
	@for h in $(wildcard src/*/*.h); do \
	  $(CC) -std=c17 -D_POSIX_C_SOURCE=200809L -Isrc -fsyntax-only -x c -include $$h /dev/null || \
	  { echo "$$h: does not compile alone"; exit 1; }; done
	@$(CXX) -Isrc -fsyntax-only -x c++ -include src/base/idim.h /dev/null
format:
	@clang-format --dry-run -Werror $(wildcard src/*/*.[ch] experiments/*.[ch] tests/*.[ch] \
	  tests/*/*.[ch] bench/*.[ch])
shell:
	@shellcheck -x -S warning $(shell find .ci bench tests data plots docs experiments -name '*.sh' 2>/dev/null) .ci/run
warnings:
	+@$(MAKE) --no-print-directory VARIANT=gcc build/gcc/idim unit benches
	+@$(MAKE) --no-print-directory VARIANT=clang CC=clang build/clang/idim unit benches
symbols: warnings
	@sh tests/symbols.sh build/gcc
docs-same: warnings # the made parts of docs/ are what the program says today
	@sh docs/make.sh build/gcc/idim build/docs
	@for f in build/docs/*; do cmp -s $$f docs/$${f##*/} || { diff -u docs/$${f##*/} $$f | head -20; \
	  echo "docs/$${f##*/} is not what the program says: make docs"; exit 1; }; done
	@for p in $(BUILD_PACKAGES) $(USE_PACKAGES) $(TEST_PACKAGES); do \
	  grep -q "^|.*\<$$p\>.*|" docs/dependencies.md || { echo "docs/dependencies.md: why $$p?"; exit 1; }; done
docs: $(B)/idim ## write the man page and the tables of docs/ from the program's own
	@sh docs/make.sh $(B)/idim docs

# ---------------------------------------------------------------- use
demo: ## d90 of a real network on real data, in under 3 minutes
	@s=$$(date +%s); $(MAKE) --no-print-directory demo-deps && \
	  $(MAKE) --no-print-directory -j$$(nproc) -s all && \
	  echo "build: $$(($$(date +%s) - s)) s"
	@$(B)/idim d90 --data fashion-mnist --d 50..1600/log4 --tune-d 100+800 --epochs 5 \
	  --out results/demo

static: ## one file with all libraries inside, for machines without root (x86-64-v3)
	+$(MAKE) VARIANT=static ARCH=x86-64-v3 LDFLAGS=-static \
	  LIBS='-lgsl -llapacke -lopenblas -lgfortran -lquadmath -ljansson -lz -llzma -lmd -lm -pthread' \
	  build/static/idim

install: $(B)/idim $(B)/libidim.so.$(VERSION) ## into PREFIX, below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig \
	  $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/man/man1 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	  $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 755 $(B)/idim $(DESTDIR)$(PREFIX)/bin
	for c in $$($(B)/idim --commands); do ln -sf idim $(DESTDIR)$(PREFIX)/bin/idim-$$c; done
	install -m 644 $(B)/libidim.a $(DESTDIR)$(PREFIX)/lib
	install -m 755 $(B)/libidim.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib
	ln -sf libidim.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libidim.so.$(MAJOR)
	ln -sf libidim.so.$(MAJOR) $(DESTDIR)$(PREFIX)/lib/libidim.so
	install -m 644 src/base/idim.h $(DESTDIR)$(PREFIX)/include
	printf 'prefix=%s\n\nName: idim\nDescription: intrinsic dimension of networks\nVersion: %s\n%s\n%s\n%s\n' \
	  '$(PREFIX)' '$(VERSION)' 'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -lidim' \
	  'Libs.private: $(LIBS)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/idim.pc
	install -d $(DESTDIR)$(PREFIX)/share/idim/repro
	install -m 644 experiments/repro/* $(DESTDIR)$(PREFIX)/share/idim/repro
# The pages of commands are made here and kept nowhere: the program that is installed can always print them
# (make static too: idim --man d90 | man -l -), and a copy in docs/ would change with every option.
	$(B)/idim --man > $(DESTDIR)$(PREFIX)/share/man/man1/idim.1
	for c in $$($(B)/idim --commands); do \
	  $(B)/idim --man $$c > $(DESTDIR)$(PREFIX)/share/man/man1/idim-$$c.1 || exit 1; done
	$(B)/idim --completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/idim
	$(B)/idim --completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_idim

uninstall: ## what install put there
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/,bin/idim bin/idim-* lib/libidim.* include/idim.h \
	  lib/pkgconfig/idim.pc share/man/man1/idim.1 share/man/man1/idim-*.1 share/bash-completion/completions/idim \
	  share/zsh/site-functions/_idim share/idim/repro/*)
	-rmdir $(addprefix $(DESTDIR)$(PREFIX)/share/idim,/repro /)

benches: $(BENCH)
bench: $(B)/idim benches ## our speed beside yardsticks of the same run: docs/bench.md
	@sh bench/run.sh build/bench.csv $(filter-out %/peers %/replay,$(BENCH))

BANK ?= results/bank
replay: $(B)/bench/replay ## d90 --search replayed against the bank of runs in folder BANK: coverage, steps
	@$< $(BANK)

# Optional: PyTorch, where PYTHON has it; FFHT=DIR, its sources. Neither is a dependency.
PYTHON ?= /usr/bin/python3
bench-peers: $(B)/bench/peers $(if $(FFHT),$(B)/ffht.so) ## beside PyTorch, and FFHT in folder FFHT
	@PYTHON=$$(command -v $(PYTHON) || echo $(PYTHON)) FFHT=$(if $(FFHT),$(abspath $(B)/ffht.so)) \
	  sh bench/run.sh build/bench-peers.csv $<
$(B)/ffht.so: $(wildcard $(FFHT)/*.[ch])
	$(Q)$(CC) -std=gnu11 -O3 -march=$(ARCH) -shared -fPIC -I$(FFHT) $(FFHT)/fht.c \
	  $(FFHT)/fast_copy.c -o $@

clean: ## remove build/
	rm -rf build
