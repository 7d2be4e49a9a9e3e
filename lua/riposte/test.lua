--- Tests of policies: loads them as the engine does and runs them on alarms,
-- with answers by a script. Works in riposte-lua only:
-- `busted --lua=build/riposte-lua`.
--
--     local test = require "riposte.test"
--     local policy = test.policy "policies/ssh_brute_force.lua"
--
--     it("blocks an address of bad reputation", function()
--       local run = policy:run({ SIP = "203.0.113.9" }, {
--         ["IP Reputation / Look up address"] = { json = { score = 90 } },
--         ["Host Firewall / Block address"]   = {},
--         ["Ticket / Open ticket"]            = {},
--         lists = { allow = {} },
--       })
--       assert.equal("done", run.outcome)
--       assert.equal("203.0.113.9", run:action("Block address").params.Address)
--     end)
--
-- `test.policy(file [, site])` takes a file below the site's folder (default
-- "."); `test.text(text [, site [, file]])` the policy's text itself. Both
-- raise what is wrong with it.
--
-- `policy:run(alarm, script)` takes the alarm's fields by their SmartResponse
-- names (others by their path) and a script: answer/scripted.lua says what
-- may stand in one. It returns a run:
--
-- - `outcome`: "done", "failed" or "parked"; `error`: why, if not done
-- - `steps`: every step in order, each with `step` (its number), `kind`
--   ("action", "list", "now", "wait", "approve", "past", "note"), `answer`,
--   `request` (its canonical JSON), and for an action `plugin`, `action`,
--   `params` (by display name, as text), `timeout` and `expires` (seconds),
--   `reason`; for a list `list`, `value`; for a wait `seconds`; for an
--   approval `text`, `subject` (the action), `within`, `group`; for the past
--   `by`, `value`, `within`; for a note `text`
-- - `run:actions()`: the names of the actions asked for, in order
-- - `run:action(name [, n])`: the n-th (default first) step of that action,
--   or nil
--
-- `policy:replay(alarm, script, run)` runs it again, fed with the recorded
-- answers of `run`; only steps beyond them are asked of the script.
-- `policy:matches(alarm)` tells whether `on` holds; `policy.name`, `.tags` and
-- `.threshold` (durations in seconds) are what the file declares.

local host = require "riposte.host"
local scripted = require "riposte.answer.scripted"

local test = {}

local Run = {}
Run.__index = Run

function Run:actions()
  local names = {}
  for _, step in ipairs(self.steps) do
    if step.kind == "action" then names[#names + 1] = step.action end
  end
  return names
end

function Run:action(name, n)
  n = n or 1
  for _, step in ipairs(self.steps) do
    if step.action == name then
      n = n - 1
      if n == 0 then return step end
    end
  end
end

local Policy = {}
Policy.__index = Policy

function Policy:run(alarm, script)
  return setmetatable(self.loaded:run(alarm, scripted(script or {})), Run)
end

function Policy:replay(alarm, script, run)
  local answer = scripted(script or {})
  return setmetatable(self.loaded:run(alarm, answer, run.steps), Run)
end

function Policy:matches(alarm)
  return self.loaded:matches(alarm)
end

-- Sites are immutable, as in the engine: opened once.
local sites = {}

local function open(folder)
  if not sites[folder] then
    local site, problems = host.open(folder)
    if not site then error(table.concat(problems, "\n"), 0) end
    sites[folder] = site
  end
  return sites[folder]
end

function test.text(text, site, file)
  local loaded, problems =
    open(site or "."):load(file or "policies/test.lua", text)
  if not loaded then error(table.concat(problems, "\n"), 2) end

  local info = loaded:info()
  return setmetatable({
    loaded = loaded, name = info.name, tags = info.tags,
    threshold = info.threshold, counter = info.counter, warnings = problems,
  }, Policy)
end

function test.policy(file, site)
  local handle = assert(io.open((site or ".") .. "/" .. file, "rb"))
  local text = handle:read("a")
  handle:close()
  return test.text(text, site, file)
end

return test
