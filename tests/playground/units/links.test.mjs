// Links hold a spec and its settings, and give the same back.

import assert from "node:assert/strict";
import test from "node:test";
import { embedding, fileName, fragmentOf, pack, queryOf, readAddress, settingsFromParams, settingsToParams, unpack } from "../../../docs/playground/src/links.js";
import { addressOf } from "../../../docs/playground/src/share.js";

const PAGE = "http://localhost/playground/";
const TEXT = "name: x\ninput: [3, 32, 32]  # ñ 𝛼 “quotes” & <b>\nlayers: [relu]\n";
const SETTINGS = { set: { width: 32, kind: "a=b & c" }, variant: "wide", input: "3x64x64", batch: 8, training: true };

test("a packed text comes back, and has the letters of addresses alone", async () => {
  for (const text of [TEXT, "", "a".repeat(100_000), "\n\n"]) {
    const packed = await pack(text);
    assert.match(packed, /^[\w-]*$/);
    assert.equal(await unpack(packed), text);
  }
});

test("a spec and its settings come back from a fragment", async () => {
  const other = { text: "name: y\n", name: "y.yaml" };
  const fragment = await fragmentOf({ text: TEXT, name: "my net.yaml", settings: SETTINGS, other, tab: "memory" });
  const asked = await readAddress(PAGE + fragment);
  assert.equal(asked.spec, TEXT);
  assert.equal(asked.name, "my net.yaml");
  assert.deepEqual(asked.settings, SETTINGS);
  assert.deepEqual(asked.other, other);
  assert.equal(asked.tab, "memory");
});

test("a network and its settings come back from a query", async () => {
  const asked = await readAddress(PAGE + queryOf({ net: "resnet50", settings: SETTINGS }));
  assert.equal(asked.net, "resnet50");
  assert.equal(asked.spec, undefined);
  assert.deepEqual(asked.settings, SETTINGS);
});

test("a link that a teacher writes by hand", async () => {
  const asked = await readAddress(`${PAGE}?net=resnet50&set=width=32&set=classes%3D10&embed`);
  assert.deepEqual(asked.settings, { set: { width: 32, classes: 10 } });
  assert.ok(asked.embed);
});

test("settings that are not set leave no trace", () => {
  assert.equal(String(settingsToParams({})), "");
  assert.deepEqual(settingsFromParams(new URLSearchParams("other=1")), {});
});

test("the shelf's network as it is has a short link, an edited one holds its text", async () => {
  const base = new URL(PAGE);
  const document = { net: "vgg16", original: TEXT, text: TEXT, name: "vgg16.yaml" };
  assert.equal(await addressOf(document, {}, null, null, base), `${PAGE}?net=vgg16`);
  const edited = await addressOf({ ...document, text: `${TEXT}#` }, {}, null, null, base);
  assert.ok(edited.startsWith(`${PAGE}?net=vgg16#spec=`));
  assert.equal((await readAddress(edited)).spec, `${TEXT}#`);
});

test("a damaged link and one that is too large say so", async () => {
  const packed = await pack(TEXT);
  for (const bad of [packed.slice(0, -8), "%%%", "AAAA"])
    await assert.rejects(readAddress(`${PAGE}#spec=${encodeURIComponent(bad)}`), /damaged/);
  const bomb = await pack("a".repeat(2_000_000));
  assert.ok(bomb.length < 5_000);
  await assert.rejects(readAddress(`${PAGE}#spec=${bomb}`), /more than 1 MB/);
});

test("names of files and addresses are harmless", () => {
  assert.equal(fileName("../../<b>é.yaml"), "....bé.yaml");
  assert.equal(fileName(""), "spec.yaml");
  assert.ok(!embedding(`${PAGE}?net=a"><script>`).includes('a"'));
  assert.match(embedding(`${PAGE}?net=a`), /\?net=a&amp;embed="/);
});
