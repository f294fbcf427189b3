// The server as the source of everything: lines of JSON, read as they come.

import type { Asked, Line, Story } from "./asked";
import type { Source } from "./store";

export async function post(where: string, what: unknown, signal?: AbortSignal): Promise<Response> {
  return fetch(where, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what), signal: signal ?? null });
}

export async function* linesOf(response: Response): AsyncGenerator<Line> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const parts = (rest + value).split("\n");
    rest = parts.pop()!;
    for (const part of parts) yield JSON.parse(part) as Line;
  }
}

export const server: Source = {
  fixed: false,
  tells: () => true,
  async start() {
    return (await (await fetch("start")).json()) as Asked;
  },
  async *run(what, signal) {
    const response = await post("run", what, signal);
    if (!response.ok) throw new Error(await response.text());
    yield* linesOf(response);
  },
  async story(what, side, purchase, most) {
    const found = await (await post("story", { ...what, side, purchase, most })).json();
    return found.messages ? (found.messages as string[]).join("\n") : (found as Story);
  },
};
