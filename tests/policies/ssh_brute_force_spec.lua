local test = require "riposte.test"

describe("ssh-brute-force", function()
  local policy = test.policy "policies/ssh_brute_force.lua"
  local alarm = { AlarmRuleName = "sshd: failed password",
                  SIP = "203.0.113.9" }

  local function run(score, allow)
    return policy:run(alarm, {
      ["IP Reputation / Look up address"] = { json = { score = score } },
      ["Host Firewall / Block address"]   = {},
      ["Ticket / Open ticket"]            = {},
      lists = { allow = allow or {} },
    })
  end

  it("concerns failed passwords, five within a minute", function()
    assert.is_true(policy:matches(alarm))
    assert.is_false(policy:matches { AlarmRuleName = "sshd: accepted login" })
    assert.same({ count = 5, within = 60, again = 60, by = { "SIP" } },
                policy.threshold)
  end)

  it("blocks an address of bad reputation and opens a ticket", function()
    local result = run(95)
    assert.equal("done", result.outcome)
    assert.same({ "Look up address", "Block address", "Open ticket" },
                result:actions())
    local block = result:action "Block address"
    assert.equal("203.0.113.9", block.params.Address)
    assert.equal(3600, block.expires)
    local ticket = result:action("Open ticket").params
    assert.equal("SSH brute force from 203.0.113.9 (score 95)", ticket.Subject)
    assert.equal("high", ticket.Priority)
  end)

  it("leaves an allowed address alone", function()
    assert.same({ "Look up address", "Open ticket" },
                run(95, { "203.0.113.9" }):actions())
  end)

  it("leaves an address with the score 80 alone, and no more", function()
    assert.is_nil(run(80):action "Block address")
    assert.truthy(run(81):action "Block address")
    assert.equal("normal", run(80):action("Open ticket").params.Priority)
  end)

  it("fails at its own line where the look-up fails", function()
    local result = policy:run(alarm, {
      ["IP Reputation / Look up address"] = {
        status = "Failed to Execute", exit = 1, stderr = "no list" },
    })
    assert.equal("failed", result.outcome)
    assert.equal("policies/ssh_brute_force.lua:21:",
                 result.error:sub(1, 32))
    assert.truthy(result.error:find("no list", 1, true))
  end)
end)
