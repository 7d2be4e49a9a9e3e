# Riposte. `make demo` shows the main job, `make test` runs every test; both
# install what is missing first. `make` builds, `make check` tests what is
# built, `make lint`, `make asan`, `make bench`, `make install`.
# BUILD=folder builds elsewhere; SANITIZE=1 with ASan, UBSan and leak checks.

MAKEFLAGS += --no-print-directory
BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= gcc
CXX      ?= g++
PACKAGES := lua5.4 libuv libpcre2-8 libxml-2.0 sqlite3 libcrypto libarchive \
            icu-i18n libedit zlib
# In the order of the layers: a folder uses only those before it.
LAYERS   := base model journal exec gate policy flow serve cli
MAINS    := engine/cli/main.c engine/exec/main.c engine/cli/lua_main.c

WARN     := -Wall -Wextra -Wconversion -Wshadow -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection -fPIE
LINK     := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ifdef SANITIZE
OPTIMISE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
LINK     += -fsanitize=address,undefined
# Says what a program that ends has left open, or running.
HYGIENE  := $(BUILD)/tests/hygiene.c.o
else
OPTIMISE := -O2 -g -D_FORTIFY_SOURCE=3
endif
override CPPFLAGS += -Iengine -D_GNU_SOURCE $(shell pkg-config --cflags $(PACKAGES))
override CFLAGS   += -std=c17 $(OPTIMISE) $(HARDEN) $(WARN)
override CXXFLAGS += -std=c++17 $(OPTIMISE) $(HARDEN) -Wall -Wextra -Werror
# V=1 shows the commands whole.
say       = $(if $V,,@printf '%-8s %s\n' $1 $2;)
LDLIBS   := $(shell pkg-config --libs $(PACKAGES)) -lsimdjson -lstdc++ \
            -lpthread -lm

sources   = $(filter-out $(MAINS),$(wildcard engine/$1/*.c engine/$1/*.cc))
objects   = $(patsubst %,$(BUILD)/%.o,$(call sources,$1))
archive   = $(BUILD)/lib$1.a
# The layers of $1 and before it, from the last to the first, for the linker.
reverse   = $(if $1,$(call reverse,$(wordlist 2,99,$1)) $(firstword $1))
upto      = $(if $2,$(firstword $2) $(if $(filter $1,$(firstword $2)),,$(call \
            upto,$1,$(wordlist 2,99,$2))))
archives  = $(foreach l,$(call reverse,$(call upto,$1,$(LAYERS))),$(call archive,$l))

PROGRAMS := $(BUILD)/riposte $(BUILD)/riposte-exec $(BUILD)/riposte-lua

.PHONY: all deps test check unit spec e2e torture races lint asan docs demo \
  bench install clean
all: $(PROGRAMS)

$(BUILD)/riposte: $(BUILD)/engine/cli/main.c.o $(HYGIENE) $(call archives,cli)
	$(call say,link,$@)$(CC) $(LINK) -o $@ $^ $(LDLIBS)

# The executor stays small, so that it forks fast: no XML, JSON, Lua, SQLite.
$(BUILD)/riposte-exec: $(BUILD)/engine/exec/main.c.o $(HYGIENE) \
  $(call archive,exec) $(call archive,base)
	$(call say,link,$@)$(CC) $(LINK) -o $@ $^ $(LDLIBS)

$(BUILD)/riposte-lua: $(BUILD)/engine/cli/lua_main.c.o $(call archives,flow)
	$(call say,link,$@)$(CC) $(LINK) -o $@ $^ $(LDLIBS)

# The same programs with the places at which tests/e2e/test_torture.py makes them
# die, and with a journal whose disk fails when it says so. What has such places
# is compiled once more; it goes before the archives, which then lack nothing.
TORTURED   := $(BUILD)/torture/riposte $(BUILD)/torture/riposte-exec
crashing    = $(patsubst %,$(BUILD)/torture/%.o,$(shell grep -l \
              '"base/crash.h"' $(foreach l,$1,engine/$l/*.c)))
.PHONY: tortured
tortured: $(TORTURED)
$(BUILD)/torture/riposte: $(BUILD)/engine/cli/main.c.o \
  $(BUILD)/tests/torture/disk.c.o \
  $(call crashing,$(LAYERS)) $(call archives,cli)
	$(call say,link,$@)$(CC) $(LINK) -o $@ $^ $(LDLIBS)
$(BUILD)/torture/riposte-exec: $(BUILD)/engine/exec/main.c.o \
  $(call crashing,base exec) $(call archive,exec) $(call archive,base)
	$(call say,link,$@)$(CC) $(LINK) -o $@ $^ $(LDLIBS)
$(BUILD)/torture/%.c.o: %.c
	@mkdir -p $(@D)
	$(call say,cc,$@)$(CC) $(CPPFLAGS) -DRIPOSTE_CRASH $(CFLAGS) -MMD -MP -c \
	  -o $@ $<

define layer_rules
$(call archive,$1): $(call objects,$1)
	$(call say,ar,$$@)rm -f $$@ && ar rcs $$@ $$^
$(BUILD)/tests/unit/$1/%: $(BUILD)/tests/unit/$1/%.c.o \
  $(BUILD)/tests/hygiene.c.o $(call archives,$1)
	$(call say,link,$$@)$$(CC) $$(LINK) -o $$@ $$^ -lcmocka $$(LDLIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$l)))

$(BUILD)/%.c.o: %.c
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(call say,c++,$<)$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

# The Lua files inside the program. A folder changes when a file comes or goes.
EMBEDDED := $(shell find lua/riposte -name '*.lua' | LC_ALL=C sort)
$(BUILD)/engine/policy/embedded.inc: $(shell find lua/riposte -type d)
	@mkdir -p $(@D)
	printf 'EMBED("%s")\n' $(EMBEDDED:lua/%=%) > $@
$(BUILD)/engine/policy/embedded.c.o: override CPPFLAGS += -I$(BUILD)/engine/policy
$(BUILD)/engine/policy/embedded.c.o: $(BUILD)/engine/policy/embedded.inc \
  $(EMBEDDED)

# ---- tests ---------------------------------------------------------------

UNITS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))
SPECS := $(wildcard tests/lua tests/policies tests/plugins)
E2E   := $(sort $(wildcard tests/e2e/test_*))
RUN   := BUILD=$(abspath $(BUILD)) RIPOSTE_BUILD=$(abspath $(BUILD)) tests/run

test: deps
	$(MAKE) -j2 check

check: all tortured $(UNITS)
	$(RUN) tests/layering tests/model/check.sh $(UNITS) $(SPECS) $(E2E)
unit: all $(UNITS)
	$(RUN) tests/layering $(UNITS)
spec: all
	$(RUN) $(SPECS)
e2e: all tortured
	$(RUN) $(E2E)

# KILLS=N, FAULTS=N, SEED=N
torture: all tortured
	KILLS=$(or $(KILLS),5000) $(RUN) tests/e2e/test_torture.py
	@cat $(BUILD)/test-logs/tests_e2e_test_torture.py.tap
	FAULTS=$(or $(FAULTS),all) $(RUN) tests/e2e/test_disk.py

# How often two people decide at once; SEED=N
races: all
	RACES=$(or $(RACES),1000) $(RUN) tests/e2e/test_approve_race.py

asan:
	$(MAKE) -j2 BUILD=build/asan SANITIZE=1 check

# ---- lint ----------------------------------------------------------------

C_FILES  := $(shell find engine tests -name '*.[ch]' -o -name '*.cc')
C_TIDY   := $(wildcard engine/*/*.c)

lint: $(BUILD)/engine/policy/embedded.inc
	@clang-format --dry-run --Werror $(C_FILES)
	@cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
	  --enable=warning,portability,performance -Iengine \
	  --suppress=missingIncludeSystem engine
	@printf '%s\n' $(C_TIDY) | xargs -P 2 -I FILE clang-tidy --quiet \
	  --warnings-as-errors='*' FILE -- $(CPPFLAGS) \
	  -I$(BUILD)/engine/policy -std=c17 2>/dev/null
	luacheck --quiet lua policies plugins guards.lua tests docs *.rockspec .luacheckrc
	tests/layering

# ---- tables of the manual that are made from data files ------------------

docs: all
	$(BUILD)/riposte-lua docs/make_sources.lua

# ---- the main job on real input ------------------------------------------

DEMO := build/demo

demo: deps
	$(MAKE) -j2 all
	rm -rf $(DEMO) && mkdir -p $(DEMO)
	cp -R policies plugins lists guards.lua $(DEMO)
	chmod -R go-w $(DEMO)
	build/riposte run --site $(DEMO) --source sshd tests/data/sshd/auth.log

# ---- benchmarks ----------------------------------------------------------

BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/bench_*.c))
$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.c.o \
  $(BUILD)/tests/bench/dom.cc.o $(call archives,flow)
	$(call say,link,$@)$(CC) $(LINK) -o $@ $^ $(LDLIBS)

bench: all $(BENCHES)
	@for bench in $(BENCHES); do \
	  RIPOSTE_BUILD=$(abspath $(BUILD)) $$bench || exit 1; done

# ---- installing ----------------------------------------------------------

# What the build, the tests and the demo need: names of Debian 12, Debian 13
# and Ubuntu 24.04.
PACKAGES_BUILD := gcc g++ make pkg-config liblua5.4-dev libuv1-dev \
  libpcre2-dev libxml2-dev libsimdjson-dev libsqlite3-dev libssl-dev \
  libarchive-dev libicu-dev libedit-dev zlib1g-dev
PACKAGES_RUN   := lua5.4 python3 util-linux
PACKAGES_TEST  := libcmocka-dev lua-busted lua-check luarocks sqlite3 procps \
  tzdata spin
PACKAGES_LINT  := clang-format clang-tidy cppcheck
DEPS := $(PACKAGES_BUILD) $(PACKAGES_RUN) $(PACKAGES_TEST) $(PACKAGES_LINT)

deps:
	@if ! command -v apt-get >/dev/null; then \
	  echo "Not Debian: install what these packages hold: $(DEPS)"; exit 0; \
	fi; \
	missing=; for package in $(DEPS); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | \
	    grep -q 'ok installed' || missing="$$missing $$package"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	echo "Installing:$$missing"; \
	sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends $$missing

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LUADIR)
	install $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	cp -R lua/riposte $(DESTDIR)$(LUADIR)

LUADIR ?= $(PREFIX)/share/lua/5.4

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:
