local act = dofile "tests/plugins/act.lua"

describe("IP Reputation", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  --- The score of an address, from the answer's JSON.
  local function score(address)
    local step = site.act("IP Reputation", "Look up address",
                          { address = address })
    assert.equal("Executed", step.status)
    return tonumber(step.line:match('\\"score\\": (%d+)'))
  end

  it("answers from the list, and 0 for an address on no line", function()
    assert.equal(85, score "198.51.100.7")
    assert.equal(40, score "2001:db8::7")
    assert.equal(0, score "8.8.8.8")
  end)

  it("prefers the narrowest range", function()
    assert.equal(95, score "127.0.0.66")
    assert.equal(5, score "127.0.0.1")
  end)

  it("reads the list that the site names", function()
    site.write("list.txt", "8.8.8.0/24 77 resolver # ours\n")
    site.write("riposte.lua", ([[return {
      env = { ["IP Reputation"] = { REPUTATION_LIST = "%s/list.txt" } },
    }]]):format(site.path))
    assert.equal(77, score "8.8.8.8")
  end)

  it("fails where the list is broken, and says where", function()
    site.write("plugins/ip-reputation/reputation.txt", "# one\nnonsense\n")
    local step = site.act("IP Reputation", "Look up address",
                          { address = "8.8.8.8" })
    assert.equal("Failed to Execute", step.status)
    assert.truthy(step.stderr:find("reputation.txt:2", 1, true))
  end)
end)
