--- Answers by a script: a spec says what every action, list and clock gives.
--
--     scripted {
--       ["IP Reputation / Look up address"] = { json = { score = 90 } },
--       ["Host Firewall / Block address"]   = { status = "Timed out" },
--       ["Ticket / Open ticket"]            = function(request, n) … end,
--       lists = { allow = { "192.0.2.1" } },
--       now = 1764000000,
--       approve = true,
--       past = { { Login = "root" }, n = 12 },
--     }
--
-- An answer is a table with `status` ("Executed" unless given), `exit`,
-- `stdout` (or `json`, a value), `stderr`, `seconds`, `rule`, `error`; or a
-- string, which is stdout; or a function that is called with the request and
-- how often the action was asked for so far, and returns one of these; or a
-- list, one item for each asking. `approve` is the people's answer, or a
-- function of the request; `past` the earlier alarms (`n`: how many in all),
-- or such a function. Waits are over at once. What the script does not know is
-- an error.

local host = require "riposte.host"

local function is_list(value)
  return type(value) == "table" and value[1] ~= nil
end

local function of_list(lists, request)
  local list = lists and lists[request.list]
  if not list then
    error(("the script has no lists.%s"):format(request.list), 0)
  end
  for _, value in ipairs(list) do
    if tostring(value) == request.value then return { yes = true } end
  end
  return { yes = false }
end

local function shaped(answer)
  if type(answer) == "string" then return { stdout = answer } end
  if answer.json == nil then return answer end

  local copy = {}
  for key, value in pairs(answer) do copy[key] = value end
  copy.json = nil
  copy.stdout = host.encode(answer.json)
  return copy
end

local function given(script, name, request)
  local value = script[name]
  if type(value) == "function" then value = value(request) end
  if value == nil then error("the script has no " .. name, 0) end
  return value
end

local function of_past(past)
  return {
    stdout = host.encode(table.move(past, 1, #past, 1, {})),
    total = past.n or #past,
  }
end

-- What is no action, by its kind.
local questions = {
  list = function(script, request) return of_list(script.lists, request) end,
  now = function(script, request)
    return { time = given(script, "now", request) }
  end,
  approve = function(script, request)
    return { yes = given(script, "approve", request) }
  end,
  past = function(script, request)
    return of_past(given(script, "past", request))
  end,
  note = function() return {} end,
  wait = function() return {} end,
}

return function(script)
  local asked = {}

  return function(request)
    local question = questions[request.kind]
    if question then return question(script, request) end

    local name = request.plugin .. " / " .. request.action
    local answer, n = script[name], (asked[name] or 0) + 1
    asked[name] = n
    if is_list(answer) then answer = answer[n] end
    if type(answer) == "function" then answer = answer(request, n) end
    if answer == nil then
      error(("the script has no answer number %d for %q"):format(n, name), 0)
    end
    return shaped(answer)
  end
end
