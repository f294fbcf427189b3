// The numbers, each with its interval; better or worse against the design before the last change, on the same mornings.

import { harmedKind, drawer, kata, numbers, reels, running, scene, source } from "./store";
import type { Cell, Row } from "./asked";

export function Numbers() {
  const found = numbers.value;
  const world = scene.value!;
  if (!found) return <section class="numbers" aria-label="Numbers"><h2>Numbers</h2><p class="quiet">The first morning is being counted …</p></section>;
  const one = found.mornings === 1;
  return (
    <section class="numbers" aria-label="Numbers">
      <h2>
        Numbers of {one ? "one morning" : `${found.mornings} mornings`}
        {running.value && found.mornings < found.of && <span class="busy"> {found.of - found.mornings} more to come</span>}
      </h2>
      <p class="quiet">
        {one ? "One morning has no interval yet. " : "Means with 95 % intervals; they narrow as mornings come. "}
        Against the objectives: ✓ met, ○ met so far (no case yet, and few mornings can’t rule one out), ? undecided (the limit lies within the interval), ✗ violated.
        {" "}{!kata.value && !source.fixed && "Before: the same design before your last change, on the same customers."}
      </p>
      <div class="scroll" tabIndex={0} role="region" aria-label="Table of numbers">
        <table>
          <thead>
            <tr>
              <th scope="col">metric</th>
              {world.sides.map((side, number) => <th key={number} scope="col"><span class="swatch" style={{ background: side.colour }} />{side.name}</th>)}
              {world.sides.length > 1 && <th scope="col">right against left</th>}
            </tr>
          </thead>
          <tbody>{found.rows.map((row) => <Line key={row.metric} row={row} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Line({ row }: { row: Row }) {
  return (
    <tr>
      <th scope="row">
        <code>{row.metric}</code>
        <small>{row.limit && <b>{row.limit}. </b>}{row.summary}</small>
      </th>
      {row.cells.map((cell, number) => <td key={number} class={cell.status.replace(" ", "-")}><Value cell={cell} row={row} side={number} /></td>)}
      {row.between && <td><span class={`mark ${row.between.judgement}`}>{row.between.judgement}</span><small>{row.between.difference}</small></td>}
    </tr>
  );
}

function Value({ cell, row, side }: { cell: Cell; row: Row; side: number }) {
  const kind = reels.value[side]?.tape.names.labels.indexOf(row.label) ?? -1;
  return (
    <>
      {cell.symbol && <span class="status" title={worded(cell.status)}>{cell.symbol}<span class="spoken"> {worded(cell.status)}: </span></span>}{" "}
      <data value={cell.value ?? ""}>{cell.text}</data>
      {kind >= 0 && row.label && (cell.value ?? 0) > 0 && (
        <button type="button" class="who" onClick={() => { harmedKind.value = { side, kind }; drawer.value = "harmed"; }}>who?</button>
      )}
      {cell.before && <small>before {cell.before.text} <span class={`mark ${cell.before.judgement}`}>{cell.before.judgement}</span></small>}
    </>
  );
}

// "so far" alone says too little.
export function worded(status: string): string {
  return status === "so far" ? "met so far" : status;
}
