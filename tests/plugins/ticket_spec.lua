local act = dofile "tests/plugins/act.lua"

describe("Ticket", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  local function open(params)
    return site.act("Ticket", "Open ticket", params)
  end

  it("writes what it was given, whatever it is", function()
    local step = open { subject = 'a "b" \\ c', details = "--x\n$(y)\t",
                        priority = "high" }
    assert.equal("Executed", step.status)
    local text = site.read "ticket/r1.1.json"
    assert.truthy(text:find([["subject": "a \u0022b\u0022 \u005c c"]], 1, true))
    assert.truthy(text:find([["details": "--x\u000a$(y)\u0009"]], 1, true))
    assert.truthy(text:find([["priority": "high"]], 1, true))
  end)

  it("has a default priority, and knows no others than its three", function()
    open { subject = "a" }
    assert.truthy(site.read("ticket/r1.1.json")
      :find('"priority": "normal"', 1, true))
    assert.equal("Refused", open({ subject = "a", priority = "p1" }).status)
  end)

  it("wants a subject", function()
    assert.equal("Refused", open({ details = "x" }).status)
  end)
end)
