rockspec_format = "3.0"
package = "riposte"
version = "scm-1"
source = {
  url = "git+file://.",
}
description = {
  summary = "A Lua-scriptable response engine for security alarms",
  detailed = [[
Response policies in Lua decide which actions of LogRhythm SmartResponse
plugins run on an alarm: enrich, decide, get approval, act, undo.]],
  license = "UNLICENSED",
}
supported_platforms = { "linux" }
dependencies = {
  "lua >= 5.4, < 5.5",
}
external_dependencies = {
  LUA54 = { header = "lua5.4/lua.h" },
  UV = { header = "uv.h" },
  PCRE2 = { header = "pcre2.h" },
  LIBXML2 = { header = "libxml2/libxml/parser.h" },
  SIMDJSON = { header = "simdjson.h" },
  SQLITE3 = { header = "sqlite3.h" },
  OPENSSL = { header = "openssl/evp.h" },
  LIBARCHIVE = { header = "archive.h" },
  ICU = { header = "unicode/ucal.h" },
  LIBEDIT = { header = "histedit.h" },
}
build = {
  type = "make",
  build_target = "all",
  install_target = "install",
  build_variables = {
    CFLAGS = "",
  },
  install_variables = {
    PREFIX = "$(PREFIX)",
    LUADIR = "$(LUADIR)",
  },
}
test = {
  type = "command",
  command = "make check",
}
