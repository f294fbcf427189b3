// One customer: what happened to the same purchase in both designs, moment by moment, in words and on the diagram.

import { useEffect, useRef } from "preact/hooks";
import { asked, go, leaveCustomer, purchase, source, step, stories } from "./store";
import type { Moment, Story } from "./asked";
import { signal } from "@preact/signals";

const PARTY: Record<string, string> = { read_model: "status view", payment: "payment worker" };
const marked = signal<{ side: number; number: number } | null>(null);

// The parts that act in the moment that is marked; null if none is.
export function touchedBy(side: number): Set<string> | null {
  const at = marked.value;
  if (purchase.value === null || !at || at.side !== side) return null;
  const story = stories.value[side];
  if (!story || typeof story === "string") return null;
  const moment = story.moments[at.number];
  return moment ? new Set([moment.who, moment.to ?? ""]) : null;
}

// The one customer that is looked at: who it is, and the way back.
export function Chosen() {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    marked.value = null;
    title.current?.focus({ preventScroll: true });
    title.current?.scrollIntoView({ block: "start" });
  }, [purchase.value]);
  return (
    <h2 class="chosen" ref={title} tabIndex={-1}>
      Customer {purchase.value} in both designs <button type="button" onClick={leaveCustomer}>Back to everybody</button>
    </h2>
  );
}

export function Told({ side }: { side: number }) {
  const list = useRef<HTMLOListElement>(null);
  const at = marked.value?.side === side ? marked.value.number : -1;
  useEffect(() => {
    const line = list.current?.querySelector<HTMLElement>(".here");
    if (line && list.current) list.current.scrollTop = line.offsetTop - list.current.offsetTop - 60;
  }, [at]);
  const story = stories.value[side] ?? null;
  if (story === null) return <div class="told"><p class="quiet">What happened is being found out …</p></div>;
  if (typeof story === "string") return <div class="told"><p>{story}</p></div>;
  const mark = (number: number) => {
    const moment = story.moments[number];
    if (!moment) return;
    marked.value = { side, number };
    step.value = number;
    go(moment.at_s * 1000);
  };
  const here = at;
  return (
    <div class="told">
      <h3>{story.sentence}</h3>
      <p class="steps">
        <button type="button" disabled={here <= 0} onClick={() => mark(here - 1)}>Step back</button>
        <button type="button" disabled={here >= story.moments.length - 1} onClick={() => mark(here + 1)}>Next step</button>
        <span class="quiet">{here < 0 ? `${story.moments.length} steps` : `step ${here + 1} of ${story.moments.length}`}</span>
      </p>
      <ol ref={list}>
        {story.moments.map((moment, number) => (
          <li key={number} class={`${moment.kind}${number === here ? " here" : ""}`}>
            <button type="button" aria-current={number === here ? "step" : undefined} onClick={() => mark(number)}><Line moment={moment} /></button>
          </li>
        ))}
      </ol>
      <Remedies story={story} side={side} />
    </div>
  );
}

function Line({ moment }: { moment: Moment }) {
  const who = moment.to ? `${called(moment.who)} → ${called(moment.to)}` : called(moment.who);
  const belief = Object.entries(moment.believes ?? {})[0];
  return (
    <>
      <span class="at">{moment.clock}</span> <b>{who}</b> {moment.what}{moment.times > 1 && ` (${moment.times} times)`}
      {belief && <span class="quiet"> {called(belief[0])}: {belief[1]}</span>}
    </>
  );
}

function called(party: string): string {
  return PARTY[party] ?? party;
}

function Remedies({ story, side }: { story: Story; side: number }) {
  if (story.violations.length === 0) return null;
  if (story.tried > 0) {
    return (
      <div class="remedies">
        <p><b>{story.remedies.length ? "What would have prevented it, on the same morning:" : `None of the ${story.tried} changes that were tried leaves this customer unharmed.`}</b></p>
        <ul>
          {story.remedies.map((one) => <li key={one.change}><code>{one.change}</code> <span class="quiet">purchases harmed in this way that morning: {one.before} before, {one.after} with it</span></li>)}
        </ul>
      </div>
    );
  }
  if (source.fixed) return null;
  return <p><button type="button" onClick={(event) => void more(event.currentTarget, story, side)}>What would have prevented it?</button></p>;
}

const MOST = 3; // changes that are looked for: each is a morning simulated anew

async function more(button: HTMLButtonElement, story: Story, side: number): Promise<void> {
  button.disabled = true;
  button.textContent = "Changes are being tried …";
  const found = await source.story(asked.value!, side, story.purchase, MOST).catch(() => "The server does not answer.");
  if (stories.value[side] === story) stories.value = stories.value.map((old, number) => (number === side ? found : old));
}
