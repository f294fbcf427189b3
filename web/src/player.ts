// Time passes: moves the clock by real time, and lets everybody draw who wants to.

import { clock, distance, go, playing, shownNow, speed } from "./store";

type Draw = (now: number, real: number) => void;
const drawing = new Set<Draw>();
const TOLD_MS = 100; // between two changes of texts that show the time

export function onFrame(draw: Draw): () => void {
  drawing.add(draw);
  return () => drawing.delete(draw);
}

export const frames = { count: 0, slowest: 0 };

export function start(): void {
  let last = performance.now();
  let told = 0;
  const frame = (real: number) => {
    const passed = Math.min(real - last, 250); // a tab that was hidden goes on where it was
    last = real;
    if (playing.value && clock.placed && clock.ends) {
      clock.now = Math.min(clock.now + passed * speed.value, clock.ends);
      if (clock.now >= clock.ends) playing.value = false;
    }
    if (real - told > TOLD_MS && shownNow.value !== clock.now) {
      told = real;
      shownNow.value = clock.now;
    }
    for (const draw of drawing) draw(clock.now, real);
    frames.count++;
    frames.slowest = Math.max(frames.slowest, passed);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

export function toggle(): void {
  if (!playing.value && clock.now >= clock.ends) go(0);
  playing.value = !playing.value;
}

// One step on or back: a second at the distance of a minute, a minute at that of a morning.
export function stepBy(direction: number): void {
  playing.value = false;
  go(clock.now + direction * { morning: 60_000, minute: 1_000, customer: 100 }[distance.value]);
}
