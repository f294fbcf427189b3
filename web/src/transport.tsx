// Play, pause, step, how near one looks, and what time it is in the morning.

import { clockText } from "./link";
import { stepBy, toggle } from "./player";
import { clock, distance, go, leaveCustomer, look, playing, purchase, scene, shownNow, speed, SPEEDS, type Distance } from "./store";

const DISTANCES: [Distance, string, string][] = [
  ["morning", "Morning", "arrows pulse with how much runs along them; dots only for the harmed"],
  ["minute", "Minute", "every request, call and message is a dot"],
  ["customer", "One customer", "one purchase, step by step"],
];

function Icon({ d }: { d: string }) {
  return <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={d} /></svg>;
}

export function Transport() {
  const world = scene.value!.scenario;
  const now = shownNow.value;
  const text = clockText(world.starts_s, now / 1000, { millis: distance.value === "customer" });
  return (
    <section class="transport" aria-label="Playback">
      <div class="buttons">
        <button type="button" aria-label="Step back" onClick={() => stepBy(-1)}><Icon d="M4 3v10M13 3 6 8l7 5z" /></button>
        <button type="button" class="play" aria-label={playing.value ? "Pause" : "Play"} onClick={toggle}><Icon d={playing.value ? "M4 3h3v10H4zM9 3h3v10H9z" : "M4 2.5 13 8l-9 5.5z"} /></button>
        <button type="button" aria-label="Step" onClick={() => stepBy(1)}><Icon d="M12 3v10M3 3l7 5-7 5z" /></button>
      </div>
      <output id="clock" tabIndex={-1} class="clock">{text}</output>
      <div class="distances" role="group" aria-label="How near one looks">
        {DISTANCES.map(([name, label, says]) => (
          <button key={name} type="button" title={says} aria-pressed={distance.value === name}
            onClick={() => { if (name !== "customer" && purchase.value !== null) leaveCustomer(); look(name); }}>
            {label}
          </button>
        ))}
      </div>
      <label class="speed">
        <span class="quiet" aria-hidden="true">times as fast</span>
        <select aria-label="Times as fast" value={speed.value} onChange={(event) => { speed.value = Number(event.currentTarget.value); }}>
          {SPEEDS[distance.value].map((one) => <option key={one} value={one}>{one}×</option>)}
        </select>
      </label>
      <input type="range" class="scrub" aria-label="Time of the morning" aria-valuetext={text} min="0" max={clock.ends || world.ends_s * 1000} step="1000" value={now}
        onInput={(event) => go(Number(event.currentTarget.value))} />
    </section>
  );
}
