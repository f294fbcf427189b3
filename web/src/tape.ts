// Reads a tape (`sim/page/tape.py`): a morning's tables as columns of whole numbers. Times are milliseconds since the start.

export type Column = Int32Array;
export type Table = { rows: number } & Record<string, Column>;

export interface Tape {
  tables: Record<"purchases" | "requests" | "charges" | "orders" | "awards" | "reads" | "harms" | "struck" | "holds" | "captures" | "refunds" | "returns" | "dead_letters" | "takings" | "repeats", Table>;
  names: Record<"harms" | "labels" | "components" | "fate" | "outcome" | "status" | "answers" | "consumers", string[]>;
  failures: boolean[];
  faults: [string, number, number][];
  ends: number;
}

export async function inflated(base64: string): Promise<Uint8Array> {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

export function tapeOf(bytes: Uint8Array): Tape {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let place = 4 + length;
  const tables: Record<string, Table> = {};
  for (const [name, rows, shape] of head.tables as [string, number, [string, number, boolean][]][]) {
    const table: Table = { rows } as Table;
    for (const [column, planes, steps] of shape) {
      table[column] = columnOf(bytes.subarray(place, place + planes * rows), rows, planes, steps);
      place += planes * rows;
    }
    tables[name] = table;
  }
  return { ...head, tables };
}

// The lowest bytes of all rows come first, then the second ones; negative numbers are folded between the positive ones.
function columnOf(bytes: Uint8Array, rows: number, planes: number, steps: boolean): Column {
  const values = new Int32Array(rows);
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    let folded = 0;
    for (let plane = 0; plane < planes; plane++) folded |= bytes[plane * rows + row]! << (8 * plane);
    const value = (folded >>> 1) ^ -(folded & 1);
    sum += value;
    values[row] = steps ? sum : value;
  }
  return values;
}

// When something happened that is counted from `start`, or NaN if it never did.
export function since(start: number, lag: number): number {
  return lag === 0 ? NaN : start + lag - 1;
}

// How many values of an ascending column are at most `limit`.
export function until(column: Column | Float64Array, limit: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (column[middle]! <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
