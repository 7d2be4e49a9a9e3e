--- Runs an action of the shipped plugins as an analyst does, in a site of its
-- own: `riposte act … --json`.

local act = {}

local build = os.getenv("BUILD") or "build"

--- One word for the shell that io.popen starts.
local function quoted(word)
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

--- The output of a command line, without its last newline.
local function output(...)
  local words = {}
  for i, word in ipairs { ... } do
    words[i] = quoted(word)
  end
  local pipe = assert(io.popen(table.concat(words, " ") .. " 2>&1"))
  local text = pipe:read("a"):gsub("\n$", "")
  local _, _, status = pipe:close()
  return text, status
end

--- A site with the repository's plugins; the table's remove() takes it away.
function act.site()
  local site = { path = output("mktemp", "-d") }
  output("cp", "-R", "plugins", site.path)

  --- Runs an action; params by slug. Returns the step and the exit status.
  function site.act(plugin, action, params)
    local words = { build .. "/riposte", "act", "--site", site.path,
                    "--json", plugin, action }
    for name, value in pairs(params) do
      words[#words + 1] = "-p"
      words[#words + 1] = name .. "=" .. value
    end
    local text, status = output(table.unpack(words))
    local step = { line = text }
    for key in text:gmatch('"(%w+)":') do
      step[key] = text:match('"' .. key .. '":"(.-[^\\])"')
        or tonumber(text:match('"' .. key .. '":([%d.]+)'))
    end
    return step, status
  end

  --- A file below state/, or nil.
  function site.read(name)
    local file = io.open(site.path .. "/state/" .. name)
    if not file then
      return nil
    end
    local text = file:read("a")
    file:close()
    return text
  end

  function site.write(name, text)
    local file = assert(io.open(site.path .. "/" .. name, "w"))
    file:write(text)
    file:close()
  end

  function site.remove()
    output("rm", "-rf", site.path)
  end

  return site
end

return act
