local act = dofile "tests/plugins/act.lua"

describe("Login History", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  --- Checks a login: hour and minute of one day, then any other parameter.
  -- Returns a reader of the answer's fields, and the step.
  local function check(time, params)
    params.time = "2026-11-24T" .. time .. ":00Z"
    params.user = params.user or "anna"
    params.alarm = params.alarm or time
    local step = site.act("Login History", "Check login", params)
    assert.equal("Executed", step.status, step.line)
    return function(key)
      return step.line:match('\\"' .. key .. '\\": \\"(.-)\\"')
        or tonumber(step.line:match('\\"' .. key .. '\\": (-?[%d.]+)'))
    end
  end

  it("tells what can be travelled from what cannot", function()
    assert.equal("first", check("05:00", { country = "JP" }) "verdict")
    local answer = check("07:00", { country = "PT" })
    assert.equal("impossible", answer "verdict")
    assert.equal(2, answer "hours")
    assert.is_true(answer "km" > 6000 and answer "km" < 11000)
    assert.equal(answer "km" / 2, answer "kmh")
    assert.equal("first", check("07:00", { user = "ben", country = "PT" })
      "verdict")
    assert.equal("possible", check("07:30", { country = "ES" }) "verdict")
  end)

  it("knows countries by code and by name, in any case", function()
    for i, name in ipairs { "DE", "germany", "Germany", "de" } do
      assert.equal(", DE", ", " .. check("05:0" .. i, { country = name })
        "place")
    end
    assert.equal("Seoul, KR", check("06:00", { user = "ben", city = "Seoul",
      country = "Korea, Republic of" }) "place")
  end)

  it("measures by coordinates where there are some", function()
    -- Lisbon and Porto, 274 km apart; 100 km are taken off for either.
    check("05:00", { country = "PT", latitude = "38.72", longitude = "-9.14" })
    local answer = check("05:01", { country = "PT", latitude = "41.15",
                                    longitude = "-8.61" })
    assert.equal("possible", answer "verdict")
    assert.is_true(answer "km" > 70 and answer "km" < 80)
    -- And New York, where the country is a mistake.
    assert.equal("impossible", check("06:00", { country = "PT",
      latitude = "40.71", longitude = "-74.01" }) "verdict")
  end)

  it("measures over the line where the date changes", function()
    check("05:00", { country = "FJ", latitude = "-17.7", longitude = "178.8" })
    local answer = check("05:30", { country = "WS", latitude = "-13.8",
                                    longitude = "-171.8" })
    assert.equal("possible", check("08:00", { country = "WS",
      latitude = "-13.8", longitude = "-171.8" }) "verdict")
    assert.is_true(answer "km" > 800 and answer "km" < 1000)
  end)

  it("is not blinded by logins whose clock is wrong", function()
    for i = 1, 20 do
      site.act("Login History", "Check login", { user = "anna", country = "PT",
        time = ("2099-01-%02dT00:00:00Z"):format(i), alarm = "f" .. i })
    end
    check("05:00", { country = "JP" })
    assert.equal("impossible", check("07:00", { country = "PT" }) "verdict")
  end)

  it("takes what are no coordinates for none", function()
    check("05:00", { country = "PT" })
    for i, pair in ipairs { { "0", "0" }, { "91", "5" }, { "nan", "5" },
                            { "x", "5" }, { "", "5" } } do
      assert.equal("possible", check("05:0" .. i, { country = "PT",
        latitude = pair[1], longitude = pair[2] }) "verdict")
    end
  end)

  it("keeps nothing of a place that nobody knows", function()
    assert.equal("unknown place", check("05:00", { country = "Atlantis" })
      "verdict")
    assert.equal("first", check("06:00", { country = "PT" }) "verdict")
  end)

  it("compares with the login after it too: alarms come out of order",
     function()
    check("08:00", { country = "JP" })
    assert.equal("impossible", check("07:00", { country = "PT" }) "verdict")
  end)

  it("gives the same alarm the same answer, and keeps it once", function()
    check("05:00", { country = "JP" })
    for _ = 1, 2 do
      assert.equal("impossible", check("07:00", { country = "PT" }) "verdict")
    end
    assert.equal("first", check("05:00", { country = "JP" }) "verdict")
    local step = site.act("Login History", "Last login", { user = "Anna" })
    assert.truthy(step.line:find([[\"logins\": 2,]], 1, true))
    assert.truthy(step.line:find([[\"place\": \"PT\"]], 1, true))
  end)

  it("keeps twenty logins of a user", function()
    for i = 10, 31 do
      check("05:" .. i, { country = "PT" })
    end
    local step = site.act("Login History", "Last login", { user = "anna" })
    assert.truthy(step.line:find([[\"logins\": 20,]], 1, true))
  end)

  it("forgets a user, and only that one", function()
    check("05:00", { country = "JP" })
    check("05:00", { user = "ben", country = "JP" })
    assert.equal("Executed", site.act("Login History", "Forget user",
                                      { user = "anna" }).status)
    assert.equal("first", check("06:00", { country = "PT" }) "verdict")
    assert.equal("impossible",
      check("06:00", { user = "ben", country = "PT" }) "verdict")
  end)

  it("makes no file by the user's name", function()
    check("05:00", { user = "o'neil$x", country = "PT" })
    local files = io.popen("ls '" .. site.path .. "/state/login_history'")
    for name in files:lines() do
      assert.truthy(name == "lock" or name:match "^%x+%.json$", name)
    end
    files:close()
  end)

  it("fails where the time is none, and wants a user", function()
    local step = site.act("Login History", "Check login",
      { user = "anna", country = "PT", time = "yesterday" })
    assert.equal("Failed to Execute", step.status)
    assert.truthy(step.stderr:find("no time", 1, true))
    for _, user in ipairs { "", "--help", "a b; reboot" } do
      assert.equal("Refused", site.act("Login History", "Check login",
        { user = user, country = "PT", time = "x" }).status, user)
    end
  end)
end)
