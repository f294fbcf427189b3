import { render } from "preact";
import { App } from "./app";
import { file } from "./file";
import { edit, standing } from "./kata";
import { start } from "./player";
import { server } from "./server";
import { begin, dark, playing } from "./store";
import "./page.css";

if (matchMedia("(prefers-reduced-motion: reduce)").matches) playing.value = false;
const wished = matchMedia("(prefers-color-scheme: dark)");
dark.value = wished.matches;
wished.addEventListener("change", () => { dark.value = wished.matches; });
const held = document.getElementById("tape");
void begin(held ? file(held.textContent!) : server, { standing, edit });
start();
const root = document.getElementById("page")!;
root.textContent = "";
render(<App />, root);
