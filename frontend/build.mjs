// Bundles the console's scripts, styles, fonts and icons, and lists the licences of what is inside.
// Reads only this folder and node_modules; writes only the output folder, which is not committed.

import { build } from "esbuild";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants as zlib, gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = join(here, "node_modules");
const out = process.env.COUNTERFLOW_ASSETS ?? join(here, "../src/counterflow/console/static/built");

async function bundle() {
  await build({
    absWorkingDir: here,
    entryPoints: { app: "src/app.js", theme: "src/theme.js", style: "styles/app.css" },
    outdir: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome123", "firefox128", "safari17.5"],
    loader: { ".woff2": "file" },
    assetNames: "fonts/[name]",
    legalComments: "none",
    logLevel: "warning",
  });
}

// The stations' scan box, and what reads barcodes from a camera; loaded only where they are needed.
async function scanning() {
  await build({
    absWorkingDir: here,
    entryPoints: { scan: "src/scan.js", decoder: "src/decoder.js" },
    outdir: out,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome123", "firefox128", "safari17.5"],
    loader: { ".wasm": "file" },
    assetNames: "[name]-[hash]",
    legalComments: "none",
    logLevel: "warning",
  });
}

// One file of symbols: `<svg class="icon"><use href="icons.svg#truck"></use></svg>`.
async function sprite() {
  const names = JSON.parse(await readFile(join(here, "icons.json"), "utf8"));
  const symbols = await Promise.all(
    names.map(async (name) => {
      const svg = await readFile(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
      const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
      const paths = inner.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s+/g, " ").trim();
      const stroke = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
      return `<symbol id="${name}" viewBox="0 0 24 24" ${stroke}>${paths}</symbol>`;
    }),
  );
  await writeFile(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
}

// Every installed package that can end up in a bundle, with its licence text. Packages that ship without
// the text have it in licences/, named after the package.
async function licences() {
  const lock = JSON.parse(await readFile(join(here, "package-lock.json"), "utf8"));
  const parts = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path || entry.dev) continue;
    const folder = join(here, path);
    const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((name) => /^licen[cs]e/i.test(name));
    const kept = join(here, "licences", `${about.name.replace("@", "").replace("/", "-")}.txt`);
    const text = await readFile(file ? join(folder, file) : kept, "utf8");
    parts.push(`${about.name} ${about.version} (${about.license})\n\n${text.trim()}\n`);
  }
  const apache = await readFile(join(here, "../LICENSE"), "utf8");
  parts.push(`zxing-cpp (Apache-2.0), compiled into zxing-wasm\n\n${apache.trim()}\n`);
  const head = "Counterflow's console contains the following works of others.\n";
  await writeFile(join(out, "THIRD_PARTY.txt"), [head, ...parts.sort()].join(`\n${"-".repeat(78)}\n\n`));
}

// Compressed copies beside the files; the web server sends them to browsers that ask.
async function compress() {
  const names = (await readdir(out)).filter((name) => /\.(js|css|svg|wasm)$/.test(name));
  for (const name of names) {
    const bytes = await readFile(join(out, name));
    await writeFile(join(out, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    await writeFile(join(out, `${name}.br`), brotliCompressSync(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 9 } }));
  }
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all([bundle(), scanning(), sprite(), licences()]);
await compress();
