// The jar of the harmed: nobody is left out, and everybody in it leads to their story.

import type { Reel } from "./store";
import { choose, drawer, harmedKind, reels, scene, shownNow, source } from "./store";
import { clockText } from "./link";
import { until } from "./tape";

interface Harmed {
  reel: Reel;
  count: number;
  purchases: Set<number>;
}
const known = new WeakMap<Reel, Harmed>();

// The purchases that a failure has done anything wrong to so far.
export function harmedBefore(reel: Reel, now: number): Set<number> {
  const { at, purchase, kind } = reel.tape.tables.harms;
  const count = until(at!, now);
  let found = known.get(reel);
  if (!found || found.count > count) {
    found = { reel, count: 0, purchases: new Set() };
    known.set(reel, found);
  }
  for (; found.count < count; found.count++) if (reel.tape.failures[kind![found.count]!]) found.purchases.add(purchase![found.count]!);
  return found.purchases;
}

// How many of each kind so far, and in all of the morning.
export function countsOf(reel: Reel, now: number): { kind: number; label: string; soFar: number; all: number }[] {
  const { at, kind } = reel.tape.tables.harms;
  const count = until(at!, now);
  const soFar = reel.tape.names.harms.map(() => 0);
  const all = reel.tape.names.harms.map(() => 0);
  for (let row = 0; row < kind!.length; row++) {
    all[kind![row]!]!++;
    if (row < count) soFar[kind![row]!]!++;
  }
  return reel.tape.names.labels.map((label, number) => ({ kind: number, label, soFar: soFar[number]!, all: all[number]! }));
}

const WIDE = 92;
const HIGH = 96;

export function Jar({ reel, side }: { reel: Reel | null; side: number }) {
  const now = shownNow.value;
  if (!reel) return <div class="jar" />;
  const harmed = harmedBefore(reel, now).size;
  const counts = countsOf(reel, now).filter((one) => one.all > 0);
  const worst = counts[0] ?? { kind: 0, label: reel.tape.names.labels[0]!, soFar: 0, all: 0 };
  const main = worst.kind === 0 ? worst : { kind: 0, label: reel.tape.names.labels[0]!, soFar: 0, all: 0 };
  return (
    <div class="jar">
      <figure><Glass harmed={harmed} /><figcaption class="quiet" aria-hidden="true">{harmed.toLocaleString("en")} harmed by&nbsp;a&nbsp;failure</figcaption></figure>
      <div class="counts">
        <p class={`headline${main.soFar ? " harm" : ""}`} data-kind={main.label}>
          {main.label}: <strong>{main.soFar.toLocaleString("en")}</strong>
        </p>
        <ul>
          {counts.map((one) => (
            <li key={one.kind}>
              <button
                type="button"
                disabled={!one.soFar}
                onClick={() => {
                  harmedKind.value = { side, kind: one.kind };
                  drawer.value = "harmed";
                }}
              >
                <b>{one.soFar.toLocaleString("en")}</b> {one.label} <span class="quiet">of {one.all.toLocaleString("en")} this morning</span>
              </button>
            </li>
          ))}
          {counts.length === 0 && <li class="quiet">Nobody is harmed this morning.</li>}
        </ul>
      </div>
    </div>
  );
}

const MOST_DOTS = 1500; // smaller ones can't be told apart, and would be drawn anew in every frame

// The dots get smaller as the jar gets full, so that all of them are in it; a full jar stays full, and its number goes on.
function Glass({ harmed }: { harmed: number }) {
  const room = (WIDE - 16) * (HIGH - 24);
  const shown = Math.min(harmed, MOST_DOTS);
  const size = Math.min(Math.sqrt(room / Math.max(shown, 1)) * 0.95, 11);
  const across = Math.max(Math.floor((WIDE - 16) / size), 1);
  const dots = [];
  for (let number = 0; number < shown; number++) {
    const row = Math.floor(number / across);
    const shift = row % 2 ? size * 0.25 : -size * 0.1;
    dots.push(`M${(8 + (number % across) * size + size / 2 + shift).toFixed(1)} ${(HIGH - 7 - row * size - size / 2).toFixed(1)}h0`);
  }
  return (
    <svg class="glass" viewBox={`0 0 ${WIDE} ${HIGH}`} width={WIDE} height={HIGH} role="img" aria-label={`${harmed} customers were harmed so far`}>
      <path class="glassware" d={`M20 3 h${WIDE - 40} M22 4 v7 q0 4 -6 6 q-12 4 -12 14 V${HIGH - 12} q0 9 9 9 H${WIDE - 13} q9 0 9 -9 V31 q0 -10 -12 -14 q-6 -2 -6 -6 V4`} />
      <path class="harmed" d={dots.join("")} style={{ strokeWidth: `${(size * 0.86).toFixed(1)}px` }} />
    </svg>
  );
}

const MOST_LISTED = 200;

// Everybody of one kind of harm, in order of time.
export function HarmedList() {
  const chosen = harmedKind.value ?? { side: 0, kind: 0 };
  const reel = reels.value[chosen.side];
  if (!reel || !scene.value) return null;
  const { at, purchase, kind } = reel.tape.tables.harms;
  const rows = Array.from(kind!.keys()).filter((row) => kind![row] === chosen.kind);
  const told = rows.filter((row) => source.tells(purchase![row]!));
  const starts = scene.value.scenario.starts_s;
  return (
    <>
      <h2>{reel.scene.name}: {reel.tape.names.labels[chosen.kind]}, {rows.length.toLocaleString("en")} this morning</h2>
      <p class="quiet">Choose a customer: both sides then tell what happened to them.{source.fixed && ` This file holds the story of ${told.length} of them.`}{told.length > MOST_LISTED && ` The first ${MOST_LISTED} are listed.`}</p>
      <ul class="people">
        {told.slice(0, MOST_LISTED).map((row) => (
          <li key={row}>
            <button type="button" onClick={() => void choose(purchase![row]!)}>
              {purchase![row]} <span class="quiet">{clockText(starts, at![row]! / 1000)}</span>
            </button>
          </li>
        ))}
      </ul>
      {!source.fixed && <AnyCustomer most={reel.tape.tables.purchases.rows - 1} />}
    </>
  );
}

function AnyCustomer({ most }: { most: number }) {
  return (
    <form
      class="any"
      onSubmit={(event) => {
        event.preventDefault();
        const number = Number(new FormData(event.currentTarget as HTMLFormElement).get("number"));
        if (Number.isInteger(number) && number >= 0 && number <= most) void choose(number);
      }}
    >
      <label>or any customer, 0 to {most.toLocaleString("en")}: <input name="number" type="number" min="0" max={most} required /></label>
      <button type="submit">Tell</button>
    </form>
  );
}
