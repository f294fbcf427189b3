import assert from "node:assert/strict";
import { test } from "node:test";
import { at, factsOf } from "../src/facts";
import type { Tape } from "../src/tape";

const NAMES = ["purchases", "charges", "orders", "holds", "captures", "refunds", "returns", "requests", "dead_letters", "takings", "repeats"];

function tape(tables: Record<string, Record<string, number[]>>): Tape {
  const made: Record<string, unknown> = {};
  for (const name of NAMES) {
    const columns = tables[name] ?? {};
    made[name] = { rows: Object.values(columns)[0]?.length ?? 0, ...Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, Int32Array.from(values)])) };
  }
  return { tables: made, names: { outcome: ["unknown", "declined", "challenged"], status: ["pending", "used_up"], consumers: ["payment"] } } as unknown as Tape;
}

const nobody = { submitted: [0], other_card: [0], agent: [0], waits: [1] };

test("a run that has nothing of it says nothing of it", () => {
  assert.deepEqual(factsOf(tape({ purchases: nobody })), []);
});

test("money is held from its authorisation to its release, and what was never taken is told apart", () => {
  const [held, ...others] = factsOf(tape({
    purchases: nobody,
    holds: { purchase: [0, 0], cents: [650, 650], captured_cents: [650, 0], authorised: [100, 200], released: [301, 0] },
    captures: { purchase: [0], sent: [350], answered: [51], captured: [51] },
  }));
  assert.deepEqual(others, []);
  assert.equal(held!.title, "held on cards");
  const says = (now: number) => Object.fromEntries(held!.counts.map((one) => [one.says, at(one, now)]));
  assert.deepEqual(says(99), { "held now": 0, taken: 0, "released, nothing taken": 0 });
  assert.deepEqual(says(200), { "held now": 2, taken: 0, "released, nothing taken": 0 });
  assert.deepEqual(says(400), { "held now": 1, taken: 1, "released, nothing taken": 0 });
});

test("a dead letter is laid aside until it is sent again; rows need not be in order of time", () => {
  const [letters] = factsOf(tape({ purchases: nobody, dead_letters: { purchase: [0, 0], consumer: [0, 0], buried: [500, 100], replayed: [0, 201] } }));
  assert.deepEqual([50, 150, 300, 600].map((now) => letters!.counts.map((one) => at(one, now))), [[0, 0, 0], [1, 1, 0], [0, 1, 1], [1, 2, 1]]);
});

test("renewals, agents and declined cards are those of their purchases", () => {
  const facts = factsOf(tape({
    purchases: { submitted: [10, 900], other_card: [51, 0], agent: [1, 0], waits: [1, 0] },
    requests: { purchase: [0, 0], sent: [10, 70] },
    charges: { purchase: [0, 1, 1], sent: [20, 900, 950], answered: [11, 11, 11], captured: [0, 11, 11], outcome: [1, 0, 0] },
  }));
  const all = Object.fromEntries(facts.map((group) => [group.title, group.counts.map((one) => at(one, 9999))]));
  assert.deepEqual(all, { cards: [1, 1], renewals: [1, 2], agents: [1, 2] });
});
