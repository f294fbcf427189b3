import assert from "node:assert/strict";
import { test } from "node:test";
import type { Asked } from "../src/asked";
import { clockText, fragmentOf, linkOf, sinceOf } from "../src/link";

const usual: Asked = { scenario: "morning-rush", sides: [{ design: "naive", set: {} }, { design: "outbox", set: {} }], set: {}, seed: 0, mornings: 10 };

test("a fragment holds only what differs, in the words of --set", () => {
  assert.equal(fragmentOf(usual), "#/morning-rush/naive+outbox");
  const asked = { ...usual, set: { "payment.timeout": "3s" }, seed: 4 };
  assert.equal(fragmentOf(asked, { at: "07:16", purchase: 412 }), "#/morning-rush/naive+outbox?payment.timeout=3s&seed=4&at=07:16&purchase=412");
});

test("what is written is read again, whatever is in it", () => {
  const values = ["{full_jitter: {base: 500ms, cap: 8s}}", "a&b=c#d?e/f+g%h", "30%", "„“\u202e<b>", " x "];
  for (const value of values) {
    const asked: Asked = {
      scenario: "windows/w01-double-tap",
      sides: [{ design: "my file.yaml", set: { "app.key": value } }, { design: "outbox", set: {} }],
      set: { "faults[0].for": value }, seed: 7, mornings: 10,
    };
    const fragment = fragmentOf(asked, { at: "07:16:30", purchase: 0, digest: "abc" });
    assert.deepEqual(linkOf(fragment, usual), { asked, at: "07:16:30", purchase: 0, digest: "abc" });
    assert.deepEqual(linkOf(new URL(`http://x/${fragment}`).hash, usual), { asked, at: "07:16:30", purchase: 0, digest: "abc" });
  }
});

test("a fragment that says nothing is no link, and one that is broken is read as far as it goes", () => {
  for (const fragment of ["", "#", "#/", "#/morning-rush", "#x"]) assert.equal(linkOf(fragment, usual), null);
  assert.equal(linkOf("#/a/b?%", usual)!.asked.scenario, "a");
  assert.ok(Number.isNaN(linkOf("#/a/b?seed=x", usual)!.asked.seed));
  assert.equal(linkOf("#/a/b?purchase=x", usual)!.purchase, null);
});

test("the clock shows the time of day, past midnight too", () => {
  assert.equal(clockText(6.5 * 3600, 0), "06:30:00");
  assert.equal(clockText(6.5 * 3600, 2700.0421, { millis: true }), "07:15:00.042");
  assert.equal(clockText(23.5 * 3600, 3600), "00:30:00");
});

test("a time of day is a moment of the morning, or none", () => {
  assert.equal(sinceOf(6.5 * 3600, 9000, "07:15"), 2700);
  assert.equal(sinceOf(23.5 * 3600, 9000, "00:30"), 3600);
  assert.equal(sinceOf(6.5 * 3600, 9000, "12:00"), null);
  assert.equal(sinceOf(6.5 * 3600, 9000, "x"), null);
});
