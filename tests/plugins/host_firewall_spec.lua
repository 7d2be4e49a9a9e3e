local act = dofile "tests/plugins/act.lua"

describe("Host Firewall", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  local function firewall(action, address)
    return site.act("Host Firewall", action, { address = address })
  end

  it("blocks, says so, and unblocks", function()
    assert.equal("Executed", firewall("Block address", "203.0.113.9").status)
    assert.equal("Executed", firewall("Is blocked", "203.0.113.9").status)
    assert.equal("Executed", firewall("Unblock address", "203.0.113.9").status)
    local step = firewall("Is blocked", "203.0.113.9")
    assert.equal("Failed to Execute", step.status)
    assert.equal(1, step.exit)
  end)

  it("writes a ruleset with both families", function()
    firewall("Block address", "203.0.113.9")
    firewall("Block address", "198.51.100.1")
    firewall("Block address", "2001:db8::1")
    local rules = site.read "host_firewall/riposte.nft"
    assert.truthy(rules:find("elements = { 198.51.100.1, 203.0.113.9 }", 1,
                             true))
    assert.truthy(rules:find("elements = { 2001:db8::1 }", 1, true))
  end)

  it("blocks an address once, however often it is asked", function()
    firewall("Block address", "203.0.113.9")
    firewall("Block address", "203.0.113.9")
    assert.equal("203.0.113.9\n", site.read "host_firewall/blocked.txt")
  end)

  it("is never started with anything but an address", function()
    for _, value in ipairs { "-f", "a.example", "1.2.3.4; reboot", "", "1.2.3",
                             "$(reboot)", "1.2.3.4/8", "1.2.3.4\n5.6.7.8" } do
      local step, status = firewall("Block address", value)
      assert.equal("Refused", step.status, value)
      assert.equal(1, status)
    end
    assert.is_nil(site.read "host_firewall/blocked.txt")
  end)

  it("hands the rules to nft only where the site asks for it", function()
    site.write("nft", "#!/bin/sh\necho \"$@\" >> \"$RIPOSTE_STATE/applied\"\n")
    os.execute("chmod +x '" .. site.path .. "/nft'")
    firewall("Block address", "203.0.113.9")
    assert.is_nil(site.read "host_firewall/applied")

    site.write("riposte.lua", ([[return {
      path = "%s:/usr/sbin:/usr/bin:/sbin:/bin",
      env = { ["Host Firewall"] = { FIREWALL_APPLY = "nft" } },
    }]]):format(site.path))
    firewall("Block address", "198.51.100.1")
    assert.equal("-f riposte.nft\n", site.read "host_firewall/applied")
  end)
end)
