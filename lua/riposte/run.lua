--- The runner: the only place that makes, resumes and yields coroutines.
--
-- A policy's run is a coroutine that yields lists of requests and is resumed
-- with the list of their answers. Who gives the answers is the answerers'
-- business: the journal those that were recorded, the engine the others.
-- The steps of a run are numbered here, from 1, in the order of asking.
--
-- What reaches `finish` has left the run's table before the host is told, so
-- that the host may do as it likes.

local core = require "riposte.core"
local journal = require "riposte.answer.journal"
local live = require "riposte.answer.live"

local run = {}

-- By the host's name for the run: its coroutine, the number of steps, and the
-- fan-out it waits for (first step, requests, answers, how many are missing).
local open = {}

-- The alarm of the run that is on the CPU.
local alarm_now

--- Is a run asking? Not while files are loaded.
function run.inside()
  local _, main = coroutine.running()
  return not main
end

--- Asks for every request of the list; returns the answers in order.
-- Called by the vocabulary (init.lua) on a policy's behalf.
function run.ask(requests)
  if not run.inside() then
    core.raise("only a run can ask for something, not a file that is loaded")
  end
  if not coroutine.isyieldable() then
    core.raise("nothing can be asked for inside a callback of table.sort,"
      .. " re.gsub or a metamethod: collect first, then ask")
  end
  return coroutine.yield(requests)
end

--- A field of the alarm that the asking run is about.
function run.field(name)
  if not run.inside() then
    core.raise("only a run can ask for something, not a file that is loaded")
  end
  return alarm_now[name]
end

local function finish(entry, outcome, text)
  open[entry.id] = nil
  core.done(entry.id, outcome, text)
end

--- Lets the policy go on. Returns the requests that it asks next, or nil
-- where the run is over.
local function resume(entry, ...)
  local thread = entry.thread
  alarm_now = entry.alarm
  local ok, value = core.slice(coroutine.resume, thread, ...)
  local stopped = core.stopped()

  if stopped then return finish(entry, "parked", stopped) end
  if not ok then return finish(entry, "failed", core.text(value, thread)) end
  if coroutine.status(thread) == "dead" then return finish(entry, "done") end
  return value
end

--- Takes what the journal knows. Returns the step at which something else was
-- recorded, if there is one: then nothing of this fan-out may start.
local function take_past(entry)
  for i, request in ipairs(entry.requests) do
    local known, answer = journal(entry.id, entry.first + i - 1, request)
    if known == false then return i end
    if known then
      entry.answers[i] = answer
      entry.missing = entry.missing - 1
    end
  end
end

local function diverged(entry, i)
  return finish(entry, "parked",
    ("%sstep %d asks for something else than was recorded: %s"):format(
      core.where(entry.thread), entry.first + i - 1,
      core.request_text(entry.requests[i])))
end

--- Asks live for what the journal does not know.
local function ask_rest(entry)
  -- The host may drop the run while it is told.
  local answers, missing = entry.answers, {}

  for i in ipairs(entry.requests) do
    if answers[i] == nil then missing[#missing + 1] = i end
  end
  for _, i in ipairs(missing) do
    live(entry.id, entry.first + i - 1, entry.requests[i])
  end
end

--- Runs the policy until it waits for an answer, or is over.
local function go(entry, ...)
  local requests = resume(entry, ...)

  while requests do
    entry.first = entry.steps + 1
    entry.steps = entry.steps + #requests
    entry.requests, entry.answers, entry.missing = requests, {}, #requests
    if entry.steps > core.steps_max then
      return finish(entry, "parked", ("%sasked for more than %d steps"):format(
        core.where(entry.thread), core.steps_max))
    end

    local other = take_past(entry)
    if other then return diverged(entry, other) end
    if entry.missing > 0 then return ask_rest(entry) end
    requests = resume(entry, entry.answers)
  end
end

--- Starts a run: f(alarm).
function run.start(id, f, alarm)
  local entry =
    { id = id, alarm = alarm, steps = 0, thread = coroutine.create(f) }
  open[id] = entry
  return go(entry, alarm)
end

local function waiting(id, step)
  local entry = assert(open[id], "no such run")
  local i = step - entry.first + 1

  assert(entry.requests[i] and entry.answers[i] == nil, "not asked")
  return entry, i
end

--- The request of a step that waits for its answer.
function run.request(id, step)
  local entry, i = waiting(id, step)
  return entry.requests[i]
end

--- The answer to a step, once.
function run.answer(id, step, answer)
  local entry, i = waiting(id, step)

  entry.answers[i] = answer
  entry.missing = entry.missing - 1
  if entry.missing == 0 then return go(entry, entry.answers) end
end

return run
