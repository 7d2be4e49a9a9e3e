--- What policies see: `local riposte = require "riposte"`.
--
-- Everything here makes requests and gives their answers a shape; nothing
-- here does anything. docs/policies.md is the reference for policy authors.

local core = require "riposte.core"
local run = require "riposte.run"

local here = core.here -- errors keep the policy's line, tail calls too

local riposte = {}

local function raise(text, ...)
  return core.raise(text:format(...))
end

local function at_load(what)
  if run.inside() then
    raise("%s belongs at the top of the file, not into a run", what)
  end
end

--- A value that can be called and has named functions, but not be changed.
local function object(call, functions)
  local known = {}
  for name in pairs(functions) do known[#known + 1] = name end

  return setmetatable({}, {
    __call = call and here(call),
    __index = function(_, name)
      if functions[name] then return functions[name] end
      local near = core.nearest(tostring(name), known)
      raise("no '%s' here%s", tostring(name),
        near and (": did you mean '%s'?"):format(near) or "")
    end,
    __newindex = function() raise("this cannot be changed") end,
    __metatable = false,
  })
end

-- ---- asking ---------------------------------------------------------------

--- May this answer's request be asked again? What only gathers, whenever it
-- failed; what changes something, only where it certainly did not start.
local function may_retry(request, answer, tries)
  local retries, gathers = core.retries(request)
  local status = answer.status

  return tries < retries and (status == "Not started" or gathers
    and (status == "Failed to Execute" or status == "Timed out"))
end

--- Asks for all, and again for those that may be retried. Every asking is a
-- step of its own.
local function ask_all(requests)
  local answers = run.ask(requests)
  local tries = 0

  while true do
    local again, places = {}, {}
    for i, request in ipairs(requests) do
      if may_retry(request, answers[i], tries) then
        again[#again + 1], places[#places + 1] = request, i
      end
    end
    if #again == 0 then return answers end
    for k, answer in ipairs(run.ask(again)) do answers[places[k]] = answer end
    tries = tries + 1
  end
end

local function ask(request)
  local answer = ask_all { request }[1]
  if not answer.ok then core.raise(answer.message) end
  return answer
end

local function try(request)
  local answer = ask_all { request }[1]
  if answer.ok then return answer end
  return nil, answer
end

-- A request is a value of the host: `ban()` asks, `ban:try()` does too.
core.request_type.__call = here(function(request) return ask(request) end)
core.request_type.__index = core.lock {
  try = here(function(request)
    if not core.is_request(request) then raise("write request:try()") end
    return try(request)
  end),
}

-- ---- actions --------------------------------------------------------------

--- Binds to an action of the catalogue, by the names of plugin and action.
riposte.action = here(function(plugin, name)
  at_load("riposte.action")
  if type(plugin) ~= "string" or type(name) ~= "string" then
    raise('write riposte.action("Plugin", "Action")')
  end

  local action = core.action(plugin, name)
  local handle
  local function request(params, options)
    if not run.inside() then
      raise("%s / %s: only a run can ask for something,"
        .. " not a file that is loaded", plugin, name)
    end
    return core.request(action, params, options)
  end

  handle = object(
    function(_, params, options) return ask(request(params, options)) end,
    {
      try = here(function(self, params, options)
        if self ~= handle then raise("write action:try { … }") end
        return try(request(params, options))
      end),
      call = here(function(params, options)
        if params == handle then raise("write action.call { … }") end
        return request(params, options)
      end),
    })
  return handle
end)

local function check_requests(requests)
  if type(requests) ~= "table" then
    raise("riposte.all takes a list: riposte.all { a.call { … }, … }")
  end
  local n = 0
  for i, request in pairs(requests) do
    n = n + 1
    if i ~= n or not core.is_request(request) then
      raise("riposte.all: item %d is no request; action.call { … } makes one",
        n)
    end
  end
end

local function all_answers(requests)
  check_requests(requests)
  if #requests == 0 then return {} end
  -- A copy: the run's list must not change while it waits.
  return ask_all(table.move(requests, 1, #requests, 1, {}))
end

--- Asks for several requests at once and waits for all of them. Results come
-- in the order of the requests.
riposte.all = object(
  function(_, requests)
    local answers = all_answers(requests)
    for _, answer in ipairs(answers) do
      if not answer.ok then core.raise(answer.message) end
    end
    return answers
  end,
  {
    try = here(function(self, requests)
      if self ~= riposte.all then raise("write riposte.all:try { … }") end
      return all_answers(requests)
    end),
  })

-- ---- the rest -------------------------------------------------------------

--- A list of the site: lists/NAME.txt.
riposte.list = here(function(name)
  at_load("riposte.list")
  if type(name) ~= "string" then raise('write riposte.list "name"') end
  core.list(name)

  local handle
  handle = object(nil, {
    has = here(function(self, value)
      if self ~= handle then raise("write list:has(value)") end
      return run.ask({ core.list_request(name, value) })[1]
    end),
  })
  return handle
end)

--- The time, in seconds since 1970, as it was when the run first asked.
riposte.now = here(function()
  return run.ask({ core.now_request() })[1]
end)

--- A secret of the site by its name, for an encrypted parameter or one with
-- Via. No policy sees what it is.
riposte.secret = here(function(name)
  if type(name) ~= "string" then raise('write riposte.secret "name"') end
  return core.secret(name)
end)

--- Waits: riposte.wait "10m".
riposte.wait = here(function(duration)
  run.ask({ core.wait_request(duration) })
end)

--- Writes something for people into the journal, beside the run's steps.
riposte.note = here(function(text)
  run.ask({ core.note_request(text) })
end)

--- Options are given by name, but for a first one; a wrong one names its
-- neighbour.
local function check_keys(what, given, known)
  for key in pairs(given) do
    local found = key == 1
    for _, name in ipairs(known) do found = found or name == key end
    if not found then
      local near = core.nearest(tostring(key), known)
      raise("%s: no '%s'%s", what, tostring(key),
        near and ("; did you mean '%s'?"):format(near)
          or "; known: " .. table.concat(known, ", "))
    end
  end
end

--- Earlier alarms with the same value in that field, newest first, at most
-- 100 of them; `.n` is how many there are.
riposte.past = here(function(options)
  if type(options) ~= "table" then
    raise('write riposte.past { by = "SIP", within = "24h" }')
  end
  check_keys("riposte.past", options, { "by", "within" })
  if type(options.by) ~= "string" then
    raise('riposte.past: by names a field, such as by = "SIP"')
  end

  core.check_indexed(options.by)
  local value = run.field(options.by)
  if value == nil then return { n = 0 } end
  return run.ask({
    core.past_request(options.by, value, options.within or "24h") })[1]
end)

--- Asks people: true where they agree, false where they do not, or do not
-- answer within that time.
riposte.approve = here(function(options)
  if type(options) ~= "table" then
    raise('write riposte.approve { "Question?", action = …, within = "30m" }')
  end
  check_keys("riposte.approve", options,
    { "action", "within", "group", "quorum" })
  if options[1] == nil then
    raise('riposte.approve: the question comes first: { "Block it?", … }')
  end
  if options.action ~= nil and not core.is_request(options.action) then
    raise("riposte.approve: action is what action.call { … } gives")
  end
  return run.ask({ core.approve_request(options[1], options.action,
    options.within or "1h", options.group, options.quorum) })[1]
end)

return object(nil, riposte)
