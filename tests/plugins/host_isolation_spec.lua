local act = dofile "tests/plugins/act.lua"

describe("Host Isolation", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  local function isolation(action, host, reason)
    return site.act("Host Isolation", action, { host = host, reason = reason })
  end

  it("isolates, says so, and releases", function()
    local step = isolation("Isolate host", "WS-17.corp.example", "malware")
    assert.equal("Executed", step.status)
    step = isolation("Is isolated", "ws-17.corp.example")
    assert.equal("Executed", step.status)
    isolation("Release host", "ws-17.corp.example.")
    assert.equal(1, isolation("Is isolated", "ws-17.corp.example").exit)
  end)

  it("keeps the reason beside the host", function()
    isolation("Isolate host", "10.1.2.3", "it's \"bad\"; $(reboot)")
    assert.truthy(site.read("host_isolation/isolated.json")
      :find([["10.1.2.3": "it's \"bad\"; $(reboot)"]], 1, true))
  end)

  it("is never started with what is no host", function()
    for _, host in ipairs { "--help", "a b", "", "a/../b", "$(reboot)" } do
      assert.equal("Refused", isolation("Isolate host", host, "x").status)
    end
  end)
end)
