--- Ransomware at work: end the process, take the host off the network if the
-- alarm justifies it, tell the analysts.
--
-- The process is named by number, name and host, as the sensor saw them; the
-- plugin ends it only where all three fit. Programs that rewrite many files
-- for a living stand on a list and go on; the host is judged as ever, since
-- malware can take any name.

local riposte   = require "riposte"
local re        = require "re"
local isolation = require "isolation"
local text      = require "text"

local kill    = riposte.action("Process Control", "Kill process")
local ticket  = riposte.action("Ticket", "Open ticket")
local allowed = riposte.list "allowed_processes"

--- Where sources have the number of a process; LogRhythm in Object, as 0x1a4.
local function pid_of(alarm)
  for _, path in ipairs { "process.pid",                    -- ECS
                          "data.win.eventdata.processId",   -- Wazuh, Windows
                          "data.audit.pid",                 -- Wazuh, auditd
                          "evidences[1].process.pid",       -- OCSF
                          "Object" } do
    local pid = alarm[path]
    if pid and re.match(tostring(pid), "^(?:0[xX][0-9a-fA-F]+|[0-9]+)$") then
      return pid
    end
  end
end

--- Ends the process. A sentence on what became of it, and whether it was left
-- alone on purpose.
local function stopped(alarm)
  local pid, process, host = pid_of(alarm), alarm.Process, alarm.DHostName
  if not (pid and process and host) then
    return "The alarm does not say which process it was.", false
  elseif allowed:has(process)
      or allowed:has(re.match(process, [[[^/\\]*$]])) then
    return ("%s is allowed; it goes on."):format(process), true
  end

  local killed, failure = kill:try { pid = pid, process = process, host = host }
  if not killed then
    return "The process was not ended: " .. failure.message, false
  elseif killed.json and not killed.json.killed then
    return "The process had ended before.", false
  end
  return ("Process %s (%s) was ended."):format(pid, process), false
end

--- What became of the host, in a sentence.
local function isolated(alarm)
  if not (alarm.SIP and alarm.DIP) then return "No host was isolated." end
  local ends = isolation.of(alarm)
  return ends.done and ("%s is isolated."):format(ends.host)
    or "No host was isolated."
end

return {
  name = "ransomware-process",
  tags = { "attack.t1486" },
  on   = {
    { AlarmRuleName = { re = [[(?i)\bransom]] } },
    { ["rule.mitre.id[]"]         = "T1486" }, -- Wazuh
    { ["threat.technique.id[]"]   = "T1486" }, -- ECS
    { ["attacks[].technique.uid"] = "T1486" }, -- OCSF
  },

  run = function(alarm)
    local outcome, spared = stopped(alarm)
    local network = isolated(alarm)

    ticket {
      subject  = ("Ransomware on %s: %s"):format(
        text.short(alarm.DHostName, 100), text.short(alarm.AlarmRuleName, 200)),
      priority = spared and "normal" or "high",
      details  = text.short(outcome, 1000) .. "\n" .. network,
    }
  end,
}
