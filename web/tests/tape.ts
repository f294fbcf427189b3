import assert from "node:assert/strict";
import { test } from "node:test";
import { since, tapeOf, until } from "../src/tape";

// A tape by hand: a head, and the bytes of its columns.
export function taped(head: object, bytes: number[]): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(head));
  const packed = new Uint8Array(4 + text.length + bytes.length);
  new DataView(packed.buffer).setUint32(0, text.length, true);
  packed.set(text, 4);
  packed.set(bytes, 4 + text.length);
  return packed;
}

test("columns are read byte by byte, folded numbers unfolded, and steps added up", () => {
  const shape = [["plain", 1, false], ["steps", 2, true], ["nothing", 0, false]];
  const tape = tapeOf(taped({ tables: [["purchases", 3, shape]] }, [0, 1, 4, 0x90, 0x02, 0x01, 0x01, 0x00, 0x00]));
  const { plain, steps, nothing } = tape.tables.purchases;
  assert.deepEqual([...plain!], [0, -1, 2]);
  assert.deepEqual([...steps!], [200, 201, 200]);
  assert.deepEqual([...nothing!], [0, 0, 0]);
});

test("what never happened is never, and what happened at once is at its start", () => {
  assert.ok(Number.isNaN(since(500, 0)));
  assert.equal(since(500, 1), 500);
});

test("how many came by a time", () => {
  const times = Int32Array.from([10, 20, 20, 30]);
  assert.deepEqual([9, 10, 20, 29, 30, 99].map((now) => until(times, now)), [0, 1, 3, 3, 4, 4]);
  assert.equal(until(new Int32Array(0), 5), 0);
});
