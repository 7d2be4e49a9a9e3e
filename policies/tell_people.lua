--- Whatever waits for a person, and whatever the engine could not put right by
-- itself, becomes a ticket. docs/events.md has the events and their fields.

local riposte = require "riposte"
local text    = require "text"

local ticket  = riposte.action("Ticket", "Open ticket")

local FIELDS = { "Policy", "Action", "Target", "Rule", "Step", "Lease",
                 "Alarm", "Expires" }
local TO_DO = {
  ["approval opened"] = "To do: riposte approve %s, or deny",
  ["unknown"] = "To do: look at its target, then riposte resolve %s",
  ["restore failed"] = "To do: riposte show %s, then do it by hand",
  ["lease needs a person"] = "To do: undo it, then riposte lease end %s --done",
}

--- What to do, where there is something, and what is known, a line each.
local function details(event)
  local to_do = TO_DO[event.RiposteEvent]
  local id    = event.Approval or event.Lease or event.Step
  local lines = to_do and { to_do:format(id) } or {}

  for _, field in ipairs(FIELDS) do
    if event[field] then
      lines[#lines + 1] = ("%s: %s"):format(field, event[field])
    end
  end
  return table.concat(lines, "\n")
end

return {
  name = "tell-people",
  on   = {
    { RiposteEvent = { "approval opened", "unknown", "run parked",
                       "lease needs a person", "restore failed",
                       "set refused", "journal full",
                       "journal too large" } },
    { RiposteEvent = "undo failed", Attempt = 1 },
  },

  run = function(event)
    ticket {
      subject  = ("%s: %s"):format(event.RiposteEvent,
                                   text.short(event.Text, 200)),
      priority = TO_DO[event.RiposteEvent] and "high" or "normal",
      details  = details(event),
    }
  end,
}
