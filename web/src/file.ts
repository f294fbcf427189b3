// A playback in one file (`coffee play`) as the source of everything: what the file holds, and nothing else.

import type { Asked, Line, Story } from "./asked";
import type { Source } from "./store";

export interface Held {
  start: Asked;
  lines: Line[];
  stories: (Story & { side: number })[];
}

export function file(text: string): Source {
  const held = JSON.parse(text) as Held;
  return {
    fixed: true,
    tells: (purchase) => held.stories.some((story) => story.purchase === purchase),
    async start() {
      return held.start;
    },
    async *run() {
      yield* held.lines;
    },
    async story(_what, side, purchase) {
      const found = held.stories.find((story) => story.side === side && story.purchase === purchase);
      return found ?? `This file does not hold the story of customer ${purchase}; coffee explain tells it.`;
    },
  };
}
