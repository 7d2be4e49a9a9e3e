--- A phishing mail: its sender goes on the list that the mail gateway reads.
--
-- Whoever writes a mail chooses its sender. So an address of our own domains,
-- or of a partner's that stands on the same list, is never blocked, however
-- often it is reported; and one address goes on the list, never a domain.

local riposte = require "riposte"
local re      = require "re"
local text    = require "text"

local block  = riposte.action("List Keeper", "Add sender")
local ticket = riposte.action("Ticket", "Open ticket")
local own    = riposte.list "own_domains"

--- The address alone, of `Anna <anna@corp.example>` too, and its domain; nil
-- where it has none.
local function address_of(sender)
  local address = re.match(sender, [[<([^<>]+)>\s*$]]) or sender
  return re.match(address:lower(), [[^\s*([^@\s]+@([^@\s]+?))\.?\s*$]])
end

--- Is the domain on the list, or one above it?
local function is_own(domain)
  while domain do
    if own:has(domain) then return true end
    domain = re.match(domain, [[^[^.]*\.(.+)$]])
  end
  return false
end

--- Everybody who got the mail, where the alarm names them all (ECS).
local function recipients(alarm)
  local all = alarm["email.to.address"]
  if type(all) ~= "table" then return text.short(alarm.Recipient, 500) end
  local names = {}
  for i, address in ipairs(all) do names[i] = text.short(address, 300) end
  return text.short(table.concat(names, ", "), 2000)
end

--- What became of the sender, in a sentence, and the ticket's priority.
local function handled(address, domain)
  if not address then
    return "The sender is no address; nothing was blocked.", "normal"
  elseif is_own(domain) then
    return "The sender claims to be one of us; nothing was blocked.", "high"
  end
  local blocked, failure = block:try { sender = address }
  if blocked then
    return ("%s is on the list senders."):format(address), "normal"
  end
  return "The sender was not blocked: " .. failure.message, "high"
end

return {
  name = "phishing-sender",
  tags = { "attack.t1566" },
  on   = {
    { Sender = { exists = true }, AlarmRuleName = { re = [[(?i)\bphish]] } },
    { Sender = { exists = true },
      ["rule.mitre.id[]"] = { prefix = "T1566" } },      -- Wazuh
    { Sender = { exists = true },
      ["threat.technique.id[]"] = { prefix = "T1566" } }, -- ECS
  },

  run = function(alarm)
    local address, domain = address_of(alarm.Sender)
    local outcome, priority = handled(address, domain)

    ticket {
      subject  = ("Phishing from %s"):format(text.short(alarm.Sender, 100)),
      priority = priority,
      details  = ("To: %s\nSubject: %s\n%s"):format(
        recipients(alarm), text.short(alarm.Subject, 300),
        text.short(outcome, 500)),
    }
  end,
}
