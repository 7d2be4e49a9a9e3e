local act = dofile "tests/plugins/act.lua"

describe("List Keeper", function()
  local site

  before_each(function() site = act.site() end)
  after_each(function() site.remove() end)

  local function item(verb, value, list)
    return site.act("List Keeper", verb .. " item",
                    { list = list or "hosts", item = value })
  end

  local function sender(verb, value)
    return site.act("List Keeper", verb .. " sender", { sender = value })
  end

  it("adds, says so, and removes", function()
    assert.equal("Executed", item("Add", "a.example").status)
    assert.equal("Executed", item("Has", "a.example").status)
    assert.equal(1, item("Has", "A.example").exit)
    assert.equal("Executed", item("Remove", "a.example").status)
    assert.equal(1, item("Has", "a.example").exit)
    assert.equal("Executed", item("Remove", "a.example").status)
  end)

  it("has each value once, in the order of their coming", function()
    for _, value in ipairs { "b", "a", "b", "it's $(reboot)", "-x" } do
      assert.equal("Executed", item("Add", value).status, value)
    end
    assert.equal("b\na\nit's $(reboot)\n-x\n",
                 site.read "list_keeper/hosts.txt")
  end)

  it("keeps lists apart", function()
    item("Add", "a", "one")
    assert.equal(1, item("Has", "a", "two").exit)
  end)

  it("takes a name for a list, and no path", function()
    for _, list in ipairs { "../x", "a/b", "A", ".x", "a\nb", "x.txt" } do
      assert.equal(2, item("Add", "a", list).exit, list)
    end
    assert.equal("Refused", item("Add", "a", ("x"):rep(65)).status)
    assert.equal("Executed", item("Add", "a", ("x"):rep(64)).status)
  end)

  it("takes one line that is no comment", function()
    for _, value in ipairs { "a\nb", "a\rb", "a\u{2028}b", "a\u{85}b", "\t",
                             "# a", "a # b" } do
      assert.equal(2, item("Add", value).exit, value)
    end
    assert.equal("Executed", item("Add", "a#b").status)
    assert.equal("a#b\n", site.read "list_keeper/hosts.txt")
  end)

  it("takes nothing that a site could not load as a list", function()
    for _, value in ipairs { "10.0.0.0/33", "1.2.3/8", "::1/129", "::/x",
                             "10.0.0.0/255.0.0.0" } do
      assert.equal(2, item("Add", value).exit, value)
    end
    for _, value in ipairs { "10.0.0.0/8", "::/64", "a/b", "https://x" } do
      assert.equal("Executed", item("Add", value).status, value)
    end
  end)

  it("does not say of a list that it cannot read: not listed", function()
    item("Add", "a")
    site.write("state/list_keeper/hosts.txt", "\xff\n")
    assert.equal(2, item("Has", "a").exit)
    assert.equal(2, item("Add", "b").exit)
    assert.equal("\xff\n", site.read "list_keeper/hosts.txt")
  end)

  it("is full at 100,000 values", function()
    local lines = {}
    for i = 1, 99999 do lines[i] = "v" .. i end
    item("Add", "x")
    site.write("state/list_keeper/hosts.txt", table.concat(lines, "\n") .. "\n")
    assert.equal("Executed", item("Add", "last").status)
    local step = item("Add", "too much")
    assert.equal(2, step.exit)
    assert.truthy(step.stderr:find("100000 values", 1, true))
    assert.equal("Executed", item("Add", "last").status)
  end)

  it("has senders in lower case, once", function()
    assert.equal("Executed", sender("Add", "Promo@Shop.example").status)
    assert.equal("Executed", sender("Add", "promo@shop.example").status)
    assert.equal("promo@shop.example\n", site.read "list_keeper/senders.txt")
    assert.equal("Executed", sender("Has", "PROMO@shop.example").status)
    assert.equal("Executed", sender("Remove", "promo@SHOP.example").status)
    assert.equal(1, sender("Has", "promo@shop.example").exit)
  end)

  it("is never started with what is no address", function()
    for _, value in ipairs { "shop.example", "@shop.example", "a@b@c.example",
                             "-a", "a b@shop.example", "a@b.example\nc", "" } do
      assert.equal("Refused", sender("Add", value).status, value)
    end
    assert.is_nil(site.read "list_keeper/senders.txt")
  end)

  it("never lists whom the site protects, nor what is below", function()
    site.write("never.txt", "# ours\nCorp.example\nben@partner.example # x\n"
      .. "@one.example\n*.two.example\nthree.example.\n")
    site.write("riposte.lua", ([[return {
      env = { ["List Keeper"] = { KEEPER_NEVER = "%s/never.txt" } },
    }]]):format(site.path))
    for _, value in ipairs { "a@corp.example", "A@mail.CORP.example",
                             "ben@partner.example", "a@corp.example.",
                             "a@one.example", "a@b.two.example",
                             "a@three.example" } do
      local step = sender("Add", value)
      assert.is_false(step.status == "Executed", value)
    end
    assert.is_nil(site.read "list_keeper/senders.txt")
    assert.equal("Executed", sender("Add", "a@notcorp.example").status)
    assert.equal("Executed", sender("Add", "anna@partner.example").status)
  end)

  it("loses nothing where many add at once", function()
    local script = ([[cd plugins/list-keeper && for i in $(seq 20); do
      RIPOSTE_STATE='%s' python3 keeper.py add --list l --item "v$i" \
        >/dev/null & done; wait]]):format(site.path)
    assert.truthy(os.execute(script))
    local file = assert(io.open(site.path .. "/l.txt"))
    local _, count = file:read("a"):gsub("v%d+\n", "")
    file:close()
    assert.equal(20, count)
  end)
end)
