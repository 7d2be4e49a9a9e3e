local test = require "riposte.test"

describe("ransomware-process", function()
  local policy = test.policy "policies/ransomware_process.lua"

  local function alarm(more)
    local fields = { AlarmRuleName = "Ransomware behaviour",
                     DHostName = "files-01", Process = "/tmp/locker",
                     Object = "0x1a4" }
    for name, value in pairs(more or {}) do fields[name] = value or nil end
    return fields
  end

  local function run(more, script)
    script = script or {}
    return policy:run(alarm(more), {
      ["Process Control / Kill process"]  = script.kill
        or { json = { pid = 420, killed = true } },
      ["IP Reputation / Look up address"] = {
        json = { score = script.score or 0 } },
      ["Host Isolation / Isolate host"]   = {},
      ["Ticket / Open ticket"]            = {},
      lists = { allowed_processes = script.allowed or {},
                internal = { "10.1.2.3" } },
    })
  end

  local function ticket(result) return result:action("Open ticket").params end

  it("concerns ransomware, by name or by technique", function()
    for _, one in ipairs {
      { AlarmRuleName = "Possible Ransomware" },
      { rule = { mitre = { id = { "T1059", "T1486" } } } },
      { threat = { technique = { id = { "T1486" } } } },
      { attacks = { { technique = { uid = "T1486" } } } },
    } do
      assert.is_true(policy:matches(one))
    end
    assert.is_false(policy:matches { AlarmRuleName = "ET TROJAN x" })
    assert.is_false(policy:matches { rule = { mitre = { id = { "T1485" } } } })
  end)

  it("ends the process and tells the analysts", function()
    local result = run()
    assert.equal("done", result.outcome)
    assert.same({ "Kill process", "Open ticket" }, result:actions())
    assert.same({ PID = "0x1a4", Process = "/tmp/locker", Host = "files-01" },
                result:action("Kill process").params)
    assert.same({ Subject = "Ransomware on files-01: Ransomware behaviour",
                  Priority = "high",
                  Details = "Process 0x1a4 (/tmp/locker) was ended.\n"
                    .. "No host was isolated." }, ticket(result))
  end)

  it("finds the number wherever the source has it", function()
    for name, more in pairs {
      ecs     = { process = { pid = 421 } },
      windows = { data = { win = { eventdata = { processId = "421" } } } },
      auditd  = { data = { audit = { pid = "421" } } },
      ocsf    = { evidences = { { process = { pid = 421 } } } },
      object  = { Object = "421" },
    } do
      assert.equal("421", run(more):action("Kill process").params.PID, name)
    end
  end)

  it("ends nothing where number, name or host is missing", function()
    for _, more in ipairs { { Object = "report.doc" }, { Object = false },
                            { Process = false }, { DHostName = false } } do
      local result = run(more)
      assert.same({ "Open ticket" }, result:actions())
      assert.equal("high", ticket(result).Priority)
    end
  end)

  it("leaves allowed programs alone, by name or by path", function()
    for _, name in ipairs { "locker", "/tmp/locker" } do
      local result = run(nil, { allowed = { name } })
      assert.same({ "Open ticket" }, result:actions())
      assert.equal("normal", ticket(result).Priority)
    end
    assert.truthy(run(nil, { allowed = { "lock", "/tmp/other" } })
      :action "Kill process")
    assert.same({ "Open ticket" }, run({ Process = [[C:\tmp\locker]] },
                                      { allowed = { "locker" } }):actions())
  end)

  it("says so where the process was not ended", function()
    local text = ticket(run(nil, { kill = { status = "Failed to Execute",
      exit = 2, stderr = "files-01 is not this machine" } })).Details
    assert.truthy(text:find("was not ended: ", 1, true))
    assert.truthy(text:find("files-01 is not this machine", 1, true))
    text = ticket(run(nil, { kill = {
      json = { pid = 420, killed = false } } })).Details
    assert.truthy(text:find("had ended before", 1, true))
  end)

  it("isolates as malware-isolation does, and no further", function()
    local ends = { SIP = "10.1.2.3", DIP = "198.51.100.7" }
    local result = run(ends, { score = 50 })
    assert.same({ "Kill process", "Look up address", "Isolate host",
                  "Open ticket" }, result:actions())
    assert.truthy(ticket(result).Details:find("10.1.2.3 is isolated", 1, true))

    assert.is_nil(run(ends, { score = 49 }):action "Isolate host")
    ends.SIP = "198.51.100.8"
    assert.is_nil(run(ends, { score = 100 }):action "Isolate host")
    ends.SIP = false
    assert.is_nil(run(ends, { score = 100 }):action "Look up address")
  end)

  it("judges the host though the program is allowed", function()
    assert.same({ "Look up address", "Isolate host", "Open ticket" },
      run({ SIP = "10.1.2.3", DIP = "198.51.100.7" },
          { score = 85, allowed = { "locker" } }):actions())
  end)
end)
