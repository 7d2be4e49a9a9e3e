--- Policies in a few lines, for the specs beside this file.

local test = require "riposte.test"

local SITE = "tests/lua/site"

local kit = {}

local TOP = [[
local riposte = require "riposte" local re = require "re"
local look, act = riposte.action("Kit", "Look"), riposte.action("Kit", "Act")
]]

--- A policy whose run has this body; the body begins at line 4.
function kit.policy(body, top)
  return test.text(TOP .. (top or "")
    .. "return { name = 'x', on = {}, run = function(alarm)\n"
    .. body .. "\nend }", SITE)
end

--- Runs a body on an alarm. Actions succeed unless the script says otherwise.
function kit.run(body, script, alarm)
  script = script or {}
  script["Kit / Look"] = script["Kit / Look"] or function() return {} end
  script["Kit / Act"] = script["Kit / Act"] or function() return {} end
  script.lists = script.lists or { allow = { "192.0.2.1" } }
  return kit.policy(body):run(alarm or { SIP = "192.0.2.1" }, script)
end

--- The text that a body gives to error(text, 0), without its place.
function kit.value(body, alarm)
  local run = kit.run(
    "local function f()\n" .. body .. "\nend\nerror(tostring(f()), 0)",
    nil, alarm)
  local text = run.error:gsub("^[%w_/]+%.lua:%d+: ", "")
  return text
end

--- What a body fails with.
function kit.error(body, script)
  local run = kit.run(body, script)
  if run.outcome ~= "failed" then
    error("the run is " .. run.outcome .. ": " .. tostring(run.error), 2)
  end
  return run.error
end

return kit
