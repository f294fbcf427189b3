// A design's diagram: boxes that are buttons, arrows that pulse with what runs along them, and one canvas above for the dots.

import { useEffect, useRef, useState } from "preact/hooks";
import type { Box, Layout, Wire } from "./asked";
import { placeOf, type Flight, type Place } from "./flights";
import { onFrame } from "./player";
import { dark, distance, opened, purchase, source, speed, VOLUME_STEP, type Reel } from "./store";
import { harmedBefore } from "./jar";

const HOP_MS = 350; // of real time that a hop takes on the screen
const MOST_DOTS = 2_000; // of a kind, harmed or not: beyond, every n-th is drawn, as no frame has time for more
export const STRETCHED = `A hop is drawn for ${HOP_MS / 1000} s, however short it was, so a dot may come a moment late, and never early. Of more than ${MOST_DOTS.toLocaleString("en")} dots on a side only every second, third, … is drawn, of the harmed likewise; the number below the jar counts all.`;

interface Grid {
  cell: number; // width of a cell in pixels
  row: number; // height
  font: number;
}

function gridOf(layout: Layout, width: number): Grid {
  const cell = Math.min(width / layout.width, 9.2);
  const font = Math.min(Math.max(cell * 1.72, 8.5), 12.4);
  return { cell, row: Math.round(font * 1.18), font };
}

export function Diagram({ reel, layout, side, colour, touched, struck }: {
  reel: Reel | null; layout: Layout; side: number; colour: string; touched: Set<string>; struck: Set<string>;
}) {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const isDark = dark.value;
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry!.contentRect.width)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  const grid = gridOf(layout, width || 560);
  const high = layout.height * grid.row + 4;
  const wide = layout.width * grid.cell;
  const left = Math.max((width - wide) / 2, 0);
  const lines = useRef<(SVGPathElement | null)[]>([]);
  useEffect(() => {
    if (!width) return;
    const paths = reel && reel.scene.layout === layout ? layout.wires.map((wire) => pathOf(wire, grid)) : null;
    if (!paths) {
      canvas.current!.width = 0; // no dots of another diagram
      return;
    }
    const context = canvas.current!.getContext("2d")!;
    const ratio = devicePixelRatio || 1;
    canvas.current!.width = Math.round(width * ratio);
    canvas.current!.height = Math.round(high * ratio);
    const style = getComputedStyle(canvas.current!);
    const [dot, harm, paper] = ["--dot", "--harm", "--card"].map((name) => style.getPropertyValue(name)) as [string, string, string];
    const ink: Ink = {
      calm: sprite(ratio, dot, "", 3, false), harmed: sprite(ratio, harm, paper, 5, false),
      lost: sprite(ratio, dot, "", 3, true), lostHarmed: sprite(ratio, harm, "", 5, true),
    };
    return onFrame((now) => {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, high);
      context.translate(left, 2);
      draw(context, reel!, paths, now, ink, lines.current);
    });
  }, [reel, layout, width, high, isDark]);
  return (
    <div class="diagram" ref={frame} style={{ height: `${high}px` }}>
      <svg viewBox={`${-left} -2 ${width || 560} ${high}`} width={width || 560} height={high} role="group" aria-label={layout.words}>
        <defs>
          <marker id={`head-${side}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">
            <path d="M0 0.8 L8 4 L0 7.2 z" class="head" />
          </marker>
        </defs>
        {layout.wires.map((wire, number) => (
          <path key={number} ref={(line) => void (lines.current[number] = line)} d={outline(wire, grid)} class={wire.dashed ? "wire dashed" : "wire"} marker-end={`url(#head-${side})`} />
        ))}
        {layout.wires.map((wire, number) => wire.label && <Label key={number} label={wire.label} grid={grid} />)}
        {layout.boxes.map((box) => (
          <Part key={box.name} box={box} grid={grid} side={side} colour={colour} touched={touched.has(box.name)} struck={struck.has(box.name)} />
        ))}
      </svg>
      <canvas ref={canvas} aria-hidden="true" style={{ width: `${width}px`, height: `${high}px` }} />
    </div>
  );
}

function Label({ label, grid }: { label: NonNullable<Wire["label"]>; grid: Grid }) {
  const middle = (label.x + label.width / 2) * grid.cell;
  return (
    <g class="label" aria-hidden="true">
      <rect x={middle - (label.width * grid.cell) / 2 + 1} y={label.y * grid.row} width={label.width * grid.cell - 2} height={label.lines.length * grid.row} />
      {label.lines.map((line, row) => (
        <text key={row} x={middle} y={(label.y + row + 0.72) * grid.row} font-size={fitted(line, label.width * grid.cell + 4, grid.font * 0.92, "italic")}>{line}</text>
      ))}
    </g>
  );
}

function Part({ box, grid, side, colour, touched, struck }: { box: Box; grid: Grid; side: number; colour: string; touched: boolean; struck: boolean }) {
  const x = (box.x + 0.5) * grid.cell;
  const y = (box.y + 0.5) * grid.row;
  const width = (box.width - 1) * grid.cell;
  const height = (box.height - 1) * grid.row;
  const isOpen = opened.value?.side === side && opened.value.part === box.name;
  const open = () => {
    if (!source.fixed) opened.value = { side, part: box.name };
  };
  const says = `${box.lines.join(" ")}${touched ? ", changed" : ""}${struck ? ", a process just died" : ""}`;
  return (
    <g
      class={`part ${box.kind}${isOpen ? " open" : ""}${struck ? " struck" : ""}`}
      data-part={box.name}
      role={source.fixed ? "img" : "button"}
      tabindex={source.fixed ? -1 : 0}
      aria-label={says}
      aria-expanded={source.fixed ? undefined : isOpen}
      onClick={open}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          open();
        } else if (event.key.startsWith("Arrow")) {
          event.preventDefault();
          neighbour(event.currentTarget as SVGGElement, event.key)?.focus();
        }
      }}
    >
      <rect x={x} y={y} width={width} height={height} rx={box.kind === "person" || box.kind === "app" ? 9 : 3} style={{ stroke: touched ? colour : undefined }} />
      {(box.kind === "store" || box.kind === "queue") && <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="2" />}
      {box.lines.map((line, row) => (
        <text
          key={row}
          class={row < box.heads ? "name" : "note"}
          x={x + width / 2}
          y={y + (height - box.lines.length * grid.row) / 2 + (row + 0.76) * grid.row}
          font-size={fitted(line, width - 8, row < box.heads ? grid.font : grid.font * 0.9, row < box.heads ? "bold" : "")}
        >
          {line}
        </text>
      ))}
      {touched && <circle class="touched" cx={x + width} cy={y} r="5" style={{ fill: colour }} />}
      {struck && <path class="bolt" d={`M${x + width - 6} ${y - 6} l-6 10 h5 l-4 9 10-12 h-5 l4-7z`} />}
    </g>
  );
}

// The nearest part in the direction of an arrow key.
function neighbour(from: SVGGElement, key: string): SVGGElement | null {
  const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] ?? [0, 0];
  const own = from.getBoundingClientRect();
  let best: SVGGElement | null = null;
  let least = Infinity;
  for (const other of from.parentElement!.querySelectorAll<SVGGElement>("g.part")) {
    const box = other.getBoundingClientRect();
    const x = box.x + box.width / 2 - own.x - own.width / 2;
    const y = box.y + box.height / 2 - own.y - own.height / 2;
    const ahead = x * across! + y * down!;
    const aside = Math.abs(x * down!) + Math.abs(y * across!);
    if (other !== from && ahead > 4 && ahead + 2 * aside < least) {
      least = ahead + 2 * aside;
      best = other;
    }
  }
  return best;
}

let measuring: CanvasRenderingContext2D | null = null;
const widths = new Map<string, number>();

// The font size at which a line is no wider than its room.
function fitted(line: string, room: number, size: number, style: string): number {
  const key = `${style} ${line}`;
  let width = widths.get(key);
  if (width === undefined) {
    measuring ??= document.createElement("canvas").getContext("2d")!;
    measuring.font = `${style} 100px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif`.trim();
    width = measuring.measureText(line).width / 100;
    widths.set(key, width);
  }
  return Math.min(size, room / width);
}

interface Path {
  points: [number, number][];
  lengths: number[]; // up to each point
}

function pixels(wire: Wire, grid: Grid): [number, number][] {
  return wire.line.map(([x, y]) => [(x + 0.5) * grid.cell, (y + 0.5) * grid.row]);
}

function outline(wire: Wire, grid: Grid): string {
  return pixels(wire, grid).map(([x, y], number) => `${number ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function pathOf(wire: Wire, grid: Grid): Path {
  const points = pixels(wire, grid);
  const lengths = [0];
  for (let number = 1; number < points.length; number++) {
    const [a, b] = [points[number - 1]!, points[number]!];
    lengths.push(lengths[number - 1]! + Math.hypot(b[0] - a[0], b[1] - a[1]));
  }
  return { points, lengths };
}

function pointOn(path: Path, share: number): [number, number] {
  const way = share * path.lengths[path.lengths.length - 1]!;
  let leg = 1;
  while (leg < path.points.length - 1 && path.lengths[leg]! < way) leg++;
  const [a, b] = [path.points[leg - 1]!, path.points[leg]!];
  const part = (way - path.lengths[leg - 1]!) / (path.lengths[leg]! - path.lengths[leg - 1]! || 1);
  return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
}

interface Ink {
  calm: HTMLCanvasElement;
  harmed: HTMLCanvasElement;
  lost: HTMLCanvasElement;
  lostHarmed: HTMLCanvasElement;
}

function draw(context: CanvasRenderingContext2D, reel: Reel, paths: Path[], now: number, ink: Ink, lines: (SVGPathElement | null)[]): void {
  const takes = HOP_MS * Math.max(speed.value, 1);
  const far = distance.value === "morning";
  const only = distance.value === "customer" ? purchase.value : null;
  pulse(reel, lines, now, far);
  const harmed = harmedBefore(reel, now);
  calm.length = bad.length = 0;
  const { flights } = reel;
  for (let number = firstUnderWay(reel.latest, now - reel.mostHops * takes); number < flights.length; number++) {
    const flight = flights[number]!;
    if (flight.start > now) break;
    if (flight.end + flight.hops.length * takes < now) continue;
    if (only !== null && flight.purchase !== only) continue;
    const isHarmed = harmed.has(flight.purchase);
    if (far && !isHarmed) continue;
    const found = placeOf(flight, now, takes);
    if (found) (isHarmed ? bad : calm).push(flight, found);
  }
  for (let number = 0; number < calm.length; number += thinned(calm)) stamp(calm, number, ink.calm, ink.lost);
  for (let number = 0; number < bad.length; number += thinned(bad)) stamp(bad, number, ink.harmed, ink.lostHarmed);

  // The step from one dot that is drawn to the next: more than so many can't be told apart, and take longer than a frame.
  function thinned(dots: (Flight | Place)[]): number {
    return 2 * Math.max(Math.ceil(dots.length / 2 / MOST_DOTS), 1);
  }

  function stamp(dots: (Flight | Place)[], number: number, sprite: HTMLCanvasElement, lost: HTMLCanvasElement): void {
    const flight = dots[number] as Flight;
    const found = dots[number + 1] as Place;
    const [x, y] = pointOn(paths[found.wire]!, found.share);
    const size = SPRITE / 2;
    // Dots that wait at the same place stand beside each other, each always at its own place.
    const turn = (flight.purchase * 2.399963) % 6.283185;
    const away = 1.5 + (flight.purchase % 5) * 1.1;
    context.drawImage(found.lost ? lost : sprite, x + Math.cos(turn) * away - size, y + Math.sin(turn) * away - size, SPRITE, SPRITE);
  }
}

const calm: (Flight | Place)[] = []; // a flight, and where it is, one after the other
const bad: (Flight | Place)[] = [];
const SPRITE = 16; // pixels that the picture of a dot is wide

// The first flight that may still be under way: all before it had begun their last hop earlier than that.
function firstUnderWay(latest: Float64Array, earliest: number): number {
  let low = 0;
  let high = latest.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (latest[middle]! < earliest) low = middle + 1;
    else high = middle;
  }
  return low;
}

// A dot, or a cross for what is lost, drawn once and stamped as often as needed.
function sprite(ratio: number, fill: string, ring: string, radius: number, isCross: boolean): HTMLCanvasElement {
  const made = document.createElement("canvas");
  made.width = made.height = SPRITE * ratio;
  const context = made.getContext("2d")!;
  context.scale(ratio, ratio);
  context.translate(SPRITE / 2, SPRITE / 2);
  context.fillStyle = fill;
  context.strokeStyle = isCross ? fill : ring;
  context.lineWidth = 1.5;
  context.beginPath();
  if (isCross) {
    context.moveTo(-radius, -radius);
    context.lineTo(radius, radius);
    context.moveTo(radius, -radius);
    context.lineTo(-radius, radius);
  } else {
    context.arc(0, 0, radius, 0, 6.2832);
    context.fill();
  }
  if (isCross || ring) context.stroke();
  return made;
}

let pulsed = 0;

// How much runs along each arrow just now, as its width: at the distance of a morning, and again only when it has changed.
function pulse(reel: Reel, lines: (SVGPathElement | null)[], now: number, far: boolean): void {
  const wires = reel.scene.layout.wires.length;
  const place = Math.floor(now / VOLUME_STEP) * wires;
  if (!far && !pulsed) return;
  pulsed = far ? 1 : 0;
  for (let wire = 0; wire < wires; wire++) {
    const line = lines[wire];
    if (!line) continue;
    const volume = far ? (reel.volumes[place + wire] ?? 0) : 0;
    const width = volume ? (1.2 + Math.min(Math.sqrt(volume) * 1.1, 7)).toFixed(1) : "";
    if (line.style.strokeWidth !== width) line.style.strokeWidth = width;
  }
}
