// The address of what is on the screen: its fragment holds only what differs, in the words of `--set`.
//
//   #/morning-rush/naive+outbox?payment.timeout=3s&right.app.key=none&seed=4&at=07:16&purchase=412
//
// A key without a side is for the scenario, and for every design that has it; `left.` and `right.` are for one design.

import type { Asked, Changes } from "./asked";

export interface Link {
  asked: Asked;
  at: string | null;
  purchase: number | null;
  digest: string | null;
}

const SIDES = ["left", "right"];

export function fragmentOf(asked: Asked, more: { at?: string | null; purchase?: number | null; digest?: string | null } = {}): string {
  const parts: string[] = [];
  const put = (key: string, value: string) => parts.push(`${encoded(key)}=${encoded(value)}`);
  for (const [key, value] of Object.entries(asked.set)) put(key, value);
  asked.sides.forEach((side, number) => {
    for (const [key, value] of Object.entries(side.set)) put(`${SIDES[number]}.${key}`, value);
  });
  if (asked.seed) put("seed", String(asked.seed));
  if (more.at) put("at", more.at);
  if (more.purchase !== null && more.purchase !== undefined) put("purchase", String(more.purchase));
  if (more.digest) put("digest", more.digest);
  const designs = asked.sides.map((side) => encoded(side.design)).join("+");
  return `#/${encoded(asked.scenario)}/${designs}${parts.length ? `?${parts.join("&")}` : ""}`;
}

// What a fragment says, or null if it says nothing.
export function linkOf(fragment: string, usual: Asked): Link | null {
  const [path = "", query = ""] = split(fragment.replace(/^#/, ""), "?");
  const [, scenario, designs] = path.split("/");
  if (!scenario || !designs) return null;
  const set: Changes = {};
  const sides = designs.split("+").map((design) => ({ design: decoded(design), set: {} as Changes }));
  const link: Link = {
    asked: { scenario: decoded(scenario), sides, set, seed: 0, mornings: usual.mornings },
    at: null,
    purchase: null,
    digest: null,
  };
  for (const part of query.split("&").filter(Boolean)) {
    const [key, value] = split(part, "=").map(decoded) as [string, string];
    const [first, rest] = split(key, ".");
    const side = SIDES.indexOf(first);
    if (key === "seed") link.asked.seed = /^\d{1,15}$/.test(value) ? Number(value) : NaN;
    else if (key === "at") link.at = value;
    else if (key === "purchase") link.purchase = /^\d{1,9}$/.test(value) ? Number(value) : null;
    else if (key === "digest") link.digest = value;
    else if (side >= 0 && sides[side]) sides[side].set[rest] = value;
    else set[key] = value;
  }
  return link;
}

function split(text: string, at: string): [string, string] {
  const place = text.indexOf(at);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + at.length)];
}

// Readable: only what would end a part of the fragment is written as a code.
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/%(3A|2C|7B|7D|5B|5D|20|22|40|24)/g, (code) => (code === "%20" ? "%20" : decodeURIComponent(code)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Seconds after the start of a morning that begins `starts` seconds after midnight, as its clock shows them.
export function clockText(starts: number, since: number, { millis = false } = {}): string {
  const all = Math.floor((starts + since) * 1000 + 1e-6);
  const seconds = Math.floor(all / 1000) % 86_400;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  return parts.join(":") + (millis ? `.${String(all % 1000).padStart(3, "0")}` : "");
}

// Seconds after the start, of a time of day; null if it is none, or the morning never shows it.
export function sinceOf(starts: number, ends: number, text: string): number | null {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (!found) return null;
  const seconds = Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3] ?? 0);
  const since = (((seconds - starts) % 86_400) + 86_400) % 86_400;
  return since <= ends ? since : null;
}
