// What there is to choose from; asked for once.

import { signal } from "@preact/signals";
import { source } from "./store";

export const catalogue = signal<{ scenarios: Record<string, string>; designs: Record<string, string> }>({ scenarios: {}, designs: {} });
let isAsked = false;

export function loadCatalogue(): void {
  if (isAsked || source.fixed) return;
  isAsked = true;
  void fetch("catalogue").then(async (response) => {
    catalogue.value = await response.json();
  }, () => undefined);
}
