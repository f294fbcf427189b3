// Faults as blocks on the morning's axis: drag one to move it, its right edge to make it longer; or the arrow keys.

import { computed } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Fault } from "./asked";
import { KnobRow } from "./knobs";
import { clockText } from "./link";
import { asked, change, drawer, openedFault, kata, scene, shownNow, source, turn } from "./store";

const SNAP_S = 60;
const MOST_S = 7 * 86_400;
const now = computed(() => Math.floor(shownNow.value / 1000 / SNAP_S) * SNAP_S); // where a fault is added

// In the kata the world can't be chosen.
function isFixed(): boolean {
  return source.fixed || kata.value !== null;
}

// A length as files write it: `15min`, `90s`.
export function lengthText(seconds: number): string {
  return seconds % 60 === 0 && seconds > 0 ? `${seconds / 60}min` : `${Math.round(seconds)}s`;
}

function timeText(since: number): string {
  const text = clockText(scene.value!.scenario.starts_s, since);
  return text.endsWith(":00") ? text.slice(0, 5) : text;
}

function move(fault: Fault, to: number): void {
  turn(-1, `faults[${fault.number}].at`, timeText(Math.min(Math.max(to, 0), scene.value!.scenario.ends_s)));
}

function stretch(fault: Fault, to: number): void {
  turn(-1, `faults[${fault.number}].for`, lengthText(Math.min(Math.max(to, 0), MOST_S)));
}

// The whole list anew, with what was turned in it: the keys of single faults then mean nothing any more.
function replace(texts: string[]): void {
  change((now) => {
    const set = Object.fromEntries(Object.entries(now.set).filter(([key]) => !key.startsWith("faults[")));
    return { ...now, set: { ...set, faults: `[${texts.join(", ")}]` } };
  });
}

function add(text: string): void {
  const world = scene.value!.scenario;
  replace([...world.faults.map((fault) => fault.text), text.replace("AT", `"${timeText(now.value)}"`)]);
}

export function Lane({ ends }: { ends: number }) {
  const world = scene.value!.scenario;
  const timed = world.faults.filter((fault) => fault.at_s !== null);
  const others = world.faults.filter((fault) => fault.at_s === null);
  return (
    <>
      <div class="lane" role="group" aria-label="Faults at a time">
        {timed.map((fault) => <Block key={fault.number} fault={fault} ends={ends} />)}
      </div>
      <div class="faults">
        {others.map((fault) => (
          <button key={fault.number} type="button" class="chip" disabled={isFixed()} onClick={() => open(fault.number)}>{fault.says}</button>
        ))}
        {!isFixed() && (
          <label class="chip">Add a fault{" "}
            <select value="" onChange={(event) => { const kind = world.kinds.find((one) => one.kind === event.currentTarget.value); event.currentTarget.value = ""; if (kind) add(kind.adds); }}>
              <option value="">at {timeText(now.value)} …</option>
              {world.kinds.map((kind) => <option key={kind.kind} value={kind.kind}>{kind.kind}</option>)}
            </select>
          </label>
        )}
      </div>
    </>
  );
}

function open(number: number): void {
  openedFault.value = number;
  drawer.value = "fault";
}

function Block({ fault, ends }: { fault: Fault; ends: number }) {
  const [drag, shift] = useState<{ by: number; longer: number } | null>(null);
  const lasts = fault.for_s ?? 0;
  const begins = fault.at_s! + (drag?.by ?? 0);
  const length = Math.max(lasts + (drag?.longer ?? 0), 0);
  const start = (event: PointerEvent, isEdge: boolean) => {
    if (isFixed() || event.button !== 0) return;
    event.stopPropagation();
    const block = event.currentTarget as HTMLElement;
    const second = ends / block.closest(".lane")!.getBoundingClientRect().width;
    const from = event.clientX;
    let last = { by: 0, longer: 0 };
    block.setPointerCapture(event.pointerId);
    const moved = (now: PointerEvent) => {
      const seconds = Math.round(((now.clientX - from) * second) / SNAP_S) * SNAP_S;
      last = isEdge ? { by: 0, longer: Math.max(seconds, -lasts) } : { by: Math.min(Math.max(seconds, -fault.at_s!), ends - fault.at_s!), longer: 0 };
      shift(last);
    };
    const done = () => {
      block.removeEventListener("pointermove", moved);
      block.removeEventListener("pointerup", done);
      block.removeEventListener("pointercancel", done);
      shift(null);
      if (last.longer) stretch(fault, lasts + last.longer);
      else if (last.by) move(fault, fault.at_s! + last.by);
      else if (!isEdge) open(fault.number);
    };
    block.addEventListener("pointermove", moved);
    block.addEventListener("pointerup", done);
    block.addEventListener("pointercancel", done);
  };
  const keys = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -SNAP_S, ArrowRight: SNAP_S }[event.key];
    if (isFixed()) return;
    if (way && event.shiftKey && fault.for_s !== null) stretch(fault, lasts + way);
    else if (way) move(fault, fault.at_s! + way);
    else if (event.key === "Enter" || event.key === " ") open(fault.number);
    else if (event.key === "Delete" || event.key === "Backspace") remove(fault.number);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isOver = asked.value!.set[`faults[${fault.number}].for`] === "0s" || (fault.for_s !== null && length === 0);
  return (
    <div
      class={`block ${fault.kind}${isOver ? " over" : ""}`} role="slider" tabIndex={isFixed() ? -1 : 0}
      aria-label={`${fault.kind}; arrows move it, with Shift they change its length, Enter opens it, Delete removes it`}
      aria-valuemin={0} aria-valuemax={ends} aria-valuenow={fault.at_s!} aria-valuetext={fault.says} title={fault.says}
      style={{ left: `${(begins / ends) * 100}%`, width: `max(${(length / ends) * 100}%, 14px)` }}
      onPointerDown={(event) => start(event, false)} onKeyDown={keys}
    >
      <span class="words">{drag ? `${timeText(begins)}${lasts || drag.longer ? `, ${lengthText(length)}` : ""}` : fault.kind}</span>
      {fault.for_s !== null && !isFixed() && <span class="edge" onPointerDown={(event) => start(event, true)} />}
    </div>
  );
}

function remove(number: number): void {
  drawer.value = "";
  replace(scene.value!.scenario.faults.filter((fault) => fault.number !== number).map((fault) => fault.text));
}

export function FaultPanel() {
  const fault = scene.value!.scenario.faults[openedFault.value];
  if (!fault) return null;
  const set = asked.value!.set;
  return (
    <>
      <h2>{fault.kind}</h2>
      <p>{fault.says}</p>
      {fault.knobs.map((knob) => <KnobRow key={knob.key} knob={knob} set={set[knob.key] ?? null} turn={(text) => turn(-1, knob.key, text)} />)}
      <p><button type="button" onClick={() => remove(fault.number)}>Remove this fault</button></p>
    </>
  );
}
