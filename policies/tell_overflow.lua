--- An action whose budget is used up: one ticket, until it has been quiet for
-- an hour, however many alarms want it.

local riposte = require "riposte"
local text    = require "text"

local ticket  = riposte.action("Ticket", "Open ticket")

return {
  name      = "tell-overflow",
  on        = { RiposteEvent = "budget overflow" },
  threshold = { count = 1, within = "1h", by = "Action" },

  run = function(event)
    ticket {
      subject  = ("Budget used up: %s"):format(event.Action),
      priority = "high",
      details  = ("First: %s (policy %s, target %s): %s"):format(
        event.Step, event.Policy or "none", event.Target or "unknown",
        text.short(event.Text, 500)),
    }
  end,
}
