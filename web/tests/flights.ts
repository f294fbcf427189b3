import assert from "node:assert/strict";
import { test } from "node:test";
import type { Layout } from "../src/asked";
import { flightsOf, latestOf, placeOf, volumes } from "../src/flights";
import type { Tape } from "../src/tape";

const wire = (source: string, target: string) => ({ source, target, dashed: false, line: [], label: null });
const layout = {
  boxes: ["customer", "app", "checkout", "provider", "database", "broker", "read_model"].map((name) => ({ name })),
  wires: [wire("customer", "app"), wire("app", "checkout"), wire("checkout", "provider"), wire("checkout", "database")],
} as unknown as Layout;

function tape(tables: Record<string, Record<string, number[]>>): Tape {
  const columns: Record<string, string[]> = {
    purchases: ["submitted", "waits"], requests: ["purchase", "sent", "answered", "fate"], orders: ["purchase", "created", "confirmed", "visible"],
    captures: ["purchase", "sent", "answered"], refunds: ["purchase", "refunded"], dead_letters: ["purchase", "consumer", "buried", "replayed"], repeats: ["purchase", "sent"],
    charges: ["purchase", "sent", "answered", "request"], awards: ["purchase", "awarded"], reads: ["purchase", "read"], harms: [], struck: [],
  };
  const made: Record<string, unknown> = {};
  for (const [name, of] of Object.entries(columns)) {
    const rows = Object.values(tables[name] ?? {})[0]?.length ?? 0;
    made[name] = { rows, ...Object.fromEntries(of.map((column) => [column, Int32Array.from(tables[name]?.[column] ?? Array(rows).fill(column === "waits" ? 1 : 0))])) };
  }
  return { tables: made, names: { fate: ["lost", "executed"], consumers: ["payment", "loyalty", "read_model"] } } as unknown as Tape;
}

test("a request flies to the checkout, its call to the provider and back, and its answer to the app", () => {
  const one = tape({
    requests: { purchase: [7], sent: [1000], answered: [901], fate: [1] },
    charges: { purchase: [7], sent: [1100], answered: [501], request: [0] },
  });
  const [flight, ...others] = flightsOf(one, layout);
  assert.equal(others.length, 0);
  assert.deepEqual(flight!.hops.map((hop) => [hop.wire, hop.back, hop.at]), [[1, false, 1000], [2, false, 1100], [2, true, 1600], [1, true, 1900]]);
  assert.equal(flight!.purchase, 7);
});

test("a request goes through the proxy and back, and what the proxy sends again begins there", () => {
  const names = ["app", "proxy", "checkout"];
  const between = { boxes: names.map((name) => ({ name })), wires: [wire("app", "proxy"), wire("proxy", "checkout")] } as unknown as Layout;
  const one = tape({ requests: { purchase: [7], sent: [1000], answered: [901], fate: [1] }, repeats: { purchase: [7], sent: [1500] } });
  const hops = flightsOf(one, between).map((flight) => flight.hops.map((hop) => [hop.wire, hop.back, hop.at]));
  assert.deepEqual(hops, [[[0, false, 1000], [1, false, 1000], [1, true, 1900], [0, true, 1900]], [[1, false, 1500]]]);
});

test("nobody taps for a renewal: its job writes the order and calls the provider", () => {
  const names = ["customer", "app", "checkout", "provider", "database", "renewals"];
  const wires = [wire("customer", "app"), wire("renewals", "database"), wire("renewals", "provider"), wire("checkout", "database")];
  const one = tape({
    purchases: { submitted: [500], waits: [0] }, orders: { purchase: [0], created: [510], confirmed: [0], visible: [0] },
    charges: { purchase: [0], sent: [520], answered: [101], request: [-1] },
  });
  const hops = flightsOf(one, { boxes: names.map((name) => ({ name })), wires } as unknown as Layout).map((flight) => flight.hops.map((hop) => [hop.wire, hop.back, hop.at]));
  assert.deepEqual(hops, [[[1, false, 510]], [[2, false, 520], [2, true, 620]]]);
});

test("captures and refunds are calls of their own; a dead letter is lost on its way until it is sent again", () => {
  const names = ["checkout", "provider", "reconciler", "broker", "loyalty"];
  const wires = [wire("checkout", "provider"), wire("reconciler", "provider"), wire("broker", "loyalty")];
  const one = tape({
    captures: { purchase: [1], sent: [100], answered: [51] }, refunds: { purchase: [1], refunded: [900] },
    dead_letters: { purchase: [2], consumer: [1], buried: [300], replayed: [301] },
  });
  const hops = flightsOf(one, { boxes: names.map((name) => ({ name })), wires } as unknown as Layout).map((flight) => flight.hops.map((hop) => [hop.wire, hop.back, hop.at, hop.lost]));
  assert.deepEqual(hops, [[[0, false, 100, false], [0, true, 150, false]], [[2, false, 300, true]], [[2, false, 600, false]], [[1, false, 900, false]]]);
});

test("a request that is lost gets half way, and nothing comes back", () => {
  const [flight] = flightsOf(tape({ requests: { purchase: [1], sent: [0], answered: [0], fate: [0] } }), layout);
  assert.equal(flight!.hops.length, 1);
  assert.equal(placeOf(flight!, 40, 100)!.lost, true);
  assert.equal(placeOf(flight!, 60, 100), null);
});

test("a hop is never early: it waits for its moment, and for the hop before it", () => {
  const hops = [{ wire: 0, back: false, at: 0, lost: false }, { wire: 1, back: false, at: 10, lost: false }, { wire: 1, back: true, at: 500, lost: false }];
  const flight = { purchase: 0, hops, start: 0, end: 500 };
  assert.equal(placeOf(flight, -1, 100), null);
  assert.deepEqual(placeOf(flight, 50, 100), { wire: 0, share: 0.5, lost: false });
  assert.deepEqual(placeOf(flight, 150, 100), { wire: 1, share: 0.5, lost: false });
  assert.deepEqual(placeOf(flight, 400, 100), { wire: 1, share: 1, lost: false });
  assert.deepEqual(placeOf(flight, 575, 100), { wire: 1, share: 0.25, lost: false });
  assert.equal(placeOf(flight, 601, 100), null);
});

test("arrows that a diagram doesn't have carry nothing", () => {
  const found = flightsOf(tape({ reads: { purchase: [1], read: [5] }, awards: { purchase: [1], awarded: [5] } }), layout);
  assert.deepEqual(found, []);
});

test("volumes count hops by arrow and step", () => {
  const flights = flightsOf(tape({ purchases: { submitted: [0, 4999, 5000] } }), layout);
  const counts = volumes(flights, 4, 10_000, 5_000);
  assert.deepEqual([counts[0], counts[4], counts[1]], [2, 1, 0]);
});

test("latest never falls: whoever looks for what is under way can skip what is over", () => {
  const flights = [[0, 50], [1, 9000], [2, 20]].map(([start, end]) => ({ purchase: 0, hops: [], start: start!, end: end! }));
  assert.deepEqual([...latestOf(flights)], [50, 9000, 9000]);
});
