-- `make lint`.
std = "lua54"
max_line_length = 80

-- Specs run under busted, with the host inside.
files["tests"] = { std = "lua54+busted" }
-- Rockspecs are tables of globals.
files["*.rockspec"] = { std = "+rockspec" }
files[".luacheckrc"] = { std = "+luacheckrc" }
