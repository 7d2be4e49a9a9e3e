local act = dofile "tests/plugins/act.lua"

describe("Ticket", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  --- The step, and the ticket's text ("" where there is none).
  local function open(params)
    local step = site.act("Ticket", "Open ticket", params)
    local file = step.line:match('\\"file\\":\\"[^"]-/(ticket/[^"/]+)\\"')
    return step, file and site.read(file) or ""
  end

  it("writes what it was given, whatever it is", function()
    local step, text = open { subject = 'a "b" \\ c',
                              details = "--x\n$(y)\t", priority = "high" }
    assert.equal("Executed", step.status)
    assert.truthy(text:find([["subject": "a \u0022b\u0022 \u005c c"]], 1, true))
    assert.truthy(text:find([["details": "--x\u000a$(y)\u0009"]], 1, true))
    assert.truthy(text:find([["priority": "high"]], 1, true))
  end)

  it("has a default priority, and knows no others than its three", function()
    local _, text = open { subject = "a" }
    assert.truthy(text:find('"priority": "normal"', 1, true))
    assert.equal("Refused", open({ subject = "a", priority = "p1" }).status)
  end)

  it("is another file in another journal", function()
    local first = open { subject = "a" }
    os.remove(site.path .. "/state/journal.db")
    local second = open { subject = "b" }
    assert.equal(first.run, second.run)
    assert.truthy(first.line:match('\\"ticket\\":\\"(.-)\\"')
      ~= second.line:match('\\"ticket\\":\\"(.-)\\"'))
  end)

  it("wants a subject", function()
    assert.equal("Refused", open({ details = "x" }).status)
  end)
end)
