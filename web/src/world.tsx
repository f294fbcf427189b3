// The world behind a drawer: which scenario, which morning, and everything that can't be chosen in life.

import { useEffect } from "preact/hooks";
import { asked, change, scene, turn } from "./store";
import { KnobRow } from "./knobs";
import { catalogue, loadCatalogue } from "./catalogue";

const GROUPS: Record<string, string> = {
  clock: "Clock", traffic: "Traffic", customers: "People", network: "Network", provider: "Payment provider", prices: "Prices",
  renewals: "Renewals", accounts: "Accounts", mishaps: "Mishaps", currencies: "Currencies",
};

export function World() {
  useEffect(loadCatalogue, []);
  const world = scene.value!.scenario;
  const what = asked.value!;
  const names = Object.keys(catalogue.value.scenarios);
  const groups = new Map<string, typeof world.knobs>();
  for (const knob of world.knobs) {
    const section = knob.key.split(".")[0]!;
    groups.set(section, [...(groups.get(section) ?? []), knob]);
  }
  return (
    <>
      <h2>The world</h2>
      <label class="field">Scenario
        <select value={what.scenario} onChange={(event) => { const scenario = event.currentTarget.value; change((now) => ({ ...now, scenario, set: {} })); }}>
          {!names.includes(what.scenario) && <option value={what.scenario}>{what.scenario}</option>}
          {names.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      <label class="field">Seed of the morning that is played
        <input type="number" min="0" max="999999999" value={what.seed} onChange={(event) => { const seed = Number(event.currentTarget.value); if (Number.isInteger(seed)) change((now) => ({ ...now, seed })); }} />
      </label>
      <label class="field">Mornings that are counted
        <select value={what.mornings} onChange={(event) => { const mornings = Number(event.currentTarget.value); change((now) => ({ ...now, mornings })); }}>
          {[...new Set([1, 3, 5, 10, 20, 50, 100, 200, what.mornings])].sort((a, b) => a - b).map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      </label>
      {world.story.split("\n\n").filter((part) => part.trim()).map((part) => <p key={part} class="quiet">{part}</p>)}
      {[...groups].map(([section, knobs]) => (
        <details key={section}>
          <summary>{GROUPS[section] ?? section}{knobs.some((knob) => what.set[knob.key] !== undefined) && " ●"}</summary>
          {knobs.map((knob) => <KnobRow key={knob.key} knob={knob} set={what.set[knob.key] ?? null} turn={(text) => turn(-1, knob.key, text)} />)}
        </details>
      ))}
    </>
  );
}
