package.path = "tests/lua/?.lua;" .. package.path
local kit = require "kit"

--- All values of an expression, parted by '|'.
local function values(expression)
  return kit.value("local t = table.pack(" .. expression .. [[)
    for i = 1, t.n do t[i] = tostring(t[i]) end
    return table.concat(t, "|")]])
end

describe("re", function()
  it("matches as string.match does, by PCRE2", function()
    assert.equal("1.2", values "re.match('v1.2', [[\\d\\.\\d]])")
    assert.equal("a|1", values "re.match('a=1', [[(\\w)=(\\w)]])")
    assert.equal("nil", values "re.match('a', 'b')")
    assert.equal("false|b", values "re.match('b', '(a)?(b)')")
    assert.equal("root", values "re.match('user=root', 'user=(?<u>.*)')")
    assert.equal("b", values "re.match('ab', '.', 2)")
    assert.equal("b", values "re.match('ab', '.', -1)")
    assert.equal("nil", values "re.match('ab', '.', 4)")
    assert.equal("", values "re.match('ab', '$', 3)")
    assert.equal("\u{e4}", values "re.match('\u{e4}', '.')")
  end)

  it("finds", function()
    assert.equal("2|3", values "re.find('abbc', 'b+')")
    assert.equal("2|3|b", values "re.find('abbc', 'b(b)')")
    assert.equal("nil", values "re.find('abbc', 'x')")
    assert.equal("1|0", values "re.find('abc', '')")
  end)

  it("goes through all matches", function()
    assert.equal("a1;b2;", kit.value [[
      local s = ""
      for k, v in re.gmatch("a=1, b=2", "(\\w)=(\\d)") do
        s = s .. k .. v .. ";"
      end
      return s]])
    assert.equal("4", kit.value [[
      local n = 0
      for _ in re.gmatch("\u{e4}b\u{e4}", "") do n = n + 1 end
      return n]])
  end)

  it("replaces by a text, a table, a function", function()
    assert.equal("x-y|2", values "re.gsub('a-b', '[ab]', { a = 'x', b = 'y' })")
    assert.equal("<a>-b|1", values "re.gsub('a-b', '(a)', '<%1>')")
    assert.equal("<a>|1", values "re.gsub('a', 'a', '<%0>')")
    assert.equal("100%|1", values "re.gsub('100', '$', '%%')")
    assert.equal("B-A|2", values
      "re.gsub('b-a', '.(?=-)|(?<=-).', function(s) return s:upper() end)")
    assert.equal("a-b|2", values "re.gsub('a-b', '[ab]', function() end)")
    assert.equal("xxc|2", values "re.gsub('abc', '.', 'x', 2)")
    assert.equal("5|1", values "re.gsub('a', 'a', 5)")
    assert.equal("-a-\u{e4}-|3", values "re.gsub('a\u{e4}', '', '-')")
    assert.matches("must be followed by a digit",
      kit.error "re.gsub('a', 'a', '%x')")
    assert.matches("no group 1", kit.error "re.gsub('a', 'a', '%1')")
    assert.matches("not a string",
      kit.error "re.gsub('a', 'a', function() return {} end)")
  end)

  it("may be used inside its own callbacks", function()
    -- More patterns than are kept compiled, the outer one among them.
    assert.equal("100|3", values [[re.gsub("abc", "(.)", function(c)
      for i = 1, 100 do assert(re.match("x" .. i, "x" .. i .. "$")) end
      assert(re.gsub("q", "(.)", "%1") == "q")
      return c == "a" and "1" or "0"
    end)]])
  end)

  it("says what is wrong, at the policy's line", function()
    assert.matches("^policies/test.lua:4: regular expression, byte 1", kit.error
      "re.match('a', '(')")
    assert.matches("^policies/test.lua:4: re: .*UTF%-8", kit.error
      "re.match('\\xff', '.')")
    assert.matches("string expected", kit.error "re.match({}, '.')")
  end)

  it("raises where a match is too costly, and never says no", function()
    assert.matches("^policies/test.lua:4: re: .*costly", kit.error
      "return re.match(('a'):rep(40) .. '!', '^(a+)+$')")
  end)

  it("limits what comes out", function()
    assert.matches("longer than 1 MiB", kit.error
      "return re.gsub(('a'):rep(2000), 'a', ('x'):rep(1000))")
    assert.equal("1000000", values
      "#re.gsub(('a'):rep(1000), 'a', ('x'):rep(1000))")
  end)
end)
