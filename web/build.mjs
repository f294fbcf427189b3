// Builds the page into sim/page/static, or with --test the tests into .built.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";

const into = "../sim/page/static";
const common = { bundle: true, jsx: "automatic", jsxImportSource: "preact", target: "es2022", format: "esm", charset: "utf8" };

if (process.argv.includes("--test")) {
  await build({ ...common, entryPoints: ["tests/all.ts"], outfile: ".built/tests.mjs", platform: "node" });
} else {
  await build({ ...common, entryPoints: { page: "src/main.tsx" }, outdir: into, minify: true, legalComments: "none" });
  await copyFile("src/index.html", `${into}/index.html`);
}
