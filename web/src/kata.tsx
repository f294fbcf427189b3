// The kata: brief, predict, change one thing on the diagram, run, see, explain; on the same files as the terminal's.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Story } from "./asked";
import { worded } from "./numbers";
import { post } from "./server";
import { again, announced, choose, kata, opened, stories } from "./store";

interface Criterion {
  metric: string;
  status: string | null;
}

export interface Standing {
  spent_s: number;
  runs: number;
  passed: boolean[];
  stage: number | null;
  hints: number;
  score: number | null;
  folder: string;
  title: string;
  command: string;
  then: string | null; // the command of the exercise after this one
  design: string;
  architectures: string[];
  brief: { scenario: string; story: string; constraints: string[]; loop: string; people: Record<string, [string, string, string][]> };
  stages: { number: number; title: string; question: string; outcome: string; criteria: Criterion[] }[];
  asks: string;
  is_run: boolean;
  is_checked: boolean;
  last: { number: number; changes: string[]; predicted: [string, string, string | null][]; finding: string; worse: string[]; note: string } | null;
  messages?: string[];
}

interface Checked {
  score: number;
  of: number;
  stages: { stage: number; title: string; passed: boolean; points: number; reasons: string[] }[];
}

const POLL_MS = 1_500; // between two looks at whether the file was changed in an editor, or by the terminal
const SYMBOLS: Record<string, string> = { met: "✓", "so far": "○", violated: "✗", undecided: "?" };
const working = signal("");
const hint = signal("");
const checked = signal<Checked | null>(null);
const written = signal("");
const complaint = signal<string[]>([]);
const predicted = signal("");

export async function standing(): Promise<void> {
  const found = (await (await fetch("kata")).json()) as Standing;
  if (found.messages) {
    complaint.value = found.messages;
    return;
  }
  const before = kata.value;
  kata.value = found;
  if (before && before.design !== found.design) again();
  else if (before && before.runs !== found.runs) again();
}

async function take(name: string, what: string, given: object = {}): Promise<Record<string, unknown> | null> {
  working.value = what;
  complaint.value = [];
  try {
    const found = await (await post(`kata/${name}`, given)).json();
    if (found.messages) {
      complaint.value = found.messages;
      return null;
    }
    kata.value = found.standing;
    return found;
  } catch {
    complaint.value = ["The server does not answer."];
    return null;
  } finally {
    working.value = "";
  }
}

// What is turned on the diagram is written into design.yaml.
export async function edit(key: string, value: string): Promise<void> {
  if (await take("edit", "design.yaml is being written …", { key, value })) {
    hint.value = "";
    checked.value = null;
    again();
  }
}

export function Kata() {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!working.value && !document.hidden) void standing().catch(() => undefined);
    }, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  const now = kata.value;
  if (!now) return null;
  const stage = now.stages.find((one) => one.number === now.stage);
  const busy = working.value !== "";
  return (
    <section class="kata" aria-label={now.title}>
      <h2>{now.title} {stage ? `· stage ${stage.number} of ${now.stages.length}` : "· all stages passed"}</h2>
      <ol class="stages">
        {now.stages.map((one, place) => (
          <li key={one.number} class={now.passed[place] ? "passed" : one.number === now.stage ? "open" : ""} title={one.title}>
            {now.passed[place] ? "✓" : one.number}<span class="spoken"> {one.title}: {now.passed[place] ? "passed" : "not passed"}</span>
          </li>
        ))}
      </ol>
      <Brief now={now} />
      {stage && (
        <>
          <h3>{stage.title}</h3>
          <p>{stage.question}</p>
          <ul class="criteria">
            {stage.criteria.map((one) => <li key={one.metric}><code>{one.metric}</code> {one.status ? `${SYMBOLS[one.status]} ${worded(one.status)}` : "not run yet"}</li>)}
          </ul>
        </>
      )}
      {now.last && <Last now={now} />}
      <form class="run" onSubmit={(event) => { event.preventDefault(); void run(event.currentTarget as HTMLFormElement); }}>
        {now.runs > 0 && (
          <>
            <fieldset>
              <legend>Predict: what will <code>{now.asks}</code> do?</legend>
              {["better", "worse", "same", ""].map((word) => (
                <label key={word}><input type="radio" name="predict" value={word} checked={predicted.value === word} onChange={() => { predicted.value = word; }} /> {word || "no idea"}</label>
              ))}
            </fieldset>
            <label class="field">Why did run {now.runs} come out as it did?
              <textarea name="why" rows={2} defaultValue={now.last?.note ?? ""} key={now.runs} />
            </label>
          </>
        )}
        <p class="quiet">{next(now)}</p>
        <button type="submit" class={now.stage === null && now.is_run ? "" : "play"} disabled={busy}>Run five mornings</button>
      </form>
      <p class="steps">
        <button type="button" disabled={busy || now.runs === 0} onClick={() => void ask()}>Hint</button>
        <button type="button" disabled={busy} onClick={() => void why()}>One harmed customer</button>
        <button type="button" disabled={busy || now.runs === 0} onClick={() => void undo()}>Undo</button>
        <button type="button" class={now.stage === null && now.is_run && !now.is_checked ? "play" : ""} disabled={busy} onClick={() => void check()}>Check</button>
        <button type="button" disabled={busy || now.runs === 0} onClick={() => void debrief()}>Debrief</button>
      </p>
      <div role="status">
        {busy && <p class="busy">{working.value}</p>}
        {hint.value && <p class="hint"><b>Hint:</b> <Marked text={hint.value} /></p>}
        {written.value && <p>{written.value} <a href="kata/debrief" target="_blank" rel="noreferrer">Open the debrief</a></p>}
        {checked.value && <Result of={checked.value} then={now.then} />}
      </div>
      {complaint.value.map((one) => <p key={one} class="notice bad" role="alert">{one}</p>)}
      <p class="quiet">{Math.round(now.spent_s / 60)} min, {now.runs} {now.runs === 1 ? "run" : "runs"}, {now.hints} {now.hints === 1 ? "hint" : "hints"}. The same exercise in the terminal: <code>{now.command}</code></p>
    </section>
  );
}

// What there is to do, in words.
function next(now: Standing): string {
  if (!now.runs) return "First see what it does.";
  if (!now.is_run) return "design.yaml has changed since the last run.";
  if (now.stage !== null) return "Change one thing: click a box of the diagram, or edit design.yaml. Then run.";
  if (!now.is_checked) return "All stages are passed on these five mornings. Check tries the design on mornings that you haven’t seen.";
  return "Debrief writes what you did and learned as a page. Or change one thing, run, and check again.";
}

// Text in which names of files, keys and commands stand between backticks.
export function Marked({ text }: { text: string }) {
  return <>{text.split("`").map((part, place) => (place % 2 ? <code key={place}>{part}</code> : part))}</>;
}

function Brief({ now }: { now: Standing }) {
  return (
    <details open={now.runs === 0}>
      <summary>The brief</summary>
      <p><Marked text={now.brief.scenario} /></p>
      {now.brief.story.split("\n\n").filter((part) => part.trim()).map((part) => <p key={part}>{part}</p>)}
      <ul>{now.brief.constraints.map((line) => <li key={line}><Marked text={line} /></li>)}</ul>
      {Object.entries(now.brief.people).map(([who, rows]) => (
        <div key={who}>
          <h3>What {who} accepts</h3>
          <ul>{rows.map(([metric, limit, what]) => <li key={metric}><code>{metric}</code> {limit}: {what}</li>)}</ul>
        </div>
      ))}
      <p>The loop: {now.brief.loop}.</p>
    </details>
  );
}

function Last({ now }: { now: Standing }) {
  const last = now.last!;
  return (
    <div class="last">
      <h3>Run {last.number}</h3>
      {last.changes.length > 0 && <p>Changed: {last.changes.map((one) => <code key={one}>{one} </code>)}</p>}
      {last.predicted.map(([metric, said, went]) => <p key={metric}>You said {said} of <code>{metric}</code>; {went === null ? "there was nothing to compare with" : went === said ? `it went ${went}: right` : `it went ${went}`}.</p>)}
      {last.finding && <p><Marked text={last.finding} /></p>}
      {last.worse.length > 0 && <p>Got worse: {last.worse.join("; ")}</p>}
    </div>
  );
}

function Result({ of, then }: { of: Checked; then: string | null }) {
  return (
    <div class="check">
      <h3>{of.score} of {of.of} points, on mornings that you haven’t seen</h3>
      <ul>
        {of.stages.map((one) => (
          <li key={one.stage}>{one.passed ? "✓" : "✗"} {one.stage}. {one.title}: {one.points}{one.reasons.map((reason) => <small key={reason}>{reason}</small>)}</li>
        ))}
      </ul>
      {then && of.score === of.of && <p>There is a second exercise, in a quarter of an hour: <code>{then}</code></p>}
    </div>
  );
}

async function run(form: HTMLFormElement): Promise<void> {
  const why = String(new FormData(form).get("why") ?? "");
  const predict = predicted.value ? [predicted.value] : [];
  hint.value = "";
  checked.value = null;
  opened.value = null;
  const found = await take("run", "Five mornings are being simulated …", { predict, why });
  if (!found) return;
  predicted.value = "";
  announced.value = kata.value!.stage ? `stage ${kata.value!.stage} is open` : "all stages are passed";
  again();
}

async function ask(): Promise<void> {
  const found = await take("hint", "A hint is being found …");
  if (found) hint.value = (found.hint as { hint: string }).hint;
}

async function why(): Promise<void> {
  const found = await take("why", "Somebody is being looked for …");
  if (!found) return;
  const story = found.story as Story | null;
  if (!story) {
    hint.value = "Nobody was harmed on these mornings.";
    return;
  }
  await choose(story.purchase, false);
  stories.value = [story];
}

async function undo(): Promise<void> {
  if (await take("undo", "design.yaml is put back …")) again();
}

async function check(): Promise<void> {
  const found = await take("check", "Four kinds of mornings are being simulated …");
  if (found) checked.value = found.check as Checked;
}

async function debrief(): Promise<void> {
  const found = await take("debrief", "The debrief is being written …");
  if (found) written.value = `${found.debrief as string} is written.`;
}
