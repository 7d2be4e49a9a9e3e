--- Text that somebody else chose, fit for a ticket.

local re = require "re"

local text = {}

--- The first `max` characters at most; a number as it stands, "unknown" where
-- there is nothing.
function text.short(value, max)
  if value == nil or value == "" then return "unknown" end
  local all = tostring(value)
  local start = re.match(all, "(?s)^.{0," .. max .. "}")
  return #start < #all and start .. "…" or all
end

return text
