local test = require "riposte.test"

describe("tell-overflow", function()
  local policy = test.policy "policies/tell_overflow.lua"

  local function details(event)
    local result = policy:run(event, { ["Ticket / Open ticket"] = {} })
    local ticket = result:action("Open ticket").params
    assert.equal("Budget used up: Host Firewall / Block address",
                 ticket.Subject)
    assert.equal("high", ticket.Priority)
    return ticket.Details
  end

  it("opens one ticket an action, until an hour was quiet", function()
    assert.is_true(policy:matches { RiposteEvent = "budget overflow" })
    assert.is_false(policy:matches { RiposteEvent = "unknown" })
    assert.equal(1, policy.threshold.count)
    assert.equal(3600, policy.threshold.within)
    assert.same({ "Action" }, policy.threshold.by)
  end)

  it("says which step was the first", function()
    assert.equal("First: r7.2 (policy ssh-brute-force, target 192.0.2.7): "
                 .. "used up", details {
      RiposteEvent = "budget overflow", Step = "r7.2", Text = "used up",
      Policy = "ssh-brute-force", Target = "192.0.2.7",
      Action = "Host Firewall / Block address" })
  end)

  it("may be of an action by hand, without a target", function()
    assert.equal("First: r7.1 (policy none, target unknown): used up", details {
      RiposteEvent = "budget overflow", Step = "r7.1", Text = "used up",
      Action = "Host Firewall / Block address" })
  end)
end)
