local test = require "riposte.test"

describe("port-scan-ticket", function()
  local policy = test.policy "policies/port_scan_ticket.lua"
  local alarm = { AlarmRuleName = "ET SCAN Potential SSH Scan",
                  SIP = "203.0.113.9", DIP = "10.0.0.1" }

  local function run(score)
    return policy:run(alarm, {
      ["IP Reputation / Look up address"] = {
        json = { score = score, category = "hosting" } },
      ["Ticket / Open ticket"] = {},
    })
  end

  it("concerns scans, three within ten minutes by one address", function()
    assert.is_true(policy:matches(alarm))
    assert.is_false(policy:matches { AlarmRuleName = "ET TROJAN x" })
    assert.equal(3, policy.threshold.count)
    assert.equal(600, policy.threshold.within)
  end)

  it("looks up both ends at once and opens one ticket", function()
    local result = run(10)
    assert.same({ "Look up address", "Look up address", "Open ticket" },
                result:actions())
    assert.equal("203.0.113.9",
                 result:action("Look up address", 1).params.Address)
    assert.equal("10.0.0.1", result:action("Look up address", 2).params.Address)
    local ticket = result:action("Open ticket").params
    assert.equal("Port scan from 203.0.113.9", ticket.Subject)
    assert.equal("low", ticket.Priority)
    assert.equal("Last: ET SCAN Potential SSH Scan on 10.0.0.1 (hosting)",
                 ticket.Details)
  end)

  it("gives a scanner of bad reputation a high priority", function()
    assert.equal("high", run(81):action("Open ticket").params.Priority)
  end)
end)
