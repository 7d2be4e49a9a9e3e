package.path = "tests/lua/?.lua;" .. package.path
local kit = require "kit"

local function list(text)
  local items = {}
  for word in text:gmatch "%S+" do items[#items + 1] = word end
  return items
end

describe("the names that a policy sees", function()
  local there = {
    [""] = "assert error ipairs math pairs pcall rawequal rawget rawlen"
      .. " require select setmetatable string table tonumber tostring type"
      .. " utf8",
    string = "byte char format len lower rep reverse sub upper",
    table = "concat insert move pack remove sort unpack",
    utf8 = "char codepoint len offset",
    math = "abs acos asin atan ceil cos deg exp floor fmod huge log max"
      .. " maxinteger min mininteger modf pi rad sin sqrt tan tointeger type"
      .. " ult",
  }

  for library, names in pairs(there) do
    it("are those of the list: " .. library, function()
      for _, name in ipairs(list(names)) do
        local path = library == "" and name or library .. "." .. name
        assert.equal("true", kit.value("return " .. path .. " ~= nil"), path)
      end
      -- Everything else that Lua has is not there.
      for name in pairs(library == "" and _G or _G[library]) do
        if not (" " .. names .. " "):find(" " .. name .. " ", 1, true) then
          local body = library == ""
            and ("local ok = pcall(function() return %s end) return ok")
              :format(name)
            or ("return %s.%s ~= nil"):format(library, name)
          assert.equal("false", kit.value(body), library .. "." .. name)
        end
      end
    end)
  end

  it("cannot be changed", function()
    local bodies = {
      "string.format = 1", "math.pi = 3", "table.sort = nil",
      "utf8.len = 1", "pairs = 1", "x = 1", "string = {}",
      "table.insert(string, 1)", "require('riposte').now = 1",
      "require('re').match = 1", "alarm.SIP = 1", "look.x = 1",
      "look.call = 1",
    }
    for _, body in ipairs(bodies) do
      assert.matches("^policies/test.lua:4: ", kit.error(body), body)
    end
  end)

  it("name what is not there", function()
    assert.matches("^policies/test.lua:4: no name 'os'",
      kit.error "return os.time()")
    assert.matches("global variables cannot be set: write local count",
      kit.error "count = 1")
  end)

  it("stay the same for the neighbour's strings", function()
    local body = "local ok, e = pcall(setmetatable, 'x', {}) return ok"
    assert.equal("false", kit.value(body))
    assert.equal("nil", kit.value "return ('x').find")
    assert.equal("XX", kit.value "return ('x'):upper():rep(2)")
    assert.equal("11", kit.value "return '10' + 1")
  end)
end)

describe("pairs", function()
  it("goes through numbers ascending, then strings bytewise", function()
    assert.equal("-1 0.5 1 2 10 A a a\1 aa b \u{e4} ", kit.value [[
      local t = { b = 1, [10] = 1, a = 1, [0.5] = 1, A = 1, [-1] = 1,
        aa = 1, ["a\1"] = 1, ["\u{e4}"] = 1, 1, 1 }
      local keys = ""
      for k in pairs(t) do keys = keys .. k .. " " end
      return keys]])
  end)

  it("tells apart integers that are one double", function()
    assert.equal("9007199254740992 9007199254740993 ", kit.value [[
      local t = { [9007199254740993] = 1, [9007199254740992] = 1 }
      local keys = ""
      for k in pairs(t) do keys = keys .. k .. " " end
      return keys]])
  end)

  it("leaves out what was removed meanwhile", function()
    assert.equal("a c ", kit.value [[
      local t, keys = { a = 1, b = 2, c = 3 }, ""
      for k in pairs(t) do keys = keys .. k .. " "; t.b = nil end
      return keys]])
  end)

  it("refuses keys without an order", function()
    for _, key in ipairs { "{}", "true", "pairs" } do
      assert.matches("only numbers and strings have an order",
        kit.error("for k in pairs({ [" .. key .. "] = 1 }) do end"))
    end
    assert.matches("table expected", kit.error "for k in pairs(alarm) do end")
  end)
end)

describe("tostring and format", function()
  it("show no addresses", function()
    for value, text in pairs {
      ["{}"] = "table", ["alarm"] = "userdata", ["pairs"] = "function",
      ["look"] = "table", ["look.call {}"] = "userdata", ["nil"] = "nil",
      ["1.5"] = "1.5", ["'x'"] = "x", ["true"] = "true",
    } do
      assert.equal(text, kit.value("return tostring(" .. value .. ")"))
      assert.equal(text, kit.value("return ('%s'):format(" .. value .. ")"))
    end
    assert.matches("%%p cannot be used",
      kit.error "return ('%%%-5p'):format({})")
    assert.equal("%p 5", kit.value "return ('%%p %d'):format(5)")
  end)

  it("use __tostring", function()
    assert.equal("me!", kit.value [[
      local me = setmetatable({}, { __tostring = function() return "me!" end })
      return ("%s"):format(me)]])
    assert.matches("__tostring must return a string", kit.error [[
      tostring(setmetatable({}, { __tostring = function() return 1 end }))]])
  end)
end)

describe("setmetatable", function()
  it("refuses what runs or collects behind one's back", function()
    for _, event in ipairs {
      "__gc", "__mode", "__close", "__metatable", "__len", "__pairs", "__name",
    } do
      assert.matches(event .. " cannot be used",
        kit.error("setmetatable({}, { " .. event .. " = 'k' })"), event)
    end
  end)

  it("takes the events as they are then", function()
    assert.equal("nil", kit.value [[
      local closed
      local m = {}
      local t = setmetatable({}, m)
      m.__close = function() closed = true end
      local ok = pcall(function()
        for _ in function() end, nil, nil, t do end
      end)
      return closed]])
    assert.equal("3", kit.value [[
      local C = {} C.__index = C
      local c = setmetatable({}, C)
      function C.three() return 3 end
      return c.three()]])
  end)

  it("cannot reach a protected metatable", function()
    for _, value in ipairs { "string", "look", "riposte" } do
      assert.matches("cannot be changed",
        kit.error("setmetatable(" .. value .. ", {})"), value)
    end
  end)
end)

describe("table", function()
  it("sorts the same everywhere, stable", function()
    assert.equal("b1 b2 a1 c1 c2 ", kit.value [[
      local t = { { "c", 1 }, { "b", 1 }, { "a", 1 }, { "c", 2 }, { "b", 2 } }
      local rank = { b = 1, a = 2, c = 3 }
      table.sort(t, function(x, y) return rank[x[1] ] < rank[y[1] ] end)
      local s = ""
      for _, v in ipairs(t) do s = s .. v[1] .. v[2] .. " " end
      return s]])
  end)

  it("sorts as Lua does, any length", function()
    assert.equal("true", kit.value [[
      local seed = 1
      for n = 0, 70 do
        local t = {}
        for i = 1, n do
          seed = (seed * 1103515245 + 12345) % 2147483648
          t[i] = seed % 50
        end
        table.sort(t)
        for i = 2, n do if t[i - 1] > t[i] then return n end end
        if #t ~= n then return n end
      end
      return true]])
    assert.matches("attempt to compare", kit.error "table.sort { 1, 'x' }")
  end)

  it("handles at most 65,536 elements a call", function()
    local top = "local t = {} for i = 1, 65536 do t[i] = 1 end\n"
    for _, call in ipairs {
      "sort(t)", "concat(t)", "insert(t, 1, 1)", "remove(t, 1)",
      "unpack(t)", "move(t, 1, #t, 2)",
    } do
      local name = call:match "%a+"
      local run = kit.run(top .. "return table." .. call)
      assert.equal("done", run.outcome, call .. tostring(run.error))
      assert.matches(name .. ": more than 65536 elements",
        kit.error(top .. "t[65537] = 1 t[65538] = 1 table." .. call), call)
    end
    for _, call in ipairs {
      "concat({}, '', 1, 1 << 62)", "move({}, 1, math.maxinteger, 2)",
      "move({}, math.mininteger, math.maxinteger, 2)",
      "unpack({}, math.mininteger, math.maxinteger)",
    } do
      assert.matches("more than 65536", kit.error("table." .. call), call)
    end
  end)

  it("otherwise works as ever", function()
    assert.equal("1,9,2;9 3 2", kit.value [[
      local t = { 1, 2 }
      table.insert(t, 2, 9) local s = table.concat(t, ",")
      table.insert(t, 3)
      return s .. ";" .. table.remove(t, 2) .. " " .. table.remove(t) .. " "
        .. select("#", table.unpack(t))]])
    assert.equal("3", kit.value "return table.pack(1, nil, 3).n")
  end)
end)

describe("strings", function()
  it("have at most 1 MiB", function()
    assert.equal("1048576", kit.value "return #('x'):rep(1 << 20)")
    assert.matches("longer than 1 MiB",
      kit.error "return ('x'):rep((1 << 20) + 1)")
    assert.matches("longer than 1 MiB",
      kit.error "return ('x'):rep(math.maxinteger)")
    assert.matches("longer than 1 MiB",
      kit.error "return ('x'):rep(600000, 'y')")
    assert.equal("", kit.value "return ('x'):rep(-1)")
    -- Adds nothing, and would count to the end for it.
    assert.equal("", kit.value "return (''):rep(math.maxinteger)")
    assert.equal("", kit.value "return (''):rep(math.maxinteger, '')")

    for _, body in ipairs {
      "local s = ('x'):rep(1 << 20) return s .. s",
      "local s = ('x'):rep(1 << 20) return ('%s%s'):format(s, s)",
      "local s = ('x'):rep(1 << 20) return table.concat { s, s }",
      "local s = ('x'):rep(1 << 20) pcall(function() return s .. s end)",
    } do
      local run = kit.run(body)
      assert.equal("parked", run.outcome, body)
      assert.matches("policies/test.lua:4: made a string of over 1 MiB",
        run.error)
    end
  end)
end)

describe("what a run may use", function()
  it("ends, though instructions do not measure it", function()
    -- Comparing two long strings is one instruction.
    local run = kit.run [[
      local a, b = ("x"):rep(1 << 20), ("x"):rep((1 << 20) - 1) .. "x"
      while a == b do end]]
    assert.equal("parked", run.outcome)
    assert.matches("^policies/test.lua:5: ran ", run.error)
  end)

  it("counts what functions of C do", function()
    for _, body in ipairs {
      "local t = {} for i = 1, 60000 do t[i] = i end\n"
        .. "while true do table.insert(t, 1, table.remove(t)) end",
      "local t = {} for i = 1, 60000 do t[i] = i end\n"
        .. "while true do for _ in pairs(t) do break end end",
      "while true do local s = ('x'):rep(1 << 20) end",
      "while true do re.match('x', 'y') end",
      "local i = 0\n"
        .. "while true do i = i + 1 re.match('x', ('y'):rep(i % 900)) end",
    } do
      local run = kit.run(body)
      assert.equal("parked", run.outcome, body)
      assert.matches("ran over 10,000,000 instructions", run.error, body)
    end
  end)

  it("errors are read without running code", function()
    for value, text in pairs {
      ["setmetatable({}, { __tostring = function() while true do end end })"]
        = "raised a table instead of a text",
      ["nil"] = "raised a nil instead of a text",
      ["5"] = "5",
    } do
      assert.equal("policies/test.lua:4: " .. text,
        kit.error("error(" .. value .. ", 0)"))
    end
  end)
end)

describe("require", function()
  it("takes modules of policies/lib", function()
    local policy = kit.policy("words.fail 'no'",
      "local words = require 'words' ")
    local run = policy:run({}, {})
    assert.equal("policies/test.lua:4: no", run.error)
  end)

  it("belongs at the top", function()
    assert.matches("require belongs at the top of the file",
      kit.error "require 'words'")
    assert.equal("true",
      kit.value "return require('riposte') == riposte and require('re') == re")
  end)
end)
