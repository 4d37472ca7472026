// Reads the barcodes of pictures with ZXing, as a scanner would: `node decode.mjs picture.png...`, a line of JSON each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const modules = process.env.NODE_MODULES;
const { prepareZXingModule, readBarcodes } = await import(pathToFileURL(join(modules, "zxing-wasm/dist/es/reader/index.js")).href);
prepareZXingModule({ overrides: { wasmBinary: readFileSync(join(modules, "zxing-wasm/dist/reader/zxing_reader.wasm")).buffer } });
for (const path of process.argv.slice(2)) {
  const found = await readBarcodes(new Blob([readFileSync(path)]), { tryHarder: true });
  console.log(JSON.stringify(found.map(({ text, format, isValid }) => ({ text, format, isValid }))));
}
