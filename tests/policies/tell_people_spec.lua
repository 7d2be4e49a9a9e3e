local test = require "riposte.test"

describe("tell-people", function()
  local policy = test.policy "policies/tell_people.lua"

  local function ticket(event)
    local result = policy:run(event, { ["Ticket / Open ticket"] = {} })
    assert.same({ "Open ticket" }, result:actions())
    return result:action("Open ticket").params
  end

  it("is for what waits for a person or could not be put right", function()
    for _, name in ipairs { "approval opened", "unknown", "run parked",
                            "lease needs a person", "set refused",
                            "journal full", "journal too large" } do
      assert.is_true(policy:matches { RiposteEvent = name })
    end
    assert.is_false(policy:matches { RiposteEvent = "run failed" })
    assert.is_false(policy:matches { AlarmRuleName = "riposte: unknown" })
  end)

  it("is for the first undo that fails, not for each", function()
    assert.is_true(policy:matches { RiposteEvent = "undo failed", Attempt = 1 })
    assert.is_false(policy:matches { RiposteEvent = "undo failed",
                                     Attempt = 2 })
  end)

  it("says how to answer an approval", function()
    local made = ticket { RiposteEvent = "approval opened", Approval = "a9",
                          Step = "r4.2", Text = "Block 192.0.2.7?",
                          Action = "Host Firewall / Block address",
                          Target = "192.0.2.7" }
    assert.equal("approval opened: Block 192.0.2.7?", made.Subject)
    assert.equal("high", made.Priority)
    assert.equal("To do: riposte approve a9, or deny\n"
                 .. "Action: Host Firewall / Block address\n"
                 .. "Target: 192.0.2.7\nStep: r4.2", made.Details)
  end)

  it("says how to settle a lease, and an Unknown", function()
    local lease = ticket { RiposteEvent = "lease needs a person", Lease = "l4",
                           Text = "exit status 3" }
    assert.equal("To do: undo it, then riposte lease end l4 --done\nLease: l4",
                 lease.Details)
    local unknown = ticket { RiposteEvent = "unknown", Step = "r4.1",
                             Text = "x" }
    assert.equal("To do: look at its target, then riposte resolve r4.1\n"
                 .. "Step: r4.1", unknown.Details)
  end)

  it("has nothing to do where nobody can", function()
    local made = ticket { RiposteEvent = "journal full",
                          Text = ("x"):rep(400) }
    assert.equal("normal", made.Priority)
    assert.equal("", made.Details)
    assert.equal("journal full: " .. ("x"):rep(200) .. "…", made.Subject)
  end)
end)
