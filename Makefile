# Riposte: `make` builds, `make test` tests, `make demo` shows the main job.
# BUILD=folder builds elsewhere; SANITIZE=1 with ASan, UBSan and leak checks.

BUILD    ?= build
PREFIX   ?= /usr/local
CC       ?= gcc
CXX      ?= g++
PACKAGES := lua5.4 libuv libpcre2-8 libxml-2.0 sqlite3 libcrypto
# In the order of the layers: a folder uses only those before it.
LAYERS   := base model journal exec gate policy flow serve cli
MAINS    := engine/cli/main.c engine/exec/main.c engine/policy/lua_main.c

WARN     := -Wall -Wextra -Wconversion -Wshadow -Werror
HARDEN   := -fstack-protector-strong -fstack-clash-protection \
            -fcf-protection -fPIE
LINK     := -pie -Wl,-z,relro,-z,now
ifdef SANITIZE
OPTIMISE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
            -fno-omit-frame-pointer
LINK     += -fsanitize=address,undefined
else
OPTIMISE := -O2 -g -D_FORTIFY_SOURCE=3
endif
CPPFLAGS += -Iengine -D_GNU_SOURCE $(shell pkg-config --cflags $(PACKAGES))
CFLAGS   += -std=c17 $(OPTIMISE) $(HARDEN) $(WARN)
CXXFLAGS += -std=c++17 $(OPTIMISE) $(HARDEN) -Wall -Wextra -Werror
LDLIBS   := $(shell pkg-config --libs $(PACKAGES)) -lsimdjson -lstdc++ \
            -lpthread -lm

sources   = $(filter-out $(MAINS),$(wildcard engine/$1/*.c engine/$1/*.cc))
objects   = $(patsubst %,$(BUILD)/%.o,$(call sources,$1))
archive   = $(BUILD)/lib$1.a
# The layers of $1 and before it, from the last to the first, for the linker.
reverse   = $(if $1,$(call reverse,$(wordlist 2,99,$1)) $(firstword $1))
position  = $(words $(call upto,$1,$(LAYERS)))
upto      = $(if $2,$(firstword $2) $(if $(filter $1,$(firstword $2)),,$(call \
            upto,$1,$(wordlist 2,99,$2))))
archives  = $(foreach l,$(call reverse,$(call upto,$1,$(LAYERS))),$(call archive,$l))

PROGRAMS := $(BUILD)/riposte $(BUILD)/riposte-exec $(BUILD)/riposte-lua

.PHONY: all deps test unit spec e2e lint asan demo bench install clean
all: $(PROGRAMS)

$(BUILD)/riposte: $(BUILD)/engine/cli/main.c.o $(call archives,cli)
	$(CC) $(LINK) -o $@ $^ $(LDLIBS)

# The executor stays small, so that it forks fast: no XML, JSON, Lua, SQLite.
$(BUILD)/riposte-exec: $(BUILD)/engine/exec/main.c.o $(call archives,exec)
	$(CC) $(LINK) -o $@ $^ -Wl,--as-needed $(LDLIBS)

$(BUILD)/riposte-lua: $(BUILD)/engine/policy/lua_main.c.o $(call archives,policy)
	$(CC) $(LINK) -o $@ $^ $(LDLIBS)

define layer_rules
$(call archive,$1): $(call objects,$1)
	rm -f $$@ && ar rcs $$@ $$^
$(BUILD)/tests/unit/$1/%: $(BUILD)/tests/unit/$1/%.c.o $(call archives,$1)
	$$(CC) $$(LINK) -o $$@ $$^ -lcmocka $$(LDLIBS)
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rules,$l)))

$(BUILD)/%.c.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
$(BUILD)/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

UNITS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*/test_*.c))
units: $(UNITS)

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.SECONDARY:
