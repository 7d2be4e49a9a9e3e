--- Impossible travel: a login from where the user cannot have got to since
-- the last one, or before the next.
--
-- A stolen password, or a VPN's exit: nobody can tell from the alarm. So
-- nobody is locked out. The user goes on a list that other policies and people
-- can look at, and the analysts get a ticket with both places. Travellers and
-- addresses that say nothing about where a person is are left out.

local riposte = require "riposte"
local text    = require "text"

local check      = riposte.action("Login History", "Check login")
local lookup     = riposte.action("IP Reputation", "Look up address")
local watch      = riposte.action("List Keeper", "Add item")
local ticket     = riposte.action("Ticket", "Open ticket")
local travellers = riposte.list "travellers"
local egress     = riposte.list "egress"

--- Where the sources that know the coordinates of an address have them.
local function coordinates(alarm)
  for _, place in ipairs { "source.geo.location",       -- ECS
                           "GeoLocation.location",      -- Wazuh
                           "evidences[1].src_endpoint.location" } do -- OCSF
    local latitude  = alarm[place .. ".lat"]
    local longitude = alarm[place .. ".lon"] or alarm[place .. ".long"]
    if latitude and longitude then return latitude, longitude end
  end
  return alarm.latitude, alarm.longitude
end

--- What the address is known for: 0 where there is none.
local function score_of(address)
  return address and lookup { address = address }.json.score or 0
end

local function told(login)
  return ("%s at %s from %s"):format(text.short(login.place, 100), login.time,
                                     text.short(login.address, 50))
end

return {
  name = "impossible-travel",
  tags = { "attack.t1078" },
  on   = {
    SLocationCountry = { exists = true },
    Login            = { exists = true },
    AlarmRuleName    = { re = {
      [[(?i)\b(accepted|success\w*) (log ?[io]n|sign-?in|authentication)]],
      [[(?i)\b(log ?[io]n|sign-?in|authentication) (accepted|succe\w*)]],
      [[(?i)successfully (logged|signed) [io]n]] } },
  },

  run = function(alarm)
    local user, address = alarm.Login, alarm.SIP
    if travellers:has(user) or address and egress:has(address) then return end

    local latitude, longitude = coordinates(alarm)
    local login = check { latitude = latitude, longitude = longitude }.json
    -- Nothing is kept in a dry run, so there is no answer.
    if not login or login.verdict ~= "impossible" then return end

    local score = score_of(address)
    watch { list = "watched_users", item = user }
    ticket {
      subject  = ("Impossible travel: %s"):format(text.short(user, 100)),
      priority = score > 80 and "high" or "normal",
      details  = ("%s\n%s\nAt least %d km in %.2f hours. The address has "
        .. "score %d. The user is on the list watched_users; nobody is "
        .. "locked out."):format(
        told { place = login.place, time = login.time, address = address },
        told(login.other), login.km, login.hours, score),
    }
  end,
}
