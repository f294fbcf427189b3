// The morning's axis: how many people come, how many have been charged twice so far, and the faults as blocks.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { clockText } from "./link";
import { onFrame } from "./player";
import { Lane } from "./faults";
import { clock, dark, go, reels, scene } from "./store";

const HIGH = 136;

export function Timeline() {
  const frame = useRef<HTMLDivElement>(null);
  const world = scene.value!.scenario;
  const all = reels.value;
  const isDark = dark.value;
  useEffect(() => {
    const box = frame.current!;
    if (!all.every(Boolean)) return;
    const style = getComputedStyle(box);
    const ink = style.getPropertyValue("--quiet");
    const grid = { stroke: style.getPropertyValue("--line"), width: 1 };
    const minutes = all[0]!.minutes.arrivals.map((_, minute) => minute * 60);
    const time = (_: uPlot, at: number[]) => at.map((one) => clockText(world.starts_s, one).slice(0, 5));
    const chart = new uPlot(
      {
        width: box.clientWidth, height: HIGH, legend: { show: false }, cursor: { show: false },
        scales: { x: { time: false, range: [0, world.ends_s] }, people: {}, harmed: {} },
        axes: [
          { stroke: ink, grid, ticks: grid, values: time, incrs: [900, 1800, 3600, 7200], size: 30 },
          { scale: "people", stroke: ink, grid, ticks: grid, size: 38 },
          { scale: "harmed", side: 1, stroke: ink, grid: { show: false }, ticks: grid, size: 44 },
        ],
        series: [
          {},
          { scale: "people", stroke: style.getPropertyValue("--faint"), fill: style.getPropertyValue("--faint"), points: { show: false } },
          ...all.map((reel, side) => ({ scale: "harmed", stroke: reel!.scene.colour, width: 2, dash: side ? [6, 3] : [], points: { show: false } })),
        ],
        hooks: { draw: [() => fit()] }, // a new size is laid out only when it is drawn
      },
      [minutes, all[0]!.minutes.arrivals, ...all.map((reel) => reel!.minutes.double_charges)] as uPlot.AlignedData,
      box,
    );
    const playhead = box.querySelector<HTMLDivElement>(".playhead")!;
    const blocks = box.querySelector<HTMLDivElement>(".blocks")!;
    function fit(): void {
      for (const under of [blocks, box.parentElement!.querySelector<HTMLDivElement>(".lane")!]) {
        under.style.marginLeft = `${chart.over.offsetLeft}px`;
        under.style.width = `${chart.over.offsetWidth}px`;
      }
      for (const over of [blocks, playhead]) {
        over.style.top = `${chart.over.offsetTop}px`;
        over.style.height = `${chart.over.offsetHeight}px`;
      }
    }
    const observer = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HIGH }));
    observer.observe(box);
    const stop = onFrame((now) => {
      playhead.style.transform = `translateX(${(chart.over.offsetLeft + (now / 1000 / world.ends_s) * chart.over.offsetWidth).toFixed(1)}px)`;
    });
    return () => {
      stop();
      observer.disconnect();
      chart.destroy();
    };
  }, [all, world.ends_s, isDark]);
  return (
    <section class="timeline" aria-label="The morning over time">
      <p class="quiet">
        <span class="area" /> people who come in a minute (left axis)
        {scene.value!.sides.map((side, number) => <span key={number} class="key"><span class={`line${number ? " dashed" : ""}`} style={{ borderColor: side.colour }} /> charged twice so far, {side.name}</span>)} (right axis)
      </p>
      <div class="chart" ref={frame} onClick={(event) => seek(event, world.ends_s)}>
        <div class="blocks" aria-hidden="true">
          {world.faults.filter((fault) => fault.at_s !== null).map((fault) => (
            <div key={fault.number} class="shade" style={{ left: `${(fault.at_s! / world.ends_s) * 100}%`, width: `${((fault.for_s ?? 0) / world.ends_s) * 100}%` }} />
          ))}
        </div>
        <div class="playhead" aria-hidden="true" />
      </div>
      <Lane ends={world.ends_s} />
      <Table />
    </section>
  );
}

function seek(event: MouseEvent, ends: number): void {
  const over = (event.currentTarget as HTMLElement).querySelector(".u-over");
  if (!over) return;
  const box = over.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  if (share >= 0 && share <= 1) go(share * ends * 1000);
}

const EVERY = 15; // minutes, in the table behind the chart

function Table() {
  const all = reels.value;
  if (!all.every(Boolean) || !clock.ends) return null;
  const world = scene.value!;
  const minutes = Array.from({ length: Math.ceil(all[0]!.minutes.arrivals.length / EVERY) }, (_, number) => number * EVERY);
  const sum = (values: number[], from: number) => values.slice(from, from + EVERY).reduce((a, b) => a + b, 0);
  const last = (values: number[], from: number) => values[Math.min(from + EVERY, values.length) - 1]!;
  return (
    <details>
      <summary>The chart as a table</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of the morning"><table>
        <thead><tr><th scope="col">from</th><th scope="col">people</th>{world.sides.map((side, number) => <th key={number} scope="col">charged twice so far, {side.name}</th>)}</tr></thead>
        <tbody>
          {minutes.map((minute) => (
            <tr key={minute}>
              <th scope="row">{clockText(world.scenario.starts_s, minute * 60).slice(0, 5)}</th>
              <td>{sum(all[0]!.minutes.arrivals, minute)}</td>
              {all.map((reel, number) => <td key={number}>{last(reel!.minutes.double_charges, minute)}</td>)}
            </tr>
          ))}
        </tbody>
      </table></div>
    </details>
  );
}
