local test = require "riposte.test"

describe("impossible-travel", function()
  local policy = test.policy "policies/impossible_travel.lua"
  local far = { user = "anna", verdict = "impossible", place = "Lisbon, PT",
                time = "2026-11-24T07:00:00Z", km = 8000, hours = 1.5,
                kmh = 5333, other = { place = "Tokyo, JP",
                time = "2026-11-24T05:30:00Z", address = "198.51.100.7",
                alarm = "1" } }

  local function alarm(more)
    local fields = { AlarmRuleName = "sshd: accepted login", Login = "anna",
                     SIP = "203.0.113.9", SLocationCountry = "PT" }
    for name, value in pairs(more or {}) do fields[name] = value or nil end
    return fields
  end

  local function run(answer, more, lists)
    lists = lists or {}
    return policy:run(alarm(more), {
      ["Login History / Check login"]     = answer,
      ["IP Reputation / Look up address"] = { json = { score = 10 } },
      ["List Keeper / Add item"]          = {},
      ["Ticket / Open ticket"]            = {},
      lists = { travellers = lists.travellers or {},
                egress = lists.egress or {} },
    })
  end

  it("concerns logins that succeeded, with a user and a country", function()
    for _, name in ipairs { "sshd: accepted login", "User Logon Success",
                            "sshd: authentication success.",
                            "Successful sign-in",
                            "An account was successfully logged on" } do
      assert.is_true(policy:matches(alarm { AlarmRuleName = name }), name)
    end
    for _, name in ipairs { "sshd: failed password", "User Logon Failure",
                            "Successful sudo to ROOT" } do
      assert.is_false(policy:matches(alarm { AlarmRuleName = name }), name)
    end
    assert.is_false(policy:matches(alarm { SLocationCountry = false }))
    assert.is_false(policy:matches(alarm { Login = false }))
  end)

  it("puts the user on a list and tells both places", function()
    local result = run { json = far }
    assert.equal("done", result.outcome)
    assert.same({ "Check login", "Look up address", "Add item", "Open ticket" },
                result:actions())
    assert.same({ List = "watched_users", Item = "anna" },
                result:action("Add item").params)
    local ticket = result:action("Open ticket").params
    assert.equal("Impossible travel: anna", ticket.Subject)
    assert.equal("normal", ticket.Priority)
    assert.equal("Lisbon, PT at 2026-11-24T07:00:00Z from 203.0.113.9\n"
      .. "Tokyo, JP at 2026-11-24T05:30:00Z from 198.51.100.7\n"
      .. "At least 8000 km in 1.50 hours. The address has score 10. The user "
      .. "is on the list watched_users; nobody is locked out.", ticket.Details)
  end)

  it("is urgent where the address has a bad name, above 80", function()
    for score, priority in pairs { [80] = "normal", [81] = "high" } do
      local result = policy:run(alarm(), {
        ["Login History / Check login"]     = { json = far },
        ["IP Reputation / Look up address"] = { json = { score = score } },
        ["List Keeper / Add item"]          = {},
        ["Ticket / Open ticket"]            = {},
        lists = { travellers = {}, egress = {} },
      })
      assert.equal(priority, result:action("Open ticket").params.Priority)
    end
  end)

  it("does without an address", function()
    local result = run({ json = far }, { SIP = false })
    assert.same({ "Check login", "Add item", "Open ticket" }, result:actions())
  end)

  it("does nothing about any other verdict, or in a dry run", function()
    for _, verdict in ipairs { "first", "possible", "unknown place" } do
      assert.same({ "Check login" },
                  run({ json = { verdict = verdict } }):actions())
    end
    assert.same({ "Check login" }, run({ status = "Dry run" }):actions())
  end)

  it("leaves travellers and exits of ours alone", function()
    assert.same({}, run({ json = far }, nil,
                        { travellers = { "anna" } }):actions())
    assert.same({}, run({ json = far }, nil,
                        { egress = { "203.0.113.9" } }):actions())
  end)

  it("passes coordinates on, wherever the source has them", function()
    for name, more in pairs {
      ecs   = { source = { geo = { location = { lat = 38.7, lon = -9.1 } } } },
      wazuh = { GeoLocation = { location = { lat = 38.7, lon = -9.1 } } },
      ocsf  = { evidences = { { src_endpoint = {
                location = { lat = 38.7, long = -9.1 } } } } },
      own   = { latitude = 38.7, longitude = -9.1 },
    } do
      local params = run({ json = far }, more):action("Check login").params
      assert.equal("38.7", params.Latitude, name)
      assert.equal("-9.1", params.Longitude, name)
    end
    assert.is_nil(run({ json = far }):action("Check login").params.Latitude)
  end)
end)
