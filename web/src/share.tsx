// To go on from here: a link, the command that gives the same numbers, and files in the folder where the server was started.

import { signal } from "@preact/signals";
import { asked, scene, shareLink } from "./store";
import { reset } from "./knobs";
import { post } from "./server";

const said = signal("");

export function Share() {
  const world = scene.value!;
  const link = location.origin + location.pathname + shareLink();
  return (
    <>
      <h2>Share and save</h2>
      <h3>A link</h3>
      <p class="quiet">What is behind # says what differs, in the words of <code>--set</code>; it works with anybody’s own <code>coffee serve</code>.</p>
      <Copied text={shareLink()} label="Copy what is behind #" />
      <Copied text={link} label="Copy the whole address" />
      <h3>The command that gives the same numbers</h3>
      {world.commands.map((command) => <Copied key={command} text={command} label="Copy" shown />)}
      <h3>Files</h3>
      <p class="quiet">Written into the folder in which <code>coffee serve</code> was started; every other knob is in them as a comment.</p>
      {world.sides.map((side, number) => <Save key={number} what={`the ${world.sides.length > 1 ? (number ? "right " : "left ") : ""}design ${side.name}`} side={number} usual={`my-${side.name.replace(/[^\w.-]+/g, "-")}.yaml`} />)}
      <Save what={`the scenario ${world.scenario.name}`} side={-1} usual={`my-${world.scenario.name.replace(/[^\w.-]+/g, "-")}.yaml`} />
      <p role="status">{said.value}</p>
      <h3>Start over</h3>
      <button type="button" onClick={reset}>Every value as its file has it</button>
    </>
  );
}

function Copied({ text, label, shown = false }: { text: string; label: string; shown?: boolean }) {
  return (
    <p class="copied">
      {shown && <code>{text}</code>}
      <button type="button" onClick={(event) => { const button = event.currentTarget; void navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; }, () => { said.value = text; }); }}>{label}</button>
    </p>
  );
}

function Save({ what, side, usual }: { what: string; side: number; usual: string }) {
  return (
    <form
      class="save"
      onSubmit={(event) => {
        event.preventDefault();
        const name = String(new FormData(event.currentTarget as HTMLFormElement).get("name"));
        void save(side, name);
      }}
    >
      <label>{what} as <input name="name" defaultValue={usual} required spellcheck={false} /></label>
      <button type="submit">Save</button>
    </form>
  );
}

async function save(side: number, name: string): Promise<void> {
  try {
    const found = await (await post("save", { ...asked.value!, side, name })).json();
    said.value = found.messages ? found.messages.join("; ") : `${found.file} is written. ${found.then}`;
  } catch {
    said.value = "The server does not answer.";
  }
}
