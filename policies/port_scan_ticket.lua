--- A port scan: one ticket for each scanner, however many alarms it raises.

local riposte = require "riposte"

local lookup = riposte.action("IP Reputation", "Look up address")
local ticket = riposte.action("Ticket", "Open ticket")

return {
  name      = "port-scan-ticket",
  tags      = { "attack.t1046" },
  on        = { AlarmRuleName = { prefix = "ET SCAN " } },
  threshold = { count = 3, within = "10m", by = "SIP" },

  run = function(alarm)
    local scanner, target = table.unpack(riposte.all {
      lookup.call { address = alarm.SIP },
      lookup.call { address = alarm.DIP },
    })

    ticket {
      subject  = ("Port scan from %s"):format(alarm.SIP),
      priority = scanner.json.score > 80 and "high" or "low",
      details  = ("Last: %s on %s (%s)"):format(
        alarm.AlarmRuleName, alarm.DIP, target.json.category),
    }
  end,
}
