local act = dofile "tests/plugins/act.lua"

describe("Process Control", function()
  local site, host, pids

  --- The first line of a command's output.
  local function line(command)
    local pipe = assert(io.popen(command))
    local text = pipe:read("l")
    pipe:close()
    return text
  end

  --- Starts a command that goes on, and waits until it is what it says.
  local function start(command, name)
    local pid = line("exec 3>&1; (exec >/dev/null 2>&1 3>&-; exec " .. command
      .. ") & echo $!")
    pids[#pids + 1] = pid
    repeat
      local comm = line("cat /proc/" .. pid .. "/comm")
    until comm == (name or command:match "%S+")
    return pid
  end

  local function runs(pid)
    return (line("ps -o stat= -p " .. pid) or "Z"):sub(1, 1) ~= "Z"
  end

  local function control(action, pid, process, other)
    return site.act("Process Control", action,
                    { pid = pid, process = process, host = other or host })
  end

  local function refuses(why, pid, process, other)
    local step = control("Kill process", pid, process, other)
    assert.equal(2, step.exit, step.line)
    assert.truthy(step.stderr:find(why, 1, true), step.stderr)
  end

  before_each(function()
    site, host, pids = act.site(), line "uname -n", {}
  end)
  after_each(function()
    for _, pid in ipairs(pids) do os.execute("kill -9 " .. pid .. " 2>&-") end
    site.remove()
  end)

  it("ends a process, by name and by path, and says so", function()
    for _, name in ipairs { "sleep", line "command -v sleep" } do
      local pid = start "sleep 300"
      assert.equal(1, control("Is gone", pid, name).exit)
      local step = control("Kill process", pid, name)
      assert.equal("Executed", step.status, step.line)
      assert.truthy(step.line:find([[\"killed\": true]], 1, true))
      assert.is_false(runs(pid))
      assert.equal("Executed", control("Is gone", pid, name).status)
    end
  end)

  it("ends one that does not listen", function()
    local pid = start([[python3 -c '
import signal, os
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open("/proc/self/comm", "w").write("deaf")
signal.pause()']], "deaf")
    local step = control("Kill process", pid, "deaf")
    assert.truthy(step.line:find("SIGKILL", 1, true), step.line)
    assert.is_false(runs(pid))
  end)

  it("leaves another program with that number alone", function()
    local pid = start "sleep 300"
    refuses("not locker", pid, "locker")
    refuses("not /opt/sleep", pid, "/opt/sleep")
    refuses("not sleeper", pid, "sleeper")
    assert.is_true(runs(pid))
    assert.equal("Executed", control("Is gone", pid, "locker").status)
  end)

  it("leaves one alone that has got the number since", function()
    local function at(when)
      return site.act("Process Control", "Kill process",
                      { pid = pids[1], process = "sleep", host = host,
                        time = line("date -u -d '" .. when
                                    .. "' +%Y-%m-%dT%H:%M:%SZ") })
    end
    local pid = start "sleep 300"
    local step = at "1 hour ago"
    assert.equal(2, step.exit, step.line)
    assert.truthy(step.stderr:find("was started after", 1, true))
    assert.equal(2, site.act("Process Control", "Kill process",
      { pid = pid, process = "sleep", host = host, time = "soon" }).exit)
    assert.is_true(runs(pid))
    assert.equal("Executed", at("now").status)
    assert.is_false(runs(pid))
  end)

  it("does not take a process that it cannot see for gone", function()
    -- A /proc in which nobody sees the processes of others.
    local hidden = [[unshare -m sh -c 'cd / &&
      mount -t proc -o hidepid=invisible proc /proc &&
      exec setpriv --reuid 65534 --regid 65534 --clear-groups \
        --bounding-set=-all /usr/bin/python3 %s' \
      <plugins/process-control/control.py 2>&1]]
    if not os.execute(hidden:format "-c pass" .. " >/dev/null") then
      return pending "this machine does not let us hide processes"
    end
    local pid = start "sleep 300"
    for _, words in ipairs { "kill --time \"\"", "gone" } do
      local verb, more = words:match "(%S+)(.*)"
      local pipe = io.popen(hidden:format(
        ("- %s --pid %s --process sleep --host %s %s"):format(verb, pid, host,
                                                              more)))
      local text = pipe:read("a")
      local _, _, status = pipe:close()
      assert.equal(2, status, text)
      assert.truthy(text:find("hidden from this user", 1, true), text)
    end
  end)

  it("leaves the processes of another machine alone", function()
    local pid = start "sleep 300"
    refuses("is not this machine", pid, "sleep", "files-01.corp.example")
    refuses("is not this machine", pid, "sleep", host .. ".corp.example")
    assert.is_true(runs(pid))

    site.write("riposte.lua", [[return { env = { ["Process Control"] = {
      PROCESS_HOSTS = "a Files-01.corp.example" } } }]])
    assert.equal("Executed", control("Kill process", pid, "sleep",
                                     "files-01.corp.example.").status)
    assert.is_false(runs(pid))
  end)

  it("leaves what is protected alone", function()
    site.write("riposte.lua", [[return { env = { ["Process Control"] = {
      PROCESS_PROTECTED = "sleep nginx" } } }]])
    local pid = start "sleep 300"
    refuses("which is protected", pid, "sleep")
    assert.is_true(runs(pid))
  end)

  it("never ends process 1, its own or what runs it", function()
    assert.equal("Refused", control("Kill process", "1", "init").status)
    local own = line "echo $PPID"
    refuses("is one that runs this action", own,
            line("cat /proc/" .. own .. "/comm"))
    assert.is_true(runs(own))
  end)

  it("has nothing to do where there is no such process", function()
    local pid = start "sleep 300"
    control("Kill process", pid, "sleep")
    local step = control("Kill process", pid, "sleep")
    assert.equal("Executed", step.status)
    assert.truthy(step.line:find([[\"killed\": false]], 1, true))
    assert.equal("Executed", control("Is gone", "4194999", "x").status)
  end)

  it("takes a number in hex too, from the engine or by itself", function()
    local pid = start "sleep 300"
    assert.equal("Executed", control("Kill process", ("0x%X"):format(pid),
                                     "sleep").status)
    assert.is_false(runs(pid))
    assert.equal("Refused", control("Kill process", "0x1", "sleep").status)

    pid = start "sleep 300"
    local script = ("cd plugins/process-control && python3 control.py kill "
      .. "--pid 0x%x --process sleep --host '%s' --time ''"):format(pid, host)
    assert.truthy(line(script):find('"killed": true', 1, true))
    assert.is_false(runs(pid))
  end)

  it("is never started with what is no number or host", function()
    for _, pid in ipairs { "", "-1", "0", "1", "1 2", "$$", "1e3" } do
      assert.equal("Refused", control("Kill process", pid, "sleep").status)
    end
    assert.equal("Refused", control("Kill process", "99", "").status)
    assert.equal("Refused", control("Kill process", "99", "x", "a b").status)
  end)

  it("tells what a process is", function()
    local pid = start "sleep 300"
    local step = site.act("Process Control", "Process info",
                          { pid = pid, host = host })
    assert.truthy(step.line:find([[\"name\": \"sleep\"]], 1, true))
    assert.truthy(step.line:find([[\"line\": \"sleep 300\"]], 1, true))
    step = site.act("Process Control", "Process info",
                    { pid = "4194999", host = host })
    assert.truthy(step.line:find([[\"running\": false]], 1, true))
  end)
end)
