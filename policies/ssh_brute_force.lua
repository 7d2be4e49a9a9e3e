--- SSH brute force: five failed logins from one address within a minute.
--
-- Blocks the address for an hour if its reputation is bad and nobody allowed
-- it; leaves every case to the analysts as a ticket.

local riposte = require "riposte"

local lookup  = riposte.action("IP Reputation", "Look up address")
local block   = riposte.action("Host Firewall", "Block address")
local ticket  = riposte.action("Ticket", "Open ticket")
local allowed = riposte.list "allow"

return {
  name      = "ssh-brute-force",
  tags      = { "attack.t1110.001" },
  on        = { AlarmRuleName = "sshd: failed password" },
  threshold = { count = 5, within = "1m", by = "SIP" },

  run = function(alarm)
    local ip    = alarm.SIP
    local score = lookup { address = ip }.json.score
    local bad   = score > 80 and not allowed:has(ip)

    if bad then
      block({ address = ip }, { expires = "1h" })
    end
    ticket {
      subject  = ("SSH brute force from %s (score %d)"):format(ip, score),
      priority = bad and "high" or "normal",
      details  = bad and "The address is blocked for an hour."
                  or "Nothing was blocked.",
    }
  end,
}
