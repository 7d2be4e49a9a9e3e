package.path = "tests/lua/?.lua;" .. package.path
local kit = require "kit"

local LOOK, ACT = "Kit / Look", "Kit / Act"

describe("an action", function()
  it("asks, and gives back what came", function()
    local run = kit.run([[
      local r = look { address = alarm.SIP }
      act { address = table.concat({ r.status, r.exit, r.stderr, r.seconds,
        r.json.list[2].x, #r.stdout, tostring(r.json.null) }, " ") }]], {
      [LOOK] = { json = { list = { 1, { x = "y" } } }, stderr = "w",
        seconds = 0.25 },
    })
    assert.equal("done", run.outcome, run.error)
    assert.same({ "Look", "Act" }, run:actions())
    assert.equal("192.0.2.1", run:action("Look").params.Address)
    assert.equal("Executed 0 w 0.25 y 22 nil",
      run:action("Act").params.Address)
  end)

  it("has no json where stdout is none, or was cut off", function()
    for _, out in ipairs {
      "", "no", "{", "[1] x", '"' .. ("x"):rep(70000) .. '"',
    } do
      local run = kit.run("assert(look({}).json == nil)", { [LOOK] = out })
      assert.equal("done", run.outcome, run.error)
    end
    local run = kit.run("local r = look {} assert(#r.stdout == 65536)"
      .. " assert(r.truncated)", { [LOOK] = ("x"):rep(65537) })
    assert.equal("done", run.outcome, run.error)
    run = kit.run("local r = look {} assert(#r.stdout == 65536)"
      .. " assert(not r.truncated)", { [LOOK] = ("x"):rep(65536) })
    assert.equal("done", run.outcome, run.error)
  end)

  it("takes parameters by display name or slug", function()
    local run = kit.run [[
      look { host_ip_to_quarantine = 5, Address = true }
      look { ["Host IP To Quarantine"] = 0.5 }]]
    assert.equal("done", run.outcome, run.error)
    assert.same({ ["Host IP To Quarantine"] = "5", Address = "true" },
      run:action("Look").params)
    assert.same({ ["Host IP To Quarantine"] = "0.5" },
      run:action("Look", 2).params)
  end)

  it("names wrong parameters and options", function()
    for body, text in pairs {
      ["look { adress = 1 }"] = 'no parameter "adress" in Look; did you mean'
        .. ' "Address"?',
      ["look { address = 1, Address = 2 }"] = "'address' is given twice",
      ["look { 'x' }"] = "parameters are given by name",
      ["look { address = {} }"] = "address is a table",
      ["look 'x'"] = "parameters are a table, not a string",
      ["look({}, 'x')"] = "options are a table, not a string",
      ["look({}, { 'x' })"] = "options are given by name",
      ["look({}, { timout = '1s' })"] = 'no option "timout"; did you mean'
        .. ' "timeout"? known: at, expires, reason, retries, timeout',
      ["look({}, { timeout = 'x' })"] = "'x' is no duration",
      ["look({}, { timeout = '0s' })"] = "'0s' is no duration",
      ["look({}, { retries = 11 })"] = "whole number from 0 to 10",
      ["look({}, { retries = 1.5 })"] = "whole number from 0 to 10",
      ["look({}, { reason = 1 })"] = "reason is a text",
      ["look({}, { expires = '1h' })"] = "expires: Kit / Look has no Undo",
      ["riposte.wait '0s'"] = "riposte.wait: '0s' is no duration",
      ["riposte.note {}"] = "a note is a table",
      ["riposte.past 'SIP'"] = 'write riposte.past { by = "SIP"',
      ["riposte.past { buy = 'SIP' }"] = "no 'buy'; did you mean 'by'?",
      ["riposte.past { by = 'SIP', within = 'x' }"] =
        "within: 'x' is no duration",
      ["riposte.approve 'x'"] = "write riposte.approve {",
      ["riposte.approve { action = 1 }"] = "the question comes first",
      ["riposte.approve { 'x', action = 1 }"] = "what action.call",
      ["riposte.approve { 'x', quorum = 0 }"] = "from 1 to 100",
      ["riposte.approve { 'x', quorums = 2 }"] = "did you mean 'quorum'?",
      ["look({}, { at = 'agent' })"] = "there are no agents yet",
      ["look.try {}"] = "write action:try { … }",
      ["look:call {}"] = "write action.call { … }",
      ["look.cal {}"] = "no 'cal' here: did you mean 'call'?",
      ["riposte.acton()"] = "no 'acton' here: did you mean 'action'?",
    } do
      local error = kit.error(body)
      assert.equal("policies/test.lua:4: ", error:sub(1, 21), body)
      assert.truthy(error:find(text, 1, true), error)
    end
  end)

  it("passes options on", function()
    local step = kit.run("look({}, { timeout = '1m', reason = 'so' })")
      :action "Look"
    assert.equal(60, step.timeout)
    assert.equal("so", step.reason)
  end)

  it("raises a failure at the policy's line", function()
    local cases = {
      [{ status = "Failed to Execute", exit = 3, stderr = "out\nboom\n" }] =
        "Kit / Look: Failed to Execute (exit 3): out\nboom",
      [{ status = "Refused", rule = "type", error = "no address" }] =
        "Kit / Look: Refused (type): no address",
      [{ status = "Timed out" }] = "Kit / Look: Timed out",
      [{ status = "Not started", error = "gone" }] =
        "Kit / Look: Not started: gone",
    }
    for answer, text in pairs(cases) do
      for _, body in ipairs {
        "\nlook {}", "\nreturn look {}", "local r =\nlook {}",
        "local c = look.call {}\nreturn c()", "\nreturn riposte.all {"
          .. " look.call {} }",
        "local function f()\nreturn look {} end f()",
      } do
        assert.equal("policies/test.lua:5: " .. text,
          kit.error(body, { [LOOK] = answer }), body)
      end
    end
  end)

  it("shows the end of a long stderr, and no half character", function()
    local error = kit.error("look {}", {
      [LOOK] = { status = "Failed to Execute", exit = 1,
        stderr = ("\u{e4}"):rep(150) .. "x" },
    })
    assert.equal(
      "policies/test.lua:4: Kit / Look: Failed to Execute (exit 1): "
        .. ("\u{e4}"):rep(99) .. "x", error)
  end)

  it("can be tried", function()
    local run = kit.run([[
      local r, failure = look:try { address = 1 }
      assert(r == nil and failure.status == "Failed to Execute")
      assert(failure.exit == 2 and failure.ok == false)
      act { address = failure.message }
      assert(act:try {}.ok)
      local c = look.call {}
      r, failure = c:try()
      assert(r == nil and failure.exit == 2)]],
      { [LOOK] = { status = "Failed to Execute", exit = 2 } })
    assert.equal("done", run.outcome, run.error)
    assert.equal("Kit / Look: Failed to Execute (exit 2)",
      run:action("Act").params.Address)
  end)

  it("can be raised again as it is", function()
    assert.equal("policies/test.lua:5: Kit / Look: Failed to Execute (exit 2)",
      kit.error("local r, failure = look:try {}\n"
        .. "if not r then error(failure) end",
        { [LOOK] = { status = "Failed to Execute", exit = 2 } }))
  end)

  it("is caught by pcall like any error", function()
    local run = kit.run([[
      local ok, text = pcall(look, {})
      assert(not ok)
      act { address = text }]],
      { [LOOK] = { status = "Timed out" } })
    assert.equal("done", run.outcome, run.error)
    assert.matches("Kit / Look: Timed out$",
      run:action("Act").params.Address)
  end)

  it("returns from a dry run as if it had worked", function()
    local run = kit.run("act { address = act({}).status }",
      { [ACT] = { status = "Dry run" } })
    assert.equal("done", run.outcome, run.error)
    assert.equal("Dry run", run:action("Act", 2).params.Address)
  end)

  it("is retried as often as was said", function()
    local function asked(action, status, retries)
      local run = kit.run(
        ("%s:try({}, { retries = %d })"):format(action, retries),
        { [LOOK] = function() return { status = status } end,
          [ACT] = function() return { status = status } end })
      assert.equal("done", run.outcome, run.error)
      return #run.steps
    end
    assert.equal(3, asked("look", "Failed to Execute", 2))
    assert.equal(3, asked("look", "Timed out", 2))
    assert.equal(11, asked("look", "Not started", 10))
    assert.equal(1, asked("look", "Refused", 2))
    assert.equal(1, asked("look", "Unknown", 2))
    assert.equal(1, asked("look", "Executed", 2))
    assert.equal(1, asked("look", "Timed out", 0))
    -- What changes something only where it certainly did not start.
    assert.equal(3, asked("act", "Not started", 2))
    assert.equal(1, asked("act", "Failed to Execute", 2))
    assert.equal(1, asked("act", "Timed out", 2))
    assert.equal(1, asked("act", "Unknown", 2))
  end)

  it("is not retried once it worked", function()
    local run = kit.run("assert(look({}, { retries = 5 }).stdout == 'x')", {
      [LOOK] = { { status = "Timed out" }, { status = "Timed out" }, "x" },
    })
    assert.equal("done", run.outcome, run.error)
    assert.equal(3, #run.steps)
  end)

  it("cannot be asked for inside a callback", function()
    for _, body in ipairs {
      "table.sort({ 1, 2 }, function() look {} end)",
      "re.gsub('a', 'a', function() return look({}).stdout end)",
      "table.sort({ 1, 2 }, function() riposte.now() end)",
    } do
      assert.matches("^policies/test.lua:4: nothing can be asked for inside a"
        .. " callback of table.sort, re.gsub", kit.error(body), body)
    end
    -- Lua's own metamethods can wait.
    local run = kit.run("local t = setmetatable({}, { __index = function()"
      .. " return look({}).stdout end }) assert(t.x == 'y')",
      { [LOOK] = "y" })
    assert.equal("done", run.outcome, run.error)
  end)
end)

describe("riposte.all", function()
  it("asks in order and returns in order", function()
    local run = kit.run([[
      local r = riposte.all { look.call { address = 1 }, act.call {},
        look.call { address = 2 } }
      assert(r[1].stdout == "1" and r[2].stdout == "" and r[3].stdout == "2")
      assert(#riposte.all {} == 0)]],
      { [LOOK] = function(request) return request.params.Address end })
    assert.equal("done", run.outcome, run.error)
    assert.same({ "Look", "Act", "Look" }, run:actions())
    assert.equal(3, run.steps[3].step)
  end)

  it("waits for all, then raises the first failure", function()
    local run = kit.run(
      "riposte.all { act.call {}, look.call {}, look.call {}, act.call {} }", {
        [LOOK] = { { status = "Failed to Execute", exit = 1 },
          { status = "Failed to Execute", exit = 2 } },
      })
    assert.equal(4, #run.steps)
    assert.equal("policies/test.lua:4: Kit / Look: Failed to Execute (exit 1)",
      run.error)
  end)

  it("can be tried", function()
    local run = kit.run([[
      local r = riposte.all:try { act.call {}, look.call {} }
      assert(r[1].ok and not r[2].ok and r[2].status == "Timed out")]],
      { [LOOK] = { status = "Timed out" } })
    assert.equal("done", run.outcome, run.error)
  end)

  it("retries those that failed, in further steps", function()
    local run = kit.run([[
      local once = { retries = 1 }
      local r = riposte.all { look.call({ address = 1 }, once),
        act.call({}, once), look.call({ address = 3 }, once) }
      assert(r[1].stdout == "a" and r[3].stdout == "c")]], {
      [LOOK] = { { status = "Timed out" }, { status = "Timed out" }, "a", "c" },
    })
    assert.equal("done", run.outcome, run.error)
    assert.same({ "Look", "Act", "Look", "Look", "Look" }, run:actions())
    assert.equal("3", run.steps[5].params.Address)
  end)

  it("says what is no request", function()
    for _, body in ipairs {
      "riposte.all { look.call {}, look {} }", "riposte.all { look }",
      "riposte.all { nil, look.call {} }", "riposte.all { look:try {} }",
      "riposte.all 'x'", "riposte.all.try { }", "riposte.all(look.call {})",
    } do
      assert.matches("^policies/test.lua:4: ", kit.error(body,
        { [LOOK] = { status = "Timed out" } }), body)
    end
  end)
end)

describe("the rest of the vocabulary", function()
  it("looks up lists", function()
    local run = kit.policy(
      "act { address = allowed:has(alarm.SIP) } assert(not allowed:has(5))",
      "local allowed = riposte.list 'allow' ")
      :run({ SIP = "192.0.2.1" }, {
        lists = { allow = { "192.0.2.1" } }, [ACT] = {},
      })
    assert.equal("done", run.outcome, run.error)
    assert.equal("true", run:action("Act").params.Address)
    assert.same({ "list", "allow", "5" },
      { run.steps[3].kind, run.steps[3].list, run.steps[3].value })
  end)

  it("refuses to look up what is not there", function()
    local run = kit.policy("return allowed:has(alarm.DIP)",
      "local allowed = riposte.list 'allow' "):run({}, {})
    assert.matches("^policies/test.lua:4: the value to look up is a nil",
      run.error)
  end)

  it("tells the time as it was asked", function()
    local run = kit.run(
      "act { address = ('%.3f'):format(riposte.now()) }", { now = 12.345 })
    assert.equal("12.345", run:action("Act").params.Address)
    assert.equal("now", run.steps[1].kind)
  end)

  it("waits and notes", function()
    local run = kit.run("riposte.wait '10m' riposte.note(alarm.SIP)")
    assert.equal("done", run.outcome)
    assert.equal("wait", run.steps[1].kind)
    assert.equal(600, run.steps[1].seconds)
    assert.equal("192.0.2.1", run.steps[2].text)
  end)

  it("asks people about an action", function()
    for yes, outcome in pairs { [true] = "done", [false] = "failed" } do
      local run = kit.run([[
        local ban = act.call { address = alarm.SIP }
        if not riposte.approve { "Ban?", action = ban, within = "30m",
            group = "soc", quorum = 2 } then error("no", 0) end
        ban()]], { approve = yes })
      assert.equal(outcome, run.outcome)
      local step = run.steps[1]
      assert.same({ "approve", "Ban?", 1800, "soc", "Act" },
        { step.kind, step.text, step.within, step.group, step.subject.action })
      assert.equal('{"kind":"approve","text":"Ban?","subject":{"kind":"action"'
        .. ',"plugin":"Kit","action":"Act","params":{"Address":"192.0.2.1"}},'
        .. '"within":1800.0,"group":"soc","quorum":2}', step.request)
    end
  end)

  it("looks at earlier alarms", function()
    local run = kit.run([[
      local past = riposte.past { by = "SIP", within = "1h" }
      riposte.note(("%d of %d: %s"):format(#past, past.n, past[1].Login))
      riposte.note(riposte.past { by = "Login" }.n)]],
      { past = { { Login = "root" }, { Login = "bin" }, n = 7 } })
    assert.equal("2 of 7: root", run.steps[2].text)
    assert.same({ "SIP", "192.0.2.1", 3600 },
      { run.steps[1].by, run.steps[1].value, run.steps[1].within })
    assert.equal("0", run.steps[3].text, "no Login, nothing to ask")
  end)

  it("keeps what belongs to loading out of runs", function()
    assert.matches("riposte.action belongs at the top of the file",
      kit.error "return riposte.action('Kit', 'Look')")
    assert.matches("riposte.list belongs at the top of the file",
      kit.error "return riposte.list 'allow'")
  end)
end)

describe("a replay", function()
  local body = [[
    local score = look({ address = alarm.SIP }).json.score
    local when = riposte.now()
    riposte.all { look.call { address = score }, act.call { address = when } }
    local t = { b = 1, a = 2, c = 3 }
    for k in pairs(t) do look { address = k } end]]
  local script = {
    [LOOK] = function() return { json = { score = 3 } } end,
    [ACT] = function() return {} end,
    now = 7,
  }

  it("asks for the same and does nothing again", function()
    local policy = kit.policy(body)
    local first = policy:run({ SIP = "a" }, script)
    assert.equal("done", first.outcome, first.error)
    assert.equal(7, #first.steps)
    assert.same({ outcome = "done", steps = {} },
      policy:replay({ SIP = "a" }, {}, first))
    -- From any step on.
    for n = 0, 6 do
      local part = { steps = table.move(first.steps, 1, n, 1, {}) }
      local rest = policy:replay({ SIP = "a" }, script, part)
      assert.equal(7 - n, #rest.steps)
      for i, step in ipairs(rest.steps) do
        assert.equal(first.steps[n + i].request, step.request)
      end
    end
  end)

  it("parks where another question comes up", function()
    local first = kit.policy(body):run({ SIP = "a" }, script)
    local other = kit.policy(body):replay({ SIP = "b" }, script, first)
    assert.equal("parked", other.outcome)
    assert.matches("^policies/test.lua:4: step 1 asks for something else",
      other.error)
    assert.equal(0, #other.steps)
  end)
end)
