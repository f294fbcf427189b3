// Below the jar: what else this run has at the moment that is shown, so that what is no dot and no harm isn't left out.

import { at } from "./facts";
import { shownNow, type Reel } from "./store";

export function Facts({ reel }: { reel: Reel | null }) {
  const now = shownNow.value;
  if (!reel || reel.facts.length === 0) return null;
  return (
    <dl class="facts" aria-label="what else happens in this run, so far">
      {reel.facts.map((group) => (
        <div key={group.title}>
          <dt>{group.title}</dt>
          <dd>
            {group.counts.filter((one) => one.come.length > 0).map((one) => (
              <span key={one.says}><b>{at(one, now).toLocaleString("en")}</b> {one.says}</span>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
