--- Taking a host of ours off the network: how sure one must be for it.
--
-- A sensor names two addresses and does not say which of them is ours. Only a
-- host of our own networks is isolated, and only where the other end has a
-- bad name.

local riposte = require "riposte"

local lookup   = riposte.action("IP Reputation", "Look up address")
local isolate  = riposte.action("Host Isolation", "Isolate host")
local internal = riposte.list "internal"

local isolation = {}

--- Isolates our end of the alarm if that is justified. Returns `host` (ours,
-- if one of them is), `peer`, the peer's `score`, and `done`.
function isolation.of(alarm)
  local host, peer = alarm.SIP, alarm.DIP
  if not internal:has(host) then
    host, peer = peer, host
  end

  local score = lookup { address = peer }.json.score
  local done  = score >= 50 and internal:has(host)
  if done then
    isolate { host = host, reason = alarm.AlarmRuleName }
  end
  return { host = host, peer = peer, score = score, done = done }
end

return isolation
