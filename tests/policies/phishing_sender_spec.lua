local test = require "riposte.test"

describe("phishing-sender", function()
  local policy = test.policy "policies/phishing_sender.lua"

  --- Runs it; `more` replaces fields of the alarm, `added` the list's answer.
  local function run(sender, more, added)
    local alarm = { AlarmRuleName = "Phishing reported", Sender = sender,
                    Recipient = "anna@corp.example", Subject = "Your parcel" }
    for name, value in pairs(more or {}) do alarm[name] = value or nil end
    return policy:run(alarm, {
      ["List Keeper / Add sender"] = added or {},
      ["Ticket / Open ticket"]     = {},
      lists = { own_domains = { "corp.example" } },
    })
  end

  it("concerns reports of phishing that have a sender", function()
    local sender = "a@shop.example"
    for _, alarm in ipairs {
      { AlarmRuleName = "User reported phish", Sender = sender },
      { Sender = sender, rule = { mitre = { id = { "T1566.002" } } } },
      { Sender = sender, threat = { technique = { id = { "T1566" } } } },
    } do
      assert.is_true(policy:matches(alarm))
      alarm.Sender = nil
      assert.is_false(policy:matches(alarm))
    end
    assert.is_false(policy:matches { AlarmRuleName = "Spam", Sender = sender })
  end)

  it("blocks the sender and opens a ticket", function()
    local result = run "promo@shop.example"
    assert.equal("done", result.outcome)
    assert.equal("promo@shop.example",
                 result:action("Add sender").params.Sender)
    local ticket = result:action("Open ticket").params
    assert.equal("Phishing from promo@shop.example", ticket.Subject)
    assert.equal("normal", ticket.Priority)
    assert.equal("To: anna@corp.example\nSubject: Your parcel\n"
      .. "promo@shop.example is on the list senders.", ticket.Details)
  end)

  it("takes the address out of a name that looks like one of ours", function()
    for _, sender in ipairs { '"boss@corp.example" <Promo@Shop.example>',
                              " promo@shop.example. " } do
      assert.equal("promo@shop.example",
                   run(sender):action("Add sender").params.Sender)
    end
  end)

  it("never blocks an address of ours, or below, in any spelling", function()
    for _, sender in ipairs { "boss@corp.example", "Boss <boss@CORP.example>",
                              "x@mail.eu.corp.example", "x@corp.example." } do
      local result = run(sender)
      assert.same({ "Open ticket" }, result:actions(), sender)
      assert.equal("high", result:action("Open ticket").params.Priority)
    end
    assert.truthy(run("x@notcorp.example"):action "Add sender")
    assert.truthy(run("x@corp.example.shop.example"):action "Add sender")
  end)

  it("blocks nothing where there is no address", function()
    for _, sender in ipairs { "Your bank", "a@b@c.example", "<>" } do
      assert.same({ "Open ticket" }, run(sender):actions(), sender)
    end
  end)

  it("says so where the list refuses the sender", function()
    local result = run("promo@shop.example", nil, {
      status = "Failed to Execute", exit = 2, stderr = "the list is full" })
    local ticket = result:action("Open ticket").params
    assert.equal("high", ticket.Priority)
    assert.truthy(ticket.Details:find("was not blocked: ", 1, true))
    assert.truthy(ticket.Details:find("the list is full", 1, true))
  end)

  it("names every recipient, and cuts what has no end", function()
    local to = { "anna@corp.example", "ben@corp.example" }
    local ticket = run("a@shop.example", {
      email = { to = { address = to } }, Subject = ("ä"):rep(301),
    }):action("Open ticket").params
    assert.truthy(ticket.Details:find(
      "To: anna@corp.example, ben@corp.example\n", 1, true))
    assert.truthy(ticket.Details:find(
      "Subject: " .. ("ä"):rep(300) .. "…\n", 1, true))
    ticket = run("a@shop.example", { Recipient = false, Subject = ("ä"):rep(300)
      }):action("Open ticket").params
    assert.truthy(ticket.Details:find("To: unknown\n", 1, true))
    assert.truthy(ticket.Details:find(("ä"):rep(300) .. "\n", 1, true))
  end)
end)
