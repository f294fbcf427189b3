// What the page asks the server for, and what it gets: the shapes of `sim/page/wish.py`, `scene.py`, `numbers.py` and `running.py`.

export type Changes = Record<string, string>;

export interface AskedSide {
  design: string;
  set: Changes;
}

export interface Asked {
  scenario: string;
  sides: AskedSide[];
  set: Changes;
  seed: number;
  mornings: number;
}

export interface Knob {
  key: string;
  value: string;
  default: string;
  about: string;
  words: string[];
  unit: string;
  nullable: boolean;
  inside: string[];
  offers: string[];
  part?: string;
}

export interface Fault {
  number: number;
  kind: string;
  says: string;
  text: string;
  at_s: number | null;
  at: string | null;
  for_s: number | null;
  knobs: Knob[];
}

export interface Box {
  name: string;
  kind: string;
  label: string;
  x: number;
  y: number;
  width: number;
  height: number;
  lines: string[];
  heads: number;
}

export interface Wire {
  source: string;
  target: string;
  dashed: boolean;
  line: [number, number][];
  label: { x: number; y: number; width: number; lines: string[] } | null;
}

export interface Layout {
  width: number;
  height: number;
  words: string;
  boxes: Box[];
  wires: Wire[];
}

export interface Warning {
  rule: string;
  knob: string;
  message: string;
  reason: string;
  windows: string[];
  enough: Record<string, string>[];
}

export interface SideScene {
  name: string;
  summary: string;
  base: string;
  digest: string;
  colour: string;
  layout: Layout;
  knobs: Knob[];
  lacks: { part: string; because: string; start: string }[];
  lint: Warning[];
  key: Switch;
}

// A big switch: the key that it turns, its values for on and off (null: as the file has it), and why it can't be turned.
export interface Switch {
  key: string;
  on: string | null;
  off: string | null;
  is_on: boolean;
  says?: string;
  because?: string | null;
}

export interface Scene {
  scenario: {
    name: string;
    summary: string;
    story: string;
    starts_s: number;
    opens: string;
    closes_s: number;
    ends_s: number;
    faults: Fault[];
    kinds: { kind: string; about: string; adds: string }[];
    knobs: Knob[];
    slow: Switch;
  };
  sides: SideScene[];
  commands: string[];
  version: string;
  digest: string;
}

export interface Difference {
  difference: string;
  judgement: string;
}

export interface Cell {
  text: string;
  value: number | null;
  low: number | null;
  high: number | null;
  status: string;
  symbol: string;
  before: (Difference & { text: string }) | null;
}

export interface Row {
  metric: string;
  label: string;
  summary: string;
  better: string;
  limit: string | null;
  cells: Cell[];
  between: Difference | null;
}

export interface Numbers {
  of: number;
  mornings: number;
  seeds: number[];
  verdicts: { status: string; symbol: string }[];
  rows: Row[];
}

export interface TapeLine {
  side: number;
  seed: number;
  tape: string;
  minutes: { arrivals: number[]; backlog: number[]; double_charges: number[] };
  busy: Record<string, number>;
}

export interface Moment {
  at_s: number;
  clock: string;
  who: string;
  to: string | null;
  kind: string;
  what: string;
  times: number;
  believes: Record<string, string> | null;
}

export interface Change {
  change: string;
  before: number;
  after: number;
  spared: boolean;
  instead: string[];
}

export interface Story {
  purchase: number;
  seed: number;
  design: string;
  violations: string[];
  sentence: string;
  moments: Moment[];
  remedies: Change[];
  trades: Change[];
  tried: number;
}

export type Line =
  | ({ line: "scene" } & Scene)
  | ({ line: "tape" } & TapeLine)
  | ({ line: "numbers" } & Numbers)
  | { line: "error"; messages: string[] }
  | { line: "done" };
