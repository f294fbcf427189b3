// The page from top to bottom.

import { useEffect } from "preact/hooks";
import { Diagram, STRETCHED } from "./diagram";
import { drawer, lostServer, messages, notes, numbers, opened, purchase, reels, running, scene, source, take, turn } from "./store";
import { announced, asked, kata, leaveCustomer, struck } from "./store";
import { Facts } from "./counted";
import { Kata } from "./kata";
import { HarmedList, Jar } from "./jar";
import { FaultPanel } from "./faults";
import { PartPanel } from "./knobs";
import { Numbers, worded } from "./numbers";
import { Share } from "./share";
import { Chosen, Told, touchedBy } from "./story";
import { Timeline } from "./timeline";
import { Transport } from "./transport";
import { stepBy, toggle } from "./player";
import { World } from "./world";
import type { SideScene, Switch } from "./asked";
import { catalogue, loadCatalogue } from "./catalogue";

export function App() {
  useEffect(() => {
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  if (lostServer.value && !scene.value) return <Lost />;
  if (!scene.value && !messages.value.length) return <p class="loading">The morning is being simulated …</p>;
  return (
    <>
      <a class="skip" href="#clock" onClick={(event) => { event.preventDefault(); document.getElementById("clock")?.focus(); }}>To the clock</a>
      <Header />
      {lostServer.value && <Lost />}
      {messages.value.length > 0 && <Errors />}
      {notes.value.map((note) => <p class="notice" key={note}>{note}</p>)}
      {scene.value && (
        <main aria-busy={running.value}>
          {!kata.value && <Switches />}
          <Transport />
          {purchase.value !== null && <Chosen />}
          <div class={kata.value ? "sides with-kata" : `sides n${scene.value.sides.length}`}>
            {kata.value && <Kata />}
            {scene.value.sides.map((side, number) => <Side key={number} side={side} number={number} />)}
          </div>
          <p class="quiet legend">
            <span class="dot" /> a request, a call or a message <span class="dot harm" /> of a customer who is harmed
            <span class="cross">×</span> lost on the way · {!source.fixed && "Click a box to see and turn its knobs. "}{STRETCHED}
          </p>
          <Timeline />
          <Numbers />
          <footer class="quiet">
            <p>{scene.value.scenario.summary} · {scene.value.scenario.opens} · seed {reels.value[0]?.seed ?? 0} is played · coffee {scene.value.version} · {scene.value.digest}</p>
          </footer>
        </main>
      )}
      <Drawer />
      <p class="spoken" role="status">{announced.value}</p>
    </>
  );
}

function keys(event: KeyboardEvent): void {
  if (event.key === "Escape") {
    close();
    return;
  }
  const target = event.target as HTMLElement;
  if (target.closest("input, select, textarea, button, summary, a, [role=button], [role=slider]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === " ") toggle();
  else if (event.key === ".") stepBy(1);
  else if (event.key === ",") stepBy(-1);
  else return;
  event.preventDefault();
}

function close(): void {
  if (opened.value) {
    const { side, part } = opened.value;
    opened.value = null;
    document.querySelectorAll(".side")[side]?.querySelector<SVGGElement>(`[data-part="${CSS.escape(part)}"]`)?.focus();
  } else if (drawer.value) drawer.value = "";
  else if (purchase.value !== null) leaveCustomer();
}

function Header() {
  return (
    <header class="top">
      <h1>Coffee please <span class="quiet">which checkout charges people twice?</span></h1>
      {kata.value && <p class="quiet">what is turned here is written into {kata.value.folder}/design.yaml</p>}
      {!source.fixed && !kata.value && (
        <div class="tools">
          <button type="button" onClick={() => { drawer.value = "world"; }}>The world: {scene.value?.scenario.name ?? asked.value?.scenario}</button>
          <button type="button" onClick={() => { drawer.value = "share"; }}>Share, save</button>
        </div>
      )}
      {source.fixed && <p class="quiet">A playback of {scene.value?.scenario.name}; to change anything: <code>coffee serve</code></p>}
    </header>
  );
}

function Lost() {
  return <p class="notice bad" role="alert">The server has ended. Start it again with <code>coffee serve</code>, and open the new address; the part behind # can be kept.</p>;
}

function Errors() {
  return (
    <div class="notice bad" role="alert">
      {messages.value.map((message) => <p key={message}>{message}</p>)}
      {scene.value && <p class="quiet">What you see is still the morning before this change.</p>}
    </div>
  );
}

function Switches() {
  const slow = scene.value!.scenario.slow;
  return (
    <div class="switches">
      <Toggle of={slow} label="The provider goes slow" says={slow.says ?? ""} turn={(value) => turn(-1, slow.key, value)} kind="world" />
    </div>
  );
}

function Toggle({ of, label, says, kind, turn }: { of: Switch; label: string; says: string; kind: string; turn: (value: string | null) => void }) {
  const blocked = source.fixed || of.because !== null && of.because !== undefined;
  return (
    <div class={`switch ${kind}${blocked ? " blocked" : ""}`}>
      <button type="button" role="switch" aria-checked={of.is_on} aria-disabled={blocked} aria-describedby={`says-${label.length}-${kind}`}
        onClick={() => { if (!blocked) turn(of.is_on ? of.off : of.on); }}>
        <span class="track"><span class="knob" /></span>
        <span class="words">{label}<b>{of.is_on ? "on" : "off"}</b></span>
      </button>
      <span class="quiet says" id={`says-${label.length}-${kind}`}>{of.because ?? says}</span>
    </div>
  );
}

function Side({ side, number }: { side: SideScene; number: number }) {
  const reel = reels.value[number] ?? null;
  const verdict = numbers.value?.verdicts[number];
  const changed = new Set(Object.keys(asked.value?.sides[number]?.set ?? {}));
  const touched = new Set(side.knobs.filter((knob) => changed.has(knob.key) || (asked.value!.set[knob.key] !== undefined)).map((knob) => knob.part!));
  const isOld = reel !== null && reel.scene !== side && reel.scene.digest !== side.digest;
  return (
    <section class="side" aria-label={`${number ? "right" : "left"}: ${side.name}`} style={{ "--colour": side.colour }}>
      <div class="name">
        <Designs side={side} number={number} />
        <span class={`verdict ${verdict?.status.replace(" ", "-") ?? ""}`}>{verdict ? `${verdict.symbol} ${worded(verdict.status)}` : "no numbers yet"}</span>
        {(isOld || (running.value && !reel)) && <span class="busy">{kata.value && !kata.value.is_run && kata.value.runs > 0 ? "changed, not run yet" : "simulating …"}</span>}
      </div>
      {purchase.value === null && !kata.value && <Toggle of={side.key} label="Same key for every try" says={side.key.is_on ? "the app keeps one key for a purchase, through retries, taps and refreshes" : "the app sends no key that would stay the same"} turn={(value) => turn(number, side.key.key, value)} kind={`design of-${number}`} />}
      <Diagram reel={isOld ? null : reel} layout={side.layout} side={number} colour={side.colour} touched={touchedBy(number) ?? touched} struck={new Set(struck[number]!.value.split(","))} />
      {purchase.value === null ? <><Jar reel={reel} side={number} /><Facts reel={reel} /></> : <Told side={number} />}
      {opened.value?.side === number && <PartPanel side={side} number={number} part={opened.value.part} />}
    </section>
  );
}

function Designs({ side, number }: { side: SideScene; number: number }) {
  useEffect(loadCatalogue, []);
  const name = asked.value!.sides[number]!.design;
  if (source.fixed) return <h2><span class="swatch" />{side.name}</h2>;
  if (kata.value) {
    const bases = [...new Set([...kata.value.architectures, side.base])];
    return (
      <h2>
        <span class="swatch" />{side.name}, from{" "}
        <select aria-label="architecture" value={side.base} onChange={(event) => take(number, event.currentTarget.value)}>
          {bases.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      </h2>
    );
  }
  const names = Object.keys(catalogue.value.designs);
  return (
    <h2>
      <span class="swatch" />
      <select aria-label={`${number ? "right" : "left"} design`} value={name} onChange={(event) => take(number, event.currentTarget.value)}>
        {!names.includes(name) && <option value={name}>{side.name}</option>}
        {names.map((one) => <option key={one} value={one}>{one}</option>)}
      </select>
    </h2>
  );
}

function Drawer() {
  const open = drawer.value;
  if (!open || !scene.value) return null;
  const titles = { world: "The world", share: "Share and save", harmed: "The harmed", fault: "A fault" };
  return (
    <div class="drawer" role="dialog" aria-label={titles[open]} tabIndex={-1} ref={(element) => { if (element && !element.contains(document.activeElement)) element.focus(); }}>
      <button type="button" class="close" aria-label="Close" onClick={() => { drawer.value = ""; }}>×</button>
      {open === "world" && <World />}
      {open === "share" && <Share />}
      {open === "harmed" && <HarmedList />}
      {open === "fault" && <FaultPanel />}
    </div>
  );
}
