// What a part of the diagram opens: its knobs with units, defaults and reasons, and what is dangerous about them.

import { useState } from "preact/hooks";
import type { Knob, SideScene, Warning } from "./asked";
import { Marked } from "./kata";
import { asked, change, kata, opened, scene, take, turn } from "./store";

// Knobs of the world that belong to a part of the diagram.
const OF_WORLD: Record<string, string[]> = { customer: ["customers"], app: ["network"], provider: ["provider"] };

export function PartPanel({ side, number, part }: { side: SideScene; number: number; part: string }) {
  const box = side.layout.boxes.find((one) => one.name === part);
  if (!box) return null;
  const own = side.knobs.filter((knob) => knob.part === part);
  const foreign = OF_WORLD[part] ?? [];
  const world = kata.value ? [] : scene.value!.scenario.knobs.filter((knob) => foreign.includes(knob.key.split(".")[0]!));
  const warnings = side.lint.filter((warning) => warning.knob === "from" ? part === "checkout" : own.some((knob) => covers(warning.knob, knob.key)));
  return (
    <div class="panel" role="dialog" aria-label={`${box.label} of ${side.name}`}>
      <button type="button" class="close" aria-label="Close" onClick={() => { opened.value = null; }}>×</button>
      <h3 tabIndex={-1} ref={(title) => title?.focus()}>{box.label}</h3>
      {kata.value && warnings.length > 0 ? (
        <details>
          <summary>{warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`} of coffee lint</summary>
          {warnings.map((warning) => <Lint key={warning.rule + warning.message} warning={warning} side={number} />)}
        </details>
      ) : warnings.map((warning) => <Lint key={warning.rule + warning.message} warning={warning} side={number} />)}
      {own.map((knob) => <KnobRow key={knob.key} knob={knob} set={value(number, knob.key)} turn={(text) => turn(number, knob.key, text)} />)}
      {own.length === 0 && world.length === 0 && <p class="quiet">This part has no knobs.</p>}
      {world.length > 0 && <p class="quiet group">The world, which you can’t choose in life; the same for both designs:</p>}
      {world.map((knob) => <KnobRow key={knob.key} knob={knob} set={asked.value!.set[knob.key] ?? null} turn={(text) => turn(-1, knob.key, text)} />)}
      {part === "checkout" && side.lacks.length > 0 && !kata.value && (
        <>
          <p class="quiet group">What {side.base} can’t have:</p>
          {side.lacks.map((lack) => (
            <p key={lack.part} class="lacks">
              <span class="quiet">{lack.because}.</span>{" "}
              <button type="button" onClick={() => { opened.value = null; take(number, lack.start); }}>Start from {lack.start}</button>
            </p>
          ))}
        </>
      )}
    </div>
  );
}

function value(side: number, key: string): string | null {
  return asked.value!.sides[side]!.set[key] ?? asked.value!.set[key] ?? null;
}

// Whether a warning's knob is this one, or a key inside it.
function covers(warned: string, key: string): boolean {
  return warned === key || warned.startsWith(`${key}.`) || key.startsWith(`${warned}.`);
}

export function Lint({ warning, side }: { warning: Warning; side: number }) {
  return (
    <div class="lint">
      <p><b>⚠ {warning.knob === "from" ? "the architecture" : warning.knob}</b>: {warning.message}{warning.windows.length > 0 && <span class="quiet" title="failure windows, as coffee windows lists them"> [{warning.windows.join(", ")}]</span>}</p>
      <details><summary>Why that does harm</summary><p>{warning.reason}</p></details>
      {!kata.value && warning.enough.map((changes) => {
        const [key, text] = Object.entries(changes)[0]!;
        return (
          <button key={key + text} type="button" onClick={() => (key === "from" ? take(side, text) : turn(side, key, text))}>
            {key === "from" ? `start from ${text}` : `${key}: ${text}`}
          </button>
        );
      })}
    </div>
  );
}

export function KnobRow({ knob, set, turn }: { knob: Knob; set: string | null; turn: (text: string | null) => void }) {
  const id = `knob-${knob.key.replace(/[^\w]/g, "-")}`;
  return (
    <div class={`knob-row${set !== null ? " changed" : ""}`}>
      <label for={id}><code>{knob.key}</code></label>
      <Input knob={knob} id={id} turn={turn} />
      <p class="quiet" id={`${id}-about`}>
        <Marked text={knob.about} />{knob.about && ". "}
        {!knob.key.startsWith("faults[") && `Default: ${knob.default}.`}
        {set !== null && <button type="button" class="back" onClick={() => turn(null)}>as it was</button>}
      </p>
      {knob.inside.length > 0 && <details><summary>What may stand here</summary><ul>{knob.inside.map((line) => <li key={line}>{line}</li>)}</ul></details>}
    </div>
  );
}

function Input({ knob, id, turn }: { knob: Knob; id: string; turn: (text: string) => void }) {
  const [text, write] = useState(knob.value);
  const [known, remember] = useState(knob.value);
  if (known !== knob.value) {
    remember(knob.value);
    write(knob.value);
  }
  const settle = (wanted: string) => {
    if (wanted.trim() && wanted !== knob.value) turn(wanted.trim());
  };
  if (knob.words.length > 0) {
    const words = knob.nullable && !knob.words.includes("none") ? ["none", ...knob.words] : knob.words;
    return (
      <select id={id} aria-describedby={`${id}-about`} value={knob.value} onChange={(event) => settle(event.currentTarget.value)}>
        {words.map((word) => <option key={word} value={word}>{word}</option>)}
      </select>
    );
  }
  const place = knob.offers.indexOf(text);
  return (
    <span class="input">
      {knob.offers.length > 1 && (
        <input
          type="range" aria-label={`${knob.key} along a scale`} aria-valuetext={text} min="0" max={knob.offers.length - 1} step="1"
          value={place < 0 ? knob.offers.indexOf(knob.value) : place}
          onInput={(event) => write(knob.offers[Number(event.currentTarget.value)]!)}
          onChange={(event) => settle(knob.offers[Number(event.currentTarget.value)]!)}
        />
      )}
      <input
        id={id} type="text" spellcheck={false} autocomplete="off" aria-describedby={`${id}-about`} value={text}
        onInput={(event) => write(event.currentTarget.value)}
        onChange={(event) => settle(event.currentTarget.value)}
      />
      {knob.nullable && knob.value !== "none" && <button type="button" onClick={() => turn("none")}>without</button>}
      {knob.nullable && knob.value === "none" && knob.default !== "none" && <button type="button" onClick={() => turn(knob.default)}>with</button>}
      {knob.nullable && knob.value === "none" && knob.default === "none" && ADDED[knob.key] && <button type="button" onClick={() => turn(ADDED[knob.key]!)}>with</button>}
    </span>
  );
}

// What a part that is not there usually is when it is added.
const ADDED: Record<string, string> = {
  "loyalty.inbox": "{window: 7d}",
  "payment.breaker": "{failures: 50%, window: 20, open: 10s}",
  "recovery.reconcile_every": "60s",
};

export function reset(): void {
  change((now) => ({ ...now, set: {}, sides: now.sides.map((side) => ({ ...side, set: {} })) }));
}
