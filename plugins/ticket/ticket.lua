--- Opens a ticket: a JSON file in $RIPOSTE_STATE.
--
-- usage: ticket.lua SUBJECT PRIORITY DETAILS ALARM
--
-- The step's idempotency key ($RIPOSTE_STEP) is the ticket's number, so the
-- same step asked twice is one ticket.

local subject, priority, details, alarm = ...
local state, step = os.getenv("RIPOSTE_STATE"), os.getenv("RIPOSTE_STEP")

--- A JSON string. Bytes that are no UTF-8 become U+FFFD.
local function quote(text)
  if not utf8.len(text) then
    text = text:gsub("[\128-\255]", "\u{FFFD}")
  end
  return '"' .. text:gsub('[%c"\\\127]', function(c)
    return ("\\u%04x"):format(c:byte())
  end) .. '"'
end

local path = ("%s/%s.json"):format(state, step)
local file = assert(io.open(path .. ".new", "w"))
assert(file:write(("{\n"
  .. '  "ticket": %s,\n  "opened": %s,\n  "subject": %s,\n'
  .. '  "priority": %s,\n  "details": %s,\n  "alarm": %s\n}\n'):format(
  quote(step), quote(os.date("!%Y-%m-%dT%H:%M:%SZ")), quote(subject),
  quote(priority), quote(details), quote(alarm))))
assert(file:close())
assert(os.rename(path .. ".new", path))

print(('{"ticket":%s,"file":%s}'):format(quote(step), quote(path)))
