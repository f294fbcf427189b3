// All state of the page, and the one run that fills it. Whoever turns something calls `change`; what was asked before is given up.

import { batch, computed, signal } from "@preact/signals";
import type { Asked, Changes, Line, Numbers, Scene, SideScene, Story, TapeLine } from "./asked";
import { flightsOf, latestOf, volumes, type Flight } from "./flights";
import { clockText, fragmentOf, linkOf, sinceOf } from "./link";
import { factsOf, type Group } from "./facts";
import type { Standing } from "./kata";
import { inflated, tapeOf, until, type Tape } from "./tape";

export const VOLUME_STEP = 30_000; // milliseconds of the morning over which arrows count what runs along them

export interface Reel {
  seed: number;
  tape: Tape;
  scene: SideScene; // of the same design: after a change the old morning plays on until the new one is there
  flights: Flight[];
  latest: Float64Array; // when the last hop began of this flight and of all before it
  mostHops: number; // of a flight
  volumes: Uint16Array;
  minutes: TapeLine["minutes"];
  busy: TapeLine["busy"];
  facts: Group[];
}

export type Distance = "morning" | "minute" | "customer";
export const SPEEDS: Record<Distance, number[]> = { morning: [60, 120, 240], minute: [5, 8, 10], customer: [0.25, 0.5, 1] };

export const asked = signal<Asked | null>(null);
export const scene = signal<Scene | null>(null);
export const reels = signal<(Reel | null)[]>([]);
export const numbers = signal<Numbers | null>(null);
export const messages = signal<string[]>([]);
export const running = signal(false);
export const lostServer = signal(false);
export const notes = signal<string[]>([]); // what a link says that is no longer so

export const distance = signal<Distance>("minute");
export const speed = signal(8);
export const playing = signal(true);
export const shownNow = signal(0); // milliseconds; for texts and sliders, told a few times a second
export const purchase = signal<number | null>(null);
export const stories = signal<(Story | string | null)[]>([]);
export const step = signal(0); // of the story, a line that both sides have in common: its number among all moments
export const opened = signal<{ side: number; part: string } | null>(null);
export const drawer = signal<"" | "world" | "share" | "harmed" | "fault">("");
export const openedFault = signal(0);
export const harmedKind = signal<{ side: number; kind: number } | null>(null);
export const announced = signal("");
export const dark = signal(false); // as the system wishes; whoever draws with the page's colours draws anew
export const kata = signal<Standing | null>(null); // of the exercise, if the server holds one

const STRUCK_MS = 30_000; // of the morning, for which a part shows that one of its processes died

// The parts of each side of which a process has just died, as one text, so that whoever shows it is told only when it changes.
export const struck = [0, 1].map((side) => computed(() => {
  const reel = reels.value[side];
  if (!reel) return "";
  const { at, component } = reel.tape.tables.struck;
  const found = new Set<string>();
  const now = shownNow.value;
  for (let row = until(at!, now) - 1; row >= 0 && at![row]! > now - STRUCK_MS; row--) found.add(reel.tape.names.components[component![row]!]!);
  return [...found].join(",");
}));

export const clock = { now: 0, ends: 0, placed: false };
export const shown = computed(() => reels.value.map((reel) => reel?.scene));

let editFile: ((key: string, value: string) => void) | null = null; // where knobs are written into a file
let giveUp: AbortController | null = null;
let before: Asked | null = null;
let last: Asked | null = null; // the wish that the numbers on the screen are of
let usual: Asked | null = null;
let wanted: { at: string | null; purchase: number | null; digest: string | null } = { at: null, purchase: null, digest: null };

export interface Source {
  // Where everything comes from: the server, or the one file that holds it all.
  start(): Promise<Pick<Asked, "scenario" | "sides"> & Partial<Asked> & { kata?: boolean }>;
  run(what: Asked & { before: Asked | null; look: boolean }, signal: AbortSignal): AsyncIterable<Line>;
  story(what: Asked, side: number, purchase: number, most: number): Promise<Story | string>;
  fixed: boolean; // nothing can be changed
  tells(purchase: number): boolean; // whether it has the story of a purchase
}
export let source: Source;

export interface Exercise {
  standing(): Promise<void>;
  edit(key: string, value: string): Promise<void>;
}

export async function begin(from: Source, exercise: Exercise): Promise<void> {
  source = from;
  try {
    const { kata: isKata, ...first } = await from.start();
    if (isKata) {
      await exercise.standing();
      editFile = (key, value) => void exercise.edit(key, value);
      if (!kata.value!.runs) playing.value = false;
    }
    usual = { set: {}, seed: 0, mornings: 10, ...first, sides: first.sides.map((side) => ({ ...side, set: side.set ?? {} })) };
  } catch {
    lostServer.value = true;
    return;
  }
  follow();
  addEventListener("hashchange", () => {
    if (location.hash !== written) follow();
  });
}

// Show what the fragment says.
function follow(): void {
  const link = source.fixed || kata.value ? null : linkOf(location.hash, usual!);
  wanted = link ?? { at: null, purchase: null, digest: null };
  clock.placed = false;
  change(() => (link ? link.asked : usual!));
}

export function change(how: (now: Asked) => Asked): void {
  const next = how(asked.value ?? usual!);
  asked.value = next;
  giveUp?.abort();
  giveUp = new AbortController();
  void run(next, giveUp.signal);
}

// The same once more: a file has changed.
export function again(): void {
  change((now) => ({ ...now }));
}

async function run(what: Asked, stop: AbortSignal): Promise<void> {
  before = last !== null && JSON.stringify(last) !== JSON.stringify(what) ? last : before;
  batch(() => {
    running.value = true;
    messages.value = [];
  });
  let found: Scene | null = null;
  try {
    for await (const line of source.run({ ...what, before, look: kata.value !== null && !kata.value.is_run && kata.value.runs > 0 }, stop)) {
      if (stop.aborted) return;
      lostServer.value = false;
      if (line.line === "scene") {
        found = line;
        batch(() => {
          scene.value = line;
          if (line.sides.length !== reels.value.length) reels.value = line.sides.map(() => null);
        });
        greet(line);
        place(line);
        write();
      } else if (line.line === "tape") {
        const reel = await reelOf(line, found!.sides[line.side]!);
        if (stop.aborted) return;
        reels.value = reels.value.map((old, side) => (side === line.side ? reel : old));
        clock.ends = reel.tape.ends;
        if (!clock.placed && reels.value.every(Boolean)) toInteresting();
      } else if (line.line === "numbers") {
        last = what;
        numbers.value = line;
      } else if (line.line === "error") {
        messages.value = line.messages;
      } else {
        announce();
      }
    }
  } catch {
    if (!stop.aborted) lostServer.value = true;
  }
  if (!stop.aborted) {
    running.value = false;
    if (purchase.value !== null) void choose(purchase.value);
  }
}

async function reelOf(line: TapeLine, of: SideScene): Promise<Reel> {
  const tape = tapeOf(await inflated(line.tape));
  const flights = flightsOf(tape, of.layout);
  return {
    seed: line.seed, tape, scene: of, flights, facts: factsOf(tape), latest: latestOf(flights), mostHops: flights.reduce((most, one) => Math.max(most, one.hops.length), 1), minutes: line.minutes, busy: line.busy,
    volumes: volumes(flights, of.layout.wires.length, tape.ends, VOLUME_STEP),
  };
}

// A link from another release, or of a file that has changed since, says that its numbers may differ.
function greet(line: Scene): void {
  notes.value = wanted.digest && wanted.digest !== line.digest
    ? ["This link was made with another version of coffee, or of a file: its numbers may differ."] : [];
  wanted.digest = null;
}

function place(line: Scene): void {
  const at = wanted.at === null ? null : sinceOf(line.scenario.starts_s, line.scenario.ends_s, wanted.at);
  if (at !== null) {
    go(at * 1000);
    clock.placed = true;
  }
  wanted.at = null;
  if (wanted.purchase !== null) {
    purchase.value = wanted.purchase;
    wanted.purchase = null;
  }
}

// Just before the first fault that has a time; without one, before the first harm; else where most people come.
function toInteresting(): void {
  const faults = reels.value.flatMap((reel) => reel!.tape.faults.map(([, begins]) => begins));
  const harms = reels.value.flatMap((reel) => Array.from(reel!.tape.tables.harms.at!.slice(0, 1)));
  const arrivals = reels.value[0]!.minutes.arrivals;
  const busiest = arrivals.indexOf(Math.max(...arrivals)) * 60_000;
  const first = faults.length ? Math.min(...faults) : harms.length ? Math.min(...harms) : busiest;
  go(Math.max(first - 8_000, 0));
  clock.placed = true;
}

export function go(now: number): void {
  clock.now = Math.min(Math.max(now, 0), clock.ends || Infinity);
  shownNow.value = clock.now;
}

export function look(how: Distance): void {
  batch(() => {
    distance.value = how;
    speed.value = SPEEDS[how][1]!;
    if (how === "customer" && purchase.value === null) drawer.value = "harmed";
  });
}

// Turn a key: of one side, or (-1) of the world and of every design that has it. null: as its file has it.
export function turn(side: number, key: string, value: string | null): void {
  if (editFile) {
    const usual = scene.value?.sides[0]?.knobs.find((knob) => knob.key === key)?.default;
    if (side >= 0 && (value ?? usual) !== undefined) editFile(key, (value ?? usual)!);
    return;
  }
  change((now) => {
    const set = changed(side < 0 ? now.set : now.sides[side]!.set, key, value);
    if (side < 0) return { ...now, set };
    const common = { ...now.set };
    const sides = now.sides.map((one, number) => ({ ...one, set: number === side ? set : one.set }));
    if (key in common) {
      // a key that was set for both is from now on set for each
      sides.forEach((one, number) => {
        if (number !== side && has(number, key)) one.set = { ...one.set, [key]: common[key]! };
      });
      delete common[key];
    }
    return { ...now, set: common, sides };
  });
}

function has(side: number, key: string): boolean {
  return scene.value?.sides[side]?.knobs.some((knob) => knob.key === key) ?? false;
}

function changed(set: Changes, key: string, value: string | null): Changes {
  const next = { ...set };
  delete next[key];
  if (value !== null) next[key] = value;
  return next;
}

export function take(side: number, design: string): void {
  if (editFile) return editFile("from", design);
  change((now) => ({ ...now, sides: now.sides.map((one, number) => (number === side ? { design, set: {} } : one)) }));
}

export async function choose(number: number, tells = true): Promise<void> {
  const what = asked.value!;
  batch(() => {
    purchase.value = number;
    distance.value = "customer";
    speed.value = SPEEDS.customer[1]!;
    drawer.value = "";
    playing.value = false;
    stories.value = what.sides.map(() => null);
  });
  write();
  const reel = reels.value[0];
  if (reel && number < reel.tape.tables.purchases.rows) go(reel.tape.tables.purchases.submitted![number]! - 500);
  if (tells) await Promise.all(what.sides.map(async (_, side) => {
    const story = await source.story(what, side, number, 0).catch(() => "The server does not answer.");
    if (purchase.value === number && asked.value === what) stories.value = stories.value.map((old, place) => (place === side ? story : old));
  }));
}

export function leaveCustomer(): void {
  batch(() => {
    purchase.value = null;
    stories.value = [];
  });
  look("minute");
  write();
}

let written = "";

// Keep the address up to date, without a step in the browser's history for each turn of a knob.
export function write(): void {
  if (source.fixed || kata.value || !asked.value || !scene.value) return;
  written = fragmentOf(asked.value, { purchase: purchase.value });
  history.replaceState(null, "", written);
}

export function shareLink(): string {
  const line = scene.value!;
  const at = clockText(line.scenario.starts_s, clock.now / 1000);
  return fragmentOf(asked.value!, { at, purchase: purchase.value, digest: line.digest });
}

function announce(): void {
  const found = numbers.value;
  if (!found || !scene.value) return;
  announced.value = scene.value.sides.map((side, number) => `${side.name}: ${found.verdicts[number]!.status}`).join("; ");
}
