-- Rewrites the tables of docs/sources.md from the data files of the sources:
-- `make docs`. With --check nothing is written, and the exit status is 1 where
-- something would be.

local FOLDER = "lua/riposte/sources/"
local PAGE   = "docs/sources.md"
local BEGIN  = "<!-- made by docs/make_sources.lua: begin -->\n"
local END    = "<!-- made by docs/make_sources.lua: end -->\n"
local NAMES  = { "cef", "ecs", "generic", "leef", "logrhythm", "ocsf", "sshd",
                 "suricata", "wazuh" }

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function code(value)
  local text = type(value) == "string" and value or ("%s"):format(value)
  return "`" .. text:gsub("|", "\\|") .. "`"
end

-- { "a", "b" } or "a" as a list.
local function list(value)
  if type(value) == "table" and (value[1] or next(value) == nil) then
    return value
  end
  return { value }
end

local function keys(source)
  local names = {}
  for name in pairs(source or {}) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function step(value)
  if type(value) ~= "table" then
    return code(value)
  elseif value.value ~= nil then
    return "always " .. code(value.value)
  elseif value.re then
    return code(value.path) .. " cut by " .. code(value.re)
  end
  if value.map then
    local words = {}
    for i, key in ipairs(keys(value.map)) do
      words[i] = code(key) .. " as " .. code(value.map[key])
    end
    return code(value.path) .. ": " .. table.concat(words, ", ")
  end
  return code(value.path)
end

local function steps(value)
  local parts = {}
  for i, item in ipairs(list(value)) do
    parts[i] = step(item)
  end
  return table.concat(parts, ", ")
end

-- SmartResponse's names in their own order, then the source's own.
local function ordered(fields)
  local names, seen = {}, {}
  for name in read "engine/model/field.c":gmatch '%u+%("(%w+)"' do
    seen[name] = true
    if fields[name] ~= nil then
      names[#names + 1] = name
    end
  end
  local own = {}
  for name in pairs(fields) do
    if not seen[name] then
      own[#own + 1] = name
    end
  end
  table.sort(own)
  return table.move(own, 1, #own, #names + 1, names)
end

local function facts(source)
  local lines = {}
  local function add(what, value)
    if value then
      lines[#lines + 1] = "- " .. what .. ": " .. value
    end
  end
  local only = {}
  for i, path in ipairs(keys(source.only)) do
    only[i] = code(path) .. " is " ..
              table.concat(list(source.only[path]), " or ")
  end
  local detect = {}
  for i, path in ipairs(source.detect.paths or {}) do
    local alternatives = {}
    for j, each in ipairs(list(path)) do
      alternatives[j] = code(each)
    end
    detect[i] = table.concat(alternatives, " or ")
  end
  add("`auto` knows it by", detect[1] and table.concat(detect, ", "))
  add("only where", only[1] and table.concat(only, ", "))
  add("id", source.id_field and steps(source.id_field))
  add("time", source.time_field and steps(source.time_field))
  add("count", source.count_field and steps(source.count_field))
  return lines
end

local function field_rows(source)
  local rows = { "| field | from, the first that is there |", "| --- | --- |" }
  for _, name in ipairs(ordered(source.fields)) do
    rows[#rows + 1] = ("| `%s` | %s |"):format(name,
                                               steps(source.fields[name]))
  end
  return rows
end

local function groups(re, into)
  for name in re:gmatch "%(%?<(%w+)>" do
    into[#into + 1] = "`" .. name .. "`"
  end
  return into
end

local function pattern_rows(source)
  local rows = { "| `AlarmRuleName` | fields |", "| --- | --- |" }
  for _, pattern in ipairs(source.patterns) do
    local names = groups(pattern.re, groups(source.prefix or "", {}))
    rows[#rows + 1] = ("| %s | %s |"):format(
      pattern.fields.AlarmRuleName, table.concat(names, ", "))
  end
  return rows
end

local function chapter(name)
  local source = dofile(FOLDER .. name .. ".lua")
  local lines = { "### " .. name, "", source.about .. ".", "" }
  local function add(more)
    table.move(more, 1, #more, #lines + 1, lines)
    lines[#lines + 1] = more[1] and "" or nil
  end
  add(facts(source))
  add(source.fields and field_rows(source) or {})
  add(source.patterns and pattern_rows(source) or {})
  return table.concat(lines, "\n")
end

local chapters = {}
for i, name in ipairs(NAMES) do
  chapters[i] = chapter(name)
end

local page = read(PAGE)
local _, from = page:find(BEGIN, 1, true)
local to = page:find(END, 1, true)
assert(from and to, PAGE .. " has lost its begin or end mark")
local made = page:sub(1, from) .. "\n" .. table.concat(chapters, "\n") ..
             "\n" .. page:sub(to)

if arg[1] ~= "--check" then
  local file = assert(io.open(PAGE, "wb"))
  assert(file:write(made))
  assert(file:close())
elseif made ~= page then
  io.stderr:write(PAGE, " is not what its data files say: make docs\n")
  os.exit(1)
end
