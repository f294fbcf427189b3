// What moves: every request, call and message of a tape as a flight along the arrows of its design's diagram.
//
// A flight is a list of hops, each along one arrow from the moment that the tables hold. On the screen a hop takes a third of a
// second, since at eight times the speed a message of five milliseconds would not be seen; a hop never begins before its moment,
// nor before the hop ahead of it has ended. So what is shown may be late by a second or so, and never early.

import type { Layout, Wire } from "./asked";
import { since, type Tape } from "./tape";

export interface Hop {
  wire: number;
  back: boolean;
  at: number;
  lost: boolean;
}

export interface Flight {
  purchase: number;
  hops: Hop[];
  start: number;
  end: number; // of the last hop's beginning
}

export function flightsOf(tape: Tape, layout: Layout): Flight[] {
  const along = wiresOf(layout.wires);
  const parts = new Set(layout.boxes.map((box) => box.name));
  const flights: Flight[] = [];
  const add = (purchase: number, hops: (Hop | null)[]) => {
    const known = hops.filter((hop): hop is Hop => hop !== null && !Number.isNaN(hop.at));
    if (known.length) flights.push({ purchase, hops: known, start: known[0]!.at, end: known[known.length - 1]!.at });
  };
  const { purchases, requests, charges, orders, awards, reads, captures, refunds, dead_letters: dead, repeats } = tape.tables;
  const queued = parts.has("payment");
  const calls = new Map<number, number[]>();
  for (let row = 0; row < charges.rows; row++) {
    const request = queued ? -1 : charges.request![row]!;
    if (request >= 0) {
      const known = calls.get(request);
      if (known) known.push(row);
      else calls.set(request, [row]);
    }
  }
  const brought = new Set<number>(); // purchases whose order the broker has brought to the payment workers
  const lost = tape.names.fate.indexOf("lost");
  const proxied = parts.has("proxy");
  const waits = (purchase: number) => purchases.waits![purchase] !== 0; // nobody taps for a renewal: a job makes its order
  for (let row = 0; row < purchases.rows; row++) if (waits(row)) add(row, [along("customer", "app", purchases.submitted![row]!)]);
  for (let row = 0; row < requests.rows; row++) {
    const sent = requests.sent![row]!;
    const answered = since(sent, requests.answered![row]!);
    const isLost = requests.fate![row] === lost;
    const hops = proxied ? [along("app", "proxy", sent, isLost), isLost ? null : along("proxy", "checkout", sent)] : [along("app", "checkout", sent, isLost)];
    for (const charge of calls.get(row) ?? []) hops.push(...call("checkout", charge));
    hops.push(...(proxied ? [along("checkout", "proxy", answered), along("proxy", "app", answered)] : [along("checkout", "app", answered)]));
    add(requests.purchase![row]!, hops);
  }
  for (let row = 0; row < charges.rows; row++) {
    const sent = charges.sent![row]!;
    if (queued || charges.request![row]! < 0) {
      const job = !waits(charges.purchase![row]!) && parts.has("renewals");
      const from = queued ? "payment" : job ? "renewals" : parts.has("completer") ? "completer" : "checkout";
      const first = queued && !brought.has(charges.purchase![row]!);
      brought.add(charges.purchase![row]!);
      add(charges.purchase![row]!, [first ? along("broker", "payment", sent) : null, ...call(from, row)]);
    }
  }
  for (let row = 0; row < repeats.rows; row++) add(repeats.purchase![row]!, [along("proxy", "checkout", repeats.sent![row]!)]);
  for (let row = 0; row < captures.rows; row++) {
    const sent = captures.sent![row]!;
    const from = queued ? "payment" : parts.has("completer") ? "completer" : "checkout";
    add(captures.purchase![row]!, [along(from, "provider", sent), along("provider", from, since(sent, captures.answered![row]!))]);
  }
  for (let row = 0; row < refunds.rows; row++) add(refunds.purchase![row]!, [along("reconciler", "provider", refunds.refunded![row]!) ?? along("checkout", "provider", refunds.refunded![row]!)]);
  for (let row = 0; row < dead.rows; row++) {
    const consumer = tape.names.consumers[dead.consumer![row]!] ?? "";
    const buried = dead.buried![row]!;
    add(dead.purchase![row]!, [along("broker", consumer, buried, true)]);
    add(dead.purchase![row]!, [along("broker", consumer, since(buried, dead.replayed![row]!))]);
  }
  const writes = queued ? "payment" : "checkout";
  const publishes = parts.has("relay") ? "relay" : "checkout";
  for (let row = 0; row < orders.rows; row++) {
    const created = orders.created![row]!;
    const visible = since(created, orders.visible![row]!);
    const maker = waits(orders.purchase![row]!) ? "checkout" : "renewals";
    add(orders.purchase![row]!, [along(maker, "database", created) ?? along("checkout", "database", created)]);
    add(orders.purchase![row]!, [along(writes, "database", since(created, orders.confirmed![row]!))]);
    add(orders.purchase![row]!, [
      publishes === "relay" ? along("database", "relay", visible) : null,
      along(publishes, "broker", visible),
      along("broker", "read_model", visible),
    ]);
  }
  for (let row = 0; row < awards.rows; row++) {
    const at = awards.awarded![row]!;
    add(awards.purchase![row]!, [along("broker", "loyalty", at) ?? along(publishes, "loyalty", at)]);
  }
  for (let row = 0; row < reads.rows; row++) add(reads.purchase![row]!, [along("app", "read_model", reads.read![row]!)]);
  return flights.sort((a, b) => a.start - b.start);

  function call(from: string, row: number): (Hop | null)[] {
    const sent = charges.sent![row]!;
    return [along(from, "provider", sent), along("provider", from, since(sent, charges.answered![row]!))];
  }
}

type Along = (source: string, target: string, at: number, lost?: boolean) => Hop | null;

// The arrow between two parts, whichever way it points; null if the diagram has none.
function wiresOf(wires: Wire[]): Along {
  const known = new Map<string, [number, boolean]>();
  wires.forEach((wire, number) => {
    known.set(`${wire.target} ${wire.source}`, [number, true]);
  });
  wires.forEach((wire, number) => {
    known.set(`${wire.source} ${wire.target}`, [number, false]);
  });
  return (source, target, at, lost = false) => {
    const found = known.get(`${source} ${target}`);
    return found ? { wire: found[0], back: found[1], at, lost } : null;
  };
}

// For each flight when the last hop began of it and of all before it.
export function latestOf(flights: Flight[]): Float64Array {
  const latest = new Float64Array(flights.length);
  let most = -Infinity;
  flights.forEach((flight, number) => {
    most = Math.max(most, flight.end);
    latest[number] = most;
  });
  return latest;
}

export interface Place {
  wire: number;
  share: number; // of the way along the wire, from its source
  lost: boolean;
}

// Where a flight is at a moment if a hop takes `takes` milliseconds of the morning; null before it begins and when it is over.
export function placeOf(flight: Flight, now: number, takes: number): Place | null {
  let free = -Infinity;
  let last: Place | null = null;
  for (const hop of flight.hops) {
    const begins = Math.max(hop.at, free);
    if (now < begins) return last; // waits where the hop before it has ended
    free = begins + takes;
    const share = Math.min((now - begins) / takes, 1);
    last = { wire: hop.wire, share: hop.back ? 1 - share : share, lost: hop.lost };
    if (hop.lost && share > 0.5) return null;
    if (now < free) return last;
  }
  return null;
}

// How many hops along each wire begin in each step of the morning: index step * wires + wire.
export function volumes(flights: Flight[], wires: number, ends: number, step: number): Uint16Array {
  const steps = Math.ceil(ends / step) + 1;
  const counts = new Uint16Array(steps * wires);
  for (const flight of flights) {
    for (const hop of flight.hops) {
      const place = Math.floor(hop.at / step) * wires + hop.wire;
      counts[place] = (counts[place] ?? 0) + 1;
    }
  }
  return counts;
}
